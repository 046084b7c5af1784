// Hostile text made safe to show. Everything an agent, a log or a file says goes through here before it meets a
// terminal: an escape sequence can hide a line, a carriage return can forge a verdict, a bidirectional override can
// make `rm` read as something else.
//
// What is shown as `\u{…}` instead of itself:
//   C0 and C1 controls, DEL · line and paragraph separators · format characters (bidirectional marks and overrides,
//   zero-width characters, soft hyphen, tags) · spaces other than U+0020 · fillers that look like nothing ·
//   variation selectors · private use · lone surrogates · combining marks beyond three in a row.
// Everything else, markup such as `[red]` or `%s` included, is shown as it is.

/** Characters that are never shown as themselves, as UTF-16 ranges (astral ones as surrogate pairs). */
const HIDDEN_CLASS =
  "[\\u0000-\\u001f\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f" +
  "\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ue000-\\uf8ff\\ufe00-\\ufe0f\\ufeff" +
  "\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff]";
const HIDDEN_ASTRAL =
  "\\ud804[\\udcbd\\udccd]|\\ud82f[\\udca0-\\udca3]|\\ud834[\\udd73-\\udd7a]|[\\udb40-\\udbff][\\udc00-\\udfff]";
const LONE = "[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]";
const HIDDEN = new RegExp(`${HIDDEN_CLASS}|${HIDDEN_ASTRAL}|${LONE}`, "g");
const ASCII = /^[\x20-\x7e]*$/u;
const PILED_MARKS = /(\p{M}{3})(\p{M}+)/gu;

/**
 * One line that shows the text without obeying it. Safe to put anywhere on a terminal line.
 *
 * Cost: linear in the text.
 */
export function terminalText(text: string): string {
  if (ASCII.test(text)) return text;
  return text
    .replace(HIDDEN, escapeAll)
    .replace(PILED_MARKS, (_whole, kept: string, rest: string) => kept + escapeAll(rest));
}

/** The same for text of several lines: line feeds stay, everything else is as in `terminalText`. */
export function terminalLines(text: string): readonly string[] {
  return text.split("\n").map(terminalText);
}

/**
 * JSON on one line whose bytes a terminal shows as they are: what `terminalText` hides stands as `\uXXXX`, which any
 * JSON parser reads back as the same value.
 *
 * Cost: linear in the value.
 */
export function terminalJson(value: unknown): string {
  return (JSON.stringify(value) ?? "null").replace(HIDDEN, jsonEscapes);
}

/** The same for JSON that is text already and parses: numbers and order stay as written. White space becomes spaces. */
export function terminalJsonText(json: string): string {
  return json.replace(/[\t\r\n]/gu, " ").replace(HIDDEN, jsonEscapes);
}

/** As `terminalJson`, indented by two spaces. */
export function terminalJsonPretty(value: unknown): string {
  const lines = (JSON.stringify(value, null, 2) ?? "null").split("\n");
  return lines.map((line) => line.replace(HIDDEN, jsonEscapes)).join("\n");
}

function escapeAll(characters: string): string {
  let shown = "";
  for (const character of characters) shown += `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  return shown;
}

function jsonEscapes(characters: string): string {
  let shown = "";
  for (let index = 0; index < characters.length; index += 1) {
    shown += `\\u${characters.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return shown;
}

/** Inclusive ranges of code points that take two columns (Unicode East Asian Width W and F, and emoji). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23f3],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x26a1, 0x26a1],
  [0x2705, 0x2705],
  [0x274c, 0x274c],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18aff],
  [0x1b000, 0x1b2ff],
  [0x1f004, 0x1f004],
  [0x1f18e, 0x1f202],
  [0x1f210, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];
const MARK = /^\p{M}$/u;

/** Columns that shown text takes. Give it text that has been through `terminalText`. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text cut to at most `columns`, ending in `…` when something is missing. */
export function clipText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let shown = "";
  let width = 0;
  for (const character of text) {
    const next = characterWidth(character);
    if (width + next > columns - 1) break;
    shown += character;
    width += next;
  }
  return `${shown}…`;
}

function characterWidth(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x300) return 1;
  if (MARK.test(character)) return 0;
  return WIDE.some(([first, last]) => point >= first && point <= last) ? 2 : 1;
}

/**
 * Break shown text into lines of at most `columns`, at spaces where there are any, anywhere else where there are not.
 *
 * Cost: linear in the text.
 */
export function wrapText(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  let width = 0;
  for (const word of text.split(" ")) {
    for (const piece of piecesOf(word, columns)) {
      const size = textWidth(piece);
      if (line !== "" && width + 1 + size > columns) {
        lines.push(line);
        line = piece;
        width = size;
      } else {
        width += size + (line === "" ? 0 : 1);
        line = line === "" ? piece : `${line} ${piece}`;
      }
    }
  }
  return [...lines, line];
}

function piecesOf(word: string, columns: number): readonly string[] {
  if (textWidth(word) <= columns) return [word];
  const pieces: string[] = [];
  let piece = "";
  let width = 0;
  for (const character of word) {
    const next = characterWidth(character);
    if (width + next > columns && piece !== "") {
      pieces.push(piece);
      piece = "";
      width = 0;
    }
    piece += character;
    width += next;
  }
  return [...pieces, piece];
}
