// Where a subject's log and home stand, and its settings: the same for the process under faults and for whoever looks after it.
import { join } from "node:path";

/** Settings of a subject's runtime, below one folder. */
export function settingsOf(folder) {
  return {
    home: join(folder, "home"),
    audit_log_path: join(folder, "audit.log"),
    policy: "default",
    rotate_bytes: 65_536,
    cwd: "/",
    env: {},
  };
}
