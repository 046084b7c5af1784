// Runs of the index: for a stretch of the log, which entries have which key, as a tree sorted by key.
//
//   leaf data = key, 32 bytes ‖ count of entries, u64 ‖ SHA-256( their indexes in the log, ascending, each as u64 )
//   root      = RFC 9162 tree hash over the leaves in ascending order of their keys, each key once
//
// What a run says follows from the lines of its stretch alone, however it came about: merging neighbours gives the same
// rows and root as building anew.

import { decodeHex, encodeHex } from "../../identity/hex.ts";
import { leafHash, type Sha256 } from "../merkle.ts";
import { compareKeys, indexKey, type IndexTerm } from "./index-key.ts";
import { readIndexedLine, termsOfLine } from "./indexed-line.ts";
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

/** Gives the key of a term in hex. */
export type KeyOfTerm = (term: IndexTerm) => string;

const MAX_REMEMBERED = 65_536;

/** Computes keys and remembers them, as most recur from entry to entry. Bounded. */
export function rememberedKeys(sha256: Sha256): KeyOfTerm {
  const known = new Map<string, string>();
  return (term) => {
    const name = `${term.field}\0${term.tenant.length}\0${term.tenant}${term.values[0]?.length ?? 0}\0${term.values.join("")}`;
    let key = known.get(name);
    if (key === undefined) {
      key = encodeHex(indexKey(term, sha256));
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(name, key);
    }
    return key;
  };
}

/** Collects the lines of one stretch. */
export class RunBuilder {
  readonly #keyOf: KeyOfTerm;
  readonly #rows = new Map<string, number[]>();
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

  /** Add the next line, without its line feed. Cost: linear in it, and one SHA-256 for each key not met before. */
  add(line: Uint8Array): void {
    const read = readIndexedLine(line);
    const index = this.#stretch.end;
    for (const term of termsOfLine(read)) {
      const key = this.#keyOf(term);
      const entries = this.#rows.get(key);
      if (entries === undefined) this.#rows.set(key, [index]);
      else entries.push(index);
    }
    this.#stretch = addLine(this.#stretch, read);
  }

  /** The run of what was added. */
  finish(): BuiltRun {
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      stretch: this.#stretch,
      rows: rows.map(([key, entries]) => ({ key: decodeHex(key) ?? new Uint8Array(32), entries })),
    };
  }
}

/**
 * The rows of neighbouring runs as those of one; `runs` in the order of the log. Cost: `runs.length` comparisons a row.
 */
export function* mergeRows(runs: readonly Iterable<RunRow>[]): Generator<RunRow, void, void> {
  const sources = runs.map((rows) => rows[Symbol.iterator]());
  const heads = sources.map((source) => nextOf(source));
  for (;;) {
    let least: RunRow | null = null;
    for (const head of heads) {
      if (head !== null && (least === null || compareKeys(head.key, least.key) < 0)) least = head;
    }
    if (least === null) return;
    const parts: (readonly number[])[] = [];
    for (const [index, head] of heads.entries()) {
      if (head === null || compareKeys(head.key, least.key) !== 0) continue;
      parts.push(head.entries);
      const source = sources[index];
      heads[index] = source === undefined ? null : nextOf(source);
    }
    yield { key: least.key, entries: parts.length === 1 ? least.entries : parts.flat() };
  }
}

function nextOf(source: Iterator<RunRow>): RunRow | null {
  const next = source.next();
  return next.done === true ? null : next.value;
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

/** The leaf hash of a row. Cost: two SHA-256. */
export function rowHash({ key, entries }: RunRow, sha256: Sha256): Uint8Array {
  return leafHash(leafData(key, entries.length, listHash(entries, sha256)), sha256);
}
