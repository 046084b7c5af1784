#!/usr/bin/env node
import { runProcess } from "../run-cli.ts";

await runProcess(["log", ...process.argv.slice(2)]);
