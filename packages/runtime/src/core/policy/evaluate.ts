// A compiled policy asked about one action: every rule of its type is evaluated, each gives at most one finding.

import type { Effect } from "../effects/effect.ts";
import type { Finding, Severity, Verdict } from "../finding.ts";
import { graver } from "../finding.ts";
import type { PayloadEdit } from "../payload-edit.ts";
import { NO_ANSWER, type PolicyAnswer } from "../policy-answer.ts";
import type { RuleInput } from "../rule.ts";
import { Budget, BudgetSpent } from "./budget.ts";
import type { RuleSource } from "./check.ts";
import { celView } from "./cel/index.ts";
import { Demands } from "./demands.ts";
import { afterText } from "./keys/after.ts";
import { counterFigures } from "./keys/counter.ts";
import type { Condition, ConditionFailure } from "./keys/rule-key.ts";
import { editsOf } from "./rule-edits.ts";
import { capFindings, onlyTried } from "./tried.ts";
import { firstPassing, type EffectTest } from "./predicates/effect-test.ts";
import type { PredicateInput } from "./predicates/predicate.ts";
import { foundInAny, type TextTest } from "./predicates/text-test.ts";
import { judgeSafePaths } from "./safe-paths.ts";
import { allTexts, mainTexts, MAX_TEXT_BYTES } from "./texts.ts";

/** A rule, with what was worked out when the policy was compiled. */
export interface CompiledRule extends RuleSource {
  /** Which texts the rule and its conditions look into; null when they look into none. */
  readonly texts: "main" | "all" | null;
  /** It applies when all of them hold. */
  readonly conditions: readonly Condition[];
  /** Whether it asks more of whoever proceeds than a verdict: how to approve, obligations, edits. */
  readonly asksMore: boolean;
}

/**
 * What rules say that were all written for the action. Total: a rule that fails is a DENY that names it. Rules in force
 * are asked first, so that what the others cost takes nothing from them.
 */
export function evaluateRules(rules: readonly CompiledRule[], input: RuleInput): PolicyAnswer {
  const asker = new Asker(input);
  const findings: Finding[] = [];
  let demands: Demands | null = null;
  let tried: CompiledRule[] | null = null;
  for (const rule of rules) {
    if (rule.mode !== "enforce") {
      (tried ??= []).push(rule);
      continue;
    }
    const said = asker.ask(rule);
    if (said === null) continue;
    if (said.finding !== null) findings.push(said.finding);
    if (said.applies && rule.asksMore) (demands ??= new Demands()).add(rule, said.finding, said.edits);
    // Nothing is stricter than the denial of the rule that found the budget empty.
    if (said.exhausted) break;
  }
  const { approvals, obligations, edits } = demands ?? NO_ANSWER;
  const answer = { findings, shadow: NO_ANSWER.shadow, approvals, obligations, edits };
  return tried === null ? { ...answer, findings: capFindings(findings) } : askTried(tried, asker.forTried(), answer);
}

function askTried(tried: readonly CompiledRule[], asker: Asker, answer: PolicyAnswer): PolicyAnswer {
  const findings = [...answer.findings];
  const shadow: Finding[] = [];
  for (const rule of tried) {
    const said = asker.ask(rule);
    const finding = onlyTried(rule.mode, said?.finding ?? null);
    if (finding !== null) (rule.mode === "warn" ? findings : shadow).push(finding);
    if (said?.exhausted) break;
  }
  return { ...answer, findings: capFindings(findings), shadow: capFindings(shadow) };
}

const NO_EDITS: readonly PayloadEdit[] = [];

/** What a rule says, and whether all of its conditions held. */
interface Said {
  readonly applies: boolean;
  readonly finding: Finding | null;
  /** How it edits the payload, once it applies. */
  readonly edits: readonly PayloadEdit[];
  /** Whether it failed because the budget was spent. */
  readonly exhausted: boolean;
}

/** Asks rules about one action; what they read of it is made when first needed, and shared. */
export class Asker {
  readonly #ofAll: PredicateInput;
  // Few rules look into the main texts alone.
  #ofMain: PredicateInput | null = null;

  constructor(input: RuleInput) {
    this.#ofAll = predicateInput(input);
  }

  /** Asks rules about the same action that are only tried: what they cost takes nothing from those in force. */
  forTried(): Asker {
    const { action, effects, agent, facts, state, budget } = this.#ofAll;
    return new Asker({ action, effects, agent, facts, state, budget: budget.tried });
  }

  /** What the rule says, whatever its mode; null when it has nothing to say. Total. */
  ask(rule: CompiledRule): Said | null {
    return askRule(rule, this.inputOf(rule));
  }

  /** What the rule's conditions are asked about. */
  inputOf(rule: CompiledRule): PredicateInput {
    if (rule.texts !== "main") return this.#ofAll;
    return (this.#ofMain ??= { ...this.#ofAll, texts: onceOf(() => mainTexts(this.#ofAll.action)) });
  }
}

/** What the rules of a policy are asked of: texts and views are made when first asked for, and shared by the rules. */
export function predicateInput(input: RuleInput): PredicateInput {
  const { action, effects, agent, facts, state, budget = new Budget() } = input;
  const cel = onceOf(() => celView({ action, effects, agent, facts, budget, session: state ?? NO_SESSION }));
  return { action, effects, agent, facts, state, budget, texts: onceOf(() => allTexts(action)), cel };
}

// Of a policy that asks nothing of history.
const NO_SESSION = { labels: [], marks: [] } as const;

function onceOf<Value extends object>(make: () => Value): () => Value {
  let made: Value | null = null;
  return () => (made ??= make());
}

/** Why an action is denied for which the budget was spent. */
export const TOO_COSTLY = "EVALUATION_BUDGET: the text is too long for so many patterns, so the action is not allowed";

function askRule(rule: CompiledRule, input: PredicateInput): Said | null {
  try {
    return evaluateRule(rule, input);
  } catch (error) {
    if (error instanceof BudgetSpent) {
      return { ...failure(rule, TOO_COSTLY), exhausted: true };
    }
    const problem = error instanceof Error ? error.name : "unknown";
    return failure(rule, `RULE_FAILED: the rule ended with ${problem}, so the action is not allowed`);
  }
}

/** What is denied whatever the rules say, as it can't be told what would become of the labels. */
export function refused(why: string): Finding {
  const reason = `policy denies: ${why}`;
  return { layer: "policy", rule_ref: "policy:engine", decision: "DENY", severity: "high", reason };
}

function failure(rule: RuleSource, why: string): Said {
  const denied = finding({ ...rule, description: null }, "DENY", [why]);
  return { applies: false, finding: denied, edits: NO_EDITS, exhausted: false };
}

// What asking a rule costs at least, and what telling of it costs: they count where thousands are asked about each of
// hundreds of calls.
const RULE_UNITS = 20;
const FINDING_UNITS = 100;

function evaluateRule(rule: CompiledRule, input: PredicateInput): Said | null {
  input.budget.spend(RULE_UNITS);
  if (rule.texts !== null && input.texts().tooLong) {
    return failure(rule, `a text is over ${MAX_TEXT_BYTES / 1024} KiB, so what the rule looks for can't be told`);
  }
  const applies = ruleApplies(rule, input);
  if (applies === false) return null;
  if (applies !== true) return failure(rule, `RULE_FAILED: ${applies.failure}, so the action is not allowed`);
  const edits = rule.transform.length === 0 ? NO_EDITS : editsOf(rule.transform, input);
  if ("failure" in edits) return failure(rule, `RULE_FAILED: ${edits.failure}, so the action is not allowed`);
  const said = denial(rule, input) ?? approval(rule, input) ?? grant(rule, input);
  if (said !== null) input.budget.spend(FINDING_UNITS);
  return { applies: true, finding: said, edits, exhausted: false };
}

// A condition that can't be told matters only where no other rules the rule out, whatever their order.
function ruleApplies({ conditions }: CompiledRule, input: PredicateInput): boolean | ConditionFailure {
  let failed: ConditionFailure | null = null;
  for (const condition of conditions) {
    const held = condition.holds(input);
    if (held === false) return false;
    if (held !== true) failed ??= held;
  }
  return failed ?? true;
}

function denial(rule: CompiledRule, input: PredicateInput): Finding | null {
  if (rule.deny_always) return finding(rule, "DENY", [whyAlways(rule, input)]);
  const seen = firstSeen(rule.deny, rule.deny_effects, input);
  if (seen !== null) return finding(rule, "DENY", seen);
  if (!rule.safe_paths) return null;
  const judged = judgeSafePaths(input);
  if (judged.verdict === "outside") return finding(rule, "DENY", ["a path is outside the safe paths", judged.path]);
  return judged.verdict === "no_path" ? finding(rule, "DENY", ["no path that could be a safe one"]) : null;
}

function approval(rule: CompiledRule, input: PredicateInput): Finding | null {
  if (rule.require_approval) return finding(rule, "REQUIRE_APPROVAL", [whyAlways(rule, input)]);
  const seen = firstSeen(rule.approve, rule.approve_effects, input);
  return seen === null ? null : finding(rule, "REQUIRE_APPROVAL", seen);
}

function grant(rule: CompiledRule, input: PredicateInput): Finding | null {
  if (!rule.safe_paths) return null;
  const judged = judgeSafePaths(input);
  if (judged.verdict === "inside") return finding(rule, "ALLOW", ["every path is under the safe paths"]);
  if (judged.verdict === "unresolved") {
    return finding(rule, "REQUIRE_APPROVAL", ["a path can't be resolved", judged.path]);
  }
  return finding(rule, "REQUIRE_APPROVAL", ["the agent has no safe paths"]);
}

function whyAlways({ id, counter, after, hours }: CompiledRule, input: PredicateInput): string {
  if (counter !== null) return counterFigures(id, counter, input);
  if (after !== null) return `the mark ${afterText(after)} is set`;
  return hours === null ? "every such action" : `the hours ${hours.source}`;
}

/** What a rule saw: in words, then the thing itself. */
type Seen = readonly [what: string, thing?: string];

function firstSeen(tests: readonly TextTest[], effectTests: readonly EffectTest[], input: PredicateInput): Seen | null {
  for (const test of effectTests) {
    const effect = firstPassing(input.effects, test, input);
    if (effect !== null) return [`the effect ${test.source}`, thingOf(effect)];
  }
  for (const test of tests) {
    if (!foundInAny(test, input.texts(), input.budget)) continue;
    return [test.kind === "word" ? `a text holds \`${test.source}\`` : `a text matches /${test.source}/`];
  }
  return null;
}

// Names and places only: an effect's text could be long, or a secret.
function thingOf(effect: Effect): string {
  if ("program" in effect) return effect.program;
  if ("target" in effect) return typeof effect.target === "string" ? effect.target : effect.target.text;
  return "host" in effect && effect.host !== null ? effect.host.text : effect.via;
}

const LEAST_SEVERITY: Readonly<Record<Verdict, Severity>> = { ALLOW: "low", REQUIRE_APPROVAL: "medium", DENY: "high" };
const DOES: Readonly<Record<Verdict, string>> = {
  ALLOW: "allows",
  REQUIRE_APPROVAL: "asks for approval",
  DENY: "denies",
};
const LONGEST_EVIDENCE = 200;

// The author's own words say best why; what was seen then stands in the evidence.
function finding(rule: RuleSource, decision: Verdict, [what, thing]: Seen): Finding {
  const least = LEAST_SEVERITY[decision];
  const severity = rule.severity === null || decision === "ALLOW" ? least : graver(least, rule.severity);
  const why = oneLine(decision === "ALLOW" ? what : (rule.description ?? what));
  const reason = `policy rule ${rule.id} ${DOES[decision]}: ${why}`;
  const evidence = [...(why === oneLine(what) ? [] : [oneLine(what)]), ...(thing === undefined ? [] : [thing])];
  const found = { layer: "policy", rule_ref: `policy:${rule.id}`, decision, severity, reason } as const;
  return evidence.length === 0
    ? found
    : { ...found, evidence: evidence.map((text) => text.slice(0, LONGEST_EVIDENCE)) };
}

function oneLine(text: string): string {
  return ODD_SPACE.test(text) ? text.replaceAll(/\s+/g, " ").trim() : text;
}

const ODD_SPACE = /[^\S ]| {2}|^ | $/;
