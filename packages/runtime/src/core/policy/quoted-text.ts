// Text in single or double quotes, as YAML 1.2 reads it (7.3.1, 7.3.2).

/** The text and where it ends, the quote included; or what is wrong. */
export type QuotedText =
  | { readonly text: string; readonly end: number }
  | { readonly problem: string; readonly fix?: string };

/** Read quoted text whose quote stands at `start`. Its further lines are indented by more than `indent`. Linear. */
export function quotedText(
  source: string,
  start: number,
  { quote, indent }: { readonly quote: string; readonly indent: number },
): QuotedText {
  const end = quote === "'" ? singleEnd(source, start) : doubleEnd(source, start);
  if (end === -1) return { problem: `the text that begins here has no closing ${quote}` };
  const inner = source.slice(start + 1, end);
  if (inner.includes("\n") && !isIndented(inner, indent)) return { problem: "a line of this text is not indented" };
  if (quote === "'") return { text: folded(inner, false).replaceAll("''", "'"), end: end + 1 };
  if (!inner.includes("\\")) return { text: folded(inner, false), end: end + 1 };
  if (/\\\n *\n/.test(inner)) return { problem: "an escaped line end stands before an empty line" };
  const text = unescaped(folded(inner, true));
  if (text !== null) return { text, end: end + 1 };
  return { problem: "an escape in double quotes means nothing", fix: "use single quotes, which keep backslashes" };
}

function singleEnd(source: string, start: number): number {
  let at = source.indexOf("'", start + 1);
  while (at !== -1 && source.charAt(at + 1) === "'") at = source.indexOf("'", at + 2);
  return at;
}

function doubleEnd(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return -1;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

// Every line after the first begins with over `indent` spaces, unless it is empty; the closing quote's always does.
function isIndented(inner: string, indent: number): boolean {
  return inner.split("\n").every((line, index, { length }) => {
    const spaces = leadingSpaces(line);
    return index === 0 || spaces > indent || (spaces === line.length && index < length - 1);
  });
}

/** How many spaces a line begins with. */
export function leadingSpaces(line: string): number {
  let count = 0;
  while (line.charCodeAt(count) === SPACE) count++;
  return count;
}

const SPACE = 0x20;

/** A line of quoted text without the spaces that stand for nothing, and whether its end is escaped. */
interface Line {
  readonly text: string;
  readonly joined: boolean;
}

/** Line ends and the spaces around them become one space; empty lines among them become line ends. */
function folded(inner: string, escapes: boolean): string {
  if (!inner.includes("\n")) return inner;
  const lines = inner.split("\n");
  const last = lines.length - 1;
  let text = "";
  let breaks = 0;
  let joined = false;
  lines.forEach((raw, index) => {
    const line = bare(raw, { isFirst: index === 0, isLast: index === last, escapes });
    if (index > 0) breaks++;
    if (line.text === "" && !line.joined && index > 0 && index < last) return;
    if (breaks > 1) text += "\n".repeat(breaks - 1);
    else if (breaks === 1 && !joined) text += " ";
    text += line.text;
    breaks = 0;
    joined = line.joined;
  });
  return text;
}

function bare(
  raw: string,
  { isFirst, isLast, escapes }: { readonly isFirst: boolean; readonly isLast: boolean; readonly escapes: boolean },
): Line {
  const start = isFirst ? 0 : leadingSpaces(raw);
  if (isLast) return { text: raw.slice(start), joined: false };
  if (escapes && isEscaped(raw, raw.length)) return { text: raw.slice(start, -1), joined: true };
  let end = raw.length;
  while (end > start && raw.charCodeAt(end - 1) === SPACE) end--;
  if (escapes && end < raw.length && isEscaped(raw, end)) end++;
  return { text: raw.slice(start, end), joined: false };
}

// An odd number of backslashes stands before it.
function isEscaped(text: string, at: number): boolean {
  let count = 0;
  while (text.charAt(at - count - 1) === "\\") count++;
  return count % 2 === 1;
}

const ESCAPED: Readonly<Record<string, string>> = {
  "0": "\u0000",
  a: "\u0007",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\u001b",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
  N: "\u0085",
  _: "\u00a0",
  L: "\u2028",
  P: "\u2029",
};

/** How many hexadecimal digits follow. */
const CODED: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function unescaped(inner: string): string | null {
  let text = "";
  let from = 0;
  for (let at = inner.indexOf("\\"); at !== -1; at = inner.indexOf("\\", from)) {
    const letter = inner.charAt(at + 1);
    const digits = CODED[letter];
    const meant = digits === undefined ? ESCAPED[letter] : coded(inner.slice(at + 2, at + 2 + digits), digits);
    if (meant === undefined) return null;
    text += inner.slice(from, at) + meant;
    from = at + 2 + (digits ?? 0);
  }
  return text + inner.slice(from);
}

function coded(hex: string, digits: number): string | undefined {
  const code = hex.length === digits && /^[0-9a-fA-F]+$/.test(hex) ? Number.parseInt(hex, 16) : Infinity;
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
