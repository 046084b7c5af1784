// The state as it will be when the entries of a batch that come before one stand in the log too.

import { addAmounts, amountText, parseAmount, ZERO, type Amount } from "../core/policy/state/amount.ts";
import { fileText, folderText } from "../core/policy/state/entry-deltas.ts";
import type { CounterQuery, MarkSet, StateFacts, StateQuery, Used } from "../core/policy/state/state-facts.ts";
import type { EntryDraft } from "../ledger/ports.ts";
import {
  byName,
  counterPart,
  endOfSecond,
  labelsPart,
  marksInOrder,
  marksPart,
  partsChangeOf,
  resourcePart,
  secondsOf,
} from "./state-parts.ts";
import type { StateStore } from "./state-store.ts";

/** A reservation that is not written yet. */
interface PendingAmount {
  readonly at: number;
  readonly lapses: number;
  readonly amount: Amount;
}

/** The state behind a batch, with what its earlier entries add. */
export class PendingState {
  readonly #states: StateStore;
  readonly #counters = new Map<string, PendingAmount[]>();
  readonly #tags = new Map<string, Map<string, number>>();
  /** The newest time of its entries, in seconds. */
  #newest = 0;
  #isEmpty = true;

  constructor(states: StateStore) {
    this.#states = states;
  }

  /** Add an entry that comes next. Cost: its deltas times the scopes; nothing for an entry without. */
  add(entry: EntryDraft): void {
    this.#newest = Math.max(this.#newest, secondsOf(entry.timestamp));
    if (entry["counter_deltas"] === undefined) return;
    // Its hash isn't known yet; nothing of the same batch can name it.
    const changed = partsChangeOf({ ...entry, entry_hash: "" });
    // What it begins or settles was reserved before, and no entry of its batch rests on what it takes back.
    if (changed?.change.kind !== "reserve") return;
    this.#isEmpty = false;
    const newest = Math.max(this.#newest, this.#states.newest);
    const at = endOfSecond(newest);
    for (const { part, amount } of changed.counters) {
      const pending = this.#counters.get(part) ?? [];
      this.#counters.set(part, pending);
      pending.push({ at, amount, lapses: at + changed.change.hold_ms });
    }
    for (const { part, name } of changed.tags) {
      this.#tags.set(part, (this.#tags.get(part) ?? new Map<string, number>()).set(name, newest));
    }
  }

  /** Answer a query, as `StateStore.answer`. Cost: as that, and the batch's earlier entries of the same counters. */
  read(query: StateQuery, now_ms: number): StateFacts {
    const facts = this.#states.answer(query, Math.max(now_ms, this.#newest * 1000));
    if (this.#isEmpty) return facts;
    const counters = query.counters.map((asked): [string, Used] => {
      return [asked.counter, this.#used(asked, facts.counters[asked.counter], facts.now_ms)];
    });
    return {
      now_ms: facts.now_ms,
      counters: Object.fromEntries(counters.toSorted(byName)),
      marks: this.#marks(query, facts.marks),
      labels: query.labels === null ? [] : this.#names(labelsPart(query.labels), facts.labels),
      resources: this.#resources(query, facts.resources),
    };
  }

  #used({ counter, key, window_ms }: CounterQuery, before: Used | undefined, now: number): Used {
    let sum = parseAmount(before?.used ?? "0") ?? ZERO;
    let count = before?.count ?? 0;
    for (const { at, lapses, amount } of this.#counters.get(counterPart(counter, key)) ?? []) {
      if (lapses <= now || (window_ms !== null && at + window_ms <= now)) continue;
      sum = addAmounts(sum, amount);
      count += 1;
    }
    return { used: amountText(sum), count };
  }

  #marks({ marks }: StateQuery, before: readonly MarkSet[]): readonly MarkSet[] {
    const pending = marks.flatMap(({ mark, scope, key }): MarkSet[] => {
      const at = this.#tags.get(marksPart(key))?.get(mark);
      return at === undefined ? [] : [{ mark, scope, at_ms: endOfSecond(at) }];
    });
    const isRenewed = ({ mark, scope }: MarkSet): boolean =>
      pending.some((other) => other.mark === mark && other.scope === scope);
    return marksInOrder([...before.filter((set) => !isRenewed(set)), ...pending]);
  }

  #resources({ resources }: StateQuery, before: StateFacts["resources"]): StateFacts["resources"] {
    const answers = resources.flatMap(({ path, within }): [string, readonly string[]][] => {
      const name = within ? `${path}/**` : path;
      const key = this.#states.resourceKey(within ? folderText(path) : fileText(path));
      const labels = this.#names(resourcePart(key), before[name] ?? []);
      return labels.length === 0 ? [] : [[name, labels]];
    });
    return Object.fromEntries(answers.toSorted(byName));
  }

  #names(part: string, before: readonly string[]): readonly string[] {
    const pending = this.#tags.get(part);
    return pending === undefined ? before : [...new Set([...before, ...pending.keys()])].toSorted();
  }
}
