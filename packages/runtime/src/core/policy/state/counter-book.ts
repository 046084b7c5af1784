// One counter in one scope: what was reserved or spent, in the order of time, and the sums that rules ask for.
//
//   slots     ├─ too old for any window: dropped ─┤ ├──────── kept ────────┤ newest
//   view      the running sum of one window: its start moves as time goes on, forwards and, within what is kept, back
//   pending   not begun yet, by when they lapse
//
// Times never fall: `at` is the newest time the log had shown when the entry was written. So a clock that is set back
// frees nothing early.

import { addAmounts, subtractAmounts, ZERO, type Amount } from "./amount.ts";
import { IndexedQueue } from "./indexed-queue.ts";

/** What is reserved in a counter. */
export interface Reserved {
  readonly at: number;
  readonly amount: Amount;
  /** Whether it stays when the execution fails. */
  readonly attempt: boolean;
  /** When it is given back unless it has begun. */
  readonly lapses: number;
}

/** A reservation in its counter. */
export interface Slot extends Reserved {
  readonly index: number;
  begun: boolean;
  /** Given back, or lapsed. */
  gone: boolean;
}

/** An exact sum, and of how many. */
export interface Tally {
  readonly sum: Amount;
  readonly count: number;
}

/** A running sum over the slots from an index on. */
interface View {
  start: number;
  sum: Amount;
  count: number;
}

/** The history of a counter in one scope. */
export class CounterBook {
  readonly #slots = new IndexedQueue<Slot>();
  readonly #pending = new IndexedQueue<Slot>();
  readonly #views = new Map<number, View>();
  readonly #life: View = { start: 0, sum: ZERO, count: 0 };

  /** Add a reservation; `at` must not be before any earlier one. Amortised constant. */
  add(reserved: Reserved, begun: boolean): Slot {
    const slot: Slot = { ...reserved, index: this.#slots.end, begun, gone: false };
    this.#slots.push(slot);
    count(this.#life, slot);
    for (const view of this.#views.values()) count(view, slot);
    if (!begun) this.#pending.insert(slot, (other) => other.lapses > slot.lapses);
    return slot;
  }

  /** Give it back. */
  release(slot: Slot): void {
    if (slot.gone) return;
    slot.gone = true;
    uncount(this.#life, slot);
    for (const view of this.#views.values()) if (slot.index >= view.start) uncount(view, slot);
  }

  /** Drop what no window of `longest_ms` reaches from `newest` on. Amortised constant. */
  prune(newest: number, longest_ms: number): void {
    this.#lapse(newest);
    for (let slot = this.#slots.first; slot !== undefined && slot.at + longest_ms <= newest; slot = this.#slots.first) {
      for (const view of this.#views.values()) leave(view, slot);
      this.#slots.shift();
    }
  }

  /** What is used in the window that ends at `now`, which is `newest` or later. Null: over the whole life. */
  used(window_ms: number | null, newest: number, now: number): Tally {
    this.#lapse(newest);
    const view = window_ms === null ? this.#life : this.#viewOf(window_ms, now);
    let { sum, count } = view;
    // By now these have lapsed, but the log doesn't show that time yet: they aren't given back for good.
    for (let at = this.#pending.firstIndex; ; at += 1) {
      const slot = this.#pending.at(at);
      if (slot === undefined || slot.lapses > now) return { sum, count };
      if (slot.begun || slot.gone || slot.index < view.start) continue;
      sum = subtractAmounts(sum, slot.amount);
      count -= 1;
    }
  }

  #lapse(newest: number): void {
    for (let slot = this.#pending.first; slot !== undefined && slot.lapses <= newest; slot = this.#pending.first) {
      if (!slot.begun) this.release(slot);
      this.#pending.shift();
    }
  }

  #viewOf(window_ms: number, now: number): View {
    const known = this.#views.get(window_ms);
    const view = known ?? { start: this.#slots.end, sum: ZERO, count: 0 };
    if (known === undefined) this.#views.set(window_ms, view);
    for (let slot = this.#slots.at(view.start - 1); slot !== undefined && slot.at + window_ms > now;) {
      view.start -= 1;
      if (!slot.gone) count(view, slot);
      slot = this.#slots.at(view.start - 1);
    }
    for (let slot = this.#slots.at(view.start); slot !== undefined && slot.at + window_ms <= now;) {
      leave(view, slot);
      slot = this.#slots.at(view.start);
    }
    return view;
  }
}

function count(view: View, slot: Slot): void {
  view.sum = addAmounts(view.sum, slot.amount);
  view.count += 1;
}

function uncount(view: View, slot: Slot): void {
  view.sum = subtractAmounts(view.sum, slot.amount);
  view.count -= 1;
}

function leave(view: View, slot: Slot): void {
  if (slot.index < view.start) return;
  if (!slot.gone) uncount(view, slot);
  view.start = slot.index + 1;
}
