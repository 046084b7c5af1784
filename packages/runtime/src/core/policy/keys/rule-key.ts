// How a rule's keys are put together.
//
// Each kind of key is one file here, which exports one `RuleKey`: the names it reads, what they become (its `Part` of a
// `RuleSource`), and, where it is a condition, how it is asked. `index.ts` lists them. To add a kind of key: write the
// file; then in index.ts add its part to `RuleSource`, the key to `KEYS`, and its `read` to `readParts`. A line in the
// table of docs/policy.md is asked for by a test.

import type { CelTrace } from "../cel/index.ts";
import type { Members } from "../members.ts";
import type { PredicateInput } from "../predicates/predicate.ts";
import type { Place } from "../problem.ts";
import type { ValueReader } from "../rule-values.ts";

/** Where a rule stands. */
export interface RulePlace extends Place {
  /** Its place in the file's list of rules, from 1. */
  readonly number: number;
}

/** Why a condition can't be told, for people: `payload has no member amount`. */
export interface ConditionFailure {
  readonly failure: string;
}

/** What a condition read, and what stood there. */
export interface SeenValue {
  readonly source: string;
  readonly value: string;
}

/**
 * One condition of a rule. A rule applies when all of its conditions hold. Where one can't be told, the rule fails (a
 * DENY that says why) unless another of its conditions rules it out.
 */
export interface Condition {
  /** The key it was written under. */
  readonly key: string;
  /** As it was written. */
  readonly source: string;
  /** Whether it asks for labels or marks of the session. */
  readonly session?: boolean;
  readonly holds: (input: PredicateInput) => boolean | ConditionFailure;
  /** For a condition on members: each member it reads, and what stands there, as JSON; `(missing)` for nothing. */
  readonly seen?: (input: PredicateInput) => readonly SeenValue[];
  /** For a condition in CEL: what each of its parts gave. */
  readonly explain?: (input: PredicateInput) => CelTrace;
}

/** One kind of key. `Rule` is the part of a rule that it reads and needs. */
export interface RuleKey<Rule> {
  /** The names of its keys. */
  readonly names: readonly string[];
  /** The names that let a rule do something; a rule without any is refused. */
  readonly acts?: readonly string[];
  /** Read its members; what is wrong goes to `values.problems`, and a harmless value stands in. */
  readonly read: (members: Members, values: ValueReader, at: RulePlace) => Rule;
  /** The conditions that a rule has by this key; made once, when the policy is compiled. */
  readonly conditions?: (rule: Rule) => readonly Condition[];
}
