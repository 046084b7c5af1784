// The floor, as far as decisions go: whatever the other layers and any policy say, an action that the Constitution
// denies is denied. Shown by going through every abstract combination with the real `evaluate`.

import type { Evaluation } from "../../decision.ts";
import { evaluate, type BuiltInLayer, type EvaluateInput, type PolicyLayer } from "../../evaluate.ts";
import type { Finding, Layer, Verdict } from "../../finding.ts";
import { NO_ANSWER, type PolicyAnswer } from "../../policy-answer.ts";
import type { Rule } from "../../rule.ts";

/** A space that was gone through whole. */
export interface ProvedSpace {
  readonly name: string;
  /** How many cases it has; each was gone through. */
  readonly cases: number;
  /** What was shown. */
  readonly claim: string;
  /** What a case leaves out of what it stands for. */
  readonly abstracts: string;
  /** The first case for which it does not hold; null when it holds for all. */
  readonly broken: string | null;
}

/** What a rule of a built-in layer may say, as far as a decision depends on it. */
export const SAYINGS = [
  "note",
  "ask",
  "ask, lifted by a setting",
  "deny",
  "deny, lifted by a setting",
  "throws",
] as const;
export type Saying = (typeof SAYINGS)[number];

/** What a policy may say: any set of these. */
const POLICY_SAYINGS = [
  "grants",
  "asks",
  "denies",
  "warns it would ask",
  "warns it would deny",
  "would deny in shadow",
  "throws",
] as const;
type PolicySaying = (typeof POLICY_SAYINGS)[number];

/** What an evaluation needs beside layers and policy; nothing in it matters here. */
export type AnyAction = Omit<EvaluateInput, "layers" | "policy">;

/** The layers and the policy of an abstract case. */
export interface AbstractLayers {
  readonly constitution: readonly Saying[];
  readonly civil_code: readonly Saying[];
  readonly firewall: readonly Saying[];
  readonly policy: readonly PolicySaying[];
}

/** What the real `evaluate` decides in an abstract case. */
export function decideCase(layers: AbstractLayers, action: AnyAction): Evaluation {
  const { constitution, civil_code, firewall, policy } = layers;
  const built = [
    layerOf("constitution", constitution),
    layerOf("civil_code", civil_code),
    layerOf("firewall", firewall),
  ];
  return decideBuilt({ built, policy: policyOf(policy) }, action);
}

/** Layers that say what a case says. */
interface Built {
  readonly built: readonly BuiltInLayer[];
  readonly policy: PolicyLayer;
}

function decideBuilt({ built, policy }: Built, action: AnyAction): Evaluation {
  return evaluate({ ...action, layers: built, policy });
}

/**
 * Go through every decision over a Constitution that denies or fails: two articles in either order, each other layer by
 * the strictest thing it says, the policy by any set of things it may say. Cost: some 170,000 evaluations.
 */
export function proveDecisions(action: AnyAction): ProvedSpace {
  let cases = 0;
  let broken: string | null = null;
  for (const one of abstractCases()) {
    cases++;
    const { decision, obligations, findings } = decideBuilt(one, action);
    const holds = decision === "DENY" && obligations.length === 0 && findings.some(isArticleDenial);
    if (!holds) broken ??= `${JSON.stringify(findings)} → ${decision}`;
  }
  return {
    name: "decisions",
    cases,
    claim: "a decision is DENY whenever an article denies or fails, whatever the other layers and the policy say",
    abstracts:
      "one or two articles that speak, in either order, at least one of which denies or throws; the strictest finding of the Civil Code and of the Firewall; any set of verdicts of a policy: grants, questions, denials, warnings, shadows, a policy that throws; severities, reasons and evidence are one of each",
    broken,
  };
}

function* abstractCases(): Generator<Built> {
  const others: readonly (readonly Saying[])[] = [[], ...SAYINGS.map((saying) => [saying])];
  const codes = others.map((sayings) => layerOf("civil_code", sayings));
  const firewalls = others.map((sayings) => layerOf("firewall", sayings));
  const policies = subsets(POLICY_SAYINGS).map(policyOf);
  for (const articles of denyingArticles()) {
    const constitution = layerOf("constitution", articles);
    for (const code of codes) {
      for (const firewall of firewalls) {
        const built = [constitution, code, firewall];
        for (const policy of policies) yield { built, policy };
      }
    }
  }
}

function denyingArticles(): readonly (readonly Saying[])[] {
  const pairs = SAYINGS.flatMap((first) => SAYINGS.map((second) => [first, second]));
  return [...SAYINGS.map((saying) => [saying]), ...pairs].filter((articles) => articles.some(denies));
}

function denies(saying: Saying): boolean {
  return saying === "deny" || saying === "deny, lifted by a setting" || saying === "throws";
}

function subsets<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return items.reduce<readonly (readonly Item[])[]>(
    (sets, item) => [...sets, ...sets.map((set) => [...set, item])],
    [[]],
  );
}

function isArticleDenial(finding: Finding): boolean {
  return finding.layer === "constitution" && finding.decision === "DENY";
}

function layerOf(layer: BuiltInLayer["layer"], sayings: readonly Saying[]): BuiltInLayer {
  return { layer, rules: sayings.map((saying, index) => ruleOf(layer, saying, index)) };
}

function ruleOf(layer: BuiltInLayer["layer"], saying: Saying, index: number): Rule {
  const id = `${layer}-${index}`;
  const data = { id, title: id, display: null, reads: "", default: "", override_key: null, revision: 1, judges: [] };
  const found = findingOf(layer, id, VERDICTS[saying]);
  return { ...data, evaluate: () => said(saying === "throws", [liftable(found, saying)]) };
}

const VERDICTS: Readonly<Record<Saying, Verdict>> = {
  note: "ALLOW",
  ask: "REQUIRE_APPROVAL",
  "ask, lifted by a setting": "REQUIRE_APPROVAL",
  deny: "DENY",
  "deny, lifted by a setting": "DENY",
  throws: "DENY",
};

function liftable(finding: Finding, saying: Saying): Finding {
  return saying.endsWith("setting") ? { ...finding, override_key: "setting" } : finding;
}

function findingOf(layer: Layer, rule_ref: string, decision: Verdict): Finding {
  return { layer, rule_ref, decision, severity: decision === "DENY" ? "critical" : "low", reason: decision };
}

function said<Answer>(throws: boolean, answer: Answer): Answer {
  if (throws) throw THROWN;
  return answer;
}

// One for all: to make one takes longer than to decide.
const THROWN = new TypeError("an abstract rule that throws");

function policyOf(sayings: readonly PolicySaying[]): PolicyLayer {
  const findings: Finding[] = [];
  const shadow: Finding[] = [];
  for (const saying of sayings) {
    const finding = policyFinding(saying);
    if (finding !== null) (saying === "would deny in shadow" ? shadow : findings).push(finding);
  }
  const answer: PolicyAnswer = { ...NO_ANSWER, findings, shadow };
  const snapshot = {
    policy_file: null,
    policy_hash: "",
    policy_source: "argument",
    rules_hash: "",
    engine_version: "",
  } as const;
  return { snapshot, evaluate: () => said(sayings.includes("throws"), answer) };
}

function policyFinding(saying: PolicySaying): Finding | null {
  const one = (decision: Verdict): Finding => findingOf("policy", `policy:${saying.replaceAll(" ", "-")}`, decision);
  switch (saying) {
    case "grants":
      return one("ALLOW");
    case "asks":
      return one("REQUIRE_APPROVAL");
    case "denies":
      return one("DENY");
    case "warns it would ask":
      return { ...one("ALLOW"), mode: "warn", would: "REQUIRE_APPROVAL" };
    case "warns it would deny":
      return { ...one("ALLOW"), mode: "warn", would: "DENY" };
    case "would deny in shadow":
      return { ...one("ALLOW"), mode: "shadow", would: "DENY" };
    case "throws":
      return null;
    default:
      return saying satisfies never;
  }
}
