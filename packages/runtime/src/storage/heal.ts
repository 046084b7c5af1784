// What isn't known to be on the disk is written again and synced: after a failed sync, and when a log is opened.

import { dirname } from "node:path";
import { searchLines } from "./log-search.ts";
import type { LogState } from "./log-state.ts";
import { tryParseEntry } from "./parse-entry.ts";
import { parsePayloadRef } from "./payload-store.ts";

/** Rewrite what is doubtful, then take the mark of a failed sync away. Throws as `rewriteDoubtful`; the mark then stays. */
export function heal(state: LogState): void {
  rewriteDoubtful(state);
  state.parts.poison.clear();
}

/**
 * Rewrite the verified bytes after the durable head, and the records they name, and make them the durable head. Under the
 * lock, log followed. Throws the system's error when the disk fails.
 */
export function rewriteDoubtful(state: LogState): void {
  const { fs, paths, synced, home, payloads, poison } = state.parts;
  const heads = [synced.read(), home.read()].filter((head) => head !== null && head.segment === state.log.segment);
  // The head beside the log may be anybody's: one that is beyond the end says nothing of what was synced.
  const known = heads.map((head) => head?.bytes ?? 0).filter((bytes) => bytes <= state.log.tail.bytes);
  const from = Math.max(0, ...known);
  const starts = new Map<string, number>();
  searchLines(fs, { fd: state.log.fd, from, to: state.log.tail.bytes }, '"payload_ref":"', (line) => {
    const ref = parsePayloadRef(tryParseEntry(line.toString("utf8"))?.["payload_ref"]);
    if (ref !== null) starts.set(ref.day, Math.min(ref.offset, starts.get(ref.day) ?? ref.offset));
  });
  try {
    for (const [day, offset] of starts) payloads.rewrite(day, offset);
    state.log.rewrite(from);
    // It may be a rotation that failed: then the names are in doubt.
    for (const folder of [paths.segments, dirname(paths.log)]) fs.syncFolder(folder);
  } catch (error) {
    // A sync that fails may lose what others have written and wait for.
    poison.set(`sync failed: ${String(error)}`);
    throw error;
  }
  const head = state.head();
  synced.settle(head);
  home.settle(head);
}
