#!/usr/bin/env node
import { startVerify } from "../quick-verify.ts";

await startVerify(process.argv.slice(2));
