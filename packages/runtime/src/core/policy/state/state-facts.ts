// What a policy asks of history before it decides, what it is told, and what a decision adds to history. All plain JSON.

import type { Scope } from "./scope.ts";

/** What a policy may ever ask of history. A book and an index that keep this much can answer all of its queries. */
export interface StateNeeds {
  /** The longest window of any rule; 0 when none has a window. */
  readonly longest_window_ms: number;
  readonly scopes: readonly Scope[];
  /** IANA names of the time zones whose offsets must stand in `Facts.zones`. */
  readonly zones: readonly string[];
}

/** What a policy needs to know of history to judge one action. Keys are those of `scopeKeysOf`. */
export interface StateQuery {
  /** Budgets and rates; a counter is the id of its rule, and asked for once. Null: over the scope's whole life. */
  readonly counters: readonly CounterQuery[];
  readonly marks: readonly MarkQuery[];
  /** The session whose labels are asked for; null when labels don't matter. */
  readonly labels: string | null;
  /** The files and folders that the action would read. */
  readonly resources: readonly ResourceQuery[];
}

/** How much of a counter is used. */
export interface CounterQuery {
  readonly counter: string;
  readonly scope: Scope;
  readonly key: string;
  readonly window_ms: number | null;
}

/** When a mark was last set. */
export interface MarkQuery {
  readonly mark: string;
  readonly scope: Scope;
  readonly key: string;
}

/** The labels of a path; `within`: of anything in that folder, at any depth. */
export interface ResourceQuery {
  readonly path: string;
  readonly within: boolean;
}

/** The answer to a query. Lists and members are in a fixed order: the same history gives the same bytes. */
export interface StateFacts {
  /** The time it holds for: the request's, but never before the newest entry. Milliseconds since 1970. */
  readonly now_ms: number;
  readonly counters: Readonly<Record<string, Used>>;
  readonly marks: readonly MarkSet[];
  readonly labels: readonly string[];
  /** Labels of the paths asked for, those without any left out; `<path>/**` for what lies in a folder. */
  readonly resources: Readonly<Record<string, readonly string[]>>;
}

/** What is used of a counter: the exact sum as a plain decimal, and of how many actions. */
export interface Used {
  readonly used: string;
  readonly count: number;
}

/** A mark that is set: the newest time, never earlier than it really was. */
export interface MarkSet {
  readonly mark: string;
  readonly scope: Scope;
  readonly at_ms: number;
}

/** What a decision adds to history, once it is allowed. */
export type StateDelta = CounterDelta | MarkDelta | LabelDelta | ResourceDelta;

/** An amount that is reserved. `attempt`: it counts once begun, however that ends (a rate); else an error gives it back. */
export interface CounterDelta {
  readonly counter: string;
  /** Plain decimal, not negative. */
  readonly amount: string;
  readonly attempt?: true;
}

/** A mark that is set, in every scope of the action. */
export interface MarkDelta {
  readonly mark: string;
}

/** A label that the session gets. */
export interface LabelDelta {
  readonly label: string;
}

/** A label that a written file gets. The path is clear text: it never goes into an entry (see `entryDeltas`). */
export interface ResourceDelta {
  readonly label: string;
  readonly path: string;
}
