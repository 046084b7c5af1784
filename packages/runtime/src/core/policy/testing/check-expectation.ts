// A decision held against what a test expects: every difference, in words.

import { CanopyError } from "../../errors.ts";
import type { Evaluation, Obligation } from "../../decision.ts";
import type { Finding } from "../../finding.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import type { Expectation } from "./policy-test.ts";

/** What a request came to: a decision, or the error that says why there is none. */
export type Outcome = Evaluation | CanopyError;

/** One thing that is not as expected, both sides in words. */
export interface Difference {
  readonly expected: string;
  readonly got: string;
}

/** Every way in which an outcome is not as expected; empty when it is. Cost: linear in the findings. */
export function differences(expect: Expectation, outcome: Outcome): readonly Difference[] {
  if (outcome instanceof CanopyError) {
    if (expect.error === outcome.code) return [];
    const expected = expect.error === null ? wordsOf(expect) : `the error ${expect.error}`;
    return [{ expected, got: `the error ${outcome.code}: ${outcome.message}` }];
  }
  if (expect.error !== null) return [{ expected: `the error ${expect.error}`, got: verdictOf(outcome) }];
  return [
    ...verdictDifferences(expect, outcome),
    ...ruleDifferences(expect, outcome),
    ...reasonDifferences(expect, outcome),
    ...obligationDifferences(expect, outcome),
    ...approvalDifferences(expect, outcome),
  ];
}

/** An expectation's verdict and rules, as a person would say it. */
export function wordsOf({ decision, rules, layer }: Expectation): string {
  const by = rules.length === 0 ? (layer ?? "") : rules.map(({ name }) => name).join(" and ");
  return by === "" ? (decision ?? "a decision") : `${decision ?? "a verdict"} by ${by}`;
}

/** A decision's verdict, and who says so. */
export function verdictOf({ decision, rule_ref }: Evaluation): string {
  return rule_ref === null ? decision : `${decision} by ${rule_ref}`;
}

function verdictDifferences(expect: Expectation, got: Evaluation): readonly Difference[] {
  const found: Difference[] = [];
  if (expect.decision !== null && expect.decision !== got.decision) {
    found.push({ expected: wordsOf(expect), got: verdictOf(got) });
  }
  if (expect.layer !== null && expect.layer !== got.deciding_layer) {
    found.push({ expected: `decided by the layer ${expect.layer}`, got: `decided by ${got.deciding_layer}` });
  }
  if (expect.severity !== null && expect.severity !== got.severity) {
    found.push({ expected: `severity ${expect.severity}`, got: `severity ${got.severity}` });
  }
  return found;
}

// A rule counts for a verdict when its own finding has it: another may have been the one that is named first.
function ruleDifferences({ rules, not_rules, decision }: Expectation, got: Evaluation): readonly Difference[] {
  const found: Difference[] = [];
  const verdict = decision ?? got.decision;
  for (const { name } of rules) {
    const spoke = findingsOf(name, got);
    if (spoke.some((finding) => finding.decision === verdict)) continue;
    // The verdict itself is told already.
    if (decision !== null && decision !== got.decision && spoke.length === 0) continue;
    const said = spoke.map((finding) => finding.decision).join(", ");
    found.push({ expected: `rule ${name} says ${verdict}`, got: said === "" ? "it did not speak" : `it says ${said}` });
  }
  for (const { name } of not_rules) {
    const spoke = findingsOf(name, got)[0];
    if (spoke !== undefined) found.push({ expected: `rule ${name} does not speak`, got: `it says ${spoke.decision}` });
  }
  return found;
}

function findingsOf(name: string, { findings }: Evaluation): readonly Finding[] {
  return findings.filter(({ rule_ref }) => rule_ref === name || rule_ref === `policy:${name}`);
}

function reasonDifferences({ reason_contains, rules }: Expectation, got: Evaluation): readonly Difference[] {
  const named = rules.flatMap(({ name }) => findingsOf(name, got));
  const reasons = [got.reason, ...named.flatMap(({ reason, evidence = [] }) => [reason, ...evidence])];
  return reason_contains
    .filter((words) => !reasons.some((reason) => reason.includes(words)))
    .map((words) => ({ expected: `a reason with \`${words}\``, got: `\`${got.reason}\`` }));
}

function obligationDifferences({ obligations }: Expectation, got: Evaluation): readonly Difference[] {
  return obligations
    .filter((wanted) => !got.obligations.some((each) => fits(wanted, each)))
    .map(({ type, detail }) => {
      const details = Object.keys(detail).length === 0 ? "" : ` ${JSON.stringify(detail)}`;
      const others = got.obligations.map((each) => `${each.type} ${JSON.stringify(each.detail)}`).join(", ");
      return { expected: `the obligation ${type}${details}`, got: others === "" ? "none" : others };
    });
}

function fits(wanted: { readonly type: string; readonly detail: JsonObject }, { type, detail }: Obligation): boolean {
  return wanted.type === type && covers(detail, wanted.detail);
}

function approvalDifferences({ approval }: Expectation, got: Evaluation): readonly Difference[] {
  if (approval === null) return [];
  const given: unknown = "approval" in got ? got.approval : null;
  if (covers(given, approval)) return [];
  const shown = given === null || given === undefined ? "no approval is asked for" : JSON.stringify(given);
  return [{ expected: `approval with ${JSON.stringify(approval)}`, got: shown }];
}

/** Whether a value is as wanted; of an object, the members that are wanted. */
function covers(given: unknown, wanted: JsonValue): boolean {
  if (isJsonObject(wanted)) {
    if (typeof given !== "object" || given === null) return false;
    return Object.entries(wanted).every(([name, value]) => covers(Reflect.get(given, name), value));
  }
  if (typeof wanted !== "object" || wanted === null) return given === wanted;
  if (!Array.isArray(given)) return false;
  const list: readonly unknown[] = given;
  return list.length === wanted.length && wanted.every((value, index) => covers(list[index], value));
}
