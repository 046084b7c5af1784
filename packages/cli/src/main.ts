#!/usr/bin/env node
import { runProcess } from "./run-cli.ts";

await runProcess(process.argv.slice(2));
