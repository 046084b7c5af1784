// What a part of a condition may come to, as a set: true, false, an error. Three bits, so that sets are joined by `|`.

import type { CelNode } from "../cel/node.ts";

export const TRUE = 1;
export const FALSE = 2;
export const ERROR = 4;
export const ANY: number = TRUE | FALSE | ERROR;

/** A condition as a formula over atoms, numbered. */
export type Formula =
  | { readonly kind: "constant"; readonly outcomes: number }
  | { readonly kind: "atom"; readonly atom: number }
  | { readonly kind: "and" | "or"; readonly operands: readonly Formula[] }
  | { readonly kind: "not"; readonly operand: Formula }
  | { readonly kind: "choice"; readonly test: Formula; readonly yes: Formula; readonly no: Formula };

/** The formula of a condition. `number` gives each part that isn't one of the logical operators its number. */
export function formulaOf(node: CelNode, number: (node: CelNode) => number): Formula {
  switch (node.kind) {
    case "and":
    case "or":
      return { kind: node.kind, operands: node.operands.map((operand) => formulaOf(operand, number)) };
    case "not":
      return { kind: "not", operand: formulaOf(node.operand, number) };
    case "conditional": {
      const [test, yes, no] = [node.test, node.yes, node.no].map((part) => formulaOf(part, number));
      return test === undefined || yes === undefined || no === undefined
        ? { kind: "constant", outcomes: ANY }
        : { kind: "choice", test, yes, no };
    }
    case "literal":
      return { kind: "constant", outcomes: node.value === true ? TRUE : node.value === false ? FALSE : ERROR };
    default:
      return { kind: "atom", atom: number(node) };
  }
}

/**
 * Everything a formula may come to when each atom comes to one of its outcomes; exact when each atom has one outcome,
 * else possibly more than it really can. Cost: linear in the formula.
 */
export function outcomesOf(formula: Formula, atoms: readonly number[]): number {
  switch (formula.kind) {
    case "constant":
      return formula.outcomes;
    case "atom":
      return atoms[formula.atom] ?? ANY;
    case "and":
      return conjunction(formula.operands.map((operand) => outcomesOf(operand, atoms)));
    case "or":
      return negated(conjunction(formula.operands.map((operand) => negated(outcomesOf(operand, atoms)))));
    case "not":
      return negated(outcomesOf(formula.operand, atoms));
    case "choice": {
      const test = outcomesOf(formula.test, atoms);
      const yes = (test & TRUE) === 0 ? 0 : outcomesOf(formula.yes, atoms);
      const no = (test & FALSE) === 0 ? 0 : outcomesOf(formula.no, atoms);
      return (test & ERROR) | yes | no;
    }
    default:
      return formula satisfies never;
  }
}

/** What `&&` may come to: one that is false decides, else one that fails, else it is true. */
export function conjunction(operands: readonly number[]): number {
  const allTrue = operands.every((outcomes) => (outcomes & TRUE) !== 0);
  const anyFalse = operands.some((outcomes) => (outcomes & FALSE) !== 0);
  const noneFalse = operands.every((outcomes) => (outcomes & (TRUE | ERROR)) !== 0);
  const anyError = operands.some((outcomes) => (outcomes & ERROR) !== 0);
  return (allTrue ? TRUE : 0) | (anyFalse ? FALSE : 0) | (noneFalse && anyError ? ERROR : 0);
}

function negated(outcomes: number): number {
  return ((outcomes & TRUE) === 0 ? 0 : FALSE) | ((outcomes & FALSE) === 0 ? 0 : TRUE) | (outcomes & ERROR);
}
