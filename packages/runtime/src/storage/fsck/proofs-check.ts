// Whether the signed batches are there that must have been: each is kept before the home's head moves on and before a
// checkpoint is made of its entries.

import { counted } from "../../core/counted.ts";
import { parseBatchRecord } from "../batch-signer.ts";
import { readAt, type FileSystem } from "../file-system.ts";
import type { ProblemBook } from "./fsck-report.ts";

/** What is known of a log's entries, and how many it has. */
export interface ProofsCheck {
  /** `proofs.jsonl`. */
  readonly path: string;
  readonly entries: number;
  /** Size of the newest checkpoint beside the log; 0: none. */
  readonly checkpoint: number;
  /** `seq` of this home's head of the log; 0: none. */
  readonly head: number;
}

const CHUNK_BYTES = 1_048_576;

/** Tell of entries that were signed, and that no kept batch covers. Cost: reads the file once. */
export function checkProofs(
  fs: FileSystem,
  { path, entries, checkpoint, head }: ProofsCheck,
  problems: ProblemBook,
): void {
  const known = Math.min(Math.max(checkpoint, head), entries);
  if (known === 0) return;
  const covered = coveredIn(fs, path, entries);
  if (covered >= known) return;
  const who = head >= known ? "this home's head" : "a checkpoint";
  const missing = counted(known - covered, "entry", "entries");
  const what = `the last ${missing} of ${known} that ${who} knows are in no signed batch`;
  const how = "lines were lost, or taken away; the next process that opens the log signs the newest 4,096 anew";
  problems.add("proofs_missing", "proofs.jsonl", `${what}: ${how}`);
}

/** The last entry that a record of entries of the log covers; whether it holds was checked before. */
function coveredIn(fs: FileSystem, path: string, entries: number): number {
  if (fs.statusAt(path) === null) return 0;
  const fd = fs.open(path, "read");
  try {
    let covered = 0;
    let rest = "";
    for (let at = 0; ;) {
      const chunk = readAt(fs, fd, at, CHUNK_BYTES);
      if (chunk.length === 0) return covered;
      at += chunk.length;
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const record = parseBatchRecord(line);
        // One that reaches beyond the end was there; that its entries are not is told by its signature.
        if (record !== null && record.first <= entries) covered = Math.max(covered, record.first + record.size - 1);
      }
    }
  } finally {
    fs.close(fd);
  }
}
