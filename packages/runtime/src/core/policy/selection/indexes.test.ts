import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { finish } from "../../steps.ts";
import { equalsLiteral, parseLiteral, resemblesLiteral } from "../predicates/literal.ts";
import { AffixIndex } from "./affix-index.ts";
import { BoundIndex } from "./bound-index.ts";
import { gramIndexOf } from "./gram-index.ts";
import { addValueTokens, literalTokens } from "./value-tokens.ts";

// Each index against looking at everything.

/** What was reported, sorted, as often as it was. */
function reported(select: (report: (rules: readonly number[]) => void) => void): readonly number[] {
  const found: number[] = [];
  select((rules) => found.push(...rules));
  return found.sort((left, right) => left - right);
}

const numbered = (texts: readonly string[]): ReadonlyMap<string, readonly number[]> =>
  new Map(texts.map((text, at) => [text, [2 * at, 2 * at + 1]]));

// Letters whose low bytes are alike, so that grams of different letters are, too.
const letters = fc.constantFrom("a", "b", "c", "\u0161", "\u0261", "\u0162", " ", "é");
const wordOf = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.array(letters, { minLength, maxLength }).map((list) => list.join(""));

test("a gram index reports each text that is held once, and no other", () => {
  const words = fc.uniqueArray(wordOf(2, 6), { maxLength: 30 });
  const texts = fc.array(wordOf(0, 20), { maxLength: 3 });
  fc.assert(
    fc.property(words, texts, texts, (list, first, second) => {
      const index = finish(gramIndexOf(numbered(list)));
      for (const searched of [first, second, first]) {
        const found = reported((report) => assert.ok(index.search(searched, report)));
        const held = list.flatMap((word, at) =>
          searched.some((text) => text.includes(word)) ? [2 * at, 2 * at + 1] : [],
        );
        assert.deepEqual(found, held, JSON.stringify({ list, searched }));
      }
    }),
    { numRuns: 300 },
  );
});

test("a gram index gives up exactly when what looks alike is too much", () => {
  const alike = Array.from({ length: 20 }, (_, at) => "a".repeat(at + 4));
  const index = finish(gramIndexOf(numbered(alike)));
  assert.equal(
    index.search(["a".repeat(1055)], () => undefined),
    true,
  );
  assert.equal(
    index.search(["a".repeat(1056)], () => undefined),
    false,
  );
  // Twenty comparisons at each place: one for each letter is free.
  const short = finish(gramIndexOf(numbered(["aa", "aaa"])));
  assert.equal(
    short.search(["a".repeat(19_999)], () => undefined),
    true,
  );
  assert.equal(
    short.search(["a".repeat(20_003)], () => undefined),
    false,
  );
});

test("texts stand under letters that few others have, so that common beginnings and ends cost nothing", () => {
  const words = Array.from({ length: 2000 }, (_, at) => `aaaa${String(at).padStart(5, "x")}bbbb`);
  const index = finish(gramIndexOf(numbered(words)));
  assert.equal(
    index.search(["a".repeat(5000), "b".repeat(5000)], () => undefined),
    true,
  );
  assert.deepEqual(
    reported((report) => index.search([`..${words[77] ?? ""}..`], report)),
    [154, 155],
  );
});

test("an affix index reports the texts that another begins or ends with", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("prefix" as const, "suffix" as const),
      fc.array(wordOf(0, 4), { maxLength: 12 }),
      wordOf(0, 6),
      (end, list, text) => {
        const index = new AffixIndex(end);
        for (const [at, word] of list.entries()) index.add(word, at);
        const fits = list.flatMap((word, at) =>
          (end === "prefix" ? text.startsWith(word) : text.endsWith(word)) ? [at] : [],
        );
        assert.deepEqual(
          reported((report) => index.select(text, report)),
          fits,
          JSON.stringify({ end, list, text }),
        );
      },
    ),
    { numRuns: 500 },
  );
  assert.deepEqual(
    reported((report) => new AffixIndex("prefix").select("x", report)),
    [],
  );
});

test("a bound index reports the bounds that a number keeps; nothing at all when there is none", () => {
  const bound = fc.record({
    by: fc.constantFrom("least" as const, "most" as const),
    bound: fc.integer({ min: -5, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(bound, { maxLength: 12 }), fc.integer({ min: -6, max: 6 }), (list, number) => {
      const index = new BoundIndex();
      for (const [at, one] of list.entries()) index.add(one, at);
      index.build();
      const kept = list.flatMap((one, at) =>
        (one.by === "least" ? number >= one.bound : number <= one.bound) ? [at] : [],
      );
      let times = 0;
      const found = reported((report) =>
        index.select(number, (rules) => {
          times += 1;
          report(rules);
        }),
      );
      assert.deepEqual(found, kept);
      assert.equal(times, kept.length === 0 ? 0 : 1);
    }),
    { numRuns: 500 },
  );
});

const SOURCES = [
  "true",
  "false",
  "1",
  "0",
  "1.0",
  "-5",
  "1e3",
  '"1"',
  '"01"',
  '" 1 "',
  "x",
  '"True"',
  "ＴＲＵＥ",
  '""',
  "+.5",
  '"1x"',
  '".5."',
];
const VALUES = [
  true,
  false,
  1,
  0,
  1.5,
  -5,
  1000,
  "1",
  " 1",
  "01",
  "+1",
  "1.0",
  "true",
  "TRUE",
  " false ",
  "ｔｒｕｅ",
  "x",
  "X",
  "",
  "1e3",
  ".5",
  "0.5",
  `${"0".repeat(63)}1`,
  `${"0".repeat(64)}1`,
  "1x",
  "１",
  null,
  [1],
  { a: 1 },
  undefined,
];

test("a value that equals a literal, or resembles it, has a token in common with it; other texts have none", () => {
  for (const source of SOURCES) {
    const read = parseLiteral(source);
    assert.ok("literal" in read, source);
    for (const value of VALUES) {
      for (const loose of [false, true]) {
        const tokens: string[] = [];
        addValueTokens(tokens, value, loose);
        const wanted = literalTokens(read.literal, loose);
        const shared = tokens.some((token) => wanted.includes(token));
        const equal = (loose ? resemblesLiteral : equalsLiteral)(value, read.literal);
        assert.ok(shared || !equal, `${source} and ${JSON.stringify(value)}, ${loose ? "loose" : "strict"}`);
      }
    }
  }
});

test("the tokens of values and literals", () => {
  const tokensOf = (value: (typeof VALUES)[number], loose: boolean): readonly string[] => {
    const tokens: string[] = [];
    addValueTokens(tokens, value, loose);
    return tokens;
  };
  const values: readonly (readonly [(typeof VALUES)[number], readonly string[], readonly string[]])[] = [
    [true, ["b1"], ["b1", "ftrue"]],
    [false, ["b0"], ["b0", "ffalse"]],
    [1, ["n1", "b1"], ["n1", "b1"]],
    [0, ["n0", "b0"], ["n0", "b0"]],
    [1.5, ["n1.5"], ["n1.5"]],
    ["x", ["tx"], ["tx", "fx"]],
    [" 1", ["n1", "t 1"], ["n1", "t 1", "n1", "f1"]],
    ["TRUE", ["tTRUE"], ["tTRUE", "ftrue", "b1"]],
    [" false ", ["t false "], ["t false ", "ffalse", "b0"]],
    ["-x", ["t-x"], ["t-x", "f-x"]],
    [`${"0".repeat(63)}1`, ["n1", `t${"0".repeat(63)}1`], ["n1", `t${"0".repeat(63)}1`, "n1", `f${"0".repeat(63)}1`]],
    [`${"0".repeat(64)}1`, [`t${"0".repeat(64)}1`], [`t${"0".repeat(64)}1`, `f${"0".repeat(64)}1`]],
    [null, [], []],
    [[1], [], []],
    [undefined, [], []],
  ];
  for (const [value, strict, loose] of values) {
    assert.deepEqual(tokensOf(value, false), strict, JSON.stringify(value));
    assert.deepEqual(tokensOf(value, true), loose, JSON.stringify(value));
  }
  const literals: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["true", ["b1"], ["b1"]],
    ["5", ["n5", "t5"], ["n5", "t5"]],
    ['"05"', ["t05", "n5"], ["f05", "n5"]],
    ['"X"', ["tX"], ["fx"]],
    ['"5x"', ["t5x"], ["f5x"]],
  ];
  for (const [source, strict, loose] of literals) {
    const read = parseLiteral(source);
    assert.ok("literal" in read);
    assert.deepEqual(literalTokens(read.literal, false), strict, source);
    assert.deepEqual(literalTokens(read.literal, true), loose, source);
  }
});
