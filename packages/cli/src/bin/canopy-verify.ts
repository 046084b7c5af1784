#!/usr/bin/env node
import { runProcess } from "../run-cli.ts";

await runProcess(["verify", ...process.argv.slice(2)]);
