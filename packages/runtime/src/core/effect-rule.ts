// How a rule is written: its data, and a judgement on each effect and on the action. Findings are put together here,
// so that no rule can stop early and none repeats itself for a thousand effects of one sort.

import type { Effect } from "./effects/effect.ts";
import type { Finding, Layer, Severity, Verdict } from "./finding.ts";
import type { Rule, RuleInput } from "./rule.ts";

/** What a rule thinks of one effect or of the action. */
export interface Judgement {
  readonly decision: Verdict;
  readonly severity: Severity;
  /** One line for a person. Judgements with the same reason and verdict become one finding. */
  readonly reason: string;
  readonly override_key?: string;
  /** What was seen: a path, a host, a program. Never a secret's value. */
  readonly evidence?: string;
}

/** A rule's data with its two judgements; either may be left out. */
export interface RuleSpec extends Omit<Rule, "evaluate"> {
  readonly layer: Exclude<Layer, "policy">;
  /** Judge one effect. Asked for each effect whose kind stands in `judges`. */
  readonly judgeEffect?: (effect: Effect, input: RuleInput) => Judgement | null;
  /** Judge the action, its context and the effects together. Asked once. */
  readonly judgeAction?: (input: RuleInput) => readonly Judgement[];
}

const NOTHING: readonly never[] = [];
const MOST_EVIDENCE = 5;
const LONGEST_EVIDENCE = 200;

/**
 * Make a rule of its data and judgements. Every effect is judged; nothing ends the round early.
 *
 * Cost: linear in the effects, plus the distinct reasons among them squared (a handful).
 */
export function effectRule(spec: RuleSpec): Rule {
  const { layer, judgeEffect, judgeAction, ...data } = spec;
  const kinds: ReadonlySet<string> = new Set(data.judges);
  const evaluate = (input: RuleInput): readonly Finding[] => {
    let found: Judgement[] | null = null;
    if (judgeEffect !== undefined) {
      for (const effect of input.effects) {
        const judgement = kinds.has(effect.kind) ? judgeEffect(effect, input) : null;
        if (judgement !== null) (found ??= []).push(judgement);
      }
    }
    const onAction = judgeAction?.(input) ?? NOTHING;
    if (found === null && onAction.length === 0) return NOTHING;
    return toFindings(layer, data.id, [...(found ?? NOTHING), ...onAction]);
  };
  return { ...data, evaluate };
}

/** One finding for each distinct verdict and reason, in order, with the first few things seen. */
export function toFindings(layer: Layer, rule_ref: string, judgements: readonly Judgement[]): readonly Finding[] {
  const groups = new Map<string, { readonly first: Judgement; readonly seen: string[] }>();
  for (const judgement of judgements) {
    const key = `${judgement.decision} ${judgement.severity} ${judgement.reason}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: judgement, seen: evidenceOf(judgement) });
    else if (group.seen.length < MOST_EVIDENCE) group.seen.push(...evidenceOf(judgement));
  }
  return [...groups.values()].map(({ first, seen }) => ({
    layer,
    rule_ref,
    decision: first.decision,
    severity: first.severity,
    reason: first.reason,
    ...(first.override_key === undefined ? {} : { override_key: first.override_key }),
    ...(seen.length === 0 ? {} : { evidence: [...new Set(seen)] }),
  }));
}

function evidenceOf(judgement: Judgement): string[] {
  return judgement.evidence === undefined ? [] : [judgement.evidence.slice(0, LONGEST_EVIDENCE)];
}

/** A judgement that denies. */
export function deny(reason: string, evidence?: string, severity: Severity = "critical"): Judgement {
  return { decision: "DENY", severity, reason, ...(evidence === undefined ? {} : { evidence }) };
}

/** A judgement that asks a person. */
export function ask(reason: string, evidence?: string, severity: Severity = "high"): Judgement {
  return { decision: "REQUIRE_APPROVAL", severity, reason, ...(evidence === undefined ? {} : { evidence }) };
}

/** A note: it is shown and recorded, and decides nothing. */
export function note(reason: string, evidence?: string): Judgement {
  return { decision: "ALLOW", severity: "low", reason, ...(evidence === undefined ? {} : { evidence }) };
}

/** The same judgement, with the `agent_ctx` setting that would lift it. */
export function liftedBy(override_key: string, judgement: Judgement): Judgement {
  return { ...judgement, override_key };
}
