// The decision, pure and total: every layer is asked, all findings are kept, the strictest verdict wins.

import type { Action } from "./action.ts";
import type { AgentContext } from "./agent-context.ts";
import type { Evaluation, PolicySnapshot } from "./decision.ts";
import { deriveEffects, surroundingsWithin } from "./effects/derive.ts";
import type { Effect } from "./effects/effect.ts";
import type { Facts } from "./facts.ts";
import { graver, LAYERS, stricter, type Finding, type Layer, type Severity, type Verdict } from "./finding.ts";
import { obligationsOf } from "./obligations.ts";
import type { PolicyAnswer } from "./policy-answer.ts";
import type { StateNeeds, StateQuery } from "./policy/state/state-facts.ts";
import type { Rule, RuleInput } from "./rule.ts";

/** The policy layer as evaluation sees it: compiled, content-addressed, total. */
export interface PolicyLayer {
  readonly snapshot: PolicySnapshot;
  /** What the policy says of one action. */
  evaluate(input: RuleInput): PolicyAnswer;
  /** What the policy's rules may ever ask of history; absent when no rule asks anything. */
  readonly needs?: StateNeeds;
  /** What must be known of history to judge this action; null when nothing, as for every action without such a rule. */
  queryState?(input: RuleInput, avid: string): StateQuery | null;
}

/** A built-in layer: its name and its rules in order. */
export interface BuiltInLayer {
  readonly layer: Exclude<Layer, "policy">;
  readonly rules: readonly Rule[];
}

/** What `evaluate` needs. */
export interface EvaluateInput {
  readonly action: Action;
  readonly effects: readonly Effect[];
  readonly agent: AgentContext;
  readonly avid: string;
  readonly identity: "proven" | "asserted";
  readonly facts: Facts;
  readonly layers: readonly BuiltInLayer[];
  readonly policy: PolicyLayer;
}

/**
 * Decide an action. Never throws: a rule that does is a DENY finding of its own (`RULE_FAILED`).
 *
 * Cost: the sum of the rules; bounded by the limits on payloads and effects that were applied before.
 */
export function evaluate(input: EvaluateInput): Evaluation {
  const { findings, shadow } = collectAnswers(input);
  const deciding = decidingFinding(findings);
  const decision = deciding?.decision ?? "ALLOW";
  const evaluation: Evaluation = {
    decision,
    reason: deciding === null ? "nothing in any layer speaks against it" : deciding.reason,
    severity: decidingSeverity(findings, decision),
    deciding_layer: deciding?.layer ?? "none",
    rule_ref: deciding?.rule_ref ?? null,
    layers: layerSummaries(findings, input.layers),
    findings,
    override_possible: deciding?.override_key !== undefined && decision !== "ALLOW",
    override_key: decision === "ALLOW" ? null : (deciding?.override_key ?? null),
    avid: input.avid,
    identity: input.identity,
    trace_id: input.agent.trace_id,
    action_type: input.action.action_type,
    verb: input.action.verb,
    action_digest: input.action.digest,
    effects: input.effects,
    obligations: decision === "DENY" ? [] : obligationsOf(input.effects),
    policy_snapshot: input.policy.snapshot,
  };
  return shadow.length === 0 ? evaluation : { ...evaluation, shadow };
}

/** All that was said of an action and of the calls in it. */
interface Answers {
  readonly findings: Finding[];
  readonly shadow: Finding[];
}

function collectAnswers(input: EvaluateInput): { readonly [Kind in keyof Answers]: readonly Finding[] } {
  const ruleInput: RuleInput = {
    action: input.action,
    effects: input.effects,
    agent: input.agent,
    facts: input.facts,
  };
  const answers: Answers = { findings: [], shadow: [] };
  askAll(answers, ruleInput, input);
  if (input.action.calls.length === 0) return answers;
  askAboutCalls(answers, ruleInput, input);
  return { findings: withoutRepeats(answers.findings), shadow: withoutRepeats(answers.shadow) };
}

function askAll(answers: Answers, ruleInput: RuleInput, { layers, policy }: EvaluateInput): void {
  for (const { layer, rules } of layers) {
    for (const rule of rules) askRule(answers.findings, ruleInput, layer, rule);
  }
  askPolicy(answers, ruleInput, policy);
}

// A batch is as grave as the gravest call in it: each is judged as if it had come alone.
function askAboutCalls(answers: Answers, around: RuleInput, input: EvaluateInput): void {
  for (const inner of callsWithin(around)) {
    askAll(answers, inner, input);
    askAboutCalls(answers, inner, input);
  }
}

/** What rules look at for each call that stands in an action, as if it had come alone. Cost: that of their effects. */
export function callsWithin(around: RuleInput): readonly RuleInput[] {
  if (around.action.calls.length === 0) return [];
  const surroundings = surroundingsWithin(around.action, around.facts.surroundings);
  const facts = { ...around.facts, surroundings };
  return around.action.calls.map((action) => ({
    ...around,
    action,
    facts,
    effects: deriveEffects(action, surroundings),
  }));
}

function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const { layer, rule_ref, decision, severity, reason } = finding;
    const key = JSON.stringify([layer, rule_ref, decision, severity, reason]);
    return !seen.has(key) && seen.add(key);
  });
}

// A rule is trusted code, but a thrown rule must never read as "nothing to say".
function askRule(findings: Finding[], input: RuleInput, layer: Layer, rule: Rule): void {
  try {
    for (const finding of rule.evaluate(input)) findings.push(finding);
  } catch (error) {
    findings.push(thrown(error, layer, rule.id));
  }
}

function askPolicy({ findings, shadow }: Answers, input: RuleInput, policy: PolicyLayer): void {
  try {
    const answer = policy.evaluate(input);
    for (const finding of answer.findings) findings.push(finding);
    for (const finding of answer.shadow) shadow.push(finding);
  } catch (error) {
    findings.push(thrown(error, "policy", "policy:engine"));
  }
}

function thrown(error: unknown, layer: Layer, rule_ref: string): Finding {
  const problem = error instanceof Error ? error.name : "unknown";
  const reason = `RULE_FAILED: the rule ended with ${problem}, so the action is not allowed`;
  return { layer, rule_ref, decision: "DENY", severity: "critical", reason };
}

/**
 * The finding that decides: strictest verdict, then the earlier layer, then the graver, then the earlier rule. What only
 * warns decides nothing.
 */
function decidingFinding(findings: readonly Finding[]): Finding | null {
  let best: Finding | null = null;
  for (const finding of findings) {
    if (best === null || outranks(finding, best)) best = finding;
  }
  // Notes of the built-in layers decide nothing; a policy's grant does.
  return best !== null && best.decision === "ALLOW" ? (findings.find(isGrant) ?? null) : best;
}

function outranks(candidate: Finding, best: Finding): boolean {
  if (candidate.decision !== best.decision) {
    return stricter(candidate.decision, best.decision) === candidate.decision;
  }
  if (candidate.layer !== best.layer) return LAYERS.indexOf(candidate.layer) < LAYERS.indexOf(best.layer);
  return candidate.severity !== best.severity && graver(candidate.severity, best.severity) === candidate.severity;
}

function isGrant(finding: Finding): boolean {
  return finding.layer === "policy" && finding.decision === "ALLOW" && finding.mode === undefined;
}

function decidingSeverity(findings: readonly Finding[], decision: Verdict): Severity {
  let severity: Severity = "low";
  for (const finding of findings) {
    if (finding.decision === decision && finding.mode === undefined) severity = graver(severity, finding.severity);
  }
  return severity;
}

function layerSummaries(
  findings: readonly Finding[],
  layers: readonly BuiltInLayer[],
): Readonly<Record<Layer, string>> {
  const summary = { constitution: "pass", civil_code: "pass", firewall: "pass", policy: "pass" };
  if (findings.length === 0) return summary;
  for (const layer of LAYERS) {
    const deciding = decidingFinding(findings.filter((finding) => finding.layer === layer));
    if (deciding !== null) summary[layer] = layerSummary(layer, deciding, layers);
  }
  return summary;
}

function layerSummary(layer: Layer, finding: Finding, layers: readonly BuiltInLayer[]): string {
  const verdict = finding.decision.toLowerCase();
  if (layer === "policy") return verdict;
  const rules = layers.find((builtIn) => builtIn.layer === layer)?.rules;
  const display = rules?.find((rule) => rule.id === finding.rule_ref)?.display ?? verdict;
  return `blocked (${display})`;
}
