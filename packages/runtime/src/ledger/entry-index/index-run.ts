// Runs of the index: for a stretch of the log, which entries have which key, as a tree sorted by key.
//
//   leaf data = key, 32 bytes ‖ count of entries, u64 ‖ SHA-256( their indexes in the log, ascending, each as u64 )
//   root      = RFC 9162 tree hash over the leaves in ascending order of their keys, each key once
//
// What a run says follows from the lines of its stretch alone, however it came about: merging neighbours gives the same
// rows and root as building anew.

import type { Sha256 } from "../merkle.ts";
import { compareKeys, indexKey, type IndexTerm } from "./index-key.ts";
import { commonTerms, ownTerms, readIndexedLine, type IndexedLine } from "./indexed-line.ts";
import { addLine, emptyStretch, type Stretch } from "./stretch.ts";
import { putU64 } from "./u64.ts";

/** One key of a run. */
export interface RunRow {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Indexes in the log of all entries of the stretch that have it, ascending. */
  readonly entries: readonly number[];
}

/** A run as built: what its record says of the stretch, and its rows in order. */
export interface BuiltRun {
  readonly stretch: Stretch;
  readonly rows: readonly RunRow[];
}

/** Gives the 32 bytes of a term's key. */
export type KeyOfTerm = (term: IndexTerm) => Uint8Array;

const MAX_REMEMBERED = 65_536;

/** Computes keys and remembers them, as most recur from entry to entry. Bounded. */
export function rememberedKeys(sha256: Sha256): KeyOfTerm {
  let known = new TermMap<Uint8Array>();
  return (term) => {
    const found = known.get(term);
    if (found !== undefined) return found;
    // Copied: what a hash function gives may be a part of a much larger buffer, which it would keep.
    const key = new Uint8Array(indexKey(term, sha256));
    if (known.size >= MAX_REMEMBERED) known = new TermMap();
    known.set(term, key);
    return key;
  };
}

/** Values by terms. */
class TermMap<Value> {
  readonly #byTenant = new Map<string, Map<string, Map<string, Value>>>();
  size = 0;

  get(term: IndexTerm): Value | undefined {
    return this.#ofField(term).get(textOf(term));
  }

  /** Set what isn't there yet. */
  set(term: IndexTerm, value: Value): void {
    this.#ofField(term).set(textOf(term), value);
    this.size += 1;
  }

  #ofField({ tenant, field }: IndexTerm): Map<string, Value> {
    return inner(inner(this.#byTenant, tenant), field);
  }
}

/** One text for a term's values; others of the same field have another. */
function textOf({ values }: IndexTerm): string {
  const [first = "", second] = values;
  return second === undefined ? first : `${first.length} ${first}${second}`;
}

function inner<Value>(map: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  let found = map.get(name);
  if (found === undefined) {
    found = new Map();
    map.set(name, found);
  }
  return found;
}

/** A row whose entries are still being collected. */
interface GrowingRow {
  readonly key: Uint8Array;
  readonly entries: number[];
}

/** The rows that a line's common terms add to, by tenant, agent, action type, decision and event. */
type CommonRows = Map<string, Map<string, Map<string, Map<string, Map<string, readonly number[][]>>>>>;

/** Collects the lines of one stretch. */
export class RunBuilder {
  readonly #keyOf: KeyOfTerm;
  readonly #rows: GrowingRow[] = [];
  readonly #byTerm = new TermMap<number[]>();
  readonly #common: CommonRows = new Map();
  #stretch: Stretch;

  /** `before` is the time of the newest entry before the stretch that has one (`Stretch.last`), or null. */
  constructor(first: number, before: number | null, keyOf: KeyOfTerm) {
    this.#stretch = emptyStretch(first, before);
    this.#keyOf = keyOf;
  }

  /** Index of the next line. */
  get end(): number {
    return this.#stretch.end;
  }

  /**
   * Add the next line, without its line feed, or what `readIndexedLine` gives for it. Cost: linear in it, and one SHA-256
   * for each key not met before.
   */
  add(line: Uint8Array | IndexedLine): void {
    const read = line instanceof Uint8Array ? readIndexedLine(line) : line;
    const index = this.#stretch.end;
    for (const entries of this.#commonRows(read)) entries.push(index);
    for (const term of ownTerms(read)) this.#row(term).push(index);
    this.#stretch = addLine(this.#stretch, read);
  }

  #commonRows(read: IndexedLine): readonly number[][] {
    const byDecision = inner(inner(inner(this.#common, read.tenant), read.avid), read.action_type);
    const byEvent = inner(byDecision, read.decision);
    let rows = byEvent.get(read.event);
    if (rows === undefined) {
      rows = commonTerms(read).map((term) => this.#row(term));
      byEvent.set(read.event, rows);
    }
    return rows;
  }

  #row(term: IndexTerm): number[] {
    const known = this.#byTerm.get(term);
    if (known !== undefined) return known;
    const entries: number[] = [];
    this.#byTerm.set(term, entries);
    this.#rows.push({ key: this.#keyOf(term), entries });
    return entries;
  }

  /** The run of what was added. */
  finish(): BuiltRun {
    return { stretch: this.#stretch, rows: this.#rows.toSorted((a, b) => compareKeys(a.key, b.key)) };
  }
}

/**
 * The rows of neighbouring runs as those of one; `runs` in the order of the log. Cost: `runs.length` comparisons a row.
 */
export function* mergeRows(runs: readonly Iterable<RunRow>[]): Generator<RunRow, void, void> {
  const sources = runs.map((rows) => new RowSource(rows));
  for (;;) {
    let least: RowSource | null = null;
    for (const source of sources) if (least === null || source.isBefore(least)) least = source;
    const first = least?.row ?? null;
    if (first === null) return;
    let merged: number[] | null = null;
    for (const source of sources) {
      const { row } = source;
      if (row === null || least === null || source === least || !source.isSame(least)) continue;
      // The least of equal keys is that of the first run, so that what is added comes after it.
      merged ??= [...first.entries];
      for (const entry of row.entries) merged.push(entry);
      source.advance();
    }
    least?.advance();
    yield merged === null ? first : { key: first.key, entries: merged };
  }
}

/** The next row of a run, and its key's first six bytes as a number. */
class RowSource {
  readonly #rows: Iterator<RunRow>;
  row: RunRow | null = null;
  #prefix = 0;

  constructor(rows: Iterable<RunRow>) {
    this.#rows = rows[Symbol.iterator]();
    this.advance();
  }

  advance(): void {
    const next = this.#rows.next();
    this.row = next.done === true ? null : next.value;
    this.#prefix = this.row === null ? 0 : prefixOf(this.row.key);
  }

  isBefore(other: RowSource): boolean {
    if (this.row === null || other.row === null) return this.row !== null;
    if (this.#prefix !== other.#prefix) return this.#prefix < other.#prefix;
    return compareKeys(this.row.key, other.row.key) < 0;
  }

  isSame(other: RowSource): boolean {
    if (this.row === null || other.row === null || this.#prefix !== other.#prefix) return false;
    return compareKeys(this.row.key, other.row.key) === 0;
  }
}

/** The hash in a leaf over its list of entries. */
export function listHash(entries: readonly number[], sha256: Sha256): Uint8Array {
  const bytes = new Uint8Array(8 * entries.length);
  for (let at = 0; at < entries.length; at += 1) putU64(bytes, 8 * at, entries[at] ?? 0);
  return sha256(bytes);
}

/** What a leaf is the hash of. */
export function leafData(key: Uint8Array, count: number, list: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(72);
  bytes.set(key);
  putU64(bytes, 32, count);
  bytes.set(list, 40);
  return bytes;
}

// What a leaf hash is taken over, and most lists hold one entry: filled again and again, as rows are hashed by the million.
const leafInput = new Uint8Array(73);
const oneEntry = new Uint8Array(8);

/** The leaf hash of a row. Cost: two SHA-256. */
export function rowHash({ key, entries }: RunRow, sha256: Sha256): Uint8Array {
  let list: Uint8Array;
  if (entries.length === 1) {
    putU64(oneEntry, 0, entries[0] ?? 0);
    list = sha256(oneEntry);
  } else {
    list = listHash(entries, sha256);
  }
  leafInput[0] = 0;
  leafInput.set(key, 1);
  putU64(leafInput, 33, entries.length);
  leafInput.set(list, 41);
  return sha256(leafInput);
}

function prefixOf(key: Uint8Array): number {
  let prefix = 0;
  for (let index = 0; index < 6; index += 1) prefix = prefix * 256 + (key[index] ?? 0);
  return prefix;
}
