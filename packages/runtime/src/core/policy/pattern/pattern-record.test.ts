import { openRecord } from "../../../ledger/record.fixture.test.ts";
import { classMembers, literal, range, shadowText, wholeClass, type Alphabet } from "./char-class.ts";
import { compilePattern, isBeyondAscii, literalForm, makingUnits } from "./matcher.ts";
import { readEscape } from "./python-escapes.ts";
import { PatternProblem, translatePattern } from "./translate.ts";

// What patterns become, and which texts they match. Beside this stand the tests that say what is right, pattern.test.ts
// and oracle.test.ts. After a change that is meant, `npm run golden` writes the record anew.

const { record, finish } = openRecord(new URL("../../../../../../vectors/record/patterns.txt", import.meta.url));
const ALPHABETS: readonly Alphabet[] = ["ascii", "unicode", "shadow"];

function told(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error;
    return { problem: error.message, fix: error.fix };
  }
}

function translated(source: string): unknown {
  return ALPHABETS.map((alphabet) => told(() => translatePattern(source, alphabet)));
}

const PIECES = [
  ...Array.from("ab.^$|()[]{}*+?-\\é😀٣_ #\n:<=!PZi,0127"),
  ..."AZzbBdDwWsSafnrtvxuUN.-q0é".split("").map((letter) => `\\${letter}`),
  ..."\\012 \\12 \\377 \\400 \\08 \\x4 \\x41 \\xg0 \\u0041 \\u41 \\U0001f600 \\U00110000 \\U0001f60 \\é \\😀 {2} {,2} {2,} {2,1}".split(
    " ",
  ),
  ..."{1001} {0,1001} {1000} {40} {x} {2,3}? ** +? ++ (?i) (?m) (?s) (?x) (?a) (?u) (?L) (?ims) (?xm) (?i: (?m: (?-i: (?s-i: ".split(
    " ",
  ),
  ..."(?x: (?-x: (?-m: (?a: (?P<n> (?P=n) (?P (?= (?! (?<= (?<! (?> (?( (?# (?: (?z) [ab] [^ab] [a-c] [^a-z] []a] [^]a]".split(
    " ",
  ),
  ..."[a-] [-a] [\\d] [^\\w] [\\s\\S] [\\b] [\\012] [\\08] [\\9] [é-ü] [^é] [a-é] [z-a] [\\w-z] [[:alpha:] [[.a.] [[=a=] [[a] [\\]".split(
    " ",
  ),
  ..."[\\-\\]] [\\x41-Z] [😀-😂] [a [ (a (a)b (a|b) (?:ab|c) ab abc a# \\.\\/ \\W+ a{500} \\Ba {} a{} a{,} \\x7f \\U0010ffff \uffff\u007f".split(
    " ",
  ),
];

record("pieces of patterns", () => PIECES, translated);
record(
  "pieces of patterns in twos",
  () => PIECES.flatMap((one, at) => PIECES.filter((_, other) => (at + 3 * other) % 4 === 0).map((two) => one + two)),
  translated,
);

// Each piece between others in turn, so that every kind stands inside groups, repeats, branches and sequences.
const FRAMES = [
  "xA",
  "(A)",
  "(?:A)+",
  "A|B",
  "xAB",
  "(?i)A",
  "(?i:A)B",
  "(?m)AB",
  "(?x) A B # c",
  "(?x:A B)A",
  "[AB]",
  "[^A-B]",
  "A*?B",
  "(A|xy)B",
  "(?P<n_1>A){2}B",
  "(?-x: A)",
  "A{3}B{4}",
  "(?s-i:A)",
  "\\bA\\b",
  "^A$B",
  "(A)(?:B)(?#c)A",
  "x(?:^A)",
  "(A$)B",
];
record(
  "pieces of patterns in frames",
  () =>
    FRAMES.flatMap((frame, row) =>
      PIECES.map((piece, at) =>
        frame.replaceAll("A", () => piece).replaceAll("B", () => PIECES[(at * 11 + row * 5) % PIECES.length] ?? ""),
      ),
    ),
  translated,
);
record(
  "patterns at their limits",
  () => [
    "x".repeat(512),
    "x".repeat(513),
    "(?:ab){999}",
    "(?:ab){1000}",
    "a{1999}",
    "(?:a{40}){49}",
    "(?:a{40}){50}",
    "(?:a{99}){20}",
    "(?:a{100}){20}",
    "a{1000}",
    "a{0,1000}",
    "a{1000,}",
    "a{999,1000}",
    "a{0}",
    "(?:a|b){600}",
    "a{1000}".repeat(3),
  ],
  translated,
);
record(
  "the spelling of classes and characters",
  () => ALPHABETS,
  (alphabet) => [
    Array.from("dDwWsSx").map((letter) => [classMembers(letter, alphabet), told(() => wholeClass(letter, alphabet))]),
    [0, 0x41, 0x5f, 0x7f, 0x80, 0xe9, 0x663, 0xb2, 0x2028, 0x1f600, 0xffff].map((code) => [
      literal(code, alphabet),
      range(0x20, code, alphabet),
      range(code, 0x10ffff, alphabet),
    ]),
  ],
);
record(
  "escapes, wherever they stand",
  () =>
    PIECES.filter((piece) => piece.startsWith("\\")).flatMap((piece) => [
      piece,
      `${piece}7`,
      `${piece}z`,
      `ab${piece}`,
    ]),
  (source) =>
    [false, true].flatMap((inClass) => [
      readEscape(source, 0, inClass),
      readEscape(source, source.indexOf("\\"), inClass),
    ]),
);

const TEXTS = [
  "",
  "a",
  "A",
  "ab",
  "abc",
  "a b",
  "a\nb",
  "a\n",
  "b\na",
  "\n",
  "é",
  "É",
  "aé",
  "éa b",
  "ſ",
  "K",
  "ß",
  "٣",
  "12",
  "1٣",
  "_",
  "-",
  "😀",
  "😀a",
  "\u00a0",
  "\u001c",
  "\u000b",
  "\u0085",
  "\u2028",
  "\u3000",
  "x.y",
  "xy",
  "xyxy",
  "catö",
  "cat ö",
  "[a]",
  "#a",
  "a{2}",
  "ababab",
  "aaa",
  "\u0000",
  "\b",
  "§",
  "²",
  "\u203f",
  "a".repeat(40),
] as const;

function matched(source: string): unknown {
  return told(() => {
    const pattern = compilePattern(source);
    const { possible, size, required, making } = pattern;
    const found = TEXTS.map((text) => `${Number(pattern.mayMatch(text))}${Number(pattern.test(text))}`).join("");
    return { possible, size, required, making, found, after: pattern.making };
  });
}
const TRIED = [
  ...PIECES.filter((piece) => piece.length > 1),
  "a",
  "é",
  ".",
  "^a",
  "b$",
  "a|é",
  "(?i)É",
  "(?i)ſs",
  "(?i)k",
  "[^a]é",
  "\\bcat\\b",
  "\\bé",
  "\\b",
  "[^\\W\\d_]",
  "[\\W_]b",
  "(?:xy)+",
  "(?i)XY",
  "a\\b",
  "\\ba\\b\\n?",
  "x\\.y",
  "(?s)a.b",
  "(?m)^a$",
  "\\Aa\\Z",
  "[a-é]b",
  "[😀-😂]",
  "\\w+é",
  "\\D",
  "\\S\\s\\S",
  "(?:\\w\\d){30}",
  "(?:ab){2,3}",
  "ab{2}",
  "(?:ab|é)c?",
  "x".repeat(199),
  "x".repeat(200),
  "(?:a{40}){40}",
  "(?:[ab]{40}){40}",
];
record("the texts that patterns match", () => TRIED, matched);
record(
  "what is asked of texts before patterns",
  () => TEXTS,
  (text) => [isBeyondAscii(text), literalForm(text), literalForm(text), shadowText(text), makingUnits(text.length)],
);

finish();
