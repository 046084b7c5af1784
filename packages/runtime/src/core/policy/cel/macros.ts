// Calls that are macros: they take an expression, not its value.

import type { CelMacro, CelNode } from "./node.ts";
import { CelProblem, type Span } from "./problem.ts";

/** A call as it was parsed. */
export interface ParsedCall extends Span {
  readonly name: string;
  readonly target: CelNode | null;
  readonly args: readonly CelNode[];
}

const MACROS: Readonly<Record<string, CelMacro>> = {
  all: "all",
  exists: "exists",
  exists_one: "exists_one",
  existsOne: "exists_one",
  map: "map",
  filter: "filter",
};

/**
 * The node that a call stands for: `has(x.y)`, a comprehension, or the call itself.
 *
 * @throws {CelProblem} when a macro's arguments are not what it takes.
 */
export function macroOf(call: ParsedCall): CelNode {
  const { name, target, args, start, end } = call;
  if (target === null) return name === "has" ? hasOf(call) : { kind: "call", name, target, args, start, end };
  const macro = Object.hasOwn(MACROS, name) ? MACROS[name] : undefined;
  if (macro === undefined) return { kind: "call", name, target, args, start, end };
  const [variable, first, second] = args;
  const twoOrThree = args.length === 2 || (macro === "map" && args.length === 3);
  if (!twoOrThree || variable === undefined || first === undefined) {
    const most = macro === "map" ? "(x, value) or (x, condition, value)" : "(x, condition)";
    throw new CelProblem("bad_expression", call, `\`${name}\` takes ${most}`);
  }
  if (variable.kind !== "ident") {
    throw new CelProblem("bad_expression", variable, `the first argument of \`${name}\` is a name for the item`);
  }
  const parts = second === undefined ? { only: null, body: first } : { only: first, body: second };
  return { kind: "comprehension", macro, variable: variable.name, range: target, ...parts, start, end };
}

function hasOf({ args, start, end }: ParsedCall): CelNode {
  const [member] = args;
  if (args.length === 1 && member?.kind === "select" && !member.test) return { ...member, test: true, start, end };
  throw new CelProblem("bad_expression", { start, end }, "`has` takes one member: has(payload.name)");
}
