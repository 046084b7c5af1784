// The evidence that the quickstart ends with: the log verified, and a flipped byte found.

import { readFile } from "node:fs/promises";
import { verifyLog } from "canopy-runtime/verify";
import { copyWithFlip } from "./tamper.ts";

/** What the verification of the log and of a tampered copy said. */
export interface Evidence {
  /** In the whole log, but for those before checkpoints; earlier runs leave theirs in it. */
  readonly entries: number;
  /** Of this run. */
  readonly own_entries: number;
  readonly intact: boolean;
  /** The line whose byte was flipped in the copy; null when there was nothing to flip. */
  readonly flipped_line: number | null;
  /** The line that the verification of the copy named. */
  readonly named_line: number | null;
  readonly failure: string | null;
  /** Whether the verification named the flipped line. */
  readonly found: boolean;
}

/** Verify a log, and a copy of it at `copy` with one byte flipped. `trace_id` is what the entries of this run carry. */
export async function checkEvidence(log: string, copy: string, trace_id: string): Promise<Evidence> {
  const { valid, entries: all } = await verifyLog(log);
  const text = await readFile(log, "utf8");
  const own_entries = text.split(`"trace_id":"${trace_id}"`).length - 1;
  const entries = all - (text.split(`"event":"checkpoint_meta"`).length - 1);
  const flip = await copyWithFlip(log, copy);
  if (flip === null) {
    return { entries, own_entries, intact: valid, flipped_line: null, named_line: null, failure: null, found: false };
  }
  const { first_bad_line, failure } = await verifyLog(copy);
  const found = first_bad_line === flip.line;
  return { entries, own_entries, intact: valid, flipped_line: flip.line, named_line: first_bad_line, failure, found };
}
