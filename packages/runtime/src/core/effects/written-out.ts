// What other encodings hide in a text, written out: percent-encoding, HTML character references, `\u` escapes, runs that
// a direction override shows backwards, and words in base64. For matching only: the raw text stays the evidence.

import { fromBase64 } from "./programs/decode.ts";

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

const BASE64 = /[A-Za-z\d+/_-]{16,}/g;
const MOST_WORDS = 64;
const PRINTED = /^[\t\n\r -~\u00a0-\u{10ffff}]*$/u;

/**
 * What stands in base64 in a text, as far as it is text itself: an identifier or an image gives nothing.
 *
 * Cost: linear; at most 64 words are decoded.
 */
export function textsInBase64(text: string): readonly string[] {
  const words = text.match(BASE64);
  if (words === null) return [];
  return words.slice(0, MOST_WORDS).flatMap((word) => {
    if (!startsAsText(word)) return [];
    const decoded = fromBase64(word) ?? "";
    return PRINTED.test(decoded) && !decoded.includes("\ufffd") ? [decoded] : [];
  });
}

// Three letters of base64 give two bytes: few identifiers and no image begin with eight printed ones.
function startsAsText(word: string): boolean {
  const start = fromBase64(word.slice(0, 12)) ?? "";
  return PRINTED.test(start) && !start.includes("\ufffd");
}
