// Personal data in text: linear scanners with checksums, so that a timestamp is no card and an SSH remote no address.

import { ibanLength, validIban, validCard, validSsn } from "./personal-checks.ts";
import type { Effect, PersonalData } from "./effect.ts";
import { foldText, isAscii } from "./text.ts";
import { textsInBase64, writtenOut } from "./written-out.ts";
import { wordSet } from "../word-set.ts";

/** A kind of personal data. */
export type PersonalType = PersonalData["types"][number];

/** A text and the member it stands in. */
interface MemberText {
  readonly member: string;
  readonly text: string;
}

/**
 * The personal data that stands in texts: one effect for each text that holds some.
 *
 * @param skip kinds that are not looked for.
 * Cost: linear in the texts.
 */
export function personalDataEffects(
  texts: readonly MemberText[],
  skip: readonly PersonalType[] = [],
): readonly Effect[] {
  const effects: Effect[] = [];
  for (const { member, text } of texts) {
    const types = personalTypes(text, member).filter((type) => !skip.includes(type));
    if (types.length > 0) effects.push({ kind: "personal.data", via: `payload.${member}`, types });
  }
  return effects;
}

/** The kinds of personal data in a text. `label` is what names the text (`ssn`), for numbers that need a word beside them. */
export function personalTypes(text: string, label = ""): readonly PersonalType[] {
  if (!mayHold(text)) return typesInBase64(text, label);
  const types = typesIn(unhidden(text), label);
  return types.length > 0 ? types : typesInBase64(text, label);
}

function typesInBase64(text: string, label: string): readonly PersonalType[] {
  if (text.length < LEAST_BASE64) return [];
  return [...new Set(textsInBase64(text).flatMap((inner) => (mayHold(inner) ? typesIn(unhidden(inner), label) : [])))];
}

const LEAST_BASE64 = 16;

function typesIn(folded: string, label: string): readonly PersonalType[] {
  const types: PersonalType[] = [];
  if (folded.includes("@") && hasEmail(folded)) types.push("email");
  const numbers = numbersIn(folded, label.slice(-LONGEST_LABEL));
  if (numbers.ssn) types.push("us_ssn");
  if (numbers.card) types.push("payment_card");
  if (hasIban(folded)) types.push("iban");
  return types;
}

// One pass: without an at sign (in any form) and without seven digits there is nothing to find.
function mayHold(text: string): boolean {
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 64 || code > 126) return true;
    if (code >= 48 && code <= 57) {
      digits += 1;
      if (digits >= 7) return true;
    }
  }
  return /%(?:25)*40|u0040|x40|&(?:amp;)*(?:#|commat)|[[({ ]at[\])} ]/i.test(text);
}

// Encodings and spellings undone: scanners want digits, letters and hyphens in ASCII; the case of letters says nothing.
function unhidden(text: string): string {
  const written = writtenOut(text);
  let plain = isAscii(written) ? written : foldText(written);
  if (/[[({]\s?at\s?[\])}]/i.test(plain)) {
    plain = plain.replaceAll(/\s?[[({]\s?at\s?[\])}]\s?/gi, "@").replaceAll(/\s?[[({]\s?dot\s?[\])}]\s?/gi, ".");
  }
  if (plain.includes(" @ ")) plain = plain.replaceAll(" @ ", "@");
  return plain.replaceAll(SPELT_OUT, "@$1.");
}

const SPELT_OUT = /(?<=\w) at ([\w-]{1,60}) dot (?=[a-z]{2,})/gi;

const FILE_ENDINGS: ReadonlySet<string> = wordSet(
  "png jpg jpeg gif svg webp css js ts jsx tsx json md txt html xml yml yaml toml lock map woff ttf ico pdf zip gz tgz service timer socket target mount log",
);

function isLocal(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 46 ||
    code === 95 ||
    code === 43 ||
    code === 45 ||
    code === 37
  );
}

const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 253;
const LONGEST_USER = 100;

function hasEmail(text: string): boolean {
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    if (isEmailAt(text, at)) return true;
  }
  return false;
}

function isEmailAt(text: string, at: number): boolean {
  let start = at;
  while (start > 0 && at - start < LONGEST_LOCAL && isLocal(text.charCodeAt(start - 1))) start -= 1;
  let end = at + 1;
  while (end < text.length && end - at <= LONGEST_DOMAIN && isLocal(text.charCodeAt(end))) end += 1;
  const local = text.slice(start, at).replace(/^[.+-]+/, "");
  const domain = text
    .slice(at + 1, end)
    .replace(/[.-]+$/, "")
    .toLowerCase();
  if (local === "" || !isMailDomain(domain)) return false;
  return !isRemote(text, start, end, local);
}

function isMailDomain(domain: string): boolean {
  const dot = domain.lastIndexOf(".");
  const top = domain.slice(dot + 1);
  if (dot <= 0 || domain.includes("..") || domain.startsWith("-") || !/^(?:[a-z]{2,24}|xn--[a-z0-9-]+)$/.test(top))
    return false;
  return !FILE_ENDINGS.has(top) && !/^\d[\d.]*\.[a-z]+$/.test(domain);
}

// `git@host:path`, `user@host` in a URL, `scope/package@version.tag` are addresses of machines and packages.
function isRemote(text: string, start: number, end: number, local: string): boolean {
  const next = text.charAt(end);
  if (next === ":" && /[\w/~.]/.test(text.charAt(end + 1)) && !/^\d{1,5}$/.test(text.slice(end + 1, end + 6).trim()))
    return true;
  if (local === "git" && (next === ":" || next === "/")) return true;
  const before = text.charAt(start - 1);
  if (before === "/") return isScopeOrUser(text, start - 1);
  if (before !== ":") return false;
  for (let at = start - 2; at > 0 && at > start - LONGEST_USER; at -= 1) {
    const unit = text.charAt(at);
    if (unit === "/") return text.charAt(at - 1) === "/";
    if (unit <= " ") return false;
  }
  return false;
}

// `//user@host` names a user, `@scope/package@version.tag` a package; `/people/bob@example.com` is an address.
function isScopeOrUser(text: string, slash: number): boolean {
  if (text.charAt(slash - 1) === "/") return true;
  let at = slash - 1;
  while (at > 0 && slash - at < LONGEST_USER && isLocal(text.charCodeAt(at))) at -= 1;
  return text.charAt(at) === "@";
}

interface Numbers {
  readonly ssn: boolean;
  readonly card: boolean;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

// Runs of digits with single separators, each looked at once.
function numbersIn(text: string, label: string): Numbers {
  let ssn = false;
  let card = false;
  let index = 0;
  while (index < text.length && !(ssn && card)) {
    if (!isDigit(text.charCodeAt(index))) {
      index += 1;
      continue;
    }
    const end = endOfRun(text, index);
    const run = text.slice(index, end);
    if (standsAlone(text, index, end)) {
      ssn ||= isSsn(run, text, index, label);
      card ||= isCard(run);
    }
    index = end;
  }
  return { ssn, card };
}

function endOfRun(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (isDigit(code)) end += 1;
    else if (isSeparator(code) && isDigit(text.charCodeAt(end + 1))) end += 2;
    else break;
  }
  return end;
}

const SEPARATORS: ReadonlySet<number> = new Set([9, 10, 32, 43, 45, 46, 47]);

function isSeparator(code: number): boolean {
  return (code <= 47 && SEPARATORS.has(code)) || code === 95 || code === 160;
}

// Part of a word, a decimal or a longer identifier is no number of its own; a label of a host name is.
function standsAlone(text: string, start: number, end: number): boolean {
  const before = text.charAt(start - 1);
  if (/\w/.test(before) || /\w/.test(text.charAt(end))) return false;
  return before !== "." || /[a-z]/i.test(text.charAt(start - 2));
}

/** How much of a member's name is looked at. */
const LONGEST_LABEL = 64;

const SSN_WORD = /ssn|social.?sec|soc.?sec|tax.?id|tin\b/i;

function isSsn(run: string, text: string, start: number, label: string): boolean {
  for (const part of run.split(" ").length > 3 ? [run] : [run, ...run.split(" ")]) {
    const match = /^(\d{3})([-. ]?)(\d{2})\2(\d{4})$/.exec(part);
    if (match === null || !validSsn(match[1] ?? "", match[3] ?? "", match[4] ?? "")) continue;
    if (match[2] === "-" || SSN_WORD.test(label)) return true;
    if (SSN_WORD.test(text.slice(Math.max(0, start - 40), start))) return true;
  }
  return false;
}

const LEAST_CARD = 13;
const MOST_CARD = 19;

// The groups of a card have at least two digits; neighbouring numbers may be taken into the run, so parts are tried too.
function isCard(run: string): boolean {
  const groups = run.split(/[ \-\u00a0\n\t+_/]/).map(withoutPoints);
  for (let first = 0; first < groups.length; first += 1) {
    let digits = "";
    for (let last = first; last < Math.min(groups.length, first + 7); last += 1) {
      const group = groups[last] ?? "";
      if (group.length < 2) break;
      digits += group;
      if (digits.length > MOST_CARD) break;
      if (digits.length >= LEAST_CARD && validCard(digits)) return true;
    }
  }
  return false;
}

// `4111.1111.1111.1111` is a number in groups, `1.4111111111111111` a decimal.
function withoutPoints(group: string): string {
  if (!group.includes(".")) return group;
  return /^\d{2,6}(?:\.\d{2,6})+$/.test(group) ? group.replaceAll(".", "") : "";
}

const IBAN_START = /(?<![a-z0-9])[a-z]{2}\d{2}/gi;

function hasIban(text: string): boolean {
  for (const match of text.matchAll(IBAN_START)) {
    const iban = ibanAt(text, match.index);
    if (iban !== null && validIban(iban)) return true;
  }
  return false;
}

// As many letters and digits as the country's numbers have, with single separators; null when more or fewer stand there.
function ibanAt(text: string, start: number): string | null {
  const length = ibanLength(text.slice(start, start + 2).toUpperCase());
  let iban = "";
  let at = start;
  while (iban.length < length && at < text.length) {
    const unit = text.charAt(at);
    if (/[a-z0-9]/i.test(unit)) iban += unit;
    else if ((unit !== " " && unit !== "-") || text.charAt(at - 1) === unit) return null;
    at += 1;
  }
  return length > 0 && iban.length === length && !/[a-z0-9]/i.test(text.charAt(at)) ? iban.toUpperCase() : null;
}
