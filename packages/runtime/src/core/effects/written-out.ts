// What other encodings hide in a text, written out: percent-encoding, HTML character references, `\u` escapes, runs that
// a direction override shows backwards, and words in base64. For matching only: the raw text stays the evidence.

import { base64Value, fromBase64 } from "./programs/decode.ts";

/**
 * The text as its last reader would see it; the very text when nothing in it is encoded.
 *
 * Cost: linear; a text without any of the signs costs one look for each.
 */
export function writtenOut(text: string): string {
  let plain = text;
  if (plain.includes("%")) plain = plain.replaceAll(REPEATED_PERCENT, "%").replaceAll(PERCENT, fromHexCode);
  if (plain.includes("&")) plain = plain.replaceAll(AMPERSAND, "&").replaceAll(REFERENCE, referred);
  if (plain.includes("\\")) plain = plain.replaceAll(ESCAPE, escaped);
  return plain.includes("\u202e") ? plain.replaceAll(BACKWARDS, shownForwards) : plain;
}

// `%2540` is `%40` to whoever decodes twice.
const REPEATED_PERCENT = /%(?:25)+(?=[\da-f]{2})/gi;
const PERCENT = /%([2-7][\da-f])/gi;

function fromHexCode(_: string, code: string): string {
  return String.fromCharCode(Number.parseInt(code, 16));
}

const AMPERSAND = /&(?:amp;)+(?=[#a-z])/gi;
const REFERENCE = /&(?:#0{0,20}(\d{1,7})|#x0{0,20}([\da-f]{1,6})|(commat|period|nbsp|hyphen|dash|zwnj|zwj|shy));?/gi;
const NAMED: Readonly<Record<string, string>> = { commat: "@", period: ".", nbsp: " ", hyphen: "-", dash: "-" };

function referred(
  whole: string,
  decimal: string | undefined,
  hexadecimal: string | undefined,
  name: string | undefined,
): string {
  if (name !== undefined) return NAMED[name.toLowerCase()] ?? "";
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number(decimal);
  return code > 0x10_ff_ff ? whole : String.fromCodePoint(code);
}

const ESCAPE = /\\(?:u\{0{0,20}([\da-f]{1,6})\}|u([\da-f]{4})|x([\da-f]{2}))/gi;

function escaped(whole: string, braced: string | undefined, four: string | undefined, two: string | undefined): string {
  const code = Number.parseInt(braced ?? four ?? two ?? "", 16);
  return code > 0x10_ff_ff ? whole : String.fromCodePoint(code);
}

const BACKWARDS = /\u202e([^\u202c\n]*)\u202c?/g;

function shownForwards(_: string, run: string): string {
  return Array.from(run).reverse().join("");
}

const LEAST_WORD = 16;
const MOST_WORDS = 64;
const PRINTED = /^[\t\n\r -~\u00a0-\u{10ffff}]*$/u;

/**
 * What stands in base64 in a text, as far as it is text itself: an identifier or an image gives nothing.
 *
 * Cost: linear; at most 64 words are decoded.
 */
export function textsInBase64(text: string): readonly string[] {
  if (text.length < LEAST_WORD) return NONE;
  let found: string[] | null = null;
  let words = 0;
  let start = 0;
  // Where the sixteenth character from here is none of a word, none begins before it.
  while (start + LEAST_WORD <= text.length && words < MOST_WORDS) {
    let at = start + LEAST_WORD - 1;
    while (at >= start && base64Value(text.charCodeAt(at)) >= 0) at -= 1;
    if (at >= start) {
      start = at + 1;
      continue;
    }
    let end = start + LEAST_WORD;
    while (end < text.length && base64Value(text.charCodeAt(end)) >= 0) end += 1;
    words += 1;
    const decoded = startsAsText(text, start) ? fromBase64(text.slice(start, end)) : null;
    if (decoded !== null && PRINTED.test(decoded) && !decoded.includes("\ufffd")) (found ??= []).push(decoded);
    start = end + 1;
  }
  return found ?? NONE;
}

const NONE: readonly never[] = [];
const START = 12;

// Three letters of base64 give two bytes: few identifiers and no image begin with eight printed ones. Most words fail at
// the first bytes, as control characters or as no UTF-8, so these are looked at before anything is decoded.
function startsAsText(text: string, start: number): boolean {
  let bits = 0;
  let count = 0;
  let following = 0;
  let isAscii = true;
  for (let at = start; at < start + START; at += 1) {
    bits = ((bits << 6) | base64Value(text.charCodeAt(at))) & 0xfff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    const byte = (bits >> count) & 0xff;
    if (following > 0) {
      if ((byte & 0xc0) !== 0x80) return false;
      following -= 1;
    } else if (byte >= 0x80) {
      if (byte < 0xc2 || byte > 0xf4) return false;
      following = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      isAscii = false;
    } else if (byte < 32 ? byte !== 9 && byte !== 10 && byte !== 13 : byte === 127) return false;
  }
  if (isAscii || following > 0) return isAscii;
  const decoded = fromBase64(text.slice(start, start + START)) ?? "";
  return PRINTED.test(decoded) && !decoded.includes("\ufffd");
}
