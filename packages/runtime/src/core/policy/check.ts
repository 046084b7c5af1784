// Located values → a policy. Everything it may say is in POLICY_KEYS and RULE_KEYS; anything else is refused, with its place.
//
//   policy = { name, description, rules: [ rule, … ] }     rule = { action_type or actions, and any of RULE_KEYS }
//
// A rule that could never speak is refused too: a policy that loads is a policy that works.
//
// To add a kind of key to rules, see keys/rule-key.ts: one file, named in keys/index.ts.

import type { Steps } from "../steps.ts";
import { readRule, RULE_KEYS, type RuleSource } from "./keys/index.ts";
import { membersOf } from "./members.ts";
import type { Located, LocatedEntry } from "./parse.ts";
import type { Place, ProblemList } from "./problem.ts";
import { ValueReader } from "./rule-values.ts";

export type { RuleSource } from "./keys/index.ts";

/** The most rules a policy may have. */
export const MAX_RULES = 20_000;

/** A policy as it was written, every value typed. */
export interface PolicySource {
  readonly name: string | null;
  readonly description: string | null;
  readonly rules: readonly RuleSource[];
}

/** Every key that a policy may have beside its rules. */
export const POLICY_KEYS: readonly string[] = ["name", "description", "rules"];

/** Read a policy, a rule a step. Problems go to the list; what can be read is returned. */
export function* readPolicy(root: Located, problems: ProblemList): Steps<PolicySource> {
  const empty: PolicySource = { name: null, description: null, rules: [] };
  if (root.kind !== "map") {
    problems.refuse("wrong_type", root, "a policy is a map: expected `rules:` with a list of rules under it");
    return empty;
  }
  const values = new ValueReader(problems);
  const members = membersOf(root.entries, { known: POLICY_KEYS, of: "a policy" }, problems);
  return {
    name: values.text(members.get("name")),
    description: values.text(members.get("description")),
    rules: yield* readRules(members.get("rules"), root, values),
  };
}

function* readRules(entry: LocatedEntry | undefined, root: Place, values: ValueReader): Steps<readonly RuleSource[]> {
  const { problems } = values;
  if (entry === undefined) {
    problems.refuse("missing_key", root, "the key `rules` is missing: expected a list of rules");
    return [];
  }
  const rules = entry.value;
  if (rules.kind !== "list" || rules.items.length === 0) {
    const code = rules.kind === "list" ? "empty" : "wrong_type";
    problems.refuse(code, rules, "`rules` must be a list of at least one rule");
    return [];
  }
  if (rules.items.length > MAX_RULES) {
    problems.refuse("too_large", rules, `the policy has ${rules.items.length} rules: expected at most ${MAX_RULES}`);
    return [];
  }
  const ids = new Map<string, Place>();
  const read: RuleSource[] = [];
  for (const [index, item] of rules.items.entries()) {
    yield;
    if (item.kind !== "map") {
      problems.refuse("wrong_type", item, "a rule is a map: expected `- action_type: …`");
      continue;
    }
    const members = membersOf(item.entries, { known: RULE_KEYS, of: "a rule" }, problems);
    const rule = readRule(members, values, { line: item.line, col: item.col, number: index + 1 });
    claimId(rule.id, { ids, at: members.get("id") ?? rule }, problems);
    read.push(rule);
  }
  return read;
}

interface Claim {
  readonly ids: Map<string, Place>;
  readonly at: Place;
}

function claimId(id: string, { ids, at }: Claim, problems: ProblemList): void {
  const first = ids.get(id);
  if (first === undefined) ids.set(id, at);
  else problems.refuse("bad_id", at, `the id \`${id}\` is taken by the rule on line ${first.line}`);
}
