// Which of many texts a text holds, in one pass over it.
//
// Each of the many stands in a table under four of its letters (two, when it is shorter): those that fewest others have.
// The pass looks up every four letters of the text. A table of bits, small enough for the processor's cache, answers
// nearly all of them with "none". Memory: some tens of bytes for each text, however long it is.

import type { Steps } from "../../steps.ts";

/** The shortest text that can be looked for. */
export const SHORTEST_GRAM_TEXT = 2;

const BITS_MASK = 0xffff;

interface Entry {
  readonly text: string;
  /** Where its letters stand in it. */
  readonly offset: number;
  readonly rules: readonly number[];
  /** The round in which it was found last. */
  found: number;
}

/** Make a search for texts of two letters or more, each with the rules to report. Cost: linear in their letters. */
export function* gramIndexOf(texts: ReadonlyMap<string, readonly number[]>): Steps<GramIndex> {
  const long = new GramTable(4);
  const short = new GramTable(2);
  for (const text of texts.keys()) {
    (text.length < 4 ? short : long).count(text);
    yield;
  }
  for (const [text, rules] of texts) {
    (text.length < 4 ? short : long).add(text, rules);
    yield;
  }
  return new GramIndex(long, short);
}

/** Looks for many texts at once. */
export class GramIndex {
  readonly #long: GramTable;
  readonly #short: GramTable;
  #round = 0;

  constructor(long: GramTable, short: GramTable) {
    this.#long = long;
    this.#short = short;
  }

  /**
   * Report the rules of every text that one of these texts holds; some of them more than once.
   *
   * Cost: linear in the texts. False when too many of the many texts look alike for that: then all may be held.
   */
  search(texts: readonly string[], report: (rules: readonly number[]) => void): boolean {
    this.#round++;
    for (const text of texts) {
      if (!this.#long.search(text, this.#round, report) || !this.#short.search(text, this.#round, report)) return false;
    }
    return true;
  }
}

/** The texts under one length of grams. */
class GramTable {
  readonly #width: number;
  readonly #bits: Uint32Array = new Uint32Array((BITS_MASK + 1) / 32);
  readonly #entries = new Map<number, Entry[]>();

  /** How many of the texts have a gram: all are counted before the first is added. */
  readonly #counts = new Map<number, number>();

  constructor(width: number) {
    this.#width = width;
  }

  count(text: string): void {
    for (let at = 0; at + this.#width <= text.length; at++) {
      const gram = gramAt(text, at, this.#width);
      this.#counts.set(gram, (this.#counts.get(gram) ?? 0) + 1);
    }
  }

  add(text: string, rules: readonly number[]): void {
    const offset = rarest(text, this.#width, this.#counts);
    const entry = { text, offset, rules, found: 0 };
    const gram = gramAt(text, offset, this.#width);
    const bit = bitOf(gram);
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
    const entries = this.#entries.get(gram);
    if (entries === undefined) this.#entries.set(gram, [entry]);
    else entries.push(entry);
  }

  search(text: string, round: number, report: (rules: readonly number[]) => void): boolean {
    if (this.#entries.size === 0) return true;
    const width = this.#width;
    const bits = this.#bits;
    const last = text.length - width;
    let left = MOST_COMPARISONS + text.length;
    for (let at = 0, gram = gramAt(text, 0, width - 1); at <= last; at++) {
      gram =
        width === 4
          ? (gram << 8) | (text.charCodeAt(at + 3) & 0xff)
          : ((gram & 0xff) << 8) | (text.charCodeAt(at + 1) & 0xff);
      const bit = bitOf(gram);
      if (((bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) continue;
      const entries = this.#entries.get(gram);
      if (entries === undefined) continue;
      left -= entries.length;
      if (left < 0) return false;
      for (const entry of entries) {
        if (entry.found === round || !text.startsWith(entry.text, at - entry.offset)) continue;
        entry.found = round;
        report(entry.rules);
      }
    }
    return true;
  }
}

/** How many comparisons a search may make beside one for each letter. */
const MOST_COMPARISONS = 20_000;

function gramAt(text: string, at: number, width: number): number {
  let gram = 0;
  for (let index = at; index < at + width; index++) gram = (gram << 8) | (text.charCodeAt(index) & 0xff);
  return gram;
}

function rarest(text: string, width: number, counts: ReadonlyMap<number, number>): number {
  let best = 0;
  let least = Infinity;
  for (let at = 0; at + width <= text.length; at++) {
    const count = counts.get(gramAt(text, at, width)) ?? 0;
    if (count < least) {
      least = count;
      best = at;
    }
  }
  return best;
}

// Multiplied, so that letters that differ little stand far apart.
function bitOf(gram: number): number {
  return (Math.imul(gram, 0x9e3779b1) >>> 16) & BITS_MASK;
}
