#!/usr/bin/env node
import { runProcess } from "../run-cli.ts";

await runProcess(["demo", ...process.argv.slice(2)]);
