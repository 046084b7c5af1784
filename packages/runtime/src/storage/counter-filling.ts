// One counter in one scope, as this process keeps it: filled from the log's rows, then told of each new entry.

import { isJsonObject, type JsonObject } from "../core/json.ts";
import { SCOPES, type Scope } from "../core/policy/state/scope.ts";
import { StateBook } from "../core/policy/state/state-book.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { authorizationOf, counterPart, secondText } from "./state-parts.ts";
import type { StateRow } from "./state-tail.ts";

/** Which counter, and how much of its history. */
export interface CounterSpan {
  readonly counter: string;
  /** Of the scope; see scope.ts. */
  readonly key: string;
  /** Since when it knows everything, in seconds; 0: all of the log. */
  readonly since: number;
  /** The longest window it can answer, besides its whole life. */
  readonly longest_ms: number;
}

/** A counter that is kept. */
export interface KeptCounter extends CounterSpan {
  readonly book: StateBook;
  /** How many rows it has learned: a bound of what it holds. */
  rows: number;
  /** The newest time, in seconds, that it was told. */
  told: number;
}

/** Tell a counter the newest time that the log has shown, in seconds. */
export function tellCounter(kept: KeptCounter, at: number): void {
  if (at <= kept.told) return;
  kept.told = at;
  kept.book.tell(secondText(at));
}

/** Tell a counter of an entry; `at` is the newest time, in seconds, that the log has shown with it. */
export function learnCounter(kept: KeptCounter, entry: LedgerEntry, at: number): void {
  tellCounter(kept, at);
  kept.book.learn(onlyCounter(entry, kept.counter));
  kept.rows += 1;
}

/** A counter while it is being filled. Entries come in the log's order. */
export class CounterFilling {
  readonly part: string;
  readonly kept: KeptCounter;
  readonly #ids = new Set<string>();

  constructor(span: CounterSpan) {
    this.part = counterPart(span.counter, span.key);
    const book = new StateBook({ longest_window_ms: span.longest_ms, scopes: [scopeOf(span.key)] });
    this.kept = { ...span, book, rows: 0, told: 0 };
  }

  /** The authorizations it knows. */
  get ids(): Iterable<string> {
    return this.#ids;
  }

  /** Whether it knows an authorization. */
  holds(id: string): boolean {
    return this.#ids.has(id);
  }

  add(entry: LedgerEntry, at: number): void {
    this.#ids.add(authorizationOf(entry));
    learnCounter(this.kept, entry, at);
  }

  addAll(rows: readonly StateRow[], entries: readonly LedgerEntry[]): void {
    for (const [index, entry] of entries.entries()) this.add(entry, rows[index]?.at ?? 0);
  }
}

// The key of a narrow scope that isn't known is the wider one's, so the key itself says whose history it is.
function scopeOf(key: string): Scope {
  return SCOPES.find((scope) => key.startsWith(`["${scope}"`)) ?? "all";
}

// A book learns what it is given: without the deltas that this counter isn't asked about it stays small.
function onlyCounter(entry: LedgerEntry, counter: string): JsonObject {
  const deltas = entry["counter_deltas"];
  if (!Array.isArray(deltas) || deltas.length === 1) return entry;
  return { ...entry, counter_deltas: deltas.filter((delta) => isJsonObject(delta) && delta["counter"] === counter) };
}
