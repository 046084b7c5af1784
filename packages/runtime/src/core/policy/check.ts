// Located values → a policy. Everything it may say is in POLICY_KEYS and RULE_KEYS; anything else is refused, with its place.
//
//   policy = { name, description, parameters, include, rules: [ rule, … ] }     rule = { action_type or actions, and any of RULE_KEYS }
//
// A rule that could never speak is refused too: a policy that loads is a policy that works.
//
// To add a kind of key to rules, see keys/rule-key.ts: one file, named in keys/index.ts.

import type { Steps } from "../steps.ts";
import { readEngines, type EngineSource } from "./engines/engine-source.ts";
import { readRule, RULE_KEYS, type RuleSource } from "./keys/index.ts";
import { readIncludes, topContext, type IncludedFile, type ReadContext } from "./include.ts";
import { readLabels, type LabelSource } from "./keys/labels.ts";
import { membersOf, type Members } from "./members.ts";
import { readParameters } from "./parameters.ts";
import type { Located } from "./parse.ts";
import type { Place, ProblemList } from "./problem.ts";
import { ValueReader } from "./rule-values.ts";

export type { RuleSource } from "./keys/index.ts";

/** The most rules a policy may have. */
export const MAX_RULES = 20_000;

/** A policy as it was written, every value typed. */
export interface PolicySource {
  readonly name: string | null;
  readonly description: string | null;
  readonly engines: readonly EngineSource[];
  /** Its labels, and those of the policies that it includes. */
  readonly labels: readonly LabelSource[];
  /** Its own rules. */
  readonly rules: readonly RuleSource[];
  /** The rules of the policies that it includes. Their places are in those. */
  readonly included: readonly RuleSource[];
  /** Those policies, each as often as it is included. */
  readonly files: readonly IncludedFile[];
}

/** A policy that says nothing. */
export const EMPTY_POLICY: PolicySource = {
  name: null,
  description: null,
  engines: [],
  labels: [],
  rules: [],
  included: [],
  files: [],
};

/** Every key that a policy may have beside its rules. */
export const POLICY_KEYS: readonly string[] = [
  "name",
  "description",
  "parameters",
  "include",
  "engines",
  "labels",
  "rules",
];

/** Read a policy, a rule a step. Problems go to the list; what can be read is returned. */
export function* readPolicy(
  root: Located,
  problems: ProblemList,
  context: ReadContext = topContext(null, null),
): Steps<PolicySource> {
  const { files } = context.total;
  if (root.kind !== "map") {
    problems.refuse("wrong_type", root, "a policy is a map: expected `rules:` with a list of rules under it");
    return { ...EMPTY_POLICY, files };
  }
  const members = membersOf(root.entries, { known: POLICY_KEYS, of: "a policy", fixes: FIXES }, problems);
  if (context.around.length > 0) refuseBesideIncluded(members, problems);
  const parameters = readParameters(members.get("parameters"), context.given, problems);
  const values = new ValueReader(problems, parameters, context.total.counts);
  const included = yield* readIncludes(members.get("include"), values, context, readPolicy);
  const engines = readEngines(members.get("engines"), values, context.around.length > 0);
  context.total.labels.push(...readLabels(members.get("labels"), values));
  const ids = new Map<string, Place>();
  const rules = yield* readRules(members, root, values, { ids, total: context.total });
  const at = members.get("include");
  for (const rule of included) if (at !== undefined) claimId(rule.id, { ids, at }, problems);
  return {
    name: values.text(members.get("name")),
    description: values.text(members.get("description")),
    engines,
    labels: context.total.labels,
    rules,
    included,
    files,
  };
}

const FIXES: ReadonlyMap<string, string> = new Map([
  ["tests", "put tests beside their rules, or into NAME.test.yaml, which `canopy policy test` runs"],
]);

// What else a policy says would be lost with its rules: it stands in the policy that includes.
const INCLUDABLE: readonly string[] = ["name", "description", "parameters", "include", "rules"];

function refuseBesideIncluded(members: Members, problems: ProblemList): void {
  for (const [key, entry] of members) {
    if (INCLUDABLE.includes(key)) continue;
    const message = `\`${key}\` can't stand in a policy that is included`;
    problems.refuse("unknown_key", entry, message, "put it into the policy that includes this one");
  }
}

function* readRules(
  policy: Members,
  root: Place,
  values: ValueReader,
  { ids, total }: { readonly ids: Map<string, Place>; readonly total: ReadContext["total"] },
): Steps<readonly RuleSource[]> {
  const { problems } = values;
  const entry = policy.get("rules");
  if (entry === undefined) {
    if (policy.has("include") || policy.has("engines")) return [];
    problems.refuse("missing_key", root, "the key `rules` is missing: expected a list of rules");
    return [];
  }
  const rules = entry.value;
  if (rules.kind !== "list" || rules.items.length === 0) {
    const code = rules.kind === "list" ? "empty" : "wrong_type";
    problems.refuse(code, rules, "`rules` must be a list of at least one rule");
    return [];
  }
  total.rules += rules.items.length;
  if (total.rules > MAX_RULES) {
    problems.refuse("too_large", rules, `the policy has ${total.rules} rules: expected at most ${MAX_RULES}`);
    return [];
  }
  const read: RuleSource[] = [];
  for (const [index, item] of rules.items.entries()) {
    yield;
    if (item.kind !== "map") {
      problems.refuse("wrong_type", item, "a rule is a map: expected `- action_type: …`");
      continue;
    }
    const members = membersOf(item.entries, { known: RULE_KEYS, of: "a rule" }, problems);
    const at = { line: item.line, col: item.col, number: index + 1 };
    const rule = readRule(members, values, at);
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
