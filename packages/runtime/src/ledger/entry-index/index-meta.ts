// What a `checkpoint_meta` entry says of the index: the one reading that verifiers go by. Whoever vouches for an index goes
// by it, too, so that no line can be an entry to the one and nothing to the other.

import { isCount, isJsonObject, type JsonObject } from "../../core/json.ts";
import { parseStrictJson } from "../../core/strict-json.ts";
import { hashBytes, isHash } from "../chain.ts";

/** How the index stands, as an entry says it. */
export interface SaidOfIndex {
  /** The index is of the entries before this one. */
  readonly covered: number;
  /** How many records the run list has. */
  readonly runs: number;
  /** Root of the run list, 32 bytes. */
  readonly root: Uint8Array;
  /** The commitment to the key that resource keys are made with, hex; empty when there is none. */
  readonly resource_key: string;
}

/** What the line at `index` says of the index, or why it says nothing that counts. Total. Cost: linear in the line. */
export function saidOfIndex(line: string, index: number): SaidOfIndex | string {
  const entry = objectOf(line);
  const said = entry?.["index"];
  if (entry?.["event"] !== "checkpoint_meta" || entry["action_type"] !== "ledger" || !isJsonObject(said)) {
    return "the entry shown is no `checkpoint_meta` that says how the index stands";
  }
  const { covered_entries: covered, resource_key_commitment: commitment } = entry;
  const { runs, root } = said;
  if (!isCount(covered) || !isCount(runs) || !isHash(root) || covered > index) {
    return "the `checkpoint_meta` entry doesn't say how the index stands";
  }
  if (covered === 0) return "the index covers no entry, so nothing follows";
  return { covered, runs, root: hashBytes(root), resource_key: isHash(commitment) ? commitment : "" };
}

function objectOf(line: string): JsonObject | null {
  try {
    const value = parseStrictJson(line);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
