// Auditing the index: every run is made anew from the lines, and every `checkpoint_meta` entry must say just that. What an
// index proof can't show by itself, whoever did this can vouch for.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saidOfIndex } from "../../ledger/entry-index/index-meta.ts";
import { MAX_WINDOW } from "../../ledger/entry-index/run-plan.ts";
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

/** A `checkpoint_meta` entry against the index of the lines. */
export interface AuditedMeta {
  /** Of the entry. */
  readonly index: number;
  /** What is wrong, or null. */
  readonly problem: string | null;
  /** Whether it could be compared with the index at all. */
  readonly isCompared: boolean;
  /** How the index made anew stands there. */
  readonly covered: number;
  readonly runs: number;
}

// INVARIANT: whatever a verifier would take for a statement about the index is compared, or refuses the whole log.
function claimsIndex(line: Buffer, index: number): boolean {
  // JSON has one other way to spell these letters.
  if (!line.includes(CHECKPOINT_META) && !line.includes("\\u")) return false;
  return typeof saidOfIndex(line.toString("utf8"), index) !== "string";
}

/** Lines of a log from an index to before another. */
export type LinesBetween = (from: number, to: number) => Iterable<{ readonly index: number; readonly bytes: Buffer }>;

/**
 * Make the index of the first `size` entries anew and compare each `checkpoint_meta` among them. Cost: two passes over the
 * log, and what building costs (docs/absence-proofs.md). Throws the system's error.
 */
export function auditIndex(reader: TlogReader, size: number): IndexAudit {
  let [metas, covered, runs] = [0, 0, 0];
  for (const step of auditedMetas((from, to) => reader.lines(from, to), size)) {
    if (typeof step === "number") continue;
    if (step.isCompared) metas += 1;
    ({ covered, runs } = step);
    const { index, problem } = step;
    if (problem !== null) return { size, metas, covered, runs, wrong: { index, problem } };
  }
  return { size, metas, covered, runs, wrong: null };
}

/**
 * Each `checkpoint_meta` entry among the first `size` entries that says something of the index, compared with the index of
 * the lines; and in between, every few thousand entries, how many were gone through. The index is made in a folder of the
 * system's for temporary files (about 100 bytes an entry), and taken away at the end. Cost: as `auditIndex`; memory stays small.
 */
export function* auditedMetas(lines: LinesBetween, size: number): Generator<AuditedMeta | number, void, void> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-audit-"));
  const bytes: IndexSource["lines"] = function* (first, end) {
    for (const line of lines(first, end)) yield line.bytes;
  };
  const builder = IndexBuilder.open(folder, null, { coveredEntries: () => [], lines: bytes });
  try {
    for (const { index, bytes: line } of lines(0, size)) {
      const end = windowEndOf(line, index);
      if (end?.meta == null && claimsIndex(line, index)) {
        const problem = "it speaks of the index, and not as an entry of the log's writer does";
        yield { ...standing(builder), index, problem, isCompared: false };
      }
      if (end === null) continue;
      const { meta, covered_entries } = end;
      if (covered_entries < builder.state.covered_entries) {
        const problem = "it covers fewer entries than one before it";
        if (meta !== null) yield { ...standing(builder), index, problem, isCompared: false };
        continue;
      }
      // A window is cut at every so many entries all the same.
      for (let at = builder.state.covered_entries; at < covered_entries; at = builder.state.covered_entries) {
        const next = Math.min(at + MAX_WINDOW, covered_entries);
        builder.addWindow(at, next, bytes(at, next));
        yield next;
      }
      const { runs, root } = builder.state;
      if (meta === null) continue;
      const isSame = meta.runs === runs && meta.root === root;
      const problem = isSame ? null : "the index of the lines has another root or another number of runs";
      yield { ...standing(builder), index, problem, isCompared: true };
    }
  } finally {
    builder.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function standing({ state }: IndexBuilder): Pick<AuditedMeta, "covered" | "runs"> {
  return { covered: state.covered_entries, runs: state.runs };
}
