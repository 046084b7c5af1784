// Making an index proof from a log and its index: the smallest set of runs that says it.
//
// Of neighbouring runs the largest are taken. One that has the key, and isn't wholly inside the statement's times, gives way
// to the sixteen that it was merged from, so that as few entries as can be must be shown to lie outside.

import type { Sha256 } from "../merkle.ts";
import { indexKey } from "./index-key.ts";
import { readIndexedLine } from "./indexed-line.ts";
import type { IndexProof, NamedResource, ShownLine, ShownRun } from "./index-proof.ts";
import { proveKey, type KeyEvidence, type RunContent } from "./key-evidence.ts";
import { childrenOf, largestRuns, positionOf, windowsOf, type RunPlace } from "./run-plan.ts";
import type { RunRecord } from "./run-record.ts";
import { fieldsFor, outside, relationOf, termOf, type Statement } from "./statement.ts";

/** A log and its index, as of one checkpoint. */
export interface ProofSource {
  /** A signed note. */
  readonly checkpoint: string;
  /** The `checkpoint_meta` entry that the proof rests on; inside the checkpoint. */
  readonly meta: { readonly index: number; readonly runs: number };
  /** A line of the log, with its path in the checkpoint's tree. */
  line(index: number): ShownLine;
  /** A record, with its path in the list of `meta.runs` records. */
  record(position: number): { readonly record: RunRecord; readonly path: readonly Uint8Array[] };
  /** What a run holds; valid until the next call. */
  run(place: RunPlace): RunContent;
}

/** A proof, and which of the entries that it shows match the statement, or may. */
export interface MadeProof {
  readonly proof: IndexProof;
  readonly matching: readonly ShownLine[];
}

/** Too many entries would have to be shown; `entries` says how many so far. */
export class TooManyEntries extends Error {
  readonly entries: number;

  constructor(entries: number) {
    super(`${entries} entries`);
    this.entries = entries;
  }
}

interface Work {
  readonly source: ProofSource;
  readonly statement: Statement;
  readonly windows: number;
  readonly sha256: Sha256;
  readonly most: number;
}

/**
 * Make the proof of a statement, true or not. Cost: two looks into each run that isn't skipped, for each field that could
 * carry it; and a line for each entry shown.
 *
 * @throws {TooManyEntries} when more than `most` entries would have to be shown; {RangeError} when the number of runs is
 * one that no list has; what the source throws.
 */
export function proveStatement(
  source: ProofSource,
  statement: Statement,
  { resource, most }: { readonly resource: NamedResource | null; readonly most: number },
  sha256: Sha256,
): MadeProof {
  const windows = windowsOf(source.meta.runs);
  if (windows === null) throw new RangeError(`a run list never has ${source.meta.runs} records`);
  const work: Work = { source, statement, windows, sha256, most };
  const [first, ...others] = fieldsFor(statement).map((by) => ({ by, runs: runsFor(work, by) }));
  if (first === undefined) throw new RangeError("a statement must name something");
  const chosen = others.reduce((best, next) => (shownBy(next.runs) < shownBy(best.runs) ? next : best), first);
  const indexes = chosen.runs.flatMap(({ shown }) => listOf(shown));
  if (indexes.length > most) throw new TooManyEntries(indexes.length);
  const entries = indexes.map((index) => source.line(index));
  const encoder = new TextEncoder();
  const matching = entries.filter(
    ({ line }) => relationOf(readIndexedLine(encoder.encode(line)), statement) !== "other",
  );
  const { checkpoint, meta } = source;
  const proof = { statement, resource, checkpoint, meta: source.line(meta.index), ...chosen, entries };
  return { proof, matching };
}

function runsFor(work: Work, by: ReturnType<typeof fieldsFor>[number]): readonly ShownRun[] {
  const term = termOf(work.statement, by);
  if (term === null) throw new RangeError("a field must be one of the statement's");
  const key = indexKey(term, work.sha256);
  return largestRuns(work.windows).flatMap((place) => shownRuns(work, key, place));
}

function shownRuns(work: Work, key: Uint8Array, place: RunPlace): readonly ShownRun[] {
  const { source, statement, sha256 } = work;
  const position = positionOf(place);
  const { record, path } = source.record(position);
  if (outside(record, statement)) return [{ position, record, path, shown: "skipped" }];
  const shown = proveKey(source.run(place), key, sha256);
  if (shown.kind === "present" && place.level > 0 && !inside(record, statement)) {
    return childrenOf(place).flatMap((child) => shownRuns(work, key, child));
  }
  return [{ position, record, path, shown }];
}

/** Whether a run lies wholly within the statement's times, as far as its record says. */
function inside({ oldest, newest }: RunRecord, { from, to }: Statement): boolean {
  return (from === null || (oldest !== null && oldest >= from)) && (to === null || (newest !== null && newest <= to));
}

function shownBy(runs: readonly ShownRun[]): number {
  return runs.reduce((sum, { shown }) => sum + listOf(shown).length, 0);
}

function listOf(shown: "skipped" | KeyEvidence): readonly number[] {
  return shown !== "skipped" && shown.kind === "present" ? shown.entries : [];
}
