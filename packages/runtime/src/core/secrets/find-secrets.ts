// Secrets in text, by their shape: so that what leaves the log in an export, a report or a sink takes none along.
//
//   named      what follows a word for a secret: `password=…`, `--token …`, `"api_key": "…"`, `Authorization: Bearer …`
//   shaped     keys with a known beginning (cloud, forge, payment, chat, model providers), JSON web tokens, PEM keys
//   url        the password in `scheme://user:password@host`
//   random     a long run of capitals and small letters, mostly with digits, that no language writes
//
// Text of hexadecimal digits alone is not taken for random, nor is an AVID: hashes, ids and digests look so, and evidence
// is made of them. A secret of that look is found by its name only.
//
// Each pattern begins at a fixed text or at the start of a run, and each run is looked at once: linear in the text.

/** Why a text was taken for a secret. */
export type SecretKind = "named" | "shaped" | "url" | "random";

/** A place in a text, in UTF-16 units. */
export interface FoundSecret {
  readonly kind: SecretKind;
  readonly start: number;
  readonly end: number;
}

/** A pattern; the secret is its group `secret`, or all of it. */
interface Shape {
  readonly kind: SecretKind;
  readonly pattern: RegExp;
}

const WORD = "[A-Za-z0-9_-]";
// A known beginning at the start of a word, then the rest of that word.
const PREFIXED: readonly string[] = [
  `gh[pousr]_${WORD}{30,}`,
  `github_pat_${WORD}{20,}`,
  `gl(?:pat|dt|rt|cbt|ptt|ft|agent)-${WORD}{16,}`,
  `xox[abeoprs]-${WORD}{10,}`,
  `xapp-${WORD}{10,}`,
  `(?:sk|rk|pk|whsec)_(?:live_|test_)?${WORD}{16,}`,
  `sk-${WORD}{16,}`,
  `xai-${WORD}{20,}`,
  `gsk_${WORD}{20,}`,
  `AIza${WORD}{30,}`,
  `GOCSPX-${WORD}{20,}`,
  `npm_${WORD}{30,}`,
  `pypi-${WORD}{30,}`,
  `hf_${WORD}{24,}`,
  `r8_${WORD}{24,}`,
  `do[opr]_v1_${WORD}{32,}`,
  `shp(?:at|ca|pa|ss)_${WORD}{24,}`,
  `dapi[0-9a-f]{32}`,
  `dckr_pat_${WORD}{20,}`,
  `lin_api_${WORD}{20,}`,
  `ntn_${WORD}{30,}`,
  `secret_${WORD}{30,}`,
  `figd_${WORD}{20,}`,
  `sq0(?:atp|csp)-${WORD}{20,}`,
  `EAACEdEose0cBA${WORD}{10,}`,
  `AGE-SECRET-KEY-1${WORD}{50,}`,
  `hv[sbr]\\.${WORD}{20,}`,
  `ya29\\.${WORD}{16,}`,
  `SG\\.${WORD}{16,64}\\.${WORD}{16,}`,
  `ATATT3${WORD}{20,}`,
  `[0-9]{8,10}:AA${WORD}{30,}`,
];
const NAMES =
  "pass(?:word|wd|phrase|code)|pwd|secret(?:[_-]?(?:access[_-]?)?key)?|(?:api|access|private|encryption|signing|account)[_-]?key|(?:client|app|shared)[_-]?secret|(?:access|auth|refresh|id|bearer|session|csrf|private)[_-]?token|credentials?";
const VALUE = "(?:\"(?<quoted>[^\"\\r\\n]+)|'(?<single>[^'\\r\\n]+)|(?<plain>[^\\s\"'&,;<>|(){}\\[\\]`]+))";

const SHAPES: readonly Shape[] = [
  { kind: "shaped", pattern: new RegExp(`(?<![A-Za-z0-9_-])(?:${PREFIXED.join("|")})`, "g") },
  { kind: "shaped", pattern: /(?<![A-Za-z0-9])(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  { kind: "shaped", pattern: /(?<![\w-])eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*/g },
  { kind: "shaped", pattern: /https:\/\/hooks\.slack\.com\/[\w/-]+/g },
  { kind: "named", pattern: /(?<![A-Za-z])(?:bearer|basic)[ \t]{1,4}(?<plain>[\w.~+/-]{8,}={0,2})/gi },
  {
    kind: "named",
    pattern: new RegExp(`(?:${NAMES})\\\\?["']?[ \\t]{0,4}(?::=|=>|[:=])[ \\t]{0,4}\\\\?${VALUE}`, "gi"),
  },
  { kind: "named", pattern: new RegExp(`(?<![\\w-])--?(?:${NAMES}|token)[ \\t]{1,4}(?!-)${VALUE}`, "gi") },
  {
    kind: "named",
    pattern:
      /(?<![A-Za-z])(?:token|auth|sig|signature)["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?<plain>(?=[\w.~+/-]{0,64}[0-9])[\w.~+/-]{8,}={0,2})/gi,
  },
  { kind: "url", pattern: /[a-z][a-z0-9+.-]{1,31}:\/\/[^\s/?#:@"']{0,256}:(?<plain>[^\s/?#@"']{1,1024})@/gi },
];

const PEM_START = "-----BEGIN ";
const RUN = /[A-Za-z0-9+/_-]{24,}={0,2}/g;
const MAX_FOUND = 10_000;

/**
 * The secrets in a text, in order, none within another. Cost: linear.
 *
 * What they are found by is a habit, not a law: some secrets have no shape, and some texts only look like one.
 */
export function findSecrets(text: string): readonly FoundSecret[] {
  const found: FoundSecret[] = [];
  if (text.includes(PEM_START)) findPem(text, found);
  for (const { kind, pattern } of SHAPES) {
    for (const match of text.matchAll(pattern)) {
      const { quoted, single, plain } = match.groups ?? {};
      const secret = quoted ?? single ?? plain ?? match[0];
      const start = match.index + match[0].lastIndexOf(secret);
      found.push({ kind, start, end: start + secret.length });
    }
  }
  for (const match of text.matchAll(RUN)) {
    if (looksRandom(match[0])) found.push({ kind: "random", start: match.index, end: match.index + match[0].length });
  }
  return withoutOverlaps(found);
}

/** A text with `[redacted]` in the place of each secret; the same text when it holds none. Cost: linear. */
export function redactSecrets(text: string): string {
  // Nothing shorter can be one, and most texts of an entry are.
  if (text.length < 8) return text;
  const found = findSecrets(text);
  if (found.length === 0) return text;
  if (found.length > MAX_FOUND) return REDACTED;
  let rest = "";
  let at = 0;
  for (const { start, end } of found) {
    rest += text.slice(at, start) + REDACTED;
    at = end;
  }
  return rest + text.slice(at);
}

/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";

function findPem(text: string, found: FoundSecret[]): void {
  for (let start = text.indexOf(PEM_START); start >= 0;) {
    const lineEnd = text.indexOf("-----", start + PEM_START.length);
    const label = lineEnd < 0 ? "" : text.slice(start + PEM_START.length, Math.min(lineEnd, start + 100));
    let next = start + PEM_START.length;
    if (label.includes("PRIVATE KEY")) {
      const end = text.indexOf("-----END ", lineEnd);
      const close = end < 0 ? -1 : text.indexOf("-----", end + 9);
      // One that is cut off is a secret to the end.
      next = close < 0 ? text.length : close + 5;
      found.push({ kind: "shaped", start, end: next });
    }
    start = text.indexOf(PEM_START, next);
  }
}

/** Whether a run of base64 letters is drawn at random, as far as its letters can tell. */
function looksRandom(run: string): boolean {
  const text = run.replace(/=+$/, "");
  if (/^(?:AVID-)?[0-9A-Fa-f-]+$/.test(text)) return false;
  if (!/[A-Z]/.test(text) || !/[a-z]/.test(text)) return false;
  if (!/[0-9]/.test(text) && !hasManyCapitals(text)) return false;
  // Paths and names are made of words: random text has few separators, and changes its kind of letter at every turn.
  const separators = text.match(/[/_-]/g)?.length ?? 0;
  if (separators * 10 > text.length) return false;
  return turns(text) * 3 >= text.length && bitsPerLetter(text) >= 3.5;
}

// A few random texts have no digit. Names that join words have one capital to a word: seldom more than one letter in four.
function hasManyCapitals(text: string): boolean {
  const capitals = text.match(/[A-Z]/g)?.length ?? 0;
  return text.length >= 32 && capitals * 10 >= text.length * 3;
}

/** How often a letter is followed by one of another kind: capital, small, digit. */
function turns(text: string): number {
  let count = 0;
  let last = 0;
  for (let at = 0; at < text.length; at += 1) {
    const kind = kindOf(text.charCodeAt(at));
    if (kind !== last) count += 1;
    last = kind;
  }
  return count;
}

function kindOf(code: number): number {
  if (code >= 48 && code <= 57) return 1;
  if (code >= 65 && code <= 90) return 2;
  return code >= 97 && code <= 122 ? 3 : 4;
}

/** Shannon's entropy of the letters as they occur, in bits. */
function bitsPerLetter(text: string): number {
  const counts = new Map<number, number>();
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

function withoutOverlaps(found: FoundSecret[]): readonly FoundSecret[] {
  found.sort((left, right) => left.start - right.start || right.end - left.end);
  const kept: FoundSecret[] = [];
  for (const secret of found) {
    const last = kept.at(-1);
    if (last === undefined || secret.start >= last.end) kept.push(secret);
    else if (secret.end > last.end) kept[kept.length - 1] = { ...last, end: secret.end };
  }
  return kept;
}
