import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson, MAX_DEPTH } from "./canonical.ts";
import { CanopyError } from "./errors.ts";

// Samples of RFC 8785 sections 3.2.2 and 3.2.3.
test("members are sorted by UTF-16 code units, numbers and text are written as ECMAScript writes them", () => {
  const value = {
    numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 1e-27],
    text: '\u20ac$\u000f\nA\'B"\\"/',
    literals: [null, true, false],
  };
  assert.equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"text":"€$\\u000f\\nA\'B\\"\\\\\\"/"}',
  );
  const members = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
  assert.deepEqual(
    [...canonicalJson(members).matchAll(/:(\d)/gu)].map((digit) => Number(digit[1])),
    [2, 4, 6, 7, 1, 5, 3],
  );
});

test("the order in which members were written does not matter, and the text parses back to the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      assert.equal(canonicalJson(JSON.parse(text)), text);
      assert.equal(canonicalJson(reversed(value)), text);
    }),
  );
});

test("what has no I-JSON form is refused with a code", () => {
  const deep = Array.from({ length: MAX_DEPTH + 1 }).reduce<unknown>((inner) => [inner], 0);
  const refused: unknown[] = [
    NaN,
    Infinity,
    "\ud800",
    { "\udfff": 1 },
    undefined,
    { a: undefined },
    1n,
    () => 0,
    Symbol("x"),
    new Date(0),
    new Map(),
    deep,
  ];
  for (const value of refused) {
    assert.throws(
      () => canonicalJson(value),
      (error) => error instanceof CanopyError && error.code === "INVALID_ACTION",
    );
  }
});

test("nesting up to the limit is accepted", () => {
  const deep = Array.from({ length: MAX_DEPTH }).reduce<unknown>((inner) => [inner], 0);
  assert.equal(canonicalJson(deep).length, 2 * MAX_DEPTH + 1);
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([member, inner]) => [member, reversed(inner)]),
  );
}

function isTooLong(value: unknown): boolean {
  try {
    canonicalJson(value, 10_000);
    return false;
  } catch (error) {
    return error instanceof CanopyError && error.code === "INVALID_ACTION";
  }
}

test("no more is written than the limit, however often one object stands in another", () => {
  let shared: unknown = { text: "x" };
  for (let depth = 0; depth < MAX_DEPTH - 2; depth += 1) shared = [shared, shared];
  assert.ok(isTooLong(shared));
  assert.ok(isTooLong({ a: { b: shared } }));
  assert.ok(!isTooLong(["x".repeat(9990)]));
});
