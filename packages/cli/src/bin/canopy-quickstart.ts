#!/usr/bin/env node
import { runProcess } from "../run-cli.ts";

await runProcess(["quickstart", ...process.argv.slice(2)]);
