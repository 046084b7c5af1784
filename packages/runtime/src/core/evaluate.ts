// The decision, pure and total: every layer is asked, all findings are kept, the strictest verdict wins.

import type { Action } from "./action.ts";
import type { AgentContext } from "./agent-context.ts";
import { joinRequirements, type ApprovalRequirement } from "./approval-requirement.ts";
import type { Evaluation, Obligation, PolicySnapshot } from "./decision.ts";
import { deriveEffects, surroundingsWithin } from "./effects/derive.ts";
import type { Effect } from "./effects/effect.ts";
import type { Facts } from "./facts.ts";
import { graver, LAYERS, stricter, type Finding, type Layer, type Severity, type Verdict } from "./finding.ts";
import { joinObligations, obligationsOf } from "./obligations.ts";
import { applyEdits, isSameJson } from "./payload-edit.ts";
import { Budget } from "./policy/budget.ts";
import type { PolicyAnswer, RuleEdits, RuleObligation } from "./policy-answer.ts";
import type { StateDelta, StateNeeds, StateQuery } from "./policy/state/state-facts.ts";
import type { StateView } from "./policy/state/state-view.ts";
import type { Rule, RuleInput } from "./rule.ts";

/** The policy layer as evaluation sees it: compiled, content-addressed, total. */
export interface PolicyLayer {
  readonly snapshot: PolicySnapshot;
  /** Whether a rule of it may edit payloads. */
  readonly edits?: boolean;
  /** The other engines whose answers it needs as facts. Absent: none. */
  readonly engines?: readonly { readonly id: string }[];
  /** What the policy says of one action. */
  evaluate(input: RuleInput): PolicyAnswer;
  /** What the policy's rules may ever ask of history; absent when no rule asks anything. */
  readonly needs?: StateNeeds;
  /** What must be known of history to judge this action; null when nothing, as for every action without such a rule. */
  queryState?(input: RuleInput, avid: string): StateQuery | null;
  /** History with what the action adds; undefined when its rules ask for none. Total. */
  stateOf?(input: RuleInput): StateView | undefined;
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
  /** Findings that were made before any rule was asked. */
  readonly findings?: readonly Finding[];
}

/** An evaluation, and how the policy wants the payload edited. */
export interface Judgement {
  readonly evaluation: Evaluation;
  /** Empty for a DENY. Where not, the evaluation is of an action that isn't to run as it is. */
  readonly edits: readonly RuleEdits[];
  /** What rules oblige to, as the policy said it. */
  readonly obligations: readonly RuleObligation[];
}

/**
 * Decide an action as it is. Never throws: a rule that does is a DENY finding of its own (`RULE_FAILED`). A policy that
 * would edit the payload makes it a DENY here; `decideUnderstood` (decide.ts) edits and decides anew.
 *
 * Cost: the sum of the rules; bounded by the limits on payloads and effects that were applied before.
 */
export function evaluate(input: EvaluateInput): Evaluation {
  const asked = askedOf(input);
  const answers = collectAnswers(input, asked);
  refuseEdits(answers, input.action);
  return evaluationOf(answers, input, asked.state);
}

/** Decide an action, and tell how it is to be edited first. Never throws. Cost: that of `evaluate`. */
export function judge(input: EvaluateInput): Judgement {
  const asked = askedOf(input);
  const answers = collectAnswers(input, asked);
  const evaluation = evaluationOf(answers, input, asked.state);
  const { edits, obligations } = answers;
  return { evaluation, edits: evaluation.decision === "DENY" ? [] : edits, obligations };
}

function evaluationOf(answers: Answers, input: EvaluateInput, state: StateView | undefined): Evaluation {
  const { findings, shadow, approvals, obligations } = answers;
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
    obligations: decision === "DENY" ? [] : allObligations(input.effects, obligations),
    approval: decision === "REQUIRE_APPROVAL" ? joinRequirements(approvals) : null,
    policy_snapshot: input.policy.snapshot,
  };
  const deltas = decision === "DENY" ? NO_DELTAS : (state?.deltas ?? NO_DELTAS);
  if (shadow.length === 0 && deltas.length === 0) return evaluation;
  return {
    ...evaluation,
    ...(shadow.length === 0 ? {} : { shadow }),
    ...(deltas.length === 0 ? {} : { counter_deltas: deltas }),
  };
}

const NO_DELTAS: readonly StateDelta[] = [];

// What every rule is asked about. The calls of a batch share the budget: two hundred of them are still one decision.
function askedOf({ action, effects, agent, facts, policy }: EvaluateInput): RuleInput {
  const input: RuleInput = { action, effects, agent, facts, budget: new Budget() };
  const state = policy.stateOf?.(input);
  return state === undefined ? input : { ...input, state };
}

function allObligations(effects: readonly Effect[], byRules: readonly RuleObligation[]): readonly Obligation[] {
  const derived = obligationsOf(effects);
  return byRules.length === 0 ? derived : [...derived, ...joinObligations(byRules)];
}

/** All that was said of an action and of the calls in it. */
interface Answers {
  readonly findings: Finding[];
  readonly shadow: Finding[];
  readonly approvals: ApprovalRequirement[];
  readonly obligations: RuleObligation[];
  readonly edits: RuleEdits[];
}

function collectAnswers(input: EvaluateInput, ruleInput: RuleInput): Answers {
  const answers: Answers = { findings: [], shadow: [], approvals: [], obligations: [], edits: [] };
  for (const finding of input.findings ?? []) answers.findings.push(finding);
  askAll(answers, ruleInput, input);
  if (input.action.calls.length === 0) return answers;
  askAboutCalls(answers, ruleInput, input);
  return { ...answers, findings: withoutRepeats(answers.findings), shadow: withoutRepeats(answers.shadow) };
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
    const ofCall: Answers = { ...answers, edits: [] };
    askAll(ofCall, inner, input);
    // Only a whole action gets a new digest: a call in it can't be edited.
    refuseEdits(ofCall, inner.action);
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

function refuseEdits({ findings, edits }: Answers, { payload }: Action): void {
  for (const { rule_ref, edits: ofRule } of edits) {
    const edited = applyEdits(payload, ofRule);
    if ("payload" in edited && isSameJson(edited.payload, payload)) continue;
    const reason = `${rule_ref.replace(":", " rule ")} would edit what can't be edited here, so the action is not allowed`;
    findings.push({ layer: "policy", rule_ref, decision: "DENY", severity: "high", reason });
  }
}

function withoutRepeats(findings: readonly Finding[]): Finding[] {
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

function askPolicy(answers: Answers, input: RuleInput, policy: PolicyLayer): void {
  try {
    const answer = policy.evaluate(input);
    for (const finding of answer.findings) answers.findings.push(finding);
    for (const finding of answer.shadow) answers.shadow.push(finding);
    for (const approval of answer.approvals) answers.approvals.push(approval);
    for (const obligation of answer.obligations) answers.obligations.push(obligation);
    for (const edits of answer.edits) answers.edits.push(edits);
  } catch (error) {
    answers.findings.push(thrown(error, "policy", "policy:engine"));
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
