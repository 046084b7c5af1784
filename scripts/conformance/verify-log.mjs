// `canopy verify --json`, as anybody would call it.
import { spawnSync } from "node:child_process";

const CLI = new URL("../../packages/cli/dist/main.js", import.meta.url).pathname;

/** The command's report; for a log that it refuses to judge (missing, empty) all members are null. */
export function verifyLogFile(path) {
  const { status, stdout } = spawnSync(process.execPath, [CLI, "verify", path, "--json"], { encoding: "utf8" });
  if (status === 2) return { valid: null, first_bad_line: null, failure: null };
  const { valid, first_bad_line, failure } = JSON.parse(stdout);
  return { valid, first_bad_line, failure };
}
