// A policy's bytes → the policy layer: read once, checked whole, indexed by action type, named by its hash.

import { BUILT_IN_LAYERS } from "../built-in-layers.ts";
import { foldName } from "../effects/text.ts";
import { ENGINE_VERSION } from "../engine-version.ts";
import { CanopyError } from "../errors.ts";
import type { PolicySnapshot } from "../decision.ts";
import type { PolicyLayer } from "../evaluate.ts";
import type { Finding } from "../finding.ts";
import { rulesHash } from "../rules-hash.ts";
import type { RuleInput } from "../rule.ts";
import { readRules, type RuleSource } from "./check.ts";
import { evaluateRules, type CompiledRule } from "./evaluate.ts";
import { decodePolicy, parseYaml } from "./parse.ts";
import type { Predicate } from "./predicates/predicate.ts";
import { ProblemList } from "./problem.ts";
import { typeKey } from "./type-name.ts";

/** Where a policy comes from, and the tools to name it. */
export interface CompileOptions {
  /** The file it was read from, as it is to be shown; null for a pack or text given in code. */
  readonly file: string | null;
  readonly source: PolicySnapshot["policy_source"];
  readonly tools: { readonly sha256Hex: (bytes: Uint8Array) => string };
}

/** The policy layer, compiled. */
export interface CompiledPolicy extends PolicyLayer {
  /** Every action type its rules name, as written: actions of these types are known. */
  readonly action_types: readonly string[];
  readonly rule_count: number;
}

/**
 * Compile a policy. Cost: linear in its size, a few milliseconds for hundreds of patterns; done once.
 *
 * @throws {CanopyError} `INVALID_POLICY`, `at` `file:line:col`, for the first thing that is wrong.
 */
export function compilePolicy(bytes: Uint8Array | string, options: CompileOptions): CompiledPolicy {
  const problems = new ProblemList();
  const text = decodePolicy(bytes, problems);
  const root = text === null ? null : parseYaml(text, problems);
  const rules = root === null ? [] : readRules(root, problems);
  refuse(problems, options.file);
  const encoded = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  const index = indexByType(rules.map(compileRule));
  return {
    action_types: [...new Set(rules.map((rule) => rule.action_type))],
    rule_count: rules.length,
    snapshot: {
      policy_file: options.file,
      policy_hash: `sha256:${options.tools.sha256Hex(encoded)}`,
      policy_source: options.source,
      rules_hash: rulesHash(BUILT_IN_LAYERS, options.tools.sha256Hex),
      engine_version: ENGINE_VERSION,
    },
    evaluate: (input: RuleInput): readonly Finding[] => {
      const rules = rulesFor(index, input);
      return rules.length === 0 ? [] : evaluateRules(rules, input);
    },
  };
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
  const conditions: readonly Predicate[] = [...rule.when_all, ...rule.when_any, ...rule.when_not];
  const reads = rule.deny.length + rule.approve.length > 0 || conditions.some(({ test }) => test.kind === "text");
  const scope = MAIN_TEXT_TYPES.has(foldName(rule.action_type)) ? "main" : "all";
  return { ...rule, texts: reads ? scope : null };
}

// Rules for these three names look into what is run, changed or called; rules for other names, into everything.
const MAIN_TEXT_TYPES: ReadonlySet<string> = new Set(["executeshell", "modifyfile", "callexternalapi"]);

type Index = ReadonlyMap<string, readonly CompiledRule[]>;

function indexByType(rules: readonly CompiledRule[]): Index {
  const index = new Map<string, CompiledRule[]>();
  for (const rule of rules) {
    const type = typeKey(rule.action_type);
    const known = index.get(type);
    if (known === undefined) index.set(type, [rule]);
    else known.push(rule);
  }
  return index;
}

// An action is known by its canonical type and by its own name; a rule may have been written for either.
function rulesFor(index: Index, { action }: RuleInput): readonly CompiledRule[] {
  const byType = index.get(typeKey(action.action_type)) ?? [];
  if (action.raw_action_type === action.action_type) return byType;
  const byName = index.get(typeKey(action.raw_action_type)) ?? [];
  if (byName.length === 0 || byName === byType) return byType;
  return byType.length === 0 ? byName : [...byType, ...byName];
}
