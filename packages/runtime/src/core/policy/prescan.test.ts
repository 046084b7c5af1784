import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_DEPTH, MAX_TOKENS, prescan, refuseCharacters } from "./prescan.ts";
import { ProblemList } from "./problem.ts";

/** The first problem of a text: its place, code and message; null for none. */
function problemOf(text: string, look: (text: string, problems: ProblemList) => unknown): string | null {
  const list = new ProblemList();
  look(text, list);
  const [first] = list.problems;
  return first === undefined ? null : `${first.line}:${first.col} ${first.code}: ${first.message}`;
}

test("collections may nest so deep, and no deeper, however they are written", () => {
  const nested: readonly ((depth: number) => string)[] = [
    (depth) => `${"- ".repeat(depth)}a\n`,
    (depth) => `${"? ".repeat(depth)}a\n`,
    (depth) => `${"[".repeat(depth)}a${"]".repeat(depth)}\n`,
    (depth) => `${"{a: ".repeat(depth)}b${"}".repeat(depth)}\n`,
    (depth) => `${Array.from({ length: depth }, (_, at) => `${" ".repeat(at)}a:\n`).join("")}${" ".repeat(depth)}b\n`,
    (depth) => `${Array.from({ length: depth }, (_, at) => `${" ".repeat(at)}"a":\n`).join("")}${" ".repeat(depth)}b\n`,
    (depth) => `${"- ".repeat(depth - 2)}[{a: b}]\n`,
  ];
  for (const [number, make] of nested.entries()) {
    assert.equal(problemOf(make(MAX_DEPTH), prescan), null, `shape ${number}`);
    assert.match(
      problemOf(make(MAX_DEPTH + 1), prescan) ?? "",
      /too_deep: nested deeper than 32 levels$/,
      `shape ${number}`,
    );
  }
});

test("what stands beside something is no deeper than that", () => {
  const wide = [
    "- a\n",
    "a: b\n",
    "- - a\n",
    "? a\n: b\n",
    "- [a, [b], {c: d}]\n",
    "'a': \"b\"\n",
    "- a: b\n  c:\n  - d\n",
    "a:\n    b:\n        c: d\n",
  ];
  for (const unit of wide) assert.equal(problemOf(unit.repeat(100), prescan), null, unit);
  assert.equal(problemOf("a: [b]]]]\n".repeat(40) + "[".repeat(30), prescan), null);
});

test("the place of what is refused is told", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a: *b\n", "1:4 yaml_refused: aliases (`*name`)"],
    ["a:\n  - &b c\n", "2:5 yaml_refused: anchors (`&name`)"],
    ["a: 'x\n  y'\nb: !c d\n", "3:4 yaml_refused: tags (`!name`)"],
    ["%YAML 1.2\n---\na\n", "1:1 yaml_refused: directives (`%NAME`)"],
    ['a: "b\\qc"\n', "1:4 yaml_syntax: `\\q` is no escape in double quotes"],
    ['a: "b\\\\q\\\\"\nc: "\\ "\nd: "\\z"\n', "3:4 yaml_syntax: `\\z` is no escape"],
    ["a: |\n  *b\n  &c\nd: *e\n", "4:4 yaml_refused: aliases"],
  ];
  for (const [text, expected] of cases)
    assert.ok(problemOf(text, prescan)?.startsWith(expected), `${text}: ${problemOf(text, prescan)}`);
  for (const text of [
    "a: b*c&d!e%f\n",
    'a: "*b"\n',
    "a: '\\q'\n",
    "a: |\n  %b\n",
    'a: "\\0\\a\\b\\t\\n\\v\\f\\r\\e\\"\\/\\\\\\N\\_\\L\\P\\x41\\u0041\\U00000041"\n',
  ]) {
    assert.equal(problemOf(text, prescan), null, text);
  }
});

// An item comes to five: the dash, the blank, a mark, the word, the line end.
const items = (count: number): string => "- a\n".repeat(count);

test("more words and signs than there may be are refused", () => {
  assert.equal(problemOf(items(MAX_TOKENS / 5 - 1), prescan), null);
  assert.equal(
    problemOf(items(MAX_TOKENS / 5 + 1), prescan),
    "1:1 too_large: the policy has over 50000 words and signs",
  );
});

test("characters that don't show, or show as others, are refused with their place; a line end may have a return before it", () => {
  const refused: readonly (readonly [string, string])[] = [
    ["a\tb", "1:2 yaml_refused: tabs"],
    ["a\n\n b\u0000", "3:3 encoding: the invisible character U+0000"],
    ["\r", "1:1 encoding: the invisible character U+000D"],
    ["\u001f", "1:1 encoding: the invisible character U+001F"],
    ["\u007f", "1:1 encoding: the invisible character U+007F"],
    ["\u009f", "1:1 encoding: the invisible character U+009F"],
    ["\u2028", "1:1 encoding: the invisible character U+2028"],
    ["\u2029", "1:1 encoding: the invisible character U+2029"],
    ["\u202a", "1:1 encoding: the invisible character U+202A"],
    ["\u202e", "1:1 encoding: the invisible character U+202E"],
    ["\u2066", "1:1 encoding: the invisible character U+2066"],
    ["\u2069", "1:1 encoding: the invisible character U+2069"],
    ["a\ud800", "1:2 encoding: the invisible character U+D800"],
    ["\udbffa", "1:1 encoding: the invisible character U+DBFF"],
    ["\udc00", "1:1 encoding: the invisible character U+DC00"],
    ["\ud83d\ude00\udfff", "1:3 encoding: the invisible character U+DFFF"],
    ["\ufffe", "1:1 encoding: the invisible character U+FFFE"],
    ["\uffff", "1:1 encoding: the invisible character U+FFFF"],
  ];
  for (const [text, expected] of refused) {
    assert.ok(
      problemOf(text, refuseCharacters)?.startsWith(expected),
      `${JSON.stringify(text)}: ${problemOf(text, refuseCharacters)}`,
    );
    assert.equal(refuseCharacters(text, new ProblemList()), true);
  }
  const kept =
    "a \u0020\u007e\u00a0\r\n\u1fff\u2000\u2027\u202f\u2030\u2065\u206a\ud7ff\ue000\ufffd\ud800\udc00\udbff\udfff";
  assert.equal(problemOf(kept, refuseCharacters), null);
  assert.equal(refuseCharacters(kept, new ProblemList()), false);
});
