// Auditing the index: every run is made anew from the lines, and every `checkpoint_meta` entry must say just that. What an
// index proof can't show by itself, whoever did this can vouch for.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saidOfIndex } from "../../ledger/entry-index/index-meta.ts";
import { CHECKPOINT_META } from "../tlog/checkpoint-meta.ts";
import type { TlogReader } from "../tlog/tlog-reader.ts";
import { IndexBuilder, type IndexSource } from "./index-builder.ts";
import { windowEndOf } from "./index-source.ts";

/** What an audit found. */
export interface IndexAudit {
  /** Entries of the checkpoint. */
  readonly size: number;
  /** `checkpoint_meta` entries that were compared. */
  readonly metas: number;
  /** The entries before this are in the index that the newest of them commits to. */
  readonly covered: number;
  readonly runs: number;
  /** The first entry whose statement doesn't follow from the lines: its index, and what is wrong; null when all do. */
  readonly wrong: { readonly index: number; readonly problem: string } | null;
}

// INVARIANT: whatever a verifier would take for a statement about the index is compared, or refuses the whole log.
function claimsIndex(line: Buffer, index: number): boolean {
  // JSON has one other way to spell these letters.
  if (!line.includes(CHECKPOINT_META) && !line.includes("\\u")) return false;
  return typeof saidOfIndex(line.toString("utf8"), index) !== "string";
}

/**
 * Make the index of the first `size` entries anew and compare each `checkpoint_meta` among them. Cost: two passes over the
 * log, and what building costs (docs/absence-proofs.md). Throws the system's error.
 */
export function auditIndex(reader: TlogReader, size: number): IndexAudit {
  const folder = mkdtempSync(join(tmpdir(), "canopy-audit-"));
  const lines: IndexSource["lines"] = function* (first, end) {
    for (const { bytes } of reader.lines(first, end)) yield bytes;
  };
  const builder = IndexBuilder.open(folder, null, { coveredEntries: () => [], lines });
  let metas = 0;
  try {
    const report = (wrong: IndexAudit["wrong"]): IndexAudit => {
      const { covered_entries: covered, runs } = builder.state;
      return { size, metas, covered, runs, wrong };
    };
    for (const { index, bytes } of reader.lines(0, size)) {
      const end = windowEndOf(bytes, index);
      if (end?.meta == null && claimsIndex(bytes, index)) {
        return report({ index, problem: "it speaks of the index, and not as an entry of the log's writer does" });
      }
      if (end === null) continue;
      const { covered_entries: first } = builder.state;
      if (end.covered_entries < first && end.meta !== null) {
        return report({ index, problem: "it covers fewer entries than one before it" });
      }
      if (end.covered_entries < first) continue;
      const state = builder.addWindow(first, end.covered_entries, lines(first, end.covered_entries));
      if (end.meta === null) continue;
      metas += 1;
      if (state.runs !== end.meta.runs || state.root !== end.meta.root) {
        return report({ index, problem: "the index of the lines has another root or another number of runs" });
      }
    }
    return report(null);
  } finally {
    builder.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
