// A policy's bytes → the policy layer: read once, checked whole, indexed, named by its hash.

import { BUILT_IN_LAYERS } from "../built-in-layers.ts";
import { foldName } from "../effects/text.ts";
import { ENGINE_VERSION } from "../engine-version.ts";
import { CanopyError } from "../errors.ts";
import type { PolicySnapshot } from "../decision.ts";
import type { PolicyLayer } from "../evaluate.ts";
import { rulesHash } from "../rules-hash.ts";
import { NO_ANSWER, type PolicyAnswer } from "../policy-answer.ts";
import type { RuleInput } from "../rule.ts";
import { finish, type Steps } from "../steps.ts";
import { EMPTY_POLICY, readPolicy, type RuleSource } from "./check.ts";
import { engineFindings } from "./engines/engine-findings.ts";
import type { EngineSource } from "./engines/engine-source.ts";
import { BudgetSpent } from "./budget.ts";
import { evaluateRules, refused, TOO_COSTLY, type CompiledRule } from "./evaluate.ts";
import { decodePolicy, parseYaml, type Located } from "./parse.ts";
import { hasDemands } from "./demands.ts";
import { topContext, type IncludedFile, type ResolveInclude } from "./include.ts";
import { conditionsOf } from "./keys/index.ts";
import type { Predicate } from "./predicates/predicate.ts";
import { ProblemList } from "./problem.ts";
import { selectorOf, type RuleSelector } from "./selection/rule-selector.ts";
import { planState } from "./state-plan.ts";

/** Where a policy comes from, and the tools to name it. */
export interface CompileOptions {
  /** The file it was read from, as it is to be shown; null for a pack or text given in code. */
  readonly file: string | null;
  readonly source: PolicySnapshot["policy_source"];
  readonly tools: { readonly sha256Hex: (bytes: Uint8Array) => string };
  /** Finds the files that the policy includes; absent: only packs can be included. */
  readonly resolve?: ResolveInclude;
}

/** The policy layer, compiled. */
export interface CompiledPolicy extends PolicyLayer {
  /** Every action type its rules name, as written: actions of these types are known. */
  readonly action_types: readonly string[];
  readonly rule_count: number;
  /** The policies that it includes, each as often as it is included. */
  readonly files: readonly IncludedFile[];
  /** The other engines it names; what they say of an action is asked before, and comes as a fact. */
  readonly engines: readonly EngineSource[];
  /** Every rule, those of included policies first, in the order of the files. */
  readonly rules: readonly CompiledRule[];
}

/**
 * Compile a policy. Cost: linear in its size, a few milliseconds for hundreds of patterns; done once.
 *
 * @throws {CanopyError} `INVALID_POLICY`, `at` `file:line:col`, for the first thing that is wrong.
 */
export function compilePolicy(bytes: Uint8Array | string, options: CompileOptions): CompiledPolicy {
  return finish(compileInSteps(bytes, options));
}

/**
 * The same, a rule a step: for a host that goes on deciding meanwhile. Throws as `compilePolicy`.
 *
 * @param parsed the values of these very bytes, when they were read elsewhere already; reading is one long step.
 */
export function* compileInSteps(
  bytes: Uint8Array | string,
  options: CompileOptions,
  parsed: Located | null = null,
): Steps<CompiledPolicy> {
  const problems = new ProblemList();
  const root = parsed ?? readPolicyValues(bytes, problems);
  const context = topContext({ resolve: options.resolve ?? null, sha256Hex: options.tools.sha256Hex }, options.file);
  const read = root === null ? EMPTY_POLICY : yield* readPolicy(root, problems, context);
  const rules = [...read.included, ...read.rules];
  const { engines } = read;
  refuse(problems, options.file);
  const encoded = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  const compiled: CompiledRule[] = [];
  for (const rule of rules) {
    compiled.push(compileRule(rule));
    yield;
  }
  const selector = yield* selectorOf(compiled);
  const state = planState({ rules: compiled, labels: read.labels, rulesFor: (input) => selector.select(input) });
  return {
    action_types: [...new Set(rules.flatMap((rule) => rule.types))],
    rule_count: rules.length,
    engines,
    rules: compiled,
    files: context.total.files,
    edits: rules.some((rule) => rule.transform.length > 0),
    snapshot: {
      policy_file: options.file,
      policy_hash: `sha256:${options.tools.sha256Hex(encoded)}`,
      policy_source: options.source,
      rules_hash: rulesHash(BUILT_IN_LAYERS, options.tools.sha256Hex),
      engine_version: ENGINE_VERSION,
    },
    ...state,
    evaluate: (input: RuleInput): PolicyAnswer => {
      const answer = answerOf(selector, input);
      const refusal = input.state?.refusal ?? null;
      if (engines.length === 0 && refusal === null) return answer;
      const before = refusal === null ? [] : [refused(refusal)];
      const external = engineFindings(engines, input.facts.external);
      return { ...answer, findings: [...before, ...external, ...answer.findings] };
    },
  };
}

function answerOf(selector: RuleSelector<CompiledRule>, input: RuleInput): PolicyAnswer {
  try {
    const selected = selector.select(input);
    return selected.length === 0 ? NO_ANSWER : evaluateRules(selected, input);
  } catch (error) {
    // The calls before it in a batch left too little even to look up which rules are to be asked.
    if (error instanceof BudgetSpent) return { ...NO_ANSWER, findings: [refused(TOO_COSTLY)] };
    throw error;
  }
}

/** The values of a policy's bytes with their places, before anything is known of rules; null with a problem. */
export function readPolicyValues(bytes: Uint8Array | string, problems: ProblemList): Located | null {
  const text = decodePolicy(bytes, problems);
  return text === null ? null : parseYaml(text, problems);
}

function refuse(problems: ProblemList, file: string | null): void {
  const first = problems.problems.find((problem) => problem.refused);
  if (first === undefined) return;
  const others = problems.problems.filter((problem) => problem.refused).length - 1;
  const more = others === 0 ? "" : ` (and ${others} more)`;
  const at = `${file ?? "policy"}:${first.line}:${first.col}`;
  const details = first.fix === undefined ? { at } : { at, fix: first.fix };
  throw new CanopyError("INVALID_POLICY", `${at}: ${first.message}${more}`, details);
}

function compileRule(rule: RuleSource): CompiledRule {
  const predicates: readonly Predicate[] = [...rule.when_all, ...rule.when_any, ...rule.when_not];
  const reads = rule.deny.length + rule.approve.length > 0 || predicates.some(({ test }) => test.kind === "text");
  return { ...rule, texts: reads ? scopeOf(rule) : null, conditions: conditionsOf(rule), asksMore: hasDemands(rule) };
}

// Rules for these three names alone look into what is run, changed or called; all others, into everything.
function scopeOf({ any, types, verbs }: RuleSource): "main" | "all" {
  if (any || verbs.length > 0) return "all";
  return types.every((type) => MAIN_TEXT_TYPES.has(foldName(type))) ? "main" : "all";
}

const MAIN_TEXT_TYPES: ReadonlySet<string> = new Set(["executeshell", "modifyfile", "callexternalapi"]);
