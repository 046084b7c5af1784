// Content laws (docs/effects.md): text that instructs or encourages harm to people, told from text that mentions it.
//
// Each text is folded (case, compatibility forms, look-alikes, invisible characters), cut into words, and scanned once;
// every phrase is judged by the few words around it. Line breaks and punctuation inside a phrase hide nothing. Texts with
// digits for letters, or letters set apart, are read a second time with those undone. Linear in the text.

import {
  DENYING,
  HARMLESS_AFTER,
  HARMLESS_BEFORE,
  INFORMING,
  INSTRUCTING,
  MAKING,
  NEGATING,
  PHRASE_WORDS,
  PHRASES_BY_WORD,
  STEMS,
  type Phrase,
  type Topic,
} from "./content-tables.ts";
import { mayHoldStem } from "./content-signs.ts";
import type { Effect } from "./effect.ts";
import { foldText, spacedOut } from "./text.ts";
import { textsInBase64, writtenOut } from "./written-out.ts";
import { wordSet } from "../word-set.ts";

/** A text and the member it stands in. */
export interface MemberText {
  readonly member: string;
  readonly text: string;
}

/** How many words around a phrase are looked at. */
const WINDOW = 6;

/** The end of a sentence among words: what is said before it does not govern what comes after. */
const STOP = ".";

/**
 * What texts say of harm: one effect for each topic, `instruct` before `mention`.
 *
 * Cost: linear in the texts; a text without any stem of a topic costs one pass.
 */
export function contentEffects(texts: readonly MemberText[]): readonly Effect[] {
  const found = new Map<Topic, { stance: "instruct" | "mention"; via: string }>();
  let attack: string | null = null;
  for (const { member, text } of texts) {
    for (const words of readings(text)) {
      scan(words, (topic, stance) => {
        if (found.get(topic)?.stance !== "instruct") found.set(topic, { stance, via: `payload.${member}` });
      });
      if (attack === null && urgesAttack(words)) attack = `payload.${member}`;
    }
  }
  if (texts.length > 1 && texts.length <= MOST_JOINED) scanJoined(texts, found);
  const effects: Effect[] = [];
  for (const [topic, { stance, via }] of found) effects.push({ kind: "content.harm", via, topic, stance });
  if (attack !== null) effects.push({ kind: "security.use", via: attack, tool: "attack on a system", level: "attack" });
  return effects;
}

const MOST_JOINED = 4;
const LONGEST_JOINED = 400;

// A phrase may be spread over two short members: `{"subject": "kill", "body": "yourself"}`.
function scanJoined(
  texts: readonly MemberText[],
  found: Map<Topic, { stance: "instruct" | "mention"; via: string }>,
): void {
  const short = texts.filter(({ text }) => text.length <= LONGEST_JOINED);
  if (short.length < 2) return;
  for (const order of [short, orderedAsRead(short)]) {
    const joined = order.map(({ text }) => text).join(" ");
    for (const words of readings(joined)) {
      scan(words, (topic, stance) => {
        if (stance === "instruct" && !found.has(topic)) found.set(topic, { stance, via: "payload" });
      });
    }
  }
}

const READ_FIRST = /(?:^|\.)(?:subject|title|heading|name|question|prompt)$/i;

function orderedAsRead(texts: readonly MemberText[]): readonly MemberText[] {
  return [
    ...texts.filter(({ member }) => READ_FIRST.test(member)),
    ...texts.filter(({ member }) => !READ_FIRST.test(member)),
  ];
}

// The word lists that a text is read as: as it stands, and with disguises undone where there are any.
function readings(text: string): readonly (readonly string[])[] {
  const lists: (readonly string[])[] = [];
  const isPlain = !mayHoldStem(text);
  if (!isPlain) addReadings(text, lists);
  const written = writtenOut(text);
  if (written !== text && mayHoldStem(written)) addReadings(written, lists);
  // Only a text with characters beyond ASCII has any that are not seen, and none of those is plain.
  const spaced = isPlain ? text : spacedOut(text);
  if (spaced !== text) addReadings(spaced, lists);
  for (const inner of textsInBase64(text)) if (mayHoldStem(inner)) addReadings(inner, lists);
  return lists;
}

function addReadings(text: string, lists: (readonly string[])[]): void {
  const folded = foldText(text);
  if (STEMS.test(folded)) lists.push(wordsOf(folded));
  const plain = undisguised(folded);
  if (plain !== folded && STEMS.test(plain)) lists.push(wordsOf(plain));
}

const LETTERS_FOR: ReadonlyMap<string, string> = new Map([
  ["0", "o"],
  ["1", "i"],
  ["3", "e"],
  ["4", "a"],
  ["5", "s"],
  ["7", "t"],
  ["@", "a"],
  ["$", "s"],
  ["!", "i"],
  ["|", "l"],
]);

const MIXED = /[a-z][013457@$!|]+[a-z]|[013457@$|][a-z]{2}|[a-z]{2}[013457@$|]/;
const TAG = /<[^<>]{0,200}>/g;
const APART = /(?<![a-z])(?:[a-z][ .\-_*+~`^]{1,2}){2,}[a-z](?![a-z])/g;
const JOINED = /(?<=[a-z])[-._*+~'’`^](?=[a-z])/g;

// `b0mb`, `b o m b`, `b-o-m-b`, `bo.mb` as the word they stand for.
function undisguised(folded: string): string {
  let plain = folded.includes("<") ? folded.replaceAll(TAG, "") : folded;
  if (MIXED.test(plain)) plain = plain.replaceAll(/[a-z013457@$!|]+/g, spelledOut);
  plain = plain.replaceAll(APART, (run) => apart(run));
  return plain.replaceAll(JOINED, "");
}

// `ki11`, `k|ll`: a stroke is an `i` or an `l`, whichever makes a word that is looked for.
function spelledOut(word: string): string {
  if (!DISGUISING.test(word)) return word;
  const strokes = word.match(/[1!|]/g)?.length ?? 0;
  if (strokes > 0 && strokes <= MOST_STROKES) {
    for (let choice = 0; choice < 1 << strokes; choice += 1) {
      let stroke = 0;
      const read = word.replaceAll(/[013457@$!|]/g, (sign) => {
        if (!/[1!|]/.test(sign)) return LETTERS_FOR.get(sign) ?? sign;
        stroke += 1;
        return (choice >> (stroke - 1)) & 1 ? "l" : "i";
      });
      if (PHRASE_WORDS.has(read)) return read;
    }
  }
  return word.replaceAll(/[013457@$!|]/g, (sign) => LETTERS_FOR.get(sign) ?? sign);
}

const MOST_STROKES = 3;
const DISGUISING = /[013457@$!|]/;

// In `make a b o m b` the article stands apart too: it stays a word of its own.
function apart(run: string): string {
  const letters = run.replaceAll(/[^a-z]/g, "");
  return letters.length > 3 && (letters.startsWith("a") || letters.startsWith("i"))
    ? `${letters} ${letters.slice(1)}`
    : letters;
}

const WORD = /[a-z0-9]+(?:['’][a-z]+)?|[.!?;](?=\s|$)/g;

function wordsOf(folded: string): readonly string[] {
  const words: string[] = folded.match(WORD) ?? [];
  const quoted = folded.includes("'") || folded.includes("’");
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word.length === 1) words[at] = STOPS.has(word) ? STOP : word;
    else if (quoted) words[at] = word.replaceAll(/['’]/g, "");
  }
  return words;
}

const STOPS: ReadonlySet<string> = new Set([".", "!", "?", ";"]);

function scan(words: readonly string[], report: (topic: Topic, stance: "instruct" | "mention") => void): void {
  let informing: boolean | null = null;
  for (let index = 0; index < words.length; index += 1) {
    const phrases = PHRASES_BY_WORD.get(words[index] ?? "");
    if (phrases === undefined) continue;
    const phrase = phrases.find((candidate) => standsAt(words, index, candidate));
    if (phrase === undefined) continue;
    informing ??= words.some((word) => INFORMING.has(word));
    const stance = stanceOf(words, index, phrase, informing);
    if (stance !== null) report(phrase.topic, stance);
  }
}

function standsAt(words: readonly string[], index: number, phrase: Phrase): boolean {
  let at = index;
  for (const word of phrase.words) {
    // A stop within a phrase is punctuation put there to split it.
    if (words[at] === STOP && at > index) at += 1;
    if (words[at] !== word) return false;
    at += 1;
  }
  return true;
}

function stanceOf(
  words: readonly string[],
  index: number,
  phrase: Phrase,
  informing: boolean,
): "instruct" | "mention" | null {
  const before = words[index - 1] ?? "";
  const after = words[index + phrase.words.length] ?? "";
  if (HARMLESS_BEFORE.has(before) || HARMLESS_AFTER.has(after)) return null;
  const denied = denialBefore(words, index - 1);
  const asked = isAskedFor(words, index, phrase);
  switch (phrase.mode) {
    case "instruct":
      return informing || denied !== null ? "mention" : "instruct";
    case "only":
      if (!asked || denied === "countered") return null;
      return informing || denied !== null ? "mention" : "instruct";
    case "make":
      if (asked && denied === null) return informing ? "mention" : "instruct";
      return informing || denied === "countered" ? null : "mention";
    case "mention":
      return informing || denied !== null ? null : "mention";
    default:
      return phrase.mode satisfies never;
  }
}

// `report a bomb` speaks against it, `report how to make a bomb` does not; `do not make a bomb` negates what it names.
function denialBefore(words: readonly string[], from: number): "negated" | "countered" | null {
  for (let at = from; at > from - WINDOW && at >= 0; at -= 1) {
    const word = words[at] ?? "";
    if (word === STOP) return null;
    if (NEGATING.has(word)) return "negated";
    if (DENYING.has(word)) return "countered";
    if (MAKING.has(word)) {
      return near(words, at - 1, -3, NEGATING) ? "negated" : null;
    }
  }
  return null;
}

// Making or instruction stands before the phrase in its sentence, or instruction right after it.
function isAskedFor(words: readonly string[], index: number, phrase: Phrase): boolean {
  const end = index + phrase.words.length;
  if (phrase.topic === "violence" || phrase.topic === "self_harm") {
    return near(words, index - 1, -4, INSTRUCTING) || near(words, index - 1, -4, URGING);
  }
  if (!isPredicate(words, index) && near(words, index - 1, -WINDOW, MAKING)) return true;
  if (near(words, index - 1, -WINDOW, INSTRUCTING)) return true;
  return near(words, end, 3, INSTRUCTING_AFTER);
}

// `the new release is the bomb`: what stands before the verb is no making of what stands after it.
function isPredicate(words: readonly string[], index: number): boolean {
  const before = words[index - 1] ?? "";
  return COPULA.has(ARTICLES.has(before) ? (words[index - 2] ?? "") : before);
}

const COPULA: ReadonlySet<string> = wordSet("is was are were isnt wasnt");
const ARTICLES: ReadonlySet<string> = wordSet("the a an da");

const URGING: ReadonlySet<string> = wordSet(
  "should must go lets please gonna help want wanna plan planning commit carry perform organize try easily instructions you",
);

const INSTRUCTING_AFTER: ReadonlySet<string> = wordSet(
  "instructions instruction recipe recipes tutorial guide steps blueprint blueprints plans design designs schematic schematics formula diagram ingredients making synthesis construction manual",
);

// Looks at `count` words from a place on; a negative count looks backwards.
function near(words: readonly string[], from: number, count: number, set: ReadonlySet<string>): boolean {
  const step = count < 0 ? -1 : 1;
  let at = from;
  for (let seen = 0; seen < Math.abs(count) && at >= 0 && at < words.length; seen += 1) {
    const word = words[at] ?? "";
    if (word === STOP) return false;
    if (set.has(word)) return true;
    at += step;
  }
  return false;
}

const LAUNCHING: ReadonlySet<string> = wordSet("launch launching start execute conduct perform run begin order");
const SPREADING: ReadonlySet<string> = wordSet("deploy deploying spread spreading release install plant unleash");

// A bare word (a report on attacks, a paper on defences) urges nothing.
function urgesAttack(words: readonly string[]): boolean {
  return words.some((word, index) => {
    if (word !== "ddos" && word !== "ransomware") return false;
    const verbs = word === "ddos" ? LAUNCHING : SPREADING;
    if (HARMLESS_AFTER.has(words[index + 1] ?? "") || DEFENDING.has(words[index + 1] ?? "")) return false;
    return near(words, index - 1, -3, verbs) && !near(words, index - 1, -5, DENYING);
  });
}

const DEFENDING: ReadonlySet<string> = wordSet(
  "protection defense defence defenses defences mitigation response detection scan scanner drill exercise simulation monitoring report policy playbook training",
);
