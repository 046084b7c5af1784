// Hostile text made visible: what an agent wrote must not move the cursor, hide a line or reorder what a person reads.

// Controls, format characters (bidirectional marks, zero-width, tags), unassigned, private, lone surrogates, separators
// but the plain space, characters that look like nothing, and marks piled higher than any script needs.
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|(?<=\p{M}{3})\p{M}/gu;

/** The text on one line, with everything invisible or active shown as `\u{…}`. Cost: linear. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/**
 * Shown text in lines of at most `columns` characters, broken between words. A longer word stays whole: a terminal
 * breaks it where it must, and what is copied from there is the word. Cost: linear.
 */
export function wrappedText(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line === "") line = word;
    else if (line.length + 1 + word.length <= columns) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}
