// SQL cut into tokens, for every dialect at once: where dialects disagree on what is a comment or a quote, the reading
// that shows more code is taken.
//
// Skipped: white space, `-- ` to the end of the line (with white space after it, as MySQL demands; `--x` is shown),
// `/* … */` without nesting. Shown: the inside of `/*! … */`, which MySQL runs. Quoted: `'…'`, `"…"`, `` `…` ``; a doubled
// quote stands for one. What remains is asked for: whether a backslash escapes, and whether `#` begins a comment and `$` a
// name, as for MySQL, or `#` is an operator and `$tag$…$tag$` a quote.

/** A token of SQL. */
export interface SqlToken {
  readonly kind: "word" | "text" | "name" | "number" | "sign";
  /** Words in lower case; texts and quoted names without their quotes; signs one character long. */
  readonly value: string;
}

/** A text's tokens, and whether all of it could be read. */
export interface SqlTokens {
  readonly tokens: readonly SqlToken[];
  /** False after an unterminated quote or comment, or a control character. */
  readonly whole: boolean;
}

/** In which way a text is read: `backslash`, where it escapes in quotes; `mysql`, where `#` and `$` are MySQL's too. */
export type SqlReading = "standard" | "backslash" | "mysql";

/**
 * Cut SQL into tokens.
 *
 * Cost: linear in the text.
 */
export function sqlTokens(text: string, reading: SqlReading): SqlTokens {
  const tokens: SqlToken[] = [];
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) at += 1;
    else if (code < 32 || code === 127) return { tokens, whole: false };
    else {
      const skipped = afterComment(text, at, reading);
      if (skipped !== at) {
        if (skipped < 0) return { tokens, whole: false };
        at = skipped;
        continue;
      }
      const next = readToken(text, at, reading, tokens);
      if (next < 0) return { tokens, whole: false };
      at = next;
    }
  }
  return { tokens, whole: true };
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0xa0;
}

// The place after a comment that starts here; the same place when none does; -1 when it never ends.
function afterComment(text: string, at: number, reading: SqlReading): number {
  const pair = text.slice(at, at + 2);
  if (reading === "mysql" && pair.startsWith("#")) return afterLine(text, at);
  if (pair === "--") {
    const next = text.charCodeAt(at + 2);
    if (at + 2 < text.length && !isSpace(next)) return at;
    return afterLine(text, at);
  }
  // The end of an executable comment whose inside was shown.
  if (pair === "*/") return at + 2;
  if (pair !== "/*") return at;
  if (text.charAt(at + 2) === "!" || text.slice(at + 2, at + 4) === "M!") {
    let inside = at + (text.charAt(at + 2) === "!" ? 3 : 4);
    while (isDigit(text.charCodeAt(inside))) inside += 1;
    return inside;
  }
  const end = text.indexOf("*/", at + 2);
  return end < 0 ? -1 : end + 2;
}

function afterLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isWordStart(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code > 127;
}

function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code) || code === 36;
}

// Pushes one token and returns the place after it; -1 when a quote never ends.
function readToken(text: string, at: number, reading: SqlReading, tokens: SqlToken[]): number {
  const code = text.charCodeAt(at);
  if (code === 39 || code === 34 || code === 96) return readQuoted(text, at, reading !== "standard", tokens);
  if (code === 36 && reading !== "mysql") {
    const end = readDollar(text, at, tokens);
    if (end !== at) return end;
  }
  if (isWordStart(code) || (code === 36 && reading === "mysql")) {
    let end = at + 1;
    while (end < text.length && isWordPart(text.charCodeAt(end))) end += 1;
    tokens.push({ kind: "word", value: text.slice(at, end).toLowerCase() });
    return end;
  }
  if (isDigit(code)) {
    let end = at + 1;
    while (end < text.length && (isWordPart(text.charCodeAt(end)) || text.charAt(end) === ".")) end += 1;
    tokens.push({ kind: "number", value: text.slice(at, end).toLowerCase() });
    return end;
  }
  tokens.push({ kind: "sign", value: text.charAt(at) });
  return at + 1;
}

function readQuoted(text: string, at: number, backslash: boolean, tokens: SqlToken[]): number {
  const quote = text.charAt(at);
  let value = "";
  let from = at + 1;
  for (let end = from; end < text.length; end += 1) {
    const unit = text.charAt(end);
    if (unit === "\\" && backslash) {
      end += 1;
      continue;
    }
    if (unit !== quote) continue;
    value += text.slice(from, end);
    if (text.charAt(end + 1) !== quote) {
      tokens.push({ kind: quote === "'" ? "text" : "name", value });
      return end + 1;
    }
    from = end + 1;
    end += 1;
  }
  return -1;
}

// `$tag$ … $tag$`; the same place when this is no such quote.
function readDollar(text: string, at: number, tokens: SqlToken[]): number {
  let end = at + 1;
  while (end < text.length && end - at < 64 && isWordPart(text.charCodeAt(end)) && text.charAt(end) !== "$") end += 1;
  if (text.charAt(end) !== "$") return at;
  const tag = text.slice(at, end + 1);
  const close = text.indexOf(tag, end + 1);
  if (close < 0) return -1;
  tokens.push({ kind: "text", value: text.slice(end + 1, close) });
  return close + tag.length;
}
