// What a policy says of one action: its findings, and what it asks of whoever proceeds.

import type { Finding } from "./finding.ts";

/** What a policy says of one action. */
export interface PolicyAnswer {
  /** The findings of rules in force, then of rules that warn. */
  readonly findings: readonly Finding[];
  /** What rules in shadow mode would say. They stand beside the decision, never in it. */
  readonly shadow: readonly Finding[];
}

/** The answer of a policy that has nothing to say. */
export const NO_ANSWER: PolicyAnswer = { findings: [], shadow: [] };
