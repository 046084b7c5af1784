// The entries by which a log goes on although it lost entries that were signed, read from its lines.
//
//   log_continued       with `expected_head`: what the home had left, and `continued_head`: what was there instead
//   rollback_accepted   with what an anchor keeps
//
// Both say in `proofs_bytes` how long `proofs.jsonl` was then: the batches up to there are of the history before.

import { isCount, isJsonObject } from "../core/json.ts";
import { tryParseEntry } from "./parse-entry.ts";

/** That it was accepted that a log goes on without entries that it had. */
export interface AcceptedLoss {
  /** `entry_hash` of the last entry that was left; null: `left` says its `seq`. */
  readonly head: string | null;
  /** `seq` of the last entry that was left; null: others took the place of some, from where on is not known. */
  readonly left: number | null;
  /** `seq` of the last entry that was known to be there. */
  readonly known: number;
  /** Size of `proofs.jsonl` then. */
  readonly proofsBytes: number;
}

const EVENTS = ["log_continued", "rollback_accepted"].map((event) => Buffer.from(`"event":"${event}"`));

/** What a line says of that, or null. Cost: a search of the line; a parse of those that may be such. */
export function acceptedLoss(line: Uint8Array): AcceptedLoss | null {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.length);
  if (!EVENTS.some((event) => bytes.includes(event))) return null;
  const entry = tryParseEntry(bytes.toString("utf8"));
  if (entry === null || entry["action_type"] !== "ledger" || !isCount(entry["proofs_bytes"])) return null;
  const proofsBytes = entry["proofs_bytes"];
  if (entry.event === "log_continued") {
    const { continued_head: head, expected_head: expected } = entry;
    const known = isJsonObject(expected) ? expected["seq"] : null;
    return typeof head === "string" && isCount(known) ? { head, left: null, known, proofsBytes } : null;
  }
  const { standing, log_size: left, anchor_size: known } = entry;
  // `set_back` says of the anchor that it lost something, and nothing of the log.
  if (entry.event !== "rollback_accepted" || standing === "set_back" || !isCount(known)) return null;
  return { head: null, left: standing === "rolled_back" && isCount(left) ? left : null, known, proofsBytes };
}
