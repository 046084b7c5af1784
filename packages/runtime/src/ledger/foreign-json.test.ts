import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readForeign, renderNumber } from "./foreign-json.ts";

test("members are sorted by code point, as the reference sorts them, also beyond the first plane", () => {
  const names = ["\u{10000}", "\ue000", "\ud7ff", "a", "\uffff", "\u{10ffff}", "ab", ""];
  const read = readForeign(JSON.stringify(Object.fromEntries(names.map((name) => [name, 1]))));
  assert.ok(typeof read !== "string" && read.canonical !== null);
  assert.deepEqual(Object.keys(JSON.parse(read.canonical)), [
    "",
    "a",
    "ab",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "\u{10ffff}",
  ]);
});

function points(text: string): readonly number[] {
  return Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
}

function before(one: string, other: string): number {
  const [a, b] = [points(one), points(other)];
  const at = a.findIndex((point, index) => point !== b[index]);
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
}

test("whatever the names, they come in the order of their code points", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: "binary", maxLength: 3 }), { maxLength: 6 }), (names) => {
      const named = names.map((name) => `x${name}`);
      const read = readForeign(JSON.stringify(Object.fromEntries(named.map((name) => [name, 1]))));
      assert.ok(typeof read !== "string" && read.canonical !== null);
      assert.deepEqual(Object.keys(JSON.parse(read.canonical)), named.toSorted(before));
    }),
  );
});

test("numbers are spelled as Python spells them, at every edge of its forms", () => {
  const long = "1".repeat(4300);
  const cases: readonly [string, string][] = [
    ["0", "0"],
    ["-0", "0"],
    ["-7", "-7"],
    ["10", "10"],
    [long, long],
    [`-${long}`, `-${long}`],
    ["0.0", "0.0"],
    ["-0.0", "-0.0"],
    ["0e5", "0.0"],
    ["-0e-5", "-0.0"],
    ["1.5", "1.5"],
    ["-1.5", "-1.5"],
    ["1e0", "1.0"],
    ["-1e0", "-1.0"],
    ["12.0", "12.0"],
    ["120.5e1", "1205.0"],
    ["0.1", "0.1"],
    ["0.012", "0.012"],
    ["1e-4", "0.0001"],
    ["1.25e-4", "0.000125"],
    ["1e-5", "1e-05"],
    ["-1.25e-5", "-1.25e-05"],
    ["1e-10", "1e-10"],
    ["1e-100", "1e-100"],
    ["1e-400", "0.0"],
    ["9999999999999998.0", "9999999999999998.0"],
    ["1234567890123456.0", "1234567890123456.0"],
    ["123456789012345.6", "123456789012345.6"],
    ["1e15", "1000000000000000.0"],
    ["1e16", "1e+16"],
    ["12345678901234567.0", "1.2345678901234568e+16"],
    ["-1.5e300", "-1.5e+300"],
    ["1e309", "Infinity"],
    ["-1e309", "-Infinity"],
  ];
  for (const [token, spelled] of cases) assert.equal(renderNumber(token), spelled, token.slice(0, 40));
  for (const token of [`${long}1`, `-${long}1`]) assert.equal(readForeign(`{"n":${token}}`), "json");
  assert.notEqual(readForeign(`{"n":${long}}`), "json");
});

/** The canonical text of a line, or why there is none. */
function canonical(text: string): string | null {
  const read = readForeign(text);
  return typeof read === "string" ? read : read.canonical;
}

test("a line is read strictly: what is no JSON, no object or has a member twice is told apart", () => {
  const cases: readonly [string, string | null][] = [
    ["{}", "{}"],
    [' \t\r\n{ \t\r\n"a" : 1 , "b":[ 1 , 2 ] } \t\r\n', '{"a":1,"b":[1,2]}'],
    ['{"b":true,"a":false,"c":null}', '{"a":false,"b":true,"c":null}'],
    ['{"a":{},"b":[],"c":[{}],"d":{"e":[]}}', '{"a":{},"b":[],"c":[{}],"d":{"e":[]}}'],
    ['{"a":"\\u0041\\n\\/"}', '{"a":"A\\n/"}'],
    ['{"\\u0061":1,"entry_hash":"x"}', '{"a":1}'],
    ['{"a":"\\ud800"}', null],
    ['{"a":{"entry_hash":1}}', '{"a":{"entry_hash":1}}'],
    ["[1]", "not_object"],
    ["1", "not_object"],
    ['"x"', "not_object"],
    ["[1] 2", "json"],
    ["tru", "json"],
    ["nul", "json"],
    ["falsy", "json"],
    ["", "json"],
    ["{", "json"],
    ["{}}", "json"],
    ["{} x", "json"],
    ["\ufeff{}", "json"],
    ["\u00a0{}", "json"],
    ['{"a"}', "json"],
    ['{"a" 1}', "json"],
    ['{"a":}', "json"],
    ['{"a":1,}', "json"],
    ['{"a":1 "b":2}', "json"],
    ["{a:1}", "json"],
    ["{1:1}", "json"],
    ['{"a":[1,]}', "json"],
    ['{"a":[1 2]}', "json"],
    ['{"a":[1}', "json"],
    ['{"a":NaN}', "json"],
    ['{"a":Infinity}', "json"],
    ['{"a":+1}', "json"],
    ['{"a":01}', "json"],
    ['{"a":.5}', "json"],
    ['{"a":1.}', "json"],
    ['{"a":1e}', "json"],
    ['{"a":"\n"}', "json"],
    ['{"a":"\\x"}', "json"],
    ['{"a":"\\u12"}', "json"],
    ['{"a":"', "json"],
    ['{"a":1,"a":1}', "duplicate_key"],
    ['{"a":1,"\\u0061":1}', "duplicate_key"],
    ['{"x":{"a":1,"b":2,"a":1}}', "duplicate_key"],
    ['{"x":[{"a":1,"a":1}]}', "duplicate_key"],
    ['{"entry_hash":1,"entry_hash":2}', "duplicate_key"],
    ['{"a":1,"a":1', "json"],
  ];
  for (const [text, expected] of cases) assert.equal(canonical(text), expected, text);
});

const of = (text: string): unknown => {
  const read = readForeign(text);
  return typeof read === "string" ? read : [read.prev_hash, read.entry_hash];
};

test("hashes are taken where they are text at the top, and nesting ends at a thousand", () => {
  assert.deepEqual(of('{"prev_hash":"a","entry_hash":"b"}'), ["a", "b"]);
  assert.deepEqual(of('{"prev_hash":"\\u0061\\"","entry_hash":""}'), ['a"', ""]);
  assert.deepEqual(of('{"prev_hash":1,"entry_hash":["b"]}'), [null, null]);
  assert.deepEqual(of('{"x":{"prev_hash":"a"}}'), [null, null]);
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    const nested = (depth: number): string =>
      `{"a":${open.repeat(depth)}${open === "[" ? "" : "1"}${close.repeat(depth)}}`;
    assert.notEqual(readForeign(nested(999)), "json");
    assert.equal(readForeign(nested(1000)), "json");
  }
});
