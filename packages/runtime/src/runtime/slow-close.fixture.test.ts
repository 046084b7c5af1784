// A program whose last checkpoint takes longer than closing waits for without hurrying it:
// `node slow-close.fixture.test.js <folder>`. Without arguments it does nothing.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRuntime } from "./create-runtime.ts";

const [, , folder] = process.argv;
if (folder !== undefined) {
  const log = join(folder, "audit.log");
  const runtime = createRuntime({ audit_log_path: log, home: join(folder, "home"), cwd: "/", env: {} });
  const decide = async (): Promise<unknown> =>
    runtime.authorize({ public_key: "agent-1" }, "read_file", { path: "notes.txt" });
  await decide();
  // The thread that keeps the tree is at work from here on.
  while (!existsSync(join(`${log}.d`, "tlog", "checkpoint"))) await sleep(20);
  await decide();
  // Until nothing of the decision is under way any more, which would hold the program up by itself.
  await sleep(100);
  // Whatever is waited for is late at once.
  const { setTimeout: real } = globalThis;
  Object.assign(globalThis, { setTimeout: (work: () => void) => real(work, 0) });
  await runtime.close();
  process.stdout.write("closed");
}
