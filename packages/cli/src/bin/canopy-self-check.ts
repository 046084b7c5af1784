#!/usr/bin/env node
import { runProcess } from "../run-cli.ts";

await runProcess(["self-check", ...process.argv.slice(2)]);
