// Folding of text from outside, for matching only: the raw text stays the evidence.
//
// Folded are case, compatibility forms (NFKC), characters that are not seen, combining marks, and letters of other
// scripts that look like Latin ones. Linear in the text: marks are taken out before normalising, so that no long run
// of them is ever sorted.

const INVISIBLE_OR_MARK = /[\p{Default_Ignorable_Code_Point}\p{M}]+/gu;

// Pairs of look-alike and letter, as they appear in ordinary fonts. Cyrillic, Greek, Armenian, Cherokee, Latin extras.
const LOOK_ALIKES =
  "аaвbсcԁdеeєeѕsһhіiїiјjкkӏlмmнhоoпnрpԛqгrтtцuуyѵvѡwхxʏyүyзzЗ3ъbьbԍgғfɡgʋvⅼlձjոnսuօoցgհhյjքpտsոn" +
  "αaβbγyδdεeζzηnιiκkλlμuνvοoπnρpσoτtυuφpχxωwςcϲcϳjɑaɩiıiȷjɪiɴnʀrꜱsᴀaᴄcᴅdᴇeᴊjᴋkᴍmᴏoᴘpᴛtᴜuᴠvᴡwᴢzøođdħhłlŧtƀbƙkƒfɓbɗdɛeɠgɨiɫlɯmɲnɵoʂsʈtʉuʌvʐzʙbɢgʜhʟlꜰfⲁaⲃbⲉeⲏhⲓiⲕkⲙmⲛnⲟoⲣpⲥcⲧtⲩyⲭxꭺaꮯcꭼeᏂhᎥiᏧjᏞlᎷmᏢpᎡrᎢtᎳwᏃz";

const LATIN_BY_LOOK: ReadonlyMap<string, string> = pairs(LOOK_ALIKES);

function pairs(text: string): ReadonlyMap<string, string> {
  const units = Array.from(text);
  const map = new Map<string, string>();
  for (let index = 0; index + 1 < units.length; index += 2) map.set(units[index] ?? "", units[index + 1] ?? "");
  return map;
}

/** Whether a text is plain ASCII. One pass. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 126) return false;
  return true;
}

/**
 * The text folded for matching: lower case, NFKC, without invisible characters and marks, look-alikes as Latin letters.
 *
 * Cost: linear; plain ASCII is only lower-cased.
 */
export function foldText(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  // The same text is folded by several readers in a row: the last result is kept.
  if (last.text !== text) last = { text, folded: foldUnicode(text) };
  return last.folded;
}

let last = { text: "", folded: "" };

function foldUnicode(text: string): string {
  const bare = text.replace(INVISIBLE_OR_MARK, "").normalize("NFKD").replace(INVISIBLE_OR_MARK, "").toLowerCase();
  if (isAscii(bare)) return bare;
  let folded = "";
  for (const unit of bare) folded += (unit.codePointAt(0) ?? 0) < 128 ? unit : foldUnit(unit);
  return folded;
}

function foldUnit(unit: string): string {
  const latin = LATIN_BY_LOOK.get(unit) ?? enclosedLetter(unit.codePointAt(0) ?? 0);
  if (latin !== null) return latin;
  if (DASHES.includes(unit)) return "-";
  if (QUOTES.includes(unit)) return "'";
  return unit;
}

// Letters in filled circles and squares: no normal form undoes them.
function enclosedLetter(code: number): string | null {
  for (const first of [0x1_f1_50, 0x1_f1_70]) {
    if (code >= first && code < first + 26) return String.fromCharCode(97 + code - first);
  }
  return null;
}

/** The look-alikes, each with the Latin letter it is read as. */
export function lookAlikes(): ReadonlyMap<string, string> {
  return LATIN_BY_LOOK;
}

const DASHES = "‐‑‒–—―−﹘－";
const QUOTES = "‘’‚‛′`´";

const LONG_RUN_OF_MARKS = /(\p{M}{8})\p{M}+/gu;

/** The text with a space for each run of characters that are not seen; the very text when there is none. Linear. */
export function spacedOut(text: string): string {
  return isAscii(text) ? text : text.replace(INVISIBLE, " ");
}

const INVISIBLE = /\p{Default_Ignorable_Code_Point}+/gu;

/**
 * NFKC in linear time: engines sort each run of marks, so runs longer than any script needs are cut first.
 */
export function compatibilityForm(text: string): string {
  return isAscii(text) ? text : text.replace(LONG_RUN_OF_MARKS, "$1").normalize("NFKC");
}

/** Longest name whose letters are looked at; a longer one names nothing that is known. */
const LONGEST_NAME = 256;

/**
 * A name folded to its letters and digits: `Execute Shell`, `execute-shell`, `executeShell` and look-alikes give `executeshell`.
 */
export function foldName(text: string): string {
  if (isFolded(text)) return text;
  if (text.length > LONGEST_NAME) return text.slice(0, LONGEST_NAME);
  return foldText(text).replace(/[^\p{L}\p{N}]+/gu, "");
}

// Most names are: small letters and digits, and not too long.
function isFolded(text: string): boolean {
  if (text.length > LONGEST_NAME) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 122 || code < 48 || (code > 57 && code < 97)) return false;
  }
  return true;
}

/**
 * The words of a name, folded: at separators, at `camelCase` boundaries, and between letters and digits.
 */
export function nameWords(text: string): readonly string[] {
  if (text.length > LONGEST_NAME) return [];
  const spaced = text
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .replace(/(\d)(\p{L})/gu, "$1 $2");
  return foldText(spaced)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}
