#!/usr/bin/env node
import { runProcess } from "../run-cli.ts";

await runProcess(["console", ...process.argv.slice(2)]);
