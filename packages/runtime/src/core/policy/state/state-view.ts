// History as the rules of one evaluation see it: what the log says, and what the action itself adds, already counted.
//
// Every rule sees the same: marks that rules set and labels that the action's reads give are there before any rule
// decides, and what a batch spends in several calls is one sum.

import type { Amount } from "./amount.ts";
import type { Scope } from "./scope.ts";
import type { StateDelta } from "./state-facts.ts";

/** What an action adds to a counter, or why that can't be told. */
export type Added = { readonly amount: Amount } | { readonly failure: string };

/** What rules may ask of history. */
export interface StateView {
  /** Whether the log's history was looked up. Where it wasn't, every rule that needs it fails. */
  readonly known: boolean;
  /** The time it is judged at; never before the newest entry. */
  readonly now_ms: number;
  /** Labels of the session, sorted. Throws `HistoryUnknown`. */
  readonly labels: readonly string[];
  /** Marks of the session, sorted. Throws `HistoryUnknown`. */
  readonly marks: readonly string[];
  /** When a mark was last set in a scope; null when never. Throws `HistoryUnknown`. */
  markedAt(mark: string, scope: Scope): number | null;
  /** What is used of a counter before this action. Throws `HistoryUnknown`. */
  usedOf(counter: string): Amount;
  /** What this whole action adds to a counter; null when nothing. */
  addedTo(counter: string): Added | null;
  /** What the action adds to history when it is allowed. */
  readonly deltas: readonly StateDelta[];
  /** Why the action can't be allowed whatever the rules say: what it would do to labels can't be told. */
  readonly refusal: string | null;
}

/** Thrown where a rule needs history that nobody looked up: the rule fails, so the action is denied. */
export class HistoryUnknown extends Error {
  override readonly name = "HistoryUnknown";
  constructor() {
    super("the history of the log was not looked up");
  }
}
