// Short texts that a pattern matches, worked out from how it is written: each of its alternatives, repeats taken none or
// few times. What can't be read is tried as plain text; whoever asks checks which samples really match.

const MOST = 12;
const MOST_LENGTH = 200;
const MOST_DEPTH = 64;

/** A few texts that a pattern of Python's dialect may match; at most 12. Cost: linear in the pattern, bounded. */
export function patternSamples(source: string): readonly string[] {
  const cursor = { source: source.replace(/^\(\?[aimsux]+\)/, ""), at: 0, depth: 0 };
  const samples = readAlternatives(cursor);
  return [...new Set(samples.map((text) => text.slice(0, MOST_LENGTH)))].slice(0, MOST);
}

interface Cursor {
  readonly source: string;
  at: number;
  /** How many groups are open. */
  depth: number;
}

function readAlternatives(cursor: Cursor): readonly string[] {
  const found: string[] = [];
  for (;;) {
    found.push(...readSequence(cursor).slice(0, MOST));
    if (cursor.source.charAt(cursor.at) !== "|") return found.slice(0, MOST);
    cursor.at += 1;
  }
}

function readSequence(cursor: Cursor): readonly string[] {
  let texts: readonly string[] = [""];
  while (cursor.at < cursor.source.length && !"|)".includes(cursor.source.charAt(cursor.at))) {
    const pieces = readRepeats(cursor, readAtom(cursor));
    texts = texts.flatMap((text) => pieces.map((piece) => text + piece)).slice(0, MOST);
  }
  return texts;
}

function readAtom(cursor: Cursor): readonly string[] {
  const { source } = cursor;
  const sign = source.charAt(cursor.at);
  cursor.at += 1;
  switch (sign) {
    case "(":
      return readGroup(cursor);
    case "[":
      return [readClass(cursor)];
    case "\\":
      return [readEscape(cursor)];
    case "^":
    case "$":
      return [""];
    case ".":
      return ["x"];
    default:
      return [sign];
  }
}

function readGroup(cursor: Cursor): readonly string[] {
  const opening = /^\?(?:P?<\w+>|[aimsux]*:|[aimsux]+(?=\)))/.exec(cursor.source.slice(cursor.at));
  if (opening !== null) cursor.at += opening[0].length;
  if (cursor.depth >= MOST_DEPTH) return [""];
  cursor.depth += 1;
  const texts = readAlternatives(cursor);
  cursor.depth -= 1;
  if (cursor.source.charAt(cursor.at) === ")") cursor.at += 1;
  return texts;
}

const CANDIDATES = ["a", "1", " ", "-", "/", ".", "A", "é"];

// One character of a class: its first when it is a plain one, else the first candidate that isn't excluded.
function readClass(cursor: Cursor): string {
  const { source } = cursor;
  const start = cursor.at;
  let end = source.startsWith("^", start) ? start + 1 : start;
  do end += source.charAt(end) === "\\" ? 2 : 1;
  while (end < source.length && source.charAt(end) !== "]");
  cursor.at = end + 1;
  const body = source.slice(start, end);
  if (body.startsWith("^")) return CANDIDATES.find((each) => !body.includes(each)) ?? "~";
  return body.startsWith("\\") ? readEscape({ source: body, at: 1, depth: 0 }) : body.charAt(0);
}

const ESCAPES: Readonly<Record<string, string>> = {
  d: "1",
  D: "a",
  w: "a",
  W: " ",
  s: " ",
  S: "a",
  b: "",
  B: "",
  A: "",
  Z: "",
  z: "",
  n: "\n",
  t: "\t",
  r: "\r",
};

function readEscape(cursor: Cursor): string {
  const sign = cursor.source.charAt(cursor.at);
  cursor.at += 1;
  return ESCAPES[sign] ?? sign;
}

const COUNTED = /^\{(\d{1,4})(?:,(\d{0,4}))?\}/;

function readRepeats(cursor: Cursor, texts: readonly string[]): readonly string[] {
  const rest = cursor.source.slice(cursor.at, cursor.at + 16);
  const [counted, least = "0", most] = COUNTED.exec(rest) ?? [];
  const sign = rest.charAt(0);
  const length = counted?.length ?? ("*+?".includes(sign) && sign !== "" ? 1 : 0);
  if (length === 0) return texts;
  cursor.at += length;
  if ("?+".includes(cursor.source.charAt(cursor.at)) && cursor.at < cursor.source.length) cursor.at += 1;
  const fewest = counted === undefined ? (sign === "+" ? 1 : 0) : Number(least);
  const isFixed = counted !== undefined && most === undefined;
  const times = isFixed || most === least ? [fewest] : [fewest === 0 ? 1 : fewest, fewest === 0 ? 0 : fewest + 1];
  return times.flatMap((count) => texts.map((text) => text.repeat(Math.min(count, MOST_LENGTH)))).slice(0, MOST);
}
