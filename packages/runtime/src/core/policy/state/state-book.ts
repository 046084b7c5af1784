// History as policies ask for it: a fold over the ledger's entries, in their order. The runtime, the tests of policies,
// replay and simulation all ask this one book, so they can't differ.
//
//   time      the newest that any entry has shown, which never falls. An entry counts from the end of the second that it
//             names; an answer holds for the request's time, but never for one before the newest entry.
//   reserve   at ALLOW, until the permission ends. Begun, it stands; "error" gives it back (not a rate's: an attempt is
//             an attempt); a result that is unknown, or never comes, keeps it.
//   marks     and labels are set at ALLOW and stay: what was read can't be unread.
//
// Cost: an entry, amortised constant for each delta; an answer, constant for each thing asked, whatever the log's length.
// Memory: what the longest window and open executions need, and one number for each counter, mark and label of a scope.
// INVARIANT: entries of which `stateChangeOf` is null may be left out, as long as their times are told: a book of one scope
// that learns that scope's entries alone answers for it as the book of the whole log does.

import { CanopyError } from "../../errors.ts";
import type { JsonObject } from "../../json.ts";
import { amountText, ZERO } from "./amount.ts";
import { CounterBook, type Slot } from "./counter-book.ts";
import { fileText, folderText, type EntryDelta, type ResourceKey } from "./entry-deltas.ts";
import { parseEntryTime } from "./entry-time.ts";
import { IndexedQueue } from "./indexed-queue.ts";
import { SCOPES, sessionKeys, type Scope, type ScopeKeys } from "./scope.ts";
import { stateChangeOf, type StateChange } from "./state-change.ts";
import type { MarkSet, StateFacts, StateQuery, Used } from "./state-facts.ts";

/** How much a book keeps. */
export interface StateBookOptions {
  /** The longest window that will be asked for; what is older is forgotten. Null: everything is kept. */
  readonly longest_window_ms: number | null;
  /** The scopes that will be asked for; all by default. */
  readonly scopes?: readonly Scope[];
}

interface ScopeHistory {
  readonly counters: Map<string, CounterBook>;
  readonly marks: Map<string, number>;
  readonly labels: Set<string>;
}

interface Open {
  readonly lapses: number;
  readonly slots: readonly { readonly book: CounterBook; readonly slot: Slot }[];
  begun: boolean;
}

/** The history of a log, or of a part of it. */
export class StateBook {
  readonly #longest: number;
  readonly #scopes: readonly Scope[];
  readonly #histories = new Map<string, ScopeHistory>();
  readonly #resources = new Map<string, Set<string>>();
  readonly #open = new Map<string, Open>();
  /** Counters by the time of what was added to them, so that idle ones are pruned too. */
  readonly #ageing = new IndexedQueue<{ readonly at: number; readonly book: CounterBook }>();
  readonly #lapsing = new IndexedQueue<{ readonly lapses: number; readonly id: string }>();
  #newest = 0;
  #newestEnd = 0;

  constructor({ longest_window_ms, scopes }: StateBookOptions) {
    this.#longest = longest_window_ms ?? Infinity;
    // Whoever names no session or trace is asked of the wider history, which must then hold what theirs did.
    const isNarrow = scopes?.some((scope) => scope === "session" || scope === "trace") ?? false;
    this.#scopes = isNarrow
      ? [...new Set<Scope>([...(scopes ?? []), "session", "trace", "agent"])]
      : (scopes ?? SCOPES);
  }

  /** The newest time that an entry has shown, in milliseconds since 1970; 0 before the first. */
  get newest_ms(): number {
    return this.#newest;
  }

  /**
   * Learn the next entry. Entries come once each, in the order of the log.
   *
   * @throws {CanopyError} `INVALID_ENTRY` when its deltas can't be read.
   */
  learn(entry: JsonObject): void {
    this.tell(entry["timestamp"]);
    const change = stateChangeOf(entry);
    if (change !== null) this.#apply(change);
  }

  /** Learn the time of an entry alone: for entries that change nothing else. */
  tell(timestamp: unknown): void {
    const time = parseEntryTime(timestamp);
    if (time === null) return;
    this.#newest = Math.max(this.#newest, time.from_ms);
    this.#newestEnd = Math.max(this.#newestEnd, time.to_ms);
    this.#forget();
  }

  /**
   * Answer what a policy asks, as of `now_ms`. `keyOf` makes the keys under which entries name files.
   *
   * @throws {CanopyError} `INVALID_ENTRY` when a window is asked for that is longer than the book keeps.
   */
  answer(query: StateQuery, now_ms: number, keyOf: ResourceKey): StateFacts {
    const now = Math.max(now_ms, this.#newest);
    return {
      now_ms: now,
      counters: this.#counters(query, now),
      marks: this.#marks(query),
      labels: query.labels === null ? [] : [...(this.#histories.get(query.labels)?.labels ?? [])].toSorted(),
      resources: this.#resourceLabels(query, keyOf),
    };
  }

  #counters({ counters }: StateQuery, now: number): Readonly<Record<string, Used>> {
    const answers: [string, Used][] = [];
    for (const { counter, key, window_ms } of counters) {
      if (window_ms !== null && window_ms > this.#longest) throw tooLong();
      const book = this.#histories.get(key)?.counters.get(counter);
      const { sum, count } = book?.used(window_ms, this.#newest, now) ?? { sum: ZERO, count: 0 };
      answers.push([counter, { used: amountText(sum), count }]);
    }
    return Object.fromEntries(answers.toSorted(byName));
  }

  #marks({ marks }: StateQuery): readonly MarkSet[] {
    const found: MarkSet[] = [];
    for (const { mark, scope, key } of marks) {
      const at_ms = this.#histories.get(key)?.marks.get(mark);
      if (at_ms !== undefined) found.push({ mark, scope, at_ms });
    }
    return found.toSorted((a, b) => byText(a.mark, b.mark) || byText(a.scope, b.scope));
  }

  #resourceLabels({ resources }: StateQuery, keyOf: ResourceKey): Readonly<Record<string, readonly string[]>> {
    const answers: [string, readonly string[]][] = [];
    for (const { path, within } of resources) {
      const labels = this.#resources.get(keyOf(within ? folderText(path) : fileText(path)));
      if (labels !== undefined) answers.push([within ? `${path}/**` : path, [...labels].toSorted()]);
    }
    return Object.fromEntries(answers.toSorted(byName));
  }

  #apply(change: StateChange): void {
    switch (change.kind) {
      case "reserve":
        this.#reserve(change.id, change.keys, { deltas: change.deltas, hold_ms: change.hold_ms });
        break;
      case "begin":
        this.#begin(change);
        break;
      case "settle":
        this.#settle(change.id, change.failed);
        break;
      case "void":
        this.#void(change.id);
        break;
      default:
        change satisfies never;
    }
  }

  #reserve(
    id: string,
    keys: ScopeKeys,
    { deltas, hold_ms }: { readonly deltas: readonly EntryDelta[]; readonly hold_ms: number | null },
  ): void {
    const at = this.#newestEnd;
    const lapses = hold_ms === null ? Infinity : at + hold_ms;
    const slots: { book: CounterBook; slot: Slot }[] = [];
    const histories = this.#historiesOf(keys);
    for (const delta of deltas) {
      if (delta.kind === "resource") this.#labelResource(delta);
      if (delta.kind === "label") for (const key of sessionKeys(keys)) this.#historyOf(key).labels.add(delta.label);
      if (delta.kind === "mark") for (const history of histories) history.marks.set(delta.mark, at);
      if (delta.kind !== "counter") continue;
      const { amount, attempt } = delta;
      for (const history of histories) {
        const book = counterOf(history, delta.counter);
        slots.push({ book, slot: book.add({ at, amount, attempt, lapses }, hold_ms === null) });
        this.#ageing.push({ at, book });
      }
    }
    if (slots.length === 0) return;
    this.#open.set(id, { lapses, slots, begun: hold_ms === null });
    if (lapses !== Infinity) this.#lapsing.insert({ lapses, id }, (other) => other.lapses > lapses);
  }

  #begin({ id, keys, deltas }: Extract<StateChange, { readonly kind: "begin" }>): void {
    const open = this.#open.get(id);
    if (open === undefined) {
      // It has lapsed, or was decided before what this book was told: what runs counts all the same. Marks and labels,
      // set at ALLOW, have not lapsed.
      const counters = deltas.filter((delta) => delta.kind === "counter");
      if (counters.length > 0) this.#reserve(id, keys, { deltas: counters, hold_ms: null });
      return;
    }
    open.begun = true;
    for (const { slot } of open.slots) slot.begun = true;
  }

  #settle(id: string, failed: boolean): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    for (const { book, slot } of open.slots) {
      if (failed && !slot.attempt) book.release(slot);
      slot.begun = true;
    }
  }

  #void(id: string): void {
    const open = this.#open.get(id);
    if (open === undefined || open.begun) return;
    this.#open.delete(id);
    for (const { book, slot } of open.slots) book.release(slot);
  }

  #labelResource({ label, resource, within }: Extract<EntryDelta, { readonly kind: "resource" }>): void {
    for (const key of [resource, ...within]) {
      const labels = this.#resources.get(key);
      if (labels === undefined) this.#resources.set(key, new Set([label]));
      else labels.add(label);
    }
  }

  /** Forget what has lapsed, and what no window reaches any more. */
  #forget(): void {
    for (let due = this.#lapsing.first; due !== undefined && due.lapses <= this.#newest; due = this.#lapsing.first) {
      const open = this.#open.get(due.id);
      if (open !== undefined && !open.begun && open.lapses <= this.#newest) this.#open.delete(due.id);
      this.#lapsing.shift();
    }
    for (let old = this.#ageing.first; old !== undefined && old.at + this.#longest <= this.#newest;) {
      old.book.prune(this.#newest, this.#longest);
      this.#ageing.shift();
      old = this.#ageing.first;
    }
  }

  // Where a narrow scope isn't known it is a wider one: then both are one history.
  #historiesOf(keys: ScopeKeys): readonly ScopeHistory[] {
    const distinct = new Set(this.#scopes.map((scope) => keys[scope]));
    return [...distinct].map((key) => this.#historyOf(key));
  }

  #historyOf(key: string): ScopeHistory {
    const known = this.#histories.get(key);
    if (known !== undefined) return known;
    const history: ScopeHistory = { counters: new Map(), marks: new Map(), labels: new Set() };
    this.#histories.set(key, history);
    return history;
  }
}

function counterOf({ counters }: ScopeHistory, counter: string): CounterBook {
  const known = counters.get(counter);
  if (known !== undefined) return known;
  const book = new CounterBook();
  counters.set(counter, book);
  return book;
}

function byName(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return byText(left[0], right[0]);
}

function byText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function tooLong(): CanopyError {
  return new CanopyError("INVALID_ENTRY", "a window is longer than what the book of the log's history keeps", {
    fix: "open the book with the policy's longest window",
  });
}
