// The state of a log as policies ask for it: what is used of budgets, which marks and labels are set. See
// core/policy/state/state-book.ts for what entries mean; here only the parts that are asked for are kept in memory, each
// filled from the index and from what the index doesn't cover when it is first asked for, then kept by following.
//
//   log   ├──────── index ────────┤──────── tail ────────┤ end        the tail reaches back to the index; where it
//                                                                     can't (no index, far behind), lines are scanned
//
// INVARIANT: the answers are those of a StateBook that learned the whole log. Nothing is learned before it stands in
// the log under the lock, so nothing ever has to be taken back.

import type { CounterQuery, MarkSet, StateFacts, StateQuery, Used } from "../core/policy/state/state-facts.ts";
import { fileText, folderText } from "../core/policy/state/entry-deltas.ts";
import { scopeKeysOfEntry } from "../core/policy/state/state-change.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { CounterFilling, learnCounter, tellCounter, type KeptCounter } from "./counter-filling.ts";
import type { LineVisitor } from "./chain-scan.ts";
import type { LogIndex } from "./log-index.ts";
import { isBefore, type ChainPoint, type EntryPosition, type LogPoint, type TimedPoint } from "./log-point.ts";
import { LruMap } from "./lru-map.ts";
import { tryParseEntry } from "./parse-entry.ts";
import {
  authorizationOf,
  byName,
  counterPart,
  endOfSecond,
  labelsPart,
  marksInOrder,
  marksPart,
  mayChangeState,
  partsChangeOf,
  resourcePart,
  secondsOf,
  type PartsChange,
} from "./state-parts.ts";
import { StateTail, type StateRow } from "./state-tail.ts";

/** What the store needs of the log it belongs to. */
export interface StateSource {
  readonly index: LogIndex;
  /** The end of what is followed. */
  readonly end: () => ChainPoint;
  /** How many bytes lie between a point and the end. */
  readonly bytesAfter: (point: LogPoint) => number;
  /** Call `visit` with each line from one point to another, in order. What was visited counts only when it returns. */
  readonly lines: (from: ChainPoint, to: ChainPoint, visit: LineVisitor) => void;
  /** Entries at positions, in order, their hashes checked. */
  readonly entriesAt: (positions: readonly EntryPosition[]) => readonly LedgerEntry[];
  /** See `Ledger.resourceKey`. */
  readonly resourceKey: (place: string) => string;
}

/** How much is kept in memory: about 400 bytes a row. What was asked for longest ago goes first. */
export interface StateLimits {
  /** Rows of all counters together; one counter may have more. */
  readonly rows: number;
  readonly counters: number;
  /** Parts of marks and labels. */
  readonly tagParts: number;
  /** A gap up to this is read into the tail; a longer one is scanned for each question until the index has caught up. */
  readonly gapBytes: number;
  /** Rows of the tail's newer half. */
  readonly tailRows: number;
}

const LIMITS: StateLimits = {
  rows: 1_000_000,
  counters: 16_384,
  tagParts: 32_768,
  gapBytes: 33_554_432,
  tailRows: 32_768,
};

/** Rows somewhat older than a window are read too: reservations that are still open belong to those in it. */
const OLDER_SECONDS = 3600;

/** Sees an entry that changes the state, where it stands, and what it changes. */
type StateVisitor = (entry: LedgerEntry, row: StateRow, changed: PartsChange) => void;

/** The state of one log in this process. */
export class StateStore {
  readonly #source: StateSource;
  readonly #limits: StateLimits;
  readonly #counters: LruMap<KeptCounter>;
  /** Names of the kept counters of a scope. */
  readonly #ofScope = new Map<string, Set<string>>();
  readonly #tags: LruMap<Map<string, number>>;
  /** Null until something is asked for the first time: a policy without state costs nothing. */
  #tail: StateTail | null = null;
  #newest = 0;
  #rows = 0;
  #version = 0;

  constructor(source: StateSource, limits: StateLimits = LIMITS) {
    this.#source = source;
    this.#limits = limits;
    this.#counters = new LruMap(limits.counters, (counter) => this.#forget(counter));
    this.#tags = new LruMap(limits.tagParts);
  }

  /** See `Ledger.resourceKey`. */
  resourceKey(place: string): string {
    return this.#source.resourceKey(place);
  }

  /** Changes whenever an entry was learned that may change an answer. */
  get version(): number {
    return this.#version;
  }

  /** The newest time that the log has shown, in seconds since 1970; 0 before anything was asked. */
  get newest(): number {
    return this.#newest;
  }

  /** Learn of an entry that stands in the log now. Cost: constant for each of its deltas; nothing before the first question. */
  learn(entry: LedgerEntry, position: EntryPosition): void {
    if (this.#tail === null) return;
    this.#tell(secondsOf(entry.timestamp));
    const changed = partsChangeOf(entry);
    if (changed !== null) this.#apply(this.#tail, entry, { ...position, at: this.#newest }, changed);
  }

  /** Learn of a line that another process wrote. */
  learnLine(line: Buffer, position: EntryPosition): void {
    if (this.#tail === null) return;
    const entry = mayChangeState(line)
      ? (parseBeforeWitness(line, position.hash) ?? tryParseEntry(line.toString("utf8")))
      : null;
    if (entry === null) this.#tell(secondsOfLine(line));
    else this.learn(entry, position);
  }

  /**
   * Answer a query, as far as the log is followed. Cost: constant for each thing asked; the first time the rows of that
   * scope in its window (about 15 µs each), and what the index doesn't cover.
   */
  answer(query: StateQuery, now_ms: number): StateFacts {
    if (this.#tail === null) this.#begin();
    const now = Math.max(now_ms, this.#newest * 1000);
    const counters = query.counters.map((asked): [string, Used] => [asked.counter, this.#used(asked, now)]);
    const resources = query.resources.flatMap(({ path, within }): [string, readonly string[]][] => {
      const key = this.resourceKey(within ? folderText(path) : fileText(path));
      const names = this.#namesOf(resourcePart(key));
      return names.length === 0 ? [] : [[within ? `${path}/**` : path, names]];
    });
    return {
      now_ms: now,
      counters: Object.fromEntries(counters.toSorted(byName)),
      marks: this.#marks(query),
      labels: query.labels === null ? [] : this.#namesOf(labelsPart(query.labels)),
      resources: Object.fromEntries(resources.toSorted(byName)),
    };
  }

  #used(asked: CounterQuery, now: number): Used {
    const kept = this.#counterOf(asked, now);
    tellCounter(kept, this.#newest);
    const facts = kept.book.answer(
      { counters: [asked], marks: [], labels: null, resources: [] },
      now,
      this.#source.resourceKey,
    );
    return facts.counters[asked.counter] ?? { used: "0", count: 0 };
  }

  #marks({ marks }: StateQuery): readonly MarkSet[] {
    const found: MarkSet[] = [];
    for (const { mark, scope, key } of marks) {
      const at = this.#tagsOf(marksPart(key)).get(mark);
      if (at !== undefined) found.push({ mark, scope, at_ms: endOfSecond(at) });
    }
    return marksInOrder(found);
  }

  #namesOf(part: string): readonly string[] {
    return [...this.#tagsOf(part).keys()].toSorted();
  }

  #counterOf({ counter, key, window_ms }: CounterQuery, now: number): KeptCounter {
    const part = counterPart(counter, key);
    const known = this.#counters.get(part);
    const since = window_ms === null ? 0 : Math.max(0, Math.floor((now - window_ms) / 1000) - OLDER_SECONDS);
    const longest_ms = Math.max(window_ms ?? 0, known?.longest_ms ?? 0);
    if (known !== undefined && known.since <= since && known.longest_ms >= longest_ms) return known;
    const filled = this.#fill(new CounterFilling({ counter, key, since, longest_ms }));
    this.#counters.set(part, filled);
    this.#ofScope.set(key, (this.#ofScope.get(key) ?? new Set()).add(part));
    this.#rows += filled.rows;
    while (this.#rows > this.#limits.rows && this.#counters.size > 1) this.#counters.dropOldest();
    return filled;
  }

  #forget({ counter, key, rows }: KeptCounter): void {
    this.#rows -= rows;
    const parts = this.#ofScope.get(key);
    parts?.delete(counterPart(counter, key));
    if (parts?.size === 0) this.#ofScope.delete(key);
  }

  #tagsOf(part: string): ReadonlyMap<string, number> {
    const known = this.#tags.get(part);
    if (known !== undefined) return known;
    const { tags, through } = this.#source.index.tags(part);
    const tail = this.#reach(through);
    const names = new Map(tags);
    this.#scanGap(through, tail.from, (_entry, { at }, changed) => {
      for (const tag of changed.tags) if (tag.part === part) names.set(tag.name, at);
    });
    for (const [name, at] of tail.tagsOf(part)) names.set(name, at);
    this.#tags.set(part, names);
    return names;
  }

  #fill(filling: CounterFilling): KeptCounter {
    const { part, kept } = filling;
    const { rows, through } = this.#source.index.counter(part, kept.since);
    const tail = this.#reach(through);
    filling.addAll(rows, this.#source.entriesAt(rows));
    this.#scanGap(through, tail.from, (entry, row, changed) => {
      const isOfPart = changed.counters.some((reserved) => reserved.part === part);
      if (isOfPart || filling.holds(changed.change.id)) filling.add(entry, row.at);
    });
    const covered = isBefore(through, tail.from) ? tail.from : through;
    const newer = tail.ofCounter(part).filter((row) => !isBefore(row, covered));
    const entries = this.#source.entriesAt(newer);
    const ids = new Set([...filling.ids, ...entries.map(authorizationOf)]);
    const followUps = [...ids].flatMap((id) => tail.ofAuthorization(id)).filter((row) => !isBefore(row, covered));
    const rest = inOrder([...newer, ...followUps]);
    filling.addAll(rest, this.#source.entriesAt(rest));
    return kept;
  }

  /** Begin to follow: from now on nothing of the state is missed. */
  #begin(): void {
    const { through } = this.#source.index.tags("");
    this.#tail = this.#readTail(through);
  }

  /** The tail, reaching back to a point if it can. */
  #reach(through: TimedPoint): StateTail {
    const tail = this.#tail ?? this.#readTail(through);
    if (!isBefore(through, tail.from)) tail.forgetBefore(through);
    else if (this.#source.bytesAfter(through) <= this.#limits.gapBytes) return (this.#tail = this.#readTail(through));
    return tail;
  }

  #readTail(from: TimedPoint): StateTail {
    const end = this.#source.end();
    const isLong = this.#source.bytesAfter(from) > this.#limits.gapBytes;
    const tail = new StateTail(isLong ? end : from, this.#limits.tailRows);
    const visit: StateVisitor = (entry, row, changed) => tail.add(changed, row, entry.prev_hash);
    this.#newest = Math.max(this.#newest, this.#scan(from, end, isLong ? null : visit));
    return tail;
  }

  #scanGap(from: TimedPoint, to: ChainPoint, visit: StateVisitor): void {
    if (isBefore(from, to)) this.#scan(from, to, visit);
  }

  /** Visit what changes the state, with the newest time at each; returns the newest time of all. */
  #scan(from: TimedPoint, to: ChainPoint, visit: StateVisitor | null): number {
    let at = from.newest;
    this.#source.lines(from, to, (line, position) => {
      at = Math.max(at, secondsOfLine(line));
      if (visit === null || !mayChangeState(line)) return;
      const entry = tryParseEntry(line.toString("utf8"));
      const changed = entry === null ? null : partsChangeOf(entry);
      if (entry !== null && changed !== null) visit(entry, { ...position, at }, changed);
    });
    return at;
  }

  #tell(seconds: number): void {
    if (seconds <= this.#newest) return;
    this.#newest = seconds;
    this.#version += 1;
  }

  #apply(tail: StateTail, entry: LedgerEntry, row: StateRow, changed: PartsChange): void {
    this.#version += 1;
    tail.add(changed, row, entry.prev_hash);
    for (const { part, name } of changed.tags) this.#tags.peek(part)?.set(name, row.at);
    const named = changed.counters.map(({ part }) => part);
    for (const part of named.length > 0 ? named : this.#countersAround(entry)) {
      const counter = this.#counters.peek(part);
      if (counter === undefined) continue;
      learnCounter(counter, entry, row.at);
      this.#rows += 1;
    }
  }

  /** The kept counters of the scopes of an entry that names none: those that don't know its authorization pass it over. */
  #countersAround(entry: LedgerEntry): readonly string[] {
    const keys = new Set(Object.values(scopeKeysOfEntry(entry)));
    return [...keys].flatMap((key) => [...(this.#ofScope.get(key) ?? [])]);
  }
}

function inOrder(rows: readonly StateRow[]): readonly StateRow[] {
  const sorted = rows.toSorted((a, b) => a.segment - b.segment || a.offset - b.offset);
  return sorted.filter(({ segment, offset }, index) => {
    const before = sorted[index - 1];
    return before?.offset !== offset || before.segment !== segment;
  });
}

/**
 * An entry without its witness, which stands near the end of a line and is nearly half of it. Null when that isn't so:
 * a cut anywhere but between members of the entry leaves no JSON.
 */
function parseBeforeWitness(line: Buffer, hash: string): LedgerEntry | null {
  const cut = line.lastIndexOf(',"witness":{', undefined, "latin1");
  return cut < 0 ? null : tryParseEntry(`${line.toString("utf8", 0, cut)},"entry_hash":"${hash}"}`);
}

const TIMESTAMP = '"timestamp":"';

/** The time of a line, by its bytes: the member comes before any other object that has one. 0 when it has none. */
function secondsOfLine(line: Buffer): number {
  const at = line.indexOf(TIMESTAMP, 0, "latin1") + TIMESTAMP.length;
  return at < TIMESTAMP.length ? 0 : secondsOf(line.toString("latin1", at, at + "2026-01-01T00:00:00Z".length));
}
