// A condition of a policy: compiled once, evaluated for each action, explained when somebody asks.

import { Budget, BudgetSpent } from "../budget.ts";
import type { ProblemCode } from "../problem.ts";
import { checkNode } from "./check.ts";
import { zoneNamed } from "./check-call.ts";
import { compileNode, type Scope } from "./compile.ts";
import { countNodes } from "./comprehension.ts";
import { POLICY_ENVIRONMENT, type CelEnvironment } from "./environment.ts";
import { traceOf, type CelTrace } from "./explain.ts";
import { childrenOf, type CelNode } from "./node.ts";
import { parametersIn, withParameters, type CelParameters } from "./parameters.ts";
import { parseCel } from "./parse.ts";
import { CelProblem, type Span } from "./problem.ts";
import { mayBe, mayBeNumber, typeText, type CelType } from "./type.ts";
import { CelFault, type CelErrorCode, type CelOutcome, type CelValue } from "./value.ts";
import { celAmount, celJson } from "./value-out.ts";
import { withBudget, type CelView } from "./view.ts";

/** How a condition is to be compiled. */
export interface CelOptions {
  /** What it must give: a truth value, an amount (a number, or text that reads as one), or any value that JSON has. */
  readonly expects: "bool" | "amount" | "json";
  /** The policy's parameters, with the values they have. */
  readonly parameters?: CelParameters;
  /** The names it may use besides; default: those of a policy's conditions. */
  readonly environment?: CelEnvironment;
}

/** Why a condition can't be used. `start` and `end` count UTF-16 units of its source. */
export interface CelRefusal extends Span {
  readonly problem: string;
  readonly code: ProblemCode;
  readonly fix?: string;
}

/** What evaluation gave: a value of the kind that was expected, or what went wrong. */
export type CelResult =
  | { readonly value: CelValue }
  | { readonly error: { readonly code: CelErrorCode; readonly message: string; readonly at: Span } };

/** A compiled condition. */
export interface CelCondition {
  readonly source: string;
  /** Its syntax tree, parameters put in. */
  readonly ast: CelNode;
  /** The named time zones whose offsets it needs among the facts, sorted. */
  readonly zones: readonly string[];
  /** The roots it reads (`payload`, `ctx`, `effects`, …), sorted. */
  readonly reads: readonly string[];
  /** Total: never throws. Cost: counted against the view's budget. */
  readonly evaluate: (view: CelView) => CelResult;
  /** What each part gave, for a person. It has a budget of its own; values are cut. */
  readonly explain: (view: CelView) => CelTrace;
}

/** Compile a condition, or say why it can't be used. Cost: linear in its length. */
export function compileCel(source: string, options: CelOptions): { readonly condition: CelCondition } | CelRefusal {
  try {
    return { condition: compiled(source, options) };
  } catch (error) {
    if (!(error instanceof CelProblem)) throw error;
    const { code, span, message, fix } = error;
    const refusal = { problem: message, code, start: span.start, end: span.end };
    return fix === undefined ? refusal : { ...refusal, fix };
  }
}

function compiled(source: string, options: CelOptions): CelCondition {
  const { expects, parameters = {} } = options;
  const environment: CelEnvironment = {
    ...(options.environment ?? POLICY_ENVIRONMENT),
    ...parametersIn(parameters),
  };
  const parsed = parseCel(source);
  const type = checkNode(parsed, { environment, variables: new Map() });
  checkResult(type, expects, parsed);
  const ast = withParameters(parsed, parameters);
  const scope: Scope = { environment, slots: new Map(), depth: 0, around: null };
  const step = compileNode(ast, scope);
  const cost = countNodes(ast);
  const names = { zones: new Set<string>(), reads: new Set<string>() };
  collect(ast, [], names);
  return {
    source,
    ast,
    zones: [...names.zones].sort(),
    reads: [...names.reads].filter((name) => Object.hasOwn(environment, name)).sort(),
    evaluate: (view) => run(step, cost, view, expects),
    explain: (view) => traceOf(source, ast, scope, withBudget(view, new Budget())),
  };
}

function checkResult(type: CelType, expects: CelOptions["expects"], span: Span): void {
  if (expects === "json") return;
  const amount = mayBeNumber(type) || mayBe(type, "string");
  if (expects === "bool" ? mayBe(type, "bool") : amount) return;
  const wanted = expects === "bool" ? "a truth value" : "a number";
  throw new CelProblem("wrong_type", span, `the condition gives a ${typeText(type)}: expected ${wanted}`);
}

function collect(
  node: CelNode,
  variables: readonly string[],
  names: { readonly zones: Set<string>; readonly reads: Set<string> },
): void {
  const zone = zoneNamed(node);
  if (zone !== null) names.zones.add(zone);
  if (node.kind === "ident" && !variables.includes(node.name)) names.reads.add(node.name);
  if (node.kind === "call" && node.name === "spend") names.reads.add("effects");
  for (const child of childrenOf(node)) {
    const bound = node.kind === "comprehension" && child !== node.range;
    collect(child, bound ? [...variables, node.variable] : variables, names);
  }
}

function run(
  step: (view: CelView) => CelOutcome,
  cost: number,
  view: CelView,
  expects: CelOptions["expects"],
): CelResult {
  try {
    view.budget.spend(cost);
    const value = step(view);
    if (value instanceof CelFault) return { error: value };
    return expected(value, expects) ? { value } : { error: unexpected(expects) };
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    return { error: { code: "budget", message: "the evaluation budget is spent", at: WHOLE } };
  }
}

const WHOLE: Span = { start: 0, end: 0 };

function expected(value: CelValue, expects: CelOptions["expects"]): boolean {
  switch (expects) {
    case "bool":
      return typeof value === "boolean";
    case "amount":
      return celAmount(value) !== null;
    case "json":
      return celJson(value) !== undefined;
    default:
      return expects satisfies never;
  }
}

function unexpected(expects: CelOptions["expects"]): {
  readonly code: CelErrorCode;
  readonly message: string;
  readonly at: Span;
} {
  const what = { bool: "a truth value", amount: "an amount that can be read", json: "a value that JSON has" }[expects];
  return { code: "no_such_overload", message: `the condition did not give ${what}`, at: WHOLE };
}
