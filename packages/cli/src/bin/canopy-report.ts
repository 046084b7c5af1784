#!/usr/bin/env node
import { runProcess } from "../run-cli.ts";

await runProcess(["report", ...process.argv.slice(2)]);
