// The shape of every built-in rule: data, and one pure function over what was seen.

import type { Action } from "./action.ts";
import type { AgentContext } from "./agent-context.ts";
import type { Effect, EffectKind } from "./effects/effect.ts";
import type { Facts } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { Budget } from "./policy/budget.ts";
import type { StateView } from "./policy/state/state-view.ts";

/** Everything a rule may look at. */
export interface RuleInput {
  readonly action: Action;
  readonly effects: readonly Effect[];
  readonly agent: AgentContext;
  readonly facts: Facts;
  /** What looking may still cost, shared by all that one decision asks; absent: as much as there is for one. */
  readonly budget?: Budget;
  /** History with what the action itself adds, as the policy's rules see it; undefined when they don't ask for any. */
  readonly state?: StateView | undefined;
}

/** One article, title or firewall rule. Its data (all but `evaluate`) is what the rules hash covers. */
export interface Rule {
  /** `Art.0`, `Title II`, `firewall:destructive`. */
  readonly id: string;
  readonly title: string;
  /** How `layers` names it when it decides (`Title II — Financial Actions`); null to be named by the verdict alone. */
  readonly display: string | null;
  /** What it reads, in words, for the docs. */
  readonly reads: string;
  /** The kinds of effect that it judges. A kind outside this list never makes it speak. */
  readonly judges: readonly EffectKind[];
  /** What it decides without an override, in words, for the docs. */
  readonly default: string;
  /** The `agent_ctx` member that relaxes it, or null when nothing does. */
  readonly override_key: string | null;
  /** Raised when the rule's meaning changes: a new number is a new rules hash. */
  readonly revision: number;
  /** The rule's findings; empty when it has nothing to say. Pure, total, never throws on any input. */
  readonly evaluate: (input: RuleInput) => readonly Finding[];
}
