// What is odd about rules that load: they repeat others, can't change anything, or rest on what an agent says.

import { registeredTypes } from "../action-types.ts";
import { foldName } from "../effects/text.ts";
import type { Severity } from "../finding.ts";
import type { RuleSource } from "./check.ts";
import { reportExpired } from "./lint/expired.ts";
import { reportOutdone } from "./lint/outdone.ts";
import { reportPatterns } from "./lint/patterns.ts";
import type { Predicate } from "./predicates/predicate.ts";
import type { ProblemList } from "./problem.ts";
import { nearestWord } from "./suggest.ts";
import { typeKey } from "./type-name.ts";

/**
 * Report what is odd about a policy's rules. Cost: linear in the rules and their conditions.
 *
 * @param now_ms when it is linted, for rules that expire; null: nothing is said of them.
 */
export function lintRules(rules: readonly RuleSource[], now_ms: number | null, problems: ProblemList): void {
  reportDuplicates(rules, problems);
  reportOutdone(rules, problems);
  reportPatterns(rules, problems);
  if (now_ms !== null) reportExpired(rules, now_ms, problems);
  for (const rule of rules) {
    reportContradiction(rule, problems);
    reportExemptions(rule, problems);
    reportSeverity(rule, problems);
    reportType(rule, problems);
    if (decidesNothing(rule)) {
      const message = `rule ${rule.id} decides nothing: \`require_approval\` is false and there is nothing else`;
      problems.report("warning", "no_effect", rule, { message, fix: "drop the rule" });
    }
  }
}

function reportDuplicates(rules: readonly RuleSource[], problems: ProblemList): void {
  const seen = new Map<string, RuleSource>();
  for (const rule of rules) {
    const content = contentOf(rule);
    const first = seen.get(content);
    if (first === undefined) seen.set(content, rule);
    else {
      const message = `rule ${rule.id} says the same as rule ${first.id} on line ${first.line}`;
      problems.report("warning", "duplicate_rule", rule, { message, fix: "drop one" });
    }
  }
}

function contentOf(rule: RuleSource): string {
  const { id: _id, named: _named, line: _line, col: _col, number: _number, ...asked } = rule;
  const { description: _description, owner: _owner, tests: _tests, ...content } = asked;
  const types = rule.types.map(typeKey);
  return JSON.stringify({ ...content, types }, (key, value: unknown) => {
    if (typeof value === "bigint") return value.toString();
    return key === "test" ? sourceOf(value) : value;
  });
}

function sourceOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "pattern" in value ? Reflect.get(value, "source") : value;
}

function mayDeny(rule: RuleSource): boolean {
  return rule.deny_always || rule.deny.length + rule.deny_effects.length > 0 || rule.safe_paths;
}

function decidesNothing(rule: RuleSource): boolean {
  return (
    rule.mark === null &&
    rule.obligations.length === 0 &&
    rule.transform.length === 0 &&
    !mayDeny(rule) &&
    !rule.require_approval &&
    rule.approve.length + rule.approve_effects.length === 0
  );
}

function reportContradiction(rule: RuleSource, problems: ProblemList): void {
  const excluded = new Set(rule.when_not.map((predicate) => predicate.source));
  const both = rule.when_all.find((predicate) => excluded.has(predicate.source));
  const type = rule.when_all.find((predicate) => isOtherType(predicate, rule));
  const never = both ?? type;
  if (never === undefined) return;
  const message = `rule ${rule.id} never applies: its condition \`${never.source}\` can't hold here`;
  problems.report("error", "never_matches", rule, { message });
}

function isOtherType({ negated, test }: Predicate, rule: RuleSource): boolean {
  const [type, ...others] = rule.types;
  if (test.kind !== "action_type" || type === undefined || others.length + rule.verbs.length > 0) return false;
  const same = test.type === typeKey(type);
  return same !== (test.equal !== negated);
}

// The payload is the agent's own words: an exception that rests on them is one the agent can make.
function reportExemptions(rule: RuleSource, problems: ProblemList): void {
  const exempting = [
    ...rule.when_not.filter((predicate) => !isNegative(predicate)),
    ...rule.when_all.filter(isNegative),
  ];
  for (const { source, test } of exempting) {
    if (test.kind !== "text" && !(test.kind === "member" && test.of === "payload")) continue;
    const message = `an agent can switch rule ${rule.id} off by what it writes in the payload: \`${source}\``;
    const fix = "rest exceptions on agent_ctx";
    problems.report("warning", "claimed_condition", rule, { message, fix });
  }
}

// A type on no list may be the integrator's own, or a registered one with a letter wrong.
function reportType(rule: RuleSource, problems: ProblemList): void {
  const names = registeredTypes();
  for (const type of rule.types) {
    const key = typeKey(type);
    const near = names.includes(key) ? null : nearestWord(key, names.map(foldName), 1);
    if (near === null) continue;
    const message = `nothing is known of the action type \`${type}\``;
    const fix = `did you mean \`${names.find((name) => foldName(name) === near) ?? near}\`?`;
    problems.report("warning", "unknown_type", rule, { message, fix });
  }
}

function isNegative({ negated, test }: Predicate): boolean {
  return negated !== (test.kind === "member" && !test.equal);
}

const RANK: Readonly<Record<Severity, number>> = { low: 0, medium: 1, high: 2, critical: 3 };

function reportSeverity(rule: RuleSource, problems: ProblemList): void {
  const denies = rule.deny_always || rule.deny.length + rule.deny_effects.length > 0;
  const least: Severity = denies ? "high" : "medium";
  if (rule.severity === null || RANK[rule.severity] >= RANK[least]) return;
  const message = `severity ${rule.severity} has no effect: what this rule finds is at least ${least}`;
  problems.report("warning", "weak_severity", rule, { message });
}
