// Hostile text made inert for HTML, SVG and XML: what an agent wrote must not become an element, an attribute or an
// entity, must not reorder what a person reads, and must not make the file unreadable (XML has no place for controls).
//
// Shown as `\u{…}` instead of itself: controls (line feeds too), separators but the plain space, format characters
// (bidirectional marks, zero-width, tags), characters that look like nothing, private use, noncharacters, lone
// surrogates, and combining marks beyond three in a row.

const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|(?<=\p{M}{3})\p{M}/gu;
const PLAIN = /^[\w .,:;()@#%+=*/!?[\]{}|~^$-]*$/;

/** The text on one line, with everything invisible or active shown as `\u{…}`. Cost: linear. */
export function visibleLine(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(HIDDEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The text as it may stand between tags and in a quoted attribute. Cost: linear. */
export function markupText(text: string): string {
  if (PLAIN.test(text)) return text;
  return visibleLine(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** At most so many characters of a text, with `…` where it was cut. Never half a surrogate pair. */
export function clippedText(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.charCodeAt(most - 2);
  const end = cut >= 0xd800 && cut <= 0xdbff ? most - 2 : most - 1;
  return `${text.slice(0, end)}…`;
}
