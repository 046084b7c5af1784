import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readForeign } from "./foreign-json.ts";

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
