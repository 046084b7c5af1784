// Character classes of Python's patterns, in the spelling of RE2.
//
// Python's \d, \w and \s know all of Unicode; RE2's know ASCII only, and its \s lacks some of ASCII. Each class is
// therefore spelled out, once for texts that are all ASCII (small and fast) and once for all texts.

/**
 * Which texts a pattern is spelled for: those that are all ASCII; any; or any of whose letters and digits beyond ASCII
 * were made underscores and zeros (`shadowText`), on which RE2's `\b`, `\w`, `\d` see the words that Python sees.
 */
export type Alphabet = "ascii" | "unicode" | "shadow";

// Python's str.isspace() and its complement, as ranges of code points.
const SPACE = "\\x{9}-\\x{d}\\x{1c}-\\x{20}";
const SPACE_BEYOND = "\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}";
const NOT_SPACE = "\\x{0}-\\x{8}\\x{e}-\\x{1b}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}";
const NOT_SPACE_BEYOND =
  "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}";

// Outside ASCII, \W is every general category but letters and numbers. `_` is the one Pc that is a word character.
const NOT_WORD = "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{7f}";
const NOT_WORD_BEYOND =
  "\\p{M}\\p{Pd}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Po}\\p{S}\\p{Z}\\p{C}" +
  "\\x{203f}\\x{2040}\\x{2054}\\x{fe33}\\x{fe34}\\x{fe4d}-\\x{fe4f}\\x{ff3f}";

const INSIDE: Readonly<Record<"ascii" | "unicode", Readonly<Record<string, string>>>> = {
  ascii: {
    d: "0-9",
    D: "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}",
    w: "0-9A-Za-z_",
    W: `${NOT_WORD}\\x{80}-\\x{10ffff}`,
    s: SPACE,
    S: NOT_SPACE + NOT_SPACE_BEYOND,
  },
  unicode: {
    d: "\\p{Nd}",
    D: "\\P{Nd}",
    w: "\\p{L}\\p{N}_",
    W: NOT_WORD + NOT_WORD_BEYOND,
    s: SPACE + SPACE_BEYOND,
    S: NOT_SPACE + NOT_SPACE_BEYOND,
  },
};

/** Whether a letter after a backslash names a class. */
export function isClassLetter(letter: string): boolean {
  return Object.hasOwn(INSIDE.ascii, letter);
}

/** What stands between the brackets for `\d`, `\D`, `\w`, `\W`, `\s`, `\S`. */
export function classMembers(letter: string, alphabet: Alphabet): string {
  // What isn't a space is spelled the same for both.
  const beyond = alphabet === "unicode" || (alphabet === "shadow" && letter === "s");
  return INSIDE[beyond ? "unicode" : "ascii"][letter] ?? "";
}

/** A whole class for one such letter. The negated ones negate, so that nothing falls between. */
export function wholeClass(letter: string, alphabet: Alphabet): string {
  const lower = letter.toLowerCase();
  return `[${letter === lower ? "" : "^"}${classMembers(lower, alphabet)}]`;
}

/** One character as RE2 takes it anywhere. */
export function literal(codePoint: number, alphabet: Alphabet): string {
  return `\\x{${(alphabet === "shadow" ? shadowOf(codePoint) : codePoint).toString(16)}}`;
}

/** A range of characters, between brackets. A shadow has every letter and digit of it that it may hold. */
export function range(low: number, high: number, alphabet: Alphabet): string {
  const plain = `\\x{${low.toString(16)}}-\\x{${high.toString(16)}}`;
  return alphabet === "shadow" && high > 0x7f ? `${plain}_0` : plain;
}

const UNDERSCORE = 0x5f;
const ZERO = 0x30;
// Each is asked about one character.
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const DIGIT = /\p{Nd}/u;

function shadowOf(codePoint: number): number {
  if (codePoint <= 0x7f) return codePoint;
  const character = String.fromCodePoint(codePoint);
  if (DIGIT.test(character)) return ZERO;
  return LETTER_OR_DIGIT.test(character) ? UNDERSCORE : codePoint;
}

// eslint-disable-next-line no-control-regex
const WORDS_BEYOND = /(?![\u0000-\u007f])[\p{L}\p{N}]/gu;

/** A text whose letters beyond ASCII are underscores and whose digits beyond ASCII are zeros. Cost: linear. */
export function shadowText(text: string): string {
  return text.replace(WORDS_BEYOND, (word) => (DIGIT.test(word) ? "0" : "_"));
}
