// A rotation is recorded first and then put in force. A process that died in between left a log that says which key
// follows, and a home that signs by the one before: whoever opens the log next puts the new key in force.

import { realFileSystem } from "../storage/file-system.ts";
import { rotationEntries } from "../storage/tlog/key-succession.ts";
import { LogLines } from "../storage/tlog/log-lines.ts";
import type { Settings } from "./config.ts";
import { unfinishedRotations } from "./key-store.ts";

/**
 * Put a checkpoint key in force whose rotation stands in the log. Cost: one folder read; a search through the log when a
 * new key waits there.
 *
 * @throws {CanopyError} `INVALID_KEY` when a key file is not safe to use.
 */
export function finishRotation({ home, audit_log_path }: Pick<Settings, "home" | "audit_log_path">): void {
  const waiting = unfinishedRotations(home, "checkpoint");
  if (waiting.length === 0 || realFileSystem.statusAt(audit_log_path) === null) return;
  const lines = LogLines.open(realFileSystem, audit_log_path);
  try {
    const recorded = new Set([...rotationEntries(lines.lines(lines.first))].map(({ new_key }) => new_key));
    waiting.find(({ did_key }) => recorded.has(did_key))?.commit();
  } finally {
    lines.close();
  }
}
