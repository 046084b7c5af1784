// Text of strangers, made so that it shows what it is: nothing in it moves, hides or turns round what stands beside it.
// It is only ever put on the page as text, never as markup.

const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
const MAX_SHOWN = 2000;

/** One line of text for a cell: control and format characters are written out, long text is cut. */
export function inertLine(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const shown = text.slice(0, MAX_SHOWN).replace(HIDDEN, written);
  return text.length > MAX_SHOWN ? `${shown} … (${text.length} characters)` : shown;
}

/** A whole text, with its line feeds and tabs. */
export function inertText(text: string): string {
  return text.replace(HIDDEN, (character) =>
    character === "\n" || character === "\t" ? character : written(character),
  );
}

function written(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
