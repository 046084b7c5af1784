// Conditions that hold for every row: `1=1`, `true`, `'a'='a'`, `id=id`, and anything `OR` one of them.

import type { SqlToken } from "./sql-tokens.ts";
import { wordSet } from "../word-set.ts";

/** Words that end a condition. */
const ENDS: ReadonlySet<string> = wordSet("returning order limit group having union");

/** Whether a condition is true whatever the row. Cost: linear. */
export function isTautology(tokens: readonly SqlToken[]): boolean {
  const end = tokens.findIndex(({ kind, value }) => kind === "word" && ENDS.has(value));
  const condition = (end < 0 ? tokens : tokens.slice(0, end)).filter(
    ({ kind, value }) => kind !== "sign" || (value !== "(" && value !== ")"),
  );
  if (condition.length === 0) return true;
  return splitBy(condition, "or").some((branch) => splitBy(branch, "and").every(isAlwaysTrue));
}

function splitBy(tokens: readonly SqlToken[], word: string): readonly (readonly SqlToken[])[] {
  const parts: SqlToken[][] = [[]];
  for (const token of tokens) {
    if (token.kind === "word" && token.value === word) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function isAlwaysTrue(tokens: readonly SqlToken[]): boolean {
  const [first, sign, second, third] = tokens;
  if (first === undefined) return false;
  if (tokens.length === 1) return isTrue(first);
  if (tokens.length === 2 && first.value === "not" && sign !== undefined)
    return sign.value === "false" || sign.value === "0";
  if (sign?.kind !== "sign" || second === undefined) return false;
  const operator = second.kind === "sign" ? sign.value + second.value : sign.value;
  const right = second.kind === "sign" ? third : second;
  if (right === undefined || tokens.length !== (second.kind === "sign" ? 4 : 3)) return false;
  return holds(first, operator, right);
}

function isTrue(token: SqlToken): boolean {
  if (token.kind === "word") return token.value === "true";
  return (
    (token.kind === "number" || token.kind === "text") &&
    Number(token.value) !== 0 &&
    !Number.isNaN(Number(token.value))
  );
}

function holds(left: SqlToken, operator: string, right: SqlToken): boolean {
  const same = left.kind === right.kind && left.value === right.value;
  if (operator === "=" || operator === "==" || operator === "<=" || operator === ">=") return same;
  if (operator !== "<" && operator !== ">" && operator !== "<>" && operator !== "!=") return false;
  if (left.kind !== right.kind || (left.kind !== "number" && left.kind !== "text")) return false;
  if (operator === "<") return Number(left.value) < Number(right.value);
  if (operator === ">") return Number(left.value) > Number(right.value);
  return left.value !== right.value;
}
