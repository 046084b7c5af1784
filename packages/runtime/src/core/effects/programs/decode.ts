// Decoding known text: what `base64 -d`, `xxd -r`, `rev`, `tr` would print. Null when it can't be told.

/** The text of base64 or base64url, or null when it isn't any. Linear. */
export function fromBase64(text: string): string | null {
  const bytes = base64Bytes(text);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

const SIXTY_FOUR = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const EQUALS = 61;

const VALUES: Int8Array = values();

function values(): Int8Array {
  const table = new Int8Array(128).fill(-1);
  for (let value = 0; value < SIXTY_FOUR.length; value += 1) table[SIXTY_FOUR.charCodeAt(value)] = value;
  table["-".charCodeAt(0)] = 62;
  table["_".charCodeAt(0)] = 63;
  return table;
}

/** The six bits that a character stands for in base64 or base64url, or -1. */
export function base64Value(unit: number): number {
  return VALUES[unit] ?? -1;
}

function base64Bytes(text: string): Uint8Array | null {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === EQUALS) break;
    if (unit === 10 || unit === 13 || unit === 32 || unit === 9) continue;
    const value = base64Value(unit);
    if (value < 0) return null;
    bits = (bits << 6) | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push((bits >> count) & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}

/** The text of base32, or null. Linear. */
export function fromBase32(text: string): string | null {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const char of text.toUpperCase()) {
    if (char === "=") break;
    if (char === "\n" || char === "\r" || char === " ") continue;
    const value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(char);
    if (value < 0) return null;
    bits = ((bits << 5) | value) & 0xffff;
    count += 5;
    if (count >= 8) {
      count -= 8;
      bytes.push((bits >> count) & 0xff);
    }
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** The text of pairs of hexadecimal digits, or null. White space, colons, `\x` and `0x` are skipped. Linear. */
export function fromHex(text: string): string | null {
  const digits = text.replace(/\\x|0x|[\s:,]/gi, "");
  if (digits.length % 2 !== 0 || !/^[\da-f]*$/i.test(digits)) return null;
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16);
  return new TextDecoder().decode(bytes);
}

/** UTF-16LE text in base64, as PowerShell's `-EncodedCommand` takes it, or null. */
export function fromBase64Utf16(text: string): string | null {
  const bytes = base64Bytes(text);
  if (bytes === null) return null;
  let decoded = "";
  for (let at = 0; at + 1 < bytes.length; at += 2)
    decoded += String.fromCharCode((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
  return decoded;
}

/** Each line reversed. */
export function reversedLines(text: string): string {
  return text
    .split("\n")
    .map((line) => Array.from(line).reverse().join(""))
    .join("\n");
}

/** What `tr FROM TO` prints, or null for sets that aren't understood. */
export function translated(text: string, from: string, to: string): string | null {
  const source = characters(from);
  const target = characters(to);
  if (source === null || target === null || target.length === 0) return null;
  const map = new Map<string, string>();
  for (const [at, char] of source.entries()) map.set(char, target[Math.min(at, target.length - 1)] ?? "");
  return Array.from(text, (char) => map.get(char) ?? char).join("");
}

/** What `tr -d SET` prints, or null. */
export function withoutCharacters(text: string, set: string): string | null {
  const gone = characters(set);
  if (gone === null) return null;
  const drop = new Set(gone);
  return Array.from(text)
    .filter((char) => !drop.has(char))
    .join("");
}

const CLASSES: Readonly<Record<string, string>> = {
  "[:lower:]": "a-z",
  "[:upper:]": "A-Z",
  "[:digit:]": "0-9",
  "[:alpha:]": "A-Za-z",
  "[:alnum:]": "0-9A-Za-z",
  "[:space:]": " \t\n\r\v\f",
  "[:blank:]": " \t",
};

function characters(set: string): readonly string[] | null {
  let text = set;
  for (const [name, range] of Object.entries(CLASSES)) text = text.replaceAll(name, range);
  text = text
    .replace(/\\n/g, "\n")
    .replace(/\\t/g, "\t")
    .replace(/\\r/g, "\r")
    .replace(/\\([\\\-'"[\]])/g, "$1");
  const list: string[] = [];
  const source = Array.from(text);
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? "";
    const end = source[at + 2];
    if (source[at + 1] !== "-" || end === undefined) {
      list.push(char);
      continue;
    }
    const last = end.codePointAt(0) ?? 0;
    const first = char.codePointAt(0) ?? 0;
    if (last < first || last - first > 255) return null;
    for (let code = first; code <= last; code++) list.push(String.fromCodePoint(code));
    at += 2;
  }
  return list;
}

/** What `printf FORMAT ARGS…` (or `echo -e`) prints: escapes, `%s`, `%b`, `%d`, `%c`, `%x`, `%%`; null for other formats. */
export function formatted(format: string, args: readonly string[]): string | null {
  let out = "";
  let next = 0;
  do {
    const used = next;
    for (let at = 0; at < format.length; at++) {
      const char = format.charAt(at);
      if (char !== "%") {
        out += char;
        continue;
      }
      const spec = /^%(?:%|[-0-9.# +]*([sbdcxXoiq]))/.exec(format.slice(at, at + 16));
      if (spec === null) return null;
      at += spec[0].length - 1;
      if (spec[0] === "%%") out += "%";
      else out += converted(spec[1] ?? "s", args[next++] ?? "");
      if (out.length > 65_536) return null;
    }
    if (next === used) break;
  } while (next < args.length);
  return unescaped(out);
}

function converted(kind: string, value: string): string {
  switch (kind) {
    case "c":
      return value.slice(0, 1);
    case "x":
      return Number(value).toString(16);
    case "o":
      return Number(value).toString(8);
    default:
      return value;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

/** Text with backslash escapes (`\n`, `\x72`, `\0162`, `\162`, `\u0072`) resolved. Linear. */
export function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(x[\da-f]{1,2}|u[\da-f]{1,4}|U[\da-f]{1,8}|0?[0-7]{1,3}|[\s\S])/gi, (whole, code: string) => {
    if (/^[xu][\da-f]/i.test(code)) {
      const point = Number.parseInt(code.slice(1), 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    }
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 0xff);
    return ESCAPES[code] ?? whole;
  });
}
