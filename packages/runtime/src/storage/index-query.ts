// Questions to `index.sqlite` by filters: the positions of entries that may be asked for, page by page.

import type { EntryPosition } from "./log-point.ts";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { EntryFilter } from "./entry-filter.ts";
import { key48, nameKey, OFTEN, textKey } from "./index-keys.ts";

/**
 * SQL that holds for the events or decisions that have an index: most entries are of a few others, of which one would
 * cost much and narrow little. A question that is to use it must hold the very same text.
 */
export function indexedOnly(column: "decision" | "event"): string {
  return `${column}>${String(OFTEN)}`;
}

/** A position, and the entry's place in the log. */
export interface IndexedPosition extends EntryPosition {
  readonly seq: number;
}

/** In the log's order, or against it. */
export type Order = "forward" | "backward";

/** Where a page begins, and which way the pages go. */
interface Page {
  readonly order: Order;
  /** The last `seq` of the page before; null at the first. */
  readonly beyond: number | null;
  readonly limit: number;
}

interface Condition {
  readonly sql: string;
  readonly values: readonly number[];
  /** The index that finds it; null when it only narrows. */
  readonly index: string | null;
}

interface SeqRange {
  readonly first: number;
  readonly last: number;
}

const ALL_SEQS: SeqRange = { first: 0, last: Number.MAX_SAFE_INTEGER };
/** How far candidates are counted to choose among indexes. */
const COUNTED = 1000;

/** Questions to one open index. Methods throw SQLite's errors. */
export class IndexQuery {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Whether an index narrows what the filter asks for; else reading the log in order is as good. */
  isNarrowed(filter: EntryFilter): boolean {
    return filter.authorization_id !== undefined || conditionsOf(filter).some(({ index }) => index !== null);
  }

  /**
   * A page of positions that may be asked for, in order of `seq` or against it. Cost: about 2 µs a position; when two
   * members are asked for, those of the rarer are looked at.
   */
  positions(filter: EntryFilter, { order, beyond, limit }: Page): readonly IndexedPosition[] {
    const back = order === "backward";
    // One bound on each side: of two SQLite would use the first.
    const onward = beyond === null ? {} : back ? { last: beyond - 1 } : { first: beyond + 1 };
    const { sql, values } = this.#where(filter, onward);
    const select = `SELECT seq, segment, offset, length, entry_hash FROM entries ${sql} ORDER BY seq ${back ? "DESC" : ""} LIMIT ?`;
    const rows = this.#database.prepare(select).all(...values, limit);
    return rows.map((row) => ({ seq: Number(row["seq"]), ...positionOf(row) }));
  }

  /** How many entries may be asked for, of those that the index covers. Cost: about 0.1 µs each. */
  count(filter: EntryFilter): number {
    const { sql, values } = this.#where(filter);
    return Number(this.#database.prepare(`SELECT count(*) AS n FROM entries ${sql}`).get(...values)?.["n"]);
  }

  /** The position of the first entry whose `seq` is at least that; null when there is none. */
  at(seq: number): IndexedPosition | null {
    return this.positions({}, { order: "forward", beyond: seq - 1, limit: 1 })[0] ?? null;
  }

  /**
   * The range of `seq`, both ends with it, outside which nothing is asked for. Times of a log hardly go back: each row
   * has the newest before it, and the index knows how far one ever stood behind. Cost: about forty look-ups.
   */
  range({ from_ms, to_ms, after_seq, before_seq }: EntryFilter): SeqRange {
    let { first, last } = ALL_SEQS;
    if (after_seq !== undefined) first = after_seq + 1;
    if (before_seq !== undefined) last = before_seq - 1;
    if (from_ms !== undefined) first = Math.max(first, this.#firstAt(Math.floor(from_ms / 1000)));
    if (to_ms !== undefined) last = Math.min(last, this.#firstAt(Math.ceil(to_ms / 1000) + this.#lag()) - 1);
    return { first, last };
  }

  #lag(): number {
    return Number(this.#database.prepare("SELECT lag FROM meta").get()?.["lag"] ?? 0);
  }

  /** The first `seq` at which the log had shown that second or a later one; past all when it never did. */
  #firstAt(second: number): number {
    // Two questions: asked together, SQLite would go through the whole table.
    const ends = this.#database
      .prepare("SELECT (SELECT min(seq) FROM entries) AS low, (SELECT max(seq) FROM entries) AS high")
      .get();
    const probe = this.#database.prepare("SELECT seq, newest FROM entries WHERE seq>=? ORDER BY seq LIMIT 1");
    let low = Number(ends?.["low"] ?? 0);
    let high = Number(ends?.["high"] ?? 0) + 1;
    const past = high;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = probe.get(middle);
      if (row === undefined || Number(row["newest"]) >= second) high = middle;
      else low = Number(row["seq"]) + 1;
    }
    return low >= past ? Number.MAX_SAFE_INTEGER : low;
  }

  #where(
    filter: EntryFilter,
    onward: Partial<SeqRange> = {},
  ): { readonly sql: string; readonly values: readonly number[] } {
    const conditions = conditionsOf(filter);
    const range = this.range(filter);
    const first = Math.max(range.first, onward.first ?? 0);
    const last = Math.min(range.last, onward.last ?? Number.MAX_SAFE_INTEGER);
    const tests = ["+seq>=?", "+seq<=?", ...conditions.map(({ sql }) => sql)];
    const values = [first, last, ...conditions.flatMap((condition) => condition.values)];
    // The `+` keeps SQLite from walking the range when it could look up.
    if (filter.authorization_id !== undefined) return { sql: `WHERE ${tests.join(" AND ")}`, values };
    const indexed = conditions.filter(({ index }) => index !== null);
    const best = indexed.length > 1 ? this.#rarest(indexed) : indexed[0];
    const by = best === undefined || best.index === null ? "" : `INDEXED BY ${best.index}`;
    return { sql: `${by} WHERE ${tests.join(" AND ").replaceAll("+seq", "seq")}`, values };
  }

  #rarest(conditions: readonly Condition[]): Condition | undefined {
    let best: { readonly condition: Condition; readonly count: number } | null = null;
    for (const condition of conditions) {
      const { sql, values, index } = condition;
      const counted = `SELECT count(*) AS n FROM (SELECT 1 FROM entries INDEXED BY ${index} WHERE ${sql} LIMIT ${COUNTED})`;
      const count = Number(this.#database.prepare(counted).get(...values)?.["n"]);
      if (best === null || count < best.count) best = { condition, count };
    }
    return best?.condition;
  }
}

function conditionsOf(filter: EntryFilter): readonly Condition[] {
  const { trace_id, incident_id, avid, action_type, decision, event, authorization_id } = filter;
  const conditions: Condition[] = [];
  const add = (column: string, key: number | null, rare?: "decision" | "event"): void => {
    if (key === null) return;
    const isIndexed = rare === undefined || key > OFTEN;
    const sql = rare !== undefined && isIndexed ? `${column}=? AND ${indexedOnly(rare)}` : `${column}=?`;
    conditions.push({ sql, values: [key], index: isIndexed ? `by_${column}` : null });
  };
  add("trace", trace_id === undefined ? null : textKey(trace_id));
  add("incident", nameKeyOf(incident_id));
  add("event", nameKeyOf(event), "event");
  add("decision", nameKeyOf(decision), "decision");
  add("agent", nameKeyOf(avid));
  add("action", nameKeyOf(action_type));
  if (authorization_id !== undefined) {
    const key = key48(authorization_id);
    // What is no hash has no number, and no entry.
    const keys = Number.isSafeInteger(key) ? [key, key] : [-1, -1];
    conditions.push({ sql: "(hash=? OR related=?)", values: keys, index: null });
  }
  return conditions;
}

function nameKeyOf(name: string | undefined): number | null {
  return name === undefined ? null : nameKey(name);
}

/** The position in a row. A hash that is none in the row is none of any entry's. */
export function positionOf({ segment, offset, length, entry_hash }: Record<string, SQLOutputValue>): EntryPosition {
  const hash = entry_hash instanceof Uint8Array ? Buffer.from(entry_hash).toString("hex") : "";
  return { segment: Number(segment), offset: Number(offset), length: Number(length), hash };
}
