// Records that a power loss took: their entries came after what was durable, so nobody was promised them.

import { searchLines } from "./log-search.ts";
import type { LogState } from "./log-state.ts";
import { tryParseEntry } from "./parse-entry.ts";
import { parsePayloadRef } from "./payload-store.ts";

/** Hashes of the entries from a byte of the current file on whose records are not there. Cost: a scan from there. */
export function findLostRecords(state: LogState, from: number): readonly string[] {
  const lost: string[] = [];
  const range = { fd: state.log.fd, from, to: state.log.tail.bytes };
  searchLines(state.parts.fs, range, '"payload_ref":"', (line) => {
    const entry = tryParseEntry(line.toString("utf8"));
    const ref = parsePayloadRef(entry?.["payload_ref"]);
    if (entry !== null && ref !== null && !state.parts.payloads.isWhole(ref)) lost.push(entry.entry_hash);
  });
  return lost;
}

/** Whether a recovery entry says that the record of this entry was lost. Cost: a scan of the log. */
export function isRecordedLost(state: LogState, entryHash: string): boolean {
  let recorded = false;
  state.search('"payload_lost":', (entry) => {
    const lost = entry["payload_lost"];
    if (Array.isArray(lost) && lost.includes(entryHash)) recorded = true;
  });
  return recorded;
}
