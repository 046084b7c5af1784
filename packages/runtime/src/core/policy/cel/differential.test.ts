// Two other implementations of CEL as witnesses: over generated expressions, the same value or a failure in each. Left
// out of what is generated, since a witness is wrong there: doubles of texts that are none (NaN in the first), `!!x` and
// `--x` of what is neither truth value nor number (dropped by the first).

import { run as bufbuildRun, isCelError, isCelList, isCelMap, isCelUint, type CelInput } from "@bufbuild/cel";
import { evaluate as celJsEvaluate } from "@marcbachmann/cel-js";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Budget } from "../budget.ts";
import { compileNode } from "./compile.ts";
import { entriesOf } from "./compare.ts";
import type { CelEnvironment } from "./environment.ts";
import { parseCel } from "./parse.ts";
import { DYN } from "./type.ts";
import { CelFault, CelUint, isCelList as isOurList, type CelValue } from "./value.ts";
import { emptyView } from "./view.ts";

const BINDINGS = {
  s: "naïve 😀 text",
  t: "",
  d: 2.5,
  n: 3,
  b: true,
  z: null,
  l: [1.5, 2, -3],
  w: ["a", "ab", "b"],
  m: { k: "v", n: 1.5, deep: { x: [1, 2] } },
} as const;

const ENVIRONMENT: CelEnvironment = Object.fromEntries(
  Object.entries(BINDINGS).map(([name, value]) => [name, { type: DYN, read: (): CelValue => value }]),
);

function ours(source: string): string {
  const scope = { environment: ENVIRONMENT, slots: new Map<string, number>(), depth: 0, around: null };
  const value = compileNode(parseCel(source), scope)(emptyView(new Budget()));
  return value instanceof CelFault ? "failed" : ownText(value);
}

function ownText(value: CelValue): string {
  if (isOurList(value)) return `[${value.map(ownText).join(", ")}]`;
  if (value instanceof CelUint) return `${value.value}u`;
  const entries = entriesOf(value);
  if (entries !== null) return mapText(entries.map(([key, item]) => [ownText(key), ownText(item)]));
  return scalarText(value);
}

function mapText(entries: readonly (readonly [string, string])[]): string {
  const pairs = entries.map(([key, item]) => `${key}: ${item}`);
  return `{${pairs.toSorted().join(", ")}}`;
}

function scalarText(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "d-0" : `d${value}`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function bufbuild(source: string): string {
  const bindings: Record<string, CelInput> = { ...BINDINGS };
  const result = bufbuildRun(source, bindings);
  return isCelError(result) ? "failed" : bufbuildText(result);
}

function bufbuildText(value: unknown): string {
  if (isCelUint(value)) return `${value.value}u`;
  if (isCelList(value)) return `[${[...value].map(bufbuildText).join(", ")}]`;
  if (isCelMap(value)) return mapText([...value].map(([key, item]) => [bufbuildText(key), bufbuildText(item)]));
  return scalarText(value);
}

function celJs(source: string): string {
  try {
    return celJsText(celJsEvaluate(source, { ...BINDINGS }));
  } catch {
    return "failed";
  }
}

function celJsText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(celJsText).join(", ")}]`;
  if (value instanceof Map) return mapText([...value].map(([key, item]) => [celJsText(key), celJsText(item)]));
  if (typeof value !== "object" || value === null) return scalarText(value);
  const uint = /value = (\d+)/.exec(Object.prototype.toString.call(value))?.[1];
  if (uint !== undefined) return `${uint}u`;
  return mapText(Object.entries(value).map(([key, item]) => [celJsText(key), celJsText(item)]));
}

const { bool, num, text, list } = fc.letrec<{ bool: string; num: string; text: string; list: string }>((tie) => ({
  num: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("0", "1", "-7", "3u", "2.5", "-0.5", "d", "n", "9223372036854775807", "m.n", "l[0]", "1e3", "z"),
    joined([tie("num"), tie("num")], ([a, b]) =>
      fc.constantFrom("+", "-", "*", "/", "%").map((op) => `(${a} ${op} ${b})`),
    ),
    joined([tie("text")], ([a]) => fc.constant(`size(${a})`)),
    joined([tie("list")], ([a]) => fc.constantFrom(`${a}.size()`, `${a}[0]`, `${a}[1]`)),
    joined([tie("bool"), tie("num"), tie("num")], ([a, b, c]) => fc.constant(`(${a} ? ${b} : ${c})`)),
    joined([tie("num")], ([a]) => fc.constantFrom(`int(${a})`, "double(7)", "double(n)", `(0 - ${a})`)),
  ),
  text: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('"a"', '"é😀"', "s", "t", "m.k", "m.nothing", "w[1]", "d", "r'\\d'", '"\\u00e9"'),
    joined([tie("text"), tie("text")], ([a, b]) => fc.constant(`(${a} + ${b})`)),
    joined([tie("bool"), tie("text"), tie("text")], ([a, b, c]) => fc.constant(`(${a} ? ${b} : ${c})`)),
  ),
  list: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("l", "w", "[]", "m.deep.x", "[1, 2u, 3.0]", "s"),
    joined([tie("num"), tie("num")], ([a, b]) => fc.constant(`[${a}, ${b}]`)),
    joined([tie("list"), tie("list")], ([a, b]) => fc.constant(`(${a} + ${b})`)),
    joined([tie("list"), tie("num")], ([a, b]) =>
      fc.constantFrom(`${a}.map(x, x == ${b})`, `${a}.filter(x, x != ${b})`),
    ),
  ),
  bool: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom("true", "false", "b", "has(m.k)", "has(m.nothing)", "1 / 0 == 1", "m.k"),
    joined([tie("bool"), tie("bool")], ([a, b]) =>
      fc.constantFrom(`(${a} && ${b})`, `(${a} || ${b})`, `(${a} == ${b})`),
    ),
    joined([tie("bool"), tie("bool"), tie("bool")], ([a, b, c]) => fc.constant(`(${a} && ${b} || ${c})`)),
    joined([tie("bool")], ([a]) => fc.constant(`!(${a} == true)`)),
    joined([tie("num"), tie("num")], ([a, b]) =>
      fc.constantFrom("==", "!=", "<", "<=", ">", ">=").map((op) => `(${a} ${op} ${b})`),
    ),
    joined([tie("text"), tie("text")], ([a, b]) =>
      fc.constantFrom(`${a}.startsWith(${b})`, `${a}.endsWith(${b})`, `${a}.contains(${b})`, `(${a} < ${b})`),
    ),
    joined([tie("num"), tie("list")], ([a, b]) => fc.constant(`(${a} in ${b})`)),
    joined([tie("list"), tie("bool")], ([a, b]) =>
      fc.constantFrom(
        `${a}.exists(x, x > 1 && ${b})`,
        `${a}.all(x, x == 1 || ${b})`,
        `${a}.exists_one(x, x == 2.0)`,
        `${a}.exists(x, l.all(y, x >= y))`,
      ),
    ),
    joined([tie("list"), tie("list")], ([a, b]) => fc.constant(`(${a} == ${b})`)),
  ),
}));

function joined(
  parts: readonly fc.Arbitrary<string>[],
  make: (parts: readonly string[]) => fc.Arbitrary<string>,
): fc.Arbitrary<string> {
  return fc.tuple(...parts).chain(make);
}

const RUNS = 600;

describe("over generated expressions", () => {
  test("the first witness gives the same value, or fails as we do", () => {
    const anything = fc.oneof(bool, num, text, list);
    fc.assert(
      fc.property(anything, (source) => {
        assert.equal(ours(source), bufbuild(source), source);
      }),
      { numRuns: RUNS },
    );
  });

  test("the second witness, which checks types before it evaluates, gives the same value where it gives one", () => {
    const anything = fc.oneof(bool, num, text, list);
    let agreed = 0;
    fc.assert(
      fc.property(anything, (source) => {
        // It takes 1.0 and 1 for unequal in `!=`.
        const theirs = source.includes("!=") ? "failed" : celJs(source);
        if (theirs === "failed") return;
        agreed += 1;
        assert.equal(ours(source), theirs, source);
      }),
      { numRuns: RUNS },
    );
    assert.ok(agreed > RUNS / 20, `${agreed} of ${RUNS} could be compared`);
  });
});
