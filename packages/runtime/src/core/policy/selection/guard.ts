// Guards: what must be true of an action for a rule to speak, fail or change anything, told without asking the rule.
//
// A rule has clauses, of which each is necessary; a clause is a list of guards, of which one must hold. A guard asks a
// probe (probe.ts) what the action has at one place, and compares. Where the action has something else there than was
// expected (a missing member, another type), the guard holds: the rule is asked, and says itself what it makes of it.
//
// INVARIANT: if no guard of one clause holds, evaluating the rule gives no finding and no other answer.

import type { Probe } from "./probe.ts";

/** How a guard compares. Texts are compared as the probe gives them. */
export type Comparison =
  /** One of the values is this one (`textToken` and the like, value-tokens.ts). */
  | { readonly by: "token"; readonly token: string }
  /** One of the texts holds this one, which is not empty. */
  | { readonly by: "holds"; readonly text: string }
  | { readonly by: "prefix"; readonly text: string }
  | { readonly by: "suffix"; readonly text: string }
  /** The number is at least, or at most, this one. */
  | { readonly by: "least" | "most"; readonly bound: number };

/** One way in which a clause can be true. */
export interface Guard {
  readonly probe: Probe;
  readonly comparison: Comparison;
}

/** At least one of the guards must hold. An empty clause never does: the rule never speaks. */
export type Clause = readonly Guard[];
