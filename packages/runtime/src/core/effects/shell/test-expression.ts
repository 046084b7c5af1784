// `[[ … ]]` and `[ … ]`: nothing happens in a test but the substitutions in its words; the outcome is told where it is known.

import type { TestExpression } from "unbash";
import type { Word } from "../programs/program.ts";
import { parseNumber } from "./arithmetic.ts";
import { expandText } from "./expand-word.ts";
import { reportArithmeticCode, reportIndexCode } from "./arithmetic-code.ts";
import type { Machine } from "./machine.ts";
import { patternOf } from "./expand-parameter.ts";
import { matches } from "./pattern.ts";
import { bind } from "./state.ts";
import { OPAQUE } from "./value.ts";

/** Evaluate a `[[ … ]]` expression: true, false, or null when it can't be known. */
export function runTest(machine: Machine, expression: TestExpression): boolean | null {
  switch (expression.type) {
    case "TestUnary":
      return testOperand(machine, expression.operator, expandText(machine, expression.operand));
    case "TestNot": {
      const value = runTest(machine, expression.operand);
      return value === null ? null : !value;
    }
    case "TestGroup":
      return runTest(machine, expression.expression);
    case "TestLogical": {
      const values = expression.operands.map((operand) => runTest(machine, operand));
      const decisive = expression.operator === "||";
      if (values.includes(decisive)) return decisive;
      return values.includes(null) ? null : !decisive;
    }
    case "TestBinary": {
      const left = expandText(machine, expression.left);
      if (expression.operator === "=~") {
        expandText(machine, expression.right);
        bind(machine.state, "var:BASH_REMATCH", { kind: "array", items: new Map(), open: true });
        return null;
      }
      if (expression.operator === "==" || expression.operator === "=" || expression.operator === "!=") {
        const pattern = patternOf(machine, expression.right);
        const known = left.value !== null && !left.value.includes(OPAQUE);
        const value = !known || pattern === null ? null : matches(pattern, left.value ?? "");
        return value === null ? null : value === (expression.operator !== "!=");
      }
      const right = expandText(machine, expression.right);
      if (Object.hasOwn(COMPARISONS, expression.operator)) {
        for (const { value } of [left, right]) reportArithmeticCode(machine, "test", value);
      }
      return binaryTest(left, expression.operator, right);
    }
    default:
      return expression satisfies never;
  }
}

function testOperand(machine: Machine, operator: string, word: Word): boolean | null {
  if (operator === "-v") reportIndexCode(machine, "test", word.value);
  return unaryTest(operator, word);
}

/** A test of one word. */
function unaryTest(operator: string, word: Word): boolean | null {
  if (word.value === null) return null;
  if (operator === "-z") return word.value === "";
  return operator === "-n" ? word.value !== "" : null;
}

/** A test of two words. */
function binaryTest(left: Word, operator: string, right: Word): boolean | null {
  if (left.value === null || right.value === null) return null;
  if (left.value.includes(OPAQUE) || right.value.includes(OPAQUE)) return null;
  if (operator === "=" || operator === "==") return left.value === right.value;
  if (operator === "!=") return left.value !== right.value;
  const compare = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined;
  const first = parseNumber(left.value);
  const second = parseNumber(right.value);
  return compare === undefined || first === null || second === null ? null : compare(first, second);
}

const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  "-eq": (left, right) => left === right,
  "-ne": (left, right) => left !== right,
  "-lt": (left, right) => left < right,
  "-le": (left, right) => left <= right,
  "-gt": (left, right) => left > right,
  "-ge": (left, right) => left >= right,
};

/** Evaluate the words of `test` or `[ … ]`. */
export function testWords(words: readonly Word[]): boolean | null {
  const [first, second, third] = words;
  if (words.length === 0) return false;
  if (first === undefined) return null;
  if (first.value === "!") {
    const value = testWords(words.slice(1));
    return value === null ? null : !value;
  }
  if (words.length === 1) return first.value === null ? null : first.value !== "";
  if (words.length === 2 && second !== undefined && first.value !== null) return unaryTest(first.value, second);
  if (words.length === 3 && second !== undefined && third !== undefined && second.value !== null) {
    return binaryTest(first, second.value, third);
  }
  return null;
}
