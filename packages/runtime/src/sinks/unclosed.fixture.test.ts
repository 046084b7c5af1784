// A program that decides once, with sinks, and never closes its runtime: run by decisions.test.ts with a log and a sink.

import { createRuntime } from "../runtime/create-runtime.ts";

const [audit_log_path, home, sink] = process.argv.slice(2);
if (audit_log_path !== undefined && home !== undefined && sink !== undefined) {
  const runtime = createRuntime({ audit_log_path, home, sinks: [sink], cwd: home });
  await runtime.authorize({ public_key: "agent-1" }, "shell", { command: "echo 1" });
}
