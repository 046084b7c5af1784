// Arithmetic, as far as its numbers are known. An unknown number is null: its digits then read as opaque.

import type {
  ArithmeticBinary,
  ArithmeticCommandExpansion,
  ArithmeticExpression,
  ArithmeticUnary,
  ArithmeticWord,
} from "unbash";
import type { Stream, Word } from "../programs/program.ts";
import { expandSimple } from "./expand-parameter.ts";
import { reportArithmeticCode } from "./arithmetic-code.ts";
import { deeper, spend, spendText, type Machine } from "./machine.ts";
import { bind, inSubshell } from "./state.ts";
import { known, OPAQUE, unknown, UNKNOWN_OUTPUT } from "./value.ts";
import { readElement, readVariable, writeElement } from "./variables.ts";

/** How words inside of an expression are expanded; handed in, since expansion also needs arithmetic. */
export type ExpandParts = (word: ArithmeticWord) => Word;

interface Calculation {
  depth: number;
  readonly machine: Machine;
  readonly expand: ExpandParts;
}

/** The value of an expression, or null when it isn't known. Runs the substitutions in it, and its assignments. */
export function calculate(
  machine: Machine,
  expression: ArithmeticExpression | undefined,
  expand: ExpandParts,
): number | null {
  if (expression === undefined) return null;
  return valueOf({ machine, expand, depth: 0 }, expression);
}

/** A number as the text that an expansion gives. */
export function numberText(value: number | null): string {
  return value === null ? OPAQUE : String(value);
}

function valueOf(context: Calculation, expression: ArithmeticExpression): number | null {
  if (context.depth > MAX_NESTING) context.machine.exhausted = true;
  if (!spend(context.machine, 1)) return null;
  context.depth += 1;
  const value = nodeValue(context, expression);
  context.depth -= 1;
  return value;
}

// `1+1+1+…` nests as deep as it is long.
const MAX_NESTING = 500;

function nodeValue(context: Calculation, expression: ArithmeticExpression): number | null {
  switch (expression.type) {
    case "ArithmeticWord":
      return wordNumber(context, expression);
    case "ArithmeticGroup":
      return valueOf(context, expression.expression);
    case "ArithmeticUnary":
      return unary(context, expression);
    case "ArithmeticTernary": {
      const test = valueOf(context, expression.test);
      const left = valueOf(context, expression.consequent);
      const right = valueOf(context, expression.alternate);
      return test === null ? (left === right ? left : null) : test === 0 ? right : left;
    }
    case "ArithmeticCommandExpansion":
      return substituted(context.machine, expression);
    case "ArithmeticBinary":
      return binary(context, expression);
    default:
      return expression satisfies never;
  }
}

function substituted(machine: Machine, node: ArithmeticCommandExpansion): number | null {
  const { script } = node;
  if (script === undefined || !spendText(machine, node.text.length)) return null;
  const source = script.source ?? machine.source;
  const run = (): Stream => inSubshell(machine.state, () => machine.runScript(machine, script, source));
  const { text } = deeper(machine, run, UNKNOWN_OUTPUT);
  return text === null ? null : parseNumber(text);
}

function wordNumber(context: Calculation, word: ArithmeticWord): number | null {
  const text = word.parts === undefined ? plainText(context.machine, word.value) : context.expand(word).value;
  return text === null ? null : namedNumber(context, text, 0);
}

// The parser leaves `$x` and `$1` as they are.
function plainText(machine: Machine, text: string): string | null {
  if (!text.startsWith("$")) return text;
  const expansion = expandSimple(machine, text.slice(1), true);
  return expansion.kind === "one" ? expansion.word.value : null;
}

// A name stands for its value, which is arithmetic again: a value with a substitution in it runs.
function namedNumber(context: Calculation, text: string, depth: number): number | null {
  const plain = text.trim();
  const number = parseNumber(plain);
  if (number !== null) return number;
  if (depth === 0 && reportArithmeticCode(context.machine, "arithmetic", plain)) return null;
  const value = variableOf(context.machine, plain);
  return value === null || depth > 4 ? null : namedNumber(context, value, depth + 1);
}

const NAME = /^[A-Za-z_]\w*$/;
const ELEMENT = /^([A-Za-z_]\w*)\[([^\]]*)\]$/;

function variableOf(machine: Machine, name: string): string | null {
  if (NAME.test(name)) return readVariable(machine, name).value;
  const [, array, index = ""] = ELEMENT.exec(name) ?? [];
  return array === undefined ? null : readElement(machine, array, known(index)).value;
}

/** A shell integer: decimal, `0x…`, `0…`, `base#…`. The empty text is 0. Null for anything else or beyond exact integers. */
export function parseNumber(text: string): number | null {
  const plain = text.trim();
  if (plain === "") return 0;
  const value = plainNumber(plain);
  return value !== null && Number.isSafeInteger(value) ? value : null;
}

function plainNumber(text: string): number | null {
  if (/^[+-]?[1-9]\d{0,15}$|^[+-]?0$/.test(text)) return Number(text);
  if (/^0[xX][0-9A-Fa-f]{1,13}$/.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^0[0-7]{1,17}$/.test(text)) return Number.parseInt(text, 8);
  const [, base = "", digits = ""] = /^(\d{1,2})#([0-9A-Za-z]{1,12})$/.exec(text) ?? [];
  if (base === "" || Number(base) < 2 || Number(base) > 36) return null;
  const value = Number.parseInt(digits, Number(base));
  return Number.isNaN(value) ? null : value;
}

function unary(context: Calculation, expression: ArithmeticUnary): number | null {
  const value = valueOf(context, expression.operand);
  switch (expression.operator) {
    case "-":
      return value === null ? null : -value;
    case "+":
      return value;
    case "!":
      return value === null ? null : value === 0 ? 1 : 0;
    case "~":
      return value === null ? null : -value - 1;
    case "++":
    case "--": {
      const next = value === null ? null : value + (expression.operator === "++" ? 1 : -1);
      assign(context, expression.operand, next);
      return expression.prefix ? next : value;
    }
    default:
      return null;
  }
}

const ASSIGNMENT = /^(?:\*\*|<<|>>|[-+*/%&|^])?=$/;

function binary(context: Calculation, expression: ArithmeticBinary): number | null {
  const { operator } = expression;
  if (ASSIGNMENT.test(operator)) {
    const right = valueOf(context, expression.right);
    const value = operator === "=" ? right : operate(operator.slice(0, -1), valueOf(context, expression.left), right);
    assign(context, expression.left, value);
    return value;
  }
  const left = valueOf(context, expression.left);
  return operate(operator, left, valueOf(context, expression.right));
}

function assign(context: Calculation, target: ArithmeticExpression, value: number | null): void {
  const { machine } = context;
  if (target.type !== "ArithmeticWord") return;
  const name = target.parts === undefined ? target.value.trim() : (context.expand(target).value ?? "");
  const word = value === null ? { ...unknown(name), value: OPAQUE, prefix: "" } : known(String(value));
  if (NAME.test(name)) bind(machine.state, `var:${name}`, { kind: "scalar", values: [word] });
  const [, array, index = ""] = ELEMENT.exec(name) ?? [];
  if (array !== undefined) writeElement(machine, array, { index: known(index), value: word });
}

function operate(operator: string, left: number | null, right: number | null): number | null {
  if (left === null || right === null) return operator === "," ? right : null;
  const value = OPERATIONS[operator]?.(left, right) ?? null;
  return value !== null && Number.isSafeInteger(value) ? value : null;
}

const truth = (value: boolean): number => (value ? 1 : 0);
const bits = (operation: (left: bigint, right: bigint) => bigint) => (left: number, right: number) =>
  Number(operation(BigInt(left), BigInt(right)));

const OPERATIONS: Readonly<Record<string, (left: number, right: number) => number | null>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => (right === 0 ? null : Math.trunc(left / right)),
  "%": (left, right) => (right === 0 ? null : left % right),
  "**": (left, right) => (right < 0 ? null : left ** right),
  "<<": (left, right) => (right < 0 || right > 52 ? null : left * 2 ** right),
  ">>": (left, right) => (right < 0 || right > 62 ? null : Math.floor(left / 2 ** right)),
  "&": bits((left, right) => left & right),
  "|": bits((left, right) => left | right),
  "^": bits((left, right) => left ^ right),
  "<": (left, right) => truth(left < right),
  ">": (left, right) => truth(left > right),
  "<=": (left, right) => truth(left <= right),
  ">=": (left, right) => truth(left >= right),
  "==": (left, right) => truth(left === right),
  "!=": (left, right) => truth(left !== right),
  "&&": (left, right) => truth(left !== 0 && right !== 0),
  "||": (left, right) => truth(left !== 0 || right !== 0),
  ",": (_left, right) => right,
};
