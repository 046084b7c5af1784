// Block scalars (`|` and `>`), as YAML 1.2 reads them (8.1). The white space at both ends is not kept by policies.

import { leadingSpaces } from "./quoted-text.ts";

/** The text and where the next line begins; or what is wrong. */
export type BlockText = { readonly text: string; readonly end: number } | { readonly problem: string };

const HEADER = /[|>][-+]?(?: *| +#[^\n]*)(?:\n|$)/y;

/** Read the block scalar whose sign stands at `start`, below a collection at column `indent`. Linear. */
export function blockText(source: string, start: number, indent: number): BlockText {
  HEADER.lastIndex = start;
  const header = HEADER.exec(source);
  if (header === null) return { problem: "expected nothing after the sign of a block of text, or a `-`" };
  const { lines, end, width } = linesOf(source, start + header[0].length, indent);
  if (width === null) return { problem: "the block of text is empty" };
  if (lines.some((line) => line.length > width && leadingSpaces(line) === line.length)) {
    return { problem: "a line of the block of text holds nothing but spaces" };
  }
  const texts = lines.map((line) => line.slice(width));
  if (source.charAt(start) === "|") return { text: texts.join("\n"), end };
  if (texts.some((text) => text.startsWith(" "))) return { problem: "a line of folded text is indented further" };
  return { text: folded(texts), end };
}

interface Lines {
  readonly lines: readonly string[];
  readonly end: number;
  /** How far the text is indented; null when there is none. */
  readonly width: number | null;
}

// The first line that isn't empty sets the width; the block ends at a line that is indented by less.
function linesOf(source: string, start: number, indent: number): Lines {
  const lines: string[] = [];
  let width: number | null = null;
  let at = start;
  while (at < source.length) {
    const breaks = source.indexOf("\n", at);
    const end = breaks === -1 ? source.length : breaks;
    const line = source.slice(at, end);
    const spaces = leadingSpaces(line);
    if (spaces < line.length) {
      if (spaces <= indent || (width !== null && spaces < width)) break;
      width ??= spaces;
    }
    lines.push(line);
    at = Math.min(end + 1, source.length);
  }
  return { lines, end: at, width };
}

function folded(texts: readonly string[]): string {
  let text = "";
  let breaks = 0;
  for (const line of texts) {
    if (line === "") breaks++;
    else {
      text += breaks === 0 ? (text === "" ? "" : " ") : "\n".repeat(breaks);
      text += line;
      breaks = 0;
    }
  }
  return text;
}
