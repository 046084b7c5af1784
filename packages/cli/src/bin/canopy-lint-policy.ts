#!/usr/bin/env node
import { runProcess } from "../run-cli.ts";

await runProcess(["lint-policy", ...process.argv.slice(2)]);
