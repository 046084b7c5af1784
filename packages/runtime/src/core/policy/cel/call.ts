// Calls of functions: the overload is found by the values' types; with literals alone, the call is made at load.

import { Budget } from "../budget.ts";
import { PatternProblem } from "../pattern/translate.ts";
import { tryPattern } from "../predicates/try-pattern.ts";
import { compileNode, fault, spanOf, type Scope, type Step } from "./compile.ts";
import { isOfKind, type Overload } from "./function.ts";
import { FUNCTIONS } from "./functions/index.ts";
import type { CallNode } from "./node.ts";
import { CelProblem, type Span } from "./problem.ts";
import { compileRe2 } from "./re2-pattern.ts";
import { CelFault, type CelOutcome, type CelValue } from "./value.ts";
import { emptyView } from "./view.ts";

/** The overloads of a function that take so many arguments, with or without a receiver. */
export function overloadsOf({ name, target, args }: CallNode): readonly Overload[] {
  const known = Object.hasOwn(FUNCTIONS, name) ? (FUNCTIONS[name] ?? []) : [];
  return known.filter((one) => (one.target === null) === (target === null) && one.args.length === args.length);
}

/**
 * Compile a call.
 *
 * @throws {CelProblem} for a pattern that can't be used, and a conversion of a literal that fails.
 */
export function callStep(node: CallNode, scope: Scope): Step {
  if (node.name === "matches" && node.target !== null) return matchesStep(node, scope);
  const parts = node.target === null ? node.args : [node.target, ...node.args];
  const steps = parts.map((part) => compileNode(part, scope));
  const at = spanOf(node);
  const overloads = overloadsOf(node);
  if (overloads.length === 0) return () => fault("unknown_name", `there is no function \`${node.name}\``, at);
  const step = dispatched(node.name, overloads, steps, at);
  const constant = CONVERTING.has(node.name) && parts.every((part) => part.kind === "literal");
  return constant ? constantStep(step) : step;
}

const CONVERTING: ReadonlySet<string> = new Set(["decimal", "timestamp", "duration"]);

function dispatched(name: string, overloads: readonly Overload[], steps: readonly Step[], at: Span): Step {
  const mismatch = (): CelFault => fault("no_such_overload", `\`${name}\` takes no values of these types`, at);
  return (view) => {
    const values: CelValue[] = [];
    for (const step of steps) {
      const value = step(view);
      if (value instanceof CelFault) return value;
      values.push(value);
    }
    for (const overload of overloads) {
      if (fits(overload, values)) return overload.run(values, { view, at });
    }
    return mismatch();
  };
}

function fits({ target, args }: Overload, values: readonly CelValue[]): boolean {
  if (target !== null && !isOfKind(values[0] ?? null, target)) return false;
  const shift = target === null ? 0 : 1;
  for (let index = 0; index < args.length; index++) {
    if (!isOfKind(values[index + shift] ?? null, args[index] ?? "dyn")) return false;
  }
  return true;
}

// `decimal("100")` says the same every time; one that can't be read is the policy's mistake, not the action's.
function constantStep(step: Step): Step {
  const value: CelOutcome = step(emptyView(new Budget()));
  if (value instanceof CelFault) throw new CelProblem("unknown_value", value.at, value.message);
  return () => value;
}

function matchesStep(node: CallNode, scope: Scope): Step {
  const [pattern] = node.args;
  if (node.target === null || node.args.length !== 1 || pattern?.kind !== "literal") {
    const span = pattern ?? node;
    const message = "`matches` takes one pattern that is written in the condition";
    throw new CelProblem("unusable_pattern", span, message, "so that it can be checked when the policy loads");
  }
  const target = compileNode(node.target, scope);
  const at = spanOf(node);
  const compiled = typeof pattern.value === "string" ? usable(pattern.value, pattern) : null;
  return (view) => {
    const value = target(view);
    if (value instanceof CelFault) return value;
    if (typeof value !== "string" || compiled === null) return fault("no_such_overload", "`matches` takes text", at);
    return tryPattern(compiled, value, view.budget);
  };
}

function usable(source: string, span: Span): ReturnType<typeof compileRe2> {
  try {
    const pattern = compileRe2(source);
    if (pattern.possible) return pattern;
    throw new CelProblem("never_matches", span, `the pattern \`${source}\` can never match`);
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error;
    throw new CelProblem("unusable_pattern", span, error.message, error.fix);
  }
}
