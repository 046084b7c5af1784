// A program whose log can't be opened at the first try, since a folder stands where the policy is to be kept:
// `node refused-opening.fixture.test.js <folder>`. Without arguments it does nothing.

import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createRuntime } from "./create-runtime.ts";

const [, , folder] = process.argv;
if (folder !== undefined) {
  const log = join(folder, "audit.log");
  const runtime = createRuntime({ audit_log_path: log, home: join(folder, "home"), cwd: "/", env: {} });
  const decide = async (): Promise<void> => {
    const decision = await runtime.authorize({ public_key: "agent-1" }, "read_file", { path: "notes.txt" });
    process.stdout.write(`${decision.decision} `);
  };
  const hash = runtime.policy_snapshot.policy_hash.replace(/^sha256:/u, "");
  const inTheWay = join(`${log}.d`, "policies", hash);
  mkdirSync(inTheWay, { recursive: true, mode: 0o700 });
  await decide();
  rmSync(inTheWay, { recursive: true });
  await decide();
  await runtime.close();
  // The system knows which files are still open; where it doesn't tell, nothing is claimed.
  const table = "/proc/self/fd";
  const open = existsSync(table) ? readdirSync(table).flatMap((fd) => pathOf(join(table, fd))) : [];
  process.stdout.write(open.filter((path) => path.startsWith(log)).join(" "));
}

function pathOf(link: string): readonly string[] {
  try {
    return [readlinkSync(link)];
  } catch {
    // The one that the folder was listed by.
    return [];
  }
}
