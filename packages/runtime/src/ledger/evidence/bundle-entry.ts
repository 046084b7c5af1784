// One entry of a bundle, checked by itself and against its neighbour (docs/evidence-bundle.md, steps 4 and 5).

import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { encodeHex } from "../../identity/hex.ts";
import { GENESIS } from "../chain.ts";
import { readForeign } from "../foreign-json.ts";
import type { Sha256 } from "../merkle.ts";

/** An entry whose own hash holds. */
export interface CheckedEntry {
  readonly index: number;
  readonly members: JsonObject;
  readonly prev_hash: string;
  readonly entry_hash: string;
}

/** Check a line by itself; a text says why it does not hold. Cost: one SHA-256 over it, and reading it twice. */
export function checkEntry(
  index: number,
  line: string,
  logId: string,
  sha256: Sha256,
): CheckedEntry | { readonly reason: string } {
  if (/[\n\r]/u.test(line)) return { reason: `entry ${index} is more than one line` };
  const read = readForeign(line);
  if (typeof read === "string") return { reason: `entry ${index} can't be read as an entry (${read})` };
  const { canonical, prev_hash, entry_hash } = read;
  if (canonical === null || prev_hash === null || entry_hash === null) {
    return { reason: `entry ${index} has no hash that could hold` };
  }
  if (encodeHex(sha256(new TextEncoder().encode(prev_hash + canonical))) !== entry_hash) {
    return { reason: `the hash of entry ${index} does not hold` };
  }
  const members: JsonValue = JSON.parse(line);
  if (!isJsonObject(members)) return { reason: `entry ${index} is no object` };
  const id = members["log_id"];
  if (id !== undefined && id !== logId) return { reason: `entry ${index} is of another log` };
  return { index, members, prev_hash, entry_hash };
}

/** Whether an entry follows from the one before it: by its hash, or as the first line of a segment that names it. */
export function follows(entry: CheckedEntry, before: CheckedEntry): boolean {
  if (entry.prev_hash === before.entry_hash) return true;
  const { event, previous_head } = entry.members;
  return entry.prev_hash === GENESIS && event === "log_rotated" && previous_head === before.entry_hash;
}
