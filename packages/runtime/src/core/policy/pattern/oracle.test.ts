import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compilePattern, type Pattern } from "./matcher.ts";
import { PatternProblem, translatePattern } from "./translate.ts";

// Patterns are made in two spellings at once: Python's, and JavaScript's for the same. Both engines must agree.

interface Twice {
  readonly python: string;
  readonly script: string;
}

const SPACES = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const WORD = "\\p{L}\\p{N}_";
const BOUNDARY = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;
const END = "(?=\\n?$)";

const MEMBERS: readonly (readonly [string, string])[] = [
  ["a", "a"],
  ["é", "é"],
  ["a-c", "a-c"],
  ["ß-ü", "ß-ü"],
  ["\\d", "\\p{Nd}"],
  ["\\w", WORD],
  ["\\s", SPACES],
  ["\\x41", "A"],
  ["\\b", "\\x08"],
  ["\\n", "\\n"],
  ["\\101", "A"],
  ["\\-", "\\-"],
  ["\\]", "\\]"],
  ["😀", "😀"],
  [".", "."],
  ["#", "#"],
];
const ATOMS: readonly (readonly [string, string])[] = [
  ["a", "a"],
  ["b", "b"],
  ["é", "é"],
  ["😀", "😀"],
  [".", "[^\\n]"],
  ["\\d", "\\p{Nd}"],
  ["\\D", "\\P{Nd}"],
  ["\\w", `[${WORD}]`],
  ["\\W", `[^${WORD}]`],
  ["\\s", `[${SPACES}]`],
  ["\\S", `[^${SPACES}]`],
  ["\\.", "\\."],
  ["\\/", "\\/"],
  ["\\x41", "A"],
  ["\\u00e9", "é"],
  ["\\U0001f600", "😀"],
  ["\\07", "\\x07"],
  ["\\n", "\\n"],
  ["{", "\\{"],
  ["{x}", "\\{x\\}"],
  ["]", "\\]"],
];
const REPEATS: readonly (readonly [string, string])[] = [
  ["", ""],
  ["", ""],
  ["", ""],
  ["*", "*"],
  ["+", "+"],
  ["?", "?"],
  ["{2}", "{2}"],
  ["{1,2}", "{1,2}"],
  ["{,2}", "{0,2}"],
  ["{2,}", "{2,}"],
  ["*?", "*?"],
];
const ANCHORS: readonly (readonly [string, string])[] = [
  ["^", "^"],
  ["$", END],
  ["\\A", "^"],
  ["\\Z", "$"],
];

const twice = ([python, script]: readonly [string, string]): Twice => ({ python, script });
const joined = (list: readonly Twice[], by = ""): Twice => ({
  python: list.map(({ python }) => python).join(by),
  script: list.map(({ script }) => script).join(by),
});

const member = fc.constantFrom(...MEMBERS).map(twice);
const set = fc
  .tuple(fc.constantFrom("", "^"), fc.array(member, { minLength: 1, maxLength: 3 }))
  .map(([not, list]) => twice([`[${not}${joined(list).python}]`, `[${not}${joined(list).script}]`]));
const anchor = fc.constantFrom(...ANCHORS).map(twice);

const { pattern } = fc.letrec<{ piece: Twice; sequence: Twice; pattern: Twice; group: Twice }>((tie) => ({
  group: fc.tuple(fc.constantFrom("(", "(?:", "(?P<n>"), tie("pattern")).map(([open, inner]) => ({
    python: `${open}${inner.python})`,
    script: `(?:${inner.script})`,
  })),
  piece: fc.oneof(
    { depthSize: "small", withCrossShrink: false },
    { weight: 6, arbitrary: repeated(fc.constantFrom(...ATOMS).map(twice)) },
    { weight: 3, arbitrary: repeated(set) },
    { weight: 1, arbitrary: anchor },
    { weight: 2, arbitrary: repeated(tie("group")) },
  ),
  sequence: fc.array(tie("piece"), { maxLength: 3 }).map((list) => joined(list)),
  pattern: fc.array(tie("sequence"), { minLength: 1, maxLength: 2 }).map((list) => joined(list, "|")),
}));

function repeated(piece: fc.Arbitrary<Twice>): fc.Arbitrary<Twice> {
  return fc.tuple(piece, fc.constantFrom(...REPEATS)).map(([{ python, script }, [here, there]]) => ({
    python: python + here,
    script: script + there,
  }));
}

// Null for a pattern with a `$` in it that is refused.
function compiled(source: string): Pattern | null {
  try {
    return compilePattern(source);
  } catch (error) {
    assert.ok(error instanceof PatternProblem && error.message.startsWith("`$`"), source);
    return null;
  }
}

const text = (units: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...units), { maxLength: 8 }).map((list) => list.join(""));
const ASCII = Array.from("aabbAB1_. -]{x}\n\u0007\u0008\u001c/");
const ANY = [...ASCII, ...Array.from("éÉ😀٣\u00a0\u3000ßü§\u0085")];

test("a pattern matches what JavaScript matches with the same in its own spelling", () => {
  fc.assert(
    fc.property(pattern, fc.array(text(ANY), { minLength: 6, maxLength: 6 }), ({ python, script }, subjects) => {
      const ours = compiled(python);
      if (ours === null) return;
      const theirs = new RegExp(script, "u");
      for (const subject of subjects)
        assert.equal(ours.test(subject), theirs.test(subject), `${python} on ${JSON.stringify(subject)}`);
    }),
    { numRuns: 250 },
  );
});

test("a pattern that is called impossible matches nothing, and a text it matches holds what it requires", () => {
  fc.assert(
    fc.property(pattern, fc.array(text(ASCII), { minLength: 6, maxLength: 6 }), ({ python, script }, subjects) => {
      const ours = compiled(python);
      if (ours === null) return;
      const { possible, mayMatch } = ours;
      const theirs = new RegExp(script, "u");
      for (const subject of subjects.filter((one) => theirs.test(one))) {
        assert.ok(possible, python);
        assert.ok(mayMatch(subject), `${python} on ${JSON.stringify(subject)}`);
      }
    }),
    { numRuns: 250 },
  );
});

test("where words begin and end is as JavaScript sees it in ASCII; beyond, nothing that Python finds is missed", () => {
  const word = fc
    .tuple(
      fc.constantFrom("", "\\b"),
      fc.constantFrom(...ATOMS, ["ab", "ab"] as const),
      fc.constantFrom("", "+"),
      fc.constantFrom("", "\\b"),
    )
    .map(([before, [python, script], more, after]) => ({
      python: `${before}(?:${python})${more}${after}`,
      script: `${before}(?:${script})${more}${after}`.replaceAll("\\b", BOUNDARY),
    }));
  const subjects = fc.array(text(ANY), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(word, subjects, ({ python, script }, list) => {
      const ours = compilePattern(python);
      const theirs = new RegExp(script, "u");
      for (const subject of list) {
        const isAscii = /^[\0-\x7f]*$/.test(subject);
        const found = ours.test(subject);
        if (isAscii) assert.equal(found, theirs.test(subject), `${python} on ${JSON.stringify(subject)}`);
        else assert.ok(found || !theirs.test(subject), `${python} on ${JSON.stringify(subject)}`);
      }
    }),
    { numRuns: 150 },
  );
});

test("flags act on what they stand over, and on nothing else", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["(?i)aB", "Ab", true],
    ["(?i:a)b", "AB", false],
    ["(?i:a)B", "AB", true],
    ["(?i)a(?-i:b)", "AB", false],
    ["(?i)a(?-i:b)", "Ab", true],
    ["(?is:a.b)", "A\nB", true],
    ["(?s-i:a.b)", "A\nb", false],
    ["(?s-i:a.b)", "a\nb", true],
    ["(?s)a(?-s:.)b", "a\nb", false],
    ["(?m)^b", "a\nb", true],
    ["(?m:^b)", "a\nb", true],
    ["(?m:a$)\\nb", "a\nb", true],
    ["(?m)(?-m:^b)", "a\nb", false],
    ["(?m)(?-m:a$)", "a\nb", false],
    ["(?m:x|^b)", "a\nb", true],
    ["(?x)a b", "ab", true],
    ["(?x)a b", "a b", false],
    ["(?x)a(?-x: )b", "a b", true],
    ["(?x)a(?-x: )b", "ab", false],
    ["(?x: a b ) c", "ab c", true],
    ["(?x: a b ) c", "abc", false],
    ["(?x)a#c\nb", "ab", true],
    ["(?x)a#b", "a", true],
    ["(?x)a +", "aaa", true],
    ["(?x)\\ ", " ", true],
    ["(?x)[#]", "#", true],
    ["(?a)a", "a", true],
    ["(?u)é", "é", true],
    ["(?a:a)b", "ab", true],
    ["(?imsx) a ^b $", "A\nB", false],
    ["(?imsx) a \\n ^b $", "A\nB\nc", true],
  ];
  for (const [source, subject, expected] of cases) {
    assert.equal(compilePattern(source).test(subject), expected, `${source} on ${JSON.stringify(subject)}`);
  }
});

test("what a pattern requires is its longest run of plain letters that every match holds", () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ["DROP table", "drop table"],
    ["drop\\s+table", "table"],
    ["a.bc", "bc"],
    ["a.b", null],
    ["ab|cd", null],
    ["(ab)c", "abc"],
    ["(ab|cd)efg", "efg"],
    ["(?:abc)?de", "de"],
    ["(?:abc)+d", "abc"],
    ["(?:abc){0,2}de", "de"],
    ["(?:abc){2}de", "abc"],
    ["^abc$", "abc"],
    ["\\babc\\b", "abc"],
    ["abcé", "abc"],
    ["ab(?#c)cd", "abcd"],
    ["(?i)ABC", "abc"],
    ["(?i:AB)c", "abc"],
    ["\\x41bc", "abc"],
    ["a[b]c", null],
    ["(?:x(?:yz.))w", "yz"],
    ["ab*cd", "cd"],
    ["ab+cd", "cd"],
    ["abc.defg.hi", "defg"],
    ["abc.def", "abc"],
  ];
  for (const [source, expected] of cases) assert.equal(translatePattern(source, "ascii").required, expected, source);
});

test("a pattern's size is what its engine will come to, counted repeats written out", () => {
  const sizes: readonly (readonly [string, number])[] = [
    ["", 1],
    ["a", 2],
    ["ab", 3],
    ["a|b", 4],
    ["a*", 3],
    ["a{3}", 5],
    ["a{3,5}", 7],
    ["a{3,}", 6],
    ["a{,5}", 7],
    ["(a{3})", 6],
    ["(ab){10}", 32],
    ["^a$", 4],
    ["[a-z]\\d", 3],
    ["(?#c)", 1],
  ];
  for (const [source, size] of sizes) assert.equal(translatePattern(source, "ascii").size, size, source);
});

test("what follows a `$` keeps its meaning, or the pattern is refused: it also holds before a last line end", () => {
  const kept: readonly (readonly [string, string, boolean])[] = [
    ["foo$", "foo\n", true],
    ["(?:foo$|bar)", "foo\n", true],
    ["foo$$", "foo\n", true],
    ["foo$\\s*", "foo\n", true],
    ["foo$(?:\\s|)", "foo\n", true],
    ["foo$(?#note)", "foo\n", true],
    ["(?x)foo$ # note", "foo\n", true],
    ["(?:\\s|$)+", "a", true],
    ["rm(?:\\s|$)[^;]*", "rm\n", true],
    ["(?:;|$)rm\\s", ";rm x", true],
    ["(?:;|$)(rm\\s)", ";rm x", true],
    ["(?:;|$)[a-z]\\s", ";r x", true],
    ["(?:;|$)[^\\s]x", ";rx", true],
    ["(?:;|$).x", ";\nx", false],
    ["(?:a$|b){2}", "ba\n", true],
    ["(?:a$|b){2}", "ab\n", false],
    ["(?m)foo$\\nbar", "foo\nbar", true],
  ];
  for (const [source, subject, expected] of kept) {
    assert.equal(compilePattern(source).test(subject), expected, `${source} on ${JSON.stringify(subject)}`);
  }
  const refused = [
    "$\\n",
    "a$[^a]",
    "(a$)\\n",
    "(?:a$|b)\\s",
    "a$\\Z",
    "a$\\b",
    "a$(?:\\b)",
    "(?s)a$.",
    "(?s:a$.)",
    "a$\\W",
    "a$\\D",
  ];
  const others = [
    "(?:a$|\\n){2}",
    "(?:\\s|$){2}",
    "a$(?m:^)",
    "a$[\\s]",
    "a$[\\n]",
    "a$[\\n-a]",
    "a$[\\0-\\n]",
    "a$[\\0-a]",
    "a$[^b-z]",
    "a$x?(?:\\n|b)",
    "(?:;|$)(\\s)rm",
  ];
  for (const source of [...refused, ...others]) {
    assert.throws(() => compilePattern(source), { name: "Error", message: /^`\$` also holds/ }, source);
  }
  for (const source of [
    "a$b",
    "$.+",
    "(?s)(?-s:a$.)",
    "(?-s:a$.)",
    "(?i:a$.)",
    "(?:a^b)+",
    "a(?:b^c){2}",
    "a$[b-z]",
    "a$\\w",
    "a$(bc\\n)",
  ])
    assert.equal(compilePattern(source).possible, false, source);
});
