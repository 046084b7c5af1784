// What each part of a condition gave: the condition compiled once more, with every step watched.

import { BudgetSpent } from "../budget.ts";
import { compileNode, type Scope, type Step } from "./compile.ts";
import { childrenOf, type CelNode } from "./node.ts";
import { CelFault, type CelErrorCode, type CelOutcome } from "./value.ts";
import { celText } from "./value-out.ts";
import type { CelView } from "./view.ts";

/** One part of a condition and what it gave. */
export interface CelTrace {
  /** As it is written, cut. */
  readonly source: string;
  readonly start: number;
  readonly end: number;
  /** How often it was evaluated: 0 when another part had decided; more than once inside a macro. */
  readonly times: number;
  /** What it gave last, as CEL writes it; within `exists` and `all` that is the item that decided. */
  readonly value?: string;
  readonly error?: { readonly code: CelErrorCode; readonly message: string };
  readonly children: readonly CelTrace[];
}

interface Seen {
  times: number;
  last: CelOutcome;
}

/** Evaluate and tell. Cost: that of an evaluation and one more compilation. */
export function traceOf(source: string, ast: CelNode, scope: Scope, view: CelView): CelTrace {
  const seen = new Map<CelNode, Seen>();
  const around = (node: CelNode, step: Step): Step => {
    return (inner) => {
      const last = step(inner);
      const known = seen.get(node);
      if (known === undefined) seen.set(node, { times: 1, last });
      else {
        known.times++;
        known.last = last;
      }
      return last;
    };
  };
  try {
    compileNode(ast, { ...scope, around })(view);
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    seen.set(ast, { times: 1, last: new CelFault("budget", "the evaluation budget is spent", ast) });
  }
  return told(source, ast, seen);
}

const LONGEST_SOURCE = 200;

function told(source: string, node: CelNode, seen: ReadonlyMap<CelNode, Seen>): CelTrace {
  const { start, end } = node;
  const text = source.slice(start, end);
  const found = seen.get(node);
  const written = node.kind === "literal" || (node.kind === "ident" && node.name !== "now" && found?.times === 0);
  return {
    source: text.length <= LONGEST_SOURCE ? text : `${text.slice(0, LONGEST_SOURCE)}…`,
    start,
    end,
    times: found?.times ?? 0,
    ...(found === undefined || written ? {} : outcome(found.last)),
    children: childrenOf(node)
      .filter((child) => child.kind !== "literal" && !(child.kind === "ident" && node.kind === "select"))
      .map((child) => told(source, child, seen)),
  };
}

function outcome(last: CelOutcome): Pick<CelTrace, "value" | "error"> {
  if (last instanceof CelFault) return { error: { code: last.code, message: last.message } };
  return { value: celText(last) };
}
