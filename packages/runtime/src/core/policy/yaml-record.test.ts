import { damagedText } from "../../ledger/damaged.fixture.test.ts";
import { openRecord } from "../../ledger/record.fixture.test.ts";
import { decodePolicy, parseAnyYaml, parseYaml } from "./parse.ts";
import { MAX_POLICY_BYTES } from "./prescan.ts";
import { Stopped } from "./plain-text.ts";
import { readPlainYaml } from "./plain-yaml.ts";
import { ProblemList } from "./problem.ts";

// What the readers of YAML make of texts, with places and problems: the plain reader, and the full one behind it. That
// the two agree is tested in plain-yaml.test.ts. After a change that is meant, `npm run golden` writes the record anew.

const { record, finish } = openRecord(new URL("../../../../../vectors/record/yaml.txt", import.meta.url));

function plain(text: string): unknown {
  try {
    return readPlainYaml(text);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return [error.code, error.place, error.message, error.fix];
  }
}

function full(text: string, read: (text: string, problems: ProblemList) => unknown): unknown {
  const problems = new ProblemList();
  return [read(text, problems), problems.problems];
}

const TEXTS = [
  "# c\nrules: # here\n  - id: a\n    deny_if: ['x''y', \"z\\u00e9\\x41\\t\", w]\n\n  - {b: 1, \"c\": [true, ~, -1.5e3]}\n",
  "a: 'two\n  lines\n\n  more'\nb: plain\n  goes on\n\n  and on\nc: \"x\n  y \\\n  z\\ \n  w\"\n",
  "a: |\n  one\n   two\n\n  three\nb: >-\n  one\n  two\n\n   three\n\nc: |+2\n    # no\nd: >\n  x\n",
  "- - a\n  - b: c\n    d: e\n-\n  g: h\n- [x,\n  y # c\n  , {k: v,\n  l: w}]\n",
  '{"a": {"b": [1, "x"], "c": {}}, "d": null}\n',
  "'a b' : c\n\"d\": http://x:80/y#z\nf g : -h\n? i\n: j\nk: 0o17\nl: 0xfF\nm: .inf\n",
];
for (const [number, text] of TEXTS.entries()) {
  record(`text ${number} with small changes, read plainly`, () => [text, ...damagedText(text, 1400)], plain);
  record(
    `text ${number} with small changes, read in full`,
    () => [text, ...damagedText(text, 130)],
    (one) => [full(one, parseYaml), full(one, parseAnyYaml)],
  );
}

const ESCAPES = Array.from('0abtnvfre"/\\N_LPxuUqz1 \n').flatMap((letter) => [
  `"\\${letter}"`,
  `"a\\${letter}b"`,
  `"\\${letter}1"`,
  `"\\${letter}12345678"`,
  `"\\${letter}0001F600"`,
  `"\\${letter}00e9"`,
]);
const SCALARS = [
  "",
  "~",
  "null",
  "Null",
  "NULL",
  "nul",
  "true",
  "True",
  "TRUE",
  "tRue",
  "false",
  "False",
  "yes",
  "no",
  "on",
  "1",
  "-1",
  "+1",
  "01",
  "1_0",
  "0o7",
  "0o8",
  "0x1f",
  "0xG",
  "0b1",
  "1.5",
  "1.",
  ".5",
  "-.5",
  "+.5e1",
  ".",
  "1e3",
  "1e",
  "1e+3",
  "1E-3",
  ".inf",
  "-.Inf",
  "+.INF",
  ".nan",
  ".NaN",
  "-.nan",
  "a",
  "a b",
  "a:b",
  "a: b",
  "a :b",
  "a#b",
  "a #b",
  "#a",
  "-a",
  "- a",
  "-",
  "?a",
  "? a",
  "?",
  ":a",
  ": a",
  ":",
  "*a",
  "&a",
  "!a",
  "!!str a",
  "%a",
  "@a",
  "`a",
  "|a",
  ">a",
  "| a",
  "|-",
  ">2",
  "|10",
  "|0",
  "'a",
  "'a'b",
  "'a' b",
  "''",
  "''''",
  '"a',
  '"a"b',
  '""',
  "[a",
  "a]",
  "[]",
  "[,]",
  "[a,]",
  "[a,,b]",
  "[a b]",
  "[a: b]",
  "[a: b, c]",
  "[{}]",
  "{",
  "{a}",
  "{a:}",
  "{a: b}",
  "{a: b,}",
  "{a: b, a: c}",
  "{a: b c: d}",
  "{'a':b}",
  '{"a":b}',
  "{a:b}",
  "{? a: b}",
  "{[a]: b}",
  "{a: [}",
  "a, b",
  "a]b",
  "a}b",
  "[a]b]",
  "<<",
  "<<: a",
  "---",
  "...",
  "--- a",
  "a---",
  "\u00e9",
  "\u00a0a",
  "a\u2028",
  "\ufeffa",
  "a\ufffe",
  "\u0085a",
  "\ud800",
  "\ud83d\ude00",
  "\udc00",
  "\u202e",
  "\u2066x",
  "\u2029",
  "\u200b",
  "\uffff",
  "\t",
  "a\tb",
  "\u0000",
  "\u007f",
  "\u009f",
  "\r",
  "a\rb",
  "a\r\nb",
  "x".repeat(300),
];
const FRAMES = [
  "a: S\n",
  "S\n",
  "- S\n",
  "a: [S]\n",
  "a: {b: S}\n",
  "S: b\n",
  "a:\n  - S\n  - b: S\n",
  "a: S # c\n",
  "{S: S}\n",
  "a:\n  S\nb: S",
];
record(
  "values of every kind, read plainly",
  () => FRAMES.flatMap((frame) => [...SCALARS, ...ESCAPES].map((value) => frame.replaceAll("S", () => value))),
  plain,
);
record(
  "values of every kind, read in full",
  () =>
    FRAMES.flatMap((frame, row) =>
      [...SCALARS, ...ESCAPES].filter((_, at) => at % 5 === row % 5).map((value) => frame.replaceAll("S", () => value)),
    ),
  (text) => [full(text, parseYaml), full(text, parseAnyYaml)],
);

const LAYOUT = [
  "a:\n",
  "a:\n  b\n",
  "a:\n b: 1\n c: 2\n",
  "a:\n  b: 1\n c: 2\n",
  "a: 1\n b: 2\n",
  " a: 1\nb: 2\n",
  "a:\n- b\n- c\n",
  "a:\n  - b\n - c\n",
  "- a\nb: c\n",
  "a: b\n- c\n",
  "-\n- a\n",
  "- \n  a\n",
  "-   a: 1\n    b: 2\n",
  "-   a: 1\n   b: 2\n",
  "a: |\n",
  "a: |\nb: 1\n",
  "a: |\n  x\n y\n",
  "a: |1\n  x\n",
  "a: |-\n\n\n  x\n\n",
  "a: |+\n  x\n\n\nb: 1\n",
  "a: >\n  x\n  y\n\n\n  z\n   w\n  v\n",
  "a: |\n   \n  x\n",
  "a: 'x\n y\n\n z'\n",
  'a: "x\n\n\ny"\n',
  "a: 'x\ny'\n",
  "a: x\ny: z\n",
  "a: x\n  y: z\n",
  "a: x\n\n  y\n",
  "a: [\n]\n",
  "a: [\n  b,\n  c\n]\n",
  "a: [b\n",
  "a: {b: c\n",
  "[a]\n[b]\n",
  "a\nb\n",
  "\n\n# only\n",
  "",
  " ",
  "\n",
  "# c",
  "a: 1 # c\n# d\n  # e\nb: 2\n",
  "a: 1\n\n\n\nb: 1\na: 2\n",
  "a: b\n\n c: d\n",
  "a:\n\n\n  b: c\n",
  "a:   \n  - b\n",
  "a: - b\n",
  "a: ? b\n",
  "? a\n: b\n",
  "? - a\n",
  "a:b\n",
  "a : b\n",
  "'a': b\n",
  "'a':b\n",
  '"a\\nb": c\n',
  "1: a\n",
  "~: a\n",
  "true: a\n",
  "[a]: b\n",
  "{a: b}: c\n",
  "a: b: c\n",
  "a: 'b': c\n",
  "%YAML 1.2\n---\na: b\n",
  "---\na: b\n",
  "a: b\n...\n",
  "a: b\n---\nc: d\n",
  "--- a\n",
  "a: &b c\n",
  "a: *b\n",
  "a: !b c\n",
  "- &a\n",
  "a: b #c\n",
  "a: b# c\n",
  ...[30, 31, 32, 33].flatMap((depth) => [
    `a: ${"[".repeat(depth)}1${"]".repeat(depth)}\n`,
    `${"- ".repeat(depth)}a\n`,
    Array.from({ length: depth }, (_, at) => `${" ".repeat(at)}a:\n`).join("") + `${" ".repeat(depth)}b\n`,
    `a: ${"{b: ".repeat(depth)}1${"}".repeat(depth)}\n`,
  ]),
];
const LAYOUTS = LAYOUT.flatMap((text) => [
  text,
  text.replaceAll("\n", "\r\n"),
  text.replaceAll("\n", "\n\n"),
  `x: 1\n${text}`,
  text.trimEnd(),
]);
for (const part of [0, 1, 2, 3]) {
  record(
    `layouts, ${part}`,
    () => LAYOUTS.filter((_, at) => at % 4 === part),
    (text) => [plain(text), full(text, parseYaml), full(text, parseAnyYaml)],
  );
}
record(
  "bytes and lengths",
  () => [
    new Uint8Array([0x61, 0x3a, 0x20, 0xff]),
    new Uint8Array([0xef, 0xbb, 0xbf, 0x61]),
    "\ufeffa: b",
    new Uint8Array([0xc3, 0xa9]),
    "a".repeat(MAX_POLICY_BYTES),
    "a".repeat(MAX_POLICY_BYTES + 1),
    "é".repeat(MAX_POLICY_BYTES / 2 + 1),
    new Uint8Array(MAX_POLICY_BYTES + 1),
  ],
  (bytes) => {
    const problems = new ProblemList();
    const text = decodePolicy(bytes, problems);
    return [text === null ? null : [text.length, text.slice(0, 20)], problems.problems];
  },
);
const odd = (length: number): string => `a: &b "${"x".repeat(length)}"\n`;
record(
  "odd texts that are long",
  () => [256 * 1024 - odd(0).length, 256 * 1024 - odd(0).length + 1],
  (length) => full(odd(length), parseYaml),
);

finish();
