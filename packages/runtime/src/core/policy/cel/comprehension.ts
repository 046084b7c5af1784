// The macros, unrolled over a list's items or a map's keys.

import { compileNode, fault, spanOf, type Scope, type Step } from "./compile.ts";
import { entriesOf } from "./compare.ts";
import { childrenOf, type CelNode, type ComprehensionNode } from "./node.ts";
import type { Span } from "./problem.ts";
import { CelFault, isCelList, type CelOutcome, type CelValue } from "./value.ts";
import type { CelView } from "./view.ts";

/** How many nodes a tree has: what evaluating it once costs. */
export function countNodes(node: CelNode): number {
  return childrenOf(node).reduce((sum, child) => sum + countNodes(child), 1);
}

interface Loop {
  readonly slot: number;
  /** What one round costs. */
  readonly cost: number;
  readonly only: Step | null;
  readonly body: Step;
  readonly at: Span;
}

/** Compile a macro. */
export function comprehensionStep(node: ComprehensionNode, scope: Scope): Step {
  const range = compileNode(node.range, scope);
  const slot = scope.depth;
  const inner = { ...scope, depth: slot + 1, slots: new Map([...scope.slots, [node.variable, slot]]) };
  const only = node.only === null ? null : compileNode(node.only, inner);
  const cost = 1 + countNodes(node.body) + (node.only === null ? 0 : countNodes(node.only));
  const loop = { slot, cost, only, body: compileNode(node.body, inner), at: spanOf(node.body) };
  const run = runOf(node, loop);
  const at = spanOf(node.range);
  return (view) => {
    const value = range(view);
    if (value instanceof CelFault) return value;
    const items = itemsOf(value);
    return items === null ? fault("no_such_overload", "macros go through lists and maps", at) : run(view, items);
  };
}

function itemsOf(value: CelValue): readonly CelValue[] | null {
  return isCelList(value) ? value : (entriesOf(value)?.map(([key]) => key) ?? null);
}

type Run = (view: CelView, items: readonly CelValue[]) => CelOutcome;

function runOf(node: ComprehensionNode, loop: Loop): Run {
  switch (node.macro) {
    case "all":
      return quantified(loop, false);
    case "exists":
      return quantified(loop, true);
    case "exists_one":
      return (view, items) => {
        const kept = filtered({ ...loop, only: loop.body }, null, view, items);
        return kept instanceof CelFault ? kept : kept.length === 1;
      };
    case "filter":
      return (view, items) => filtered({ ...loop, only: loop.body }, null, view, items);
    case "map":
      return (view, items) => filtered(loop, loop.body, view, items);
    default:
      return node.macro satisfies never;
  }
}

// As `||` and `&&` over the items: the first that decides does; else the first failure is the result.
function quantified({ slot, cost, body, at }: Loop, deciding: boolean): Run {
  return (view, items) => {
    let failure: CelFault | null = null;
    for (const item of items) {
      view.budget.spend(cost);
      view.locals[slot] = item;
      const value = body(view);
      if (value === deciding) return deciding;
      if (value === !deciding || failure !== null) continue;
      failure = value instanceof CelFault ? value : notTruth(at);
    }
    return failure ?? !deciding;
  };
}

function filtered(
  { slot, cost, only, at }: Loop,
  make: Step | null,
  view: CelView,
  items: readonly CelValue[],
): readonly CelValue[] | CelFault {
  const kept: CelValue[] = [];
  for (const item of items) {
    view.budget.spend(cost);
    view.locals[slot] = item;
    const keeps = only === null || only(view);
    if (keeps instanceof CelFault) return keeps;
    if (typeof keeps !== "boolean") return notTruth(at);
    if (!keeps) continue;
    const made = make === null ? item : make(view);
    if (made instanceof CelFault) return made;
    kept.push(made);
  }
  return kept;
}

function notTruth(at: Span): CelFault {
  return fault("no_such_overload", "the macro's condition must be a truth value", at);
}
