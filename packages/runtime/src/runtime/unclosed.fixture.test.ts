// A program that decides, waits until a checkpoint was made, and never closes its runtime:
// `node unclosed.fixture.test.js <settings as JSON>`. Without arguments it does nothing.

import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createRuntime } from "./create-runtime.ts";

const [, , settings] = process.argv;
if (settings !== undefined) {
  const { home, audit_log_path, policy_file } = JSON.parse(settings);
  const runtime = createRuntime({ env: {}, cwd: home, home, audit_log_path, policy_file });
  const { decision } = await runtime.authorize({ public_key: "agent-1" }, "execute_shell", { command: "echo 1" });
  while (!existsSync(`${audit_log_path}.d/tlog/checkpoint`)) await sleep(20);
  process.stdout.write(`${decision}\n`);
}
