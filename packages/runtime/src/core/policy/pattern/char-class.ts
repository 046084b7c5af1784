// Character classes of Python's patterns, in the spelling of RE2.
//
// Python's \d, \w and \s know all of Unicode; RE2's know ASCII only, and its \s lacks some of ASCII. Each class is
// therefore spelled out, once for texts that are all ASCII (small and fast) and once for all texts.

/** Which texts a pattern is spelled for. */
export type Alphabet = "ascii" | "unicode";

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

const INSIDE: Readonly<Record<Alphabet, Readonly<Record<string, string>>>> = {
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
  return INSIDE[alphabet][letter] ?? "";
}

/** A whole class for one such letter. The negated ones negate, so that nothing falls between. */
export function wholeClass(letter: string, alphabet: Alphabet): string {
  const lower = letter.toLowerCase();
  return `[${letter === lower ? "" : "^"}${classMembers(lower, alphabet)}]`;
}

/** One character as RE2 takes it anywhere. */
export function literal(codePoint: number): string {
  return `\\x{${codePoint.toString(16)}}`;
}
