// Records that a power loss took: their entries came after what was durable, so nobody was promised them.

import type { LogPoint } from "./log-point.ts";
import type { LogState } from "./log-state.ts";
import { parsePayloadRef } from "./payload-store.ts";

/** Hashes of the entries from a point on whose records are not there. Cost: a scan from there. */
export function findLostRecords(state: LogState, from: LogPoint): readonly string[] {
  const lost: string[] = [];
  state.scan('"payload_ref":"', from, (entry) => {
    const ref = parsePayloadRef(entry["payload_ref"]);
    if (ref !== null && !state.parts.payloads.isWhole(ref)) lost.push(entry.entry_hash);
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
