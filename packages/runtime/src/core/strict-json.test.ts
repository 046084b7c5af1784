import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CanopyError } from "./errors.ts";
import { parseStrictJson } from "./strict-json.ts";

function isRefused(error: unknown): boolean {
  return error instanceof CanopyError && error.code === "INVALID_REQUEST" && !error.message.includes("\n");
}

test("whatever JSON.stringify writes, beyond integers that are not exact, is read back as the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      fc.pre(!/\d{16}/u.test(JSON.stringify(value)));
      assert.deepEqual(parseStrictJson(JSON.stringify(value)), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("a member name that stands twice is refused, however it is spelled and however deep it is", () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"x":[{"k":1,"b":{},"k":2}]}',
    '{"__proto__":1,"__proto__":2}',
  ]) {
    assert.throws(() => parseStrictJson(text), isRefused);
  }
});

test("the same name in different objects, and names as values, are no duplicates", () => {
  const text = '{"a":{"a":"a"},"b":["a","a",{"a":1},{"a":2}],"c":"b"}';
  assert.deepEqual(parseStrictJson(text), JSON.parse(text));
});

test("any injected duplicate of a member is found", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { minKeys: 1 }),
      fc.nat(),
      (object, pick) => {
        const names = Object.keys(object);
        const name = names[pick % names.length] ?? "";
        const text = `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:null}`;
        assert.throws(() => parseStrictJson(text), isRefused);
      },
    ),
  );
});

test("what RFC 8259 does not allow is refused", () => {
  const texts = [
    "",
    " ",
    "{",
    "[1,]",
    "{'a':1}",
    "01",
    "1.",
    "1e",
    "1_000",
    "NaN",
    "Infinity",
    "-",
    "\ufeff{}",
    '"\u0000"',
    "{}x",
    "tru",
  ];
  for (const text of texts) assert.throws(() => parseStrictJson(text), isRefused, text);
});

test("numbers that a double can't hold are refused, those it can are kept", () => {
  for (const text of ["1e400", "-1e400", "9007199254740993", "-9007199254740992", "1".repeat(100_000)]) {
    assert.throws(() => parseStrictJson(text), isRefused, text.slice(0, 20));
  }
  assert.deepEqual(
    parseStrictJson("[1e21,5e-324,100.0,9007199254740991,-0.5]"),
    [1e21, 5e-324, 100, 9007199254740991, -0.5],
  );
});

test("lone surrogates are refused, raw or escaped, in names and values; pairs are kept", () => {
  for (const text of ['"\\ud800"', '"\ud800"', '{"\\udfff":1}', '["\\ude00\\ud83d"]']) {
    assert.throws(() => parseStrictJson(text), isRefused);
  }
  assert.equal(parseStrictJson('"\\ud83d\\ude00"'), "😀");
});

test("nesting is limited before it can exhaust the stack", () => {
  assert.doesNotThrow(() => parseStrictJson("[".repeat(128) + "]".repeat(128)));
  for (const depth of [129, 3000, 1_000_000]) {
    assert.throws(() => parseStrictJson("[".repeat(depth) + "]".repeat(depth)), isRefused);
  }
});

test("members named like parts of a prototype are plain data", () => {
  const value = parseStrictJson('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
  assert.equal(Object.hasOwn(Object(value), "__proto__"), true);
  assert.equal(Reflect.get({}, "polluted"), undefined);
});
