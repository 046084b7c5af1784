// What is looked at before command text is parsed: its size, control characters, and characters that hide what it says.

import { compatibilityForm } from "../text.ts";
import type { Effect } from "../effect.ts";
import { MAX_HERE_DOCUMENTS, MAX_PROCESS_SUBSTITUTIONS, MAX_TEXT } from "./limits.ts";

/** Text that may be parsed, and what was noticed about it. */
export interface InspectedText {
  /** The text with unified line ends; null when it must not be parsed. */
  readonly text: string | null;
  readonly effects: readonly Effect[];
}

const NOTHING: readonly Effect[] = [];

/** Look at command text. Linear; plain text costs one scan. */
export function inspectText(text: string): InspectedText {
  if (text.length > MAX_TEXT) return { text: null, effects: [unparsed("the text is too long to be parsed")] };
  if (isKeyPresses(text)) return { text: "", effects: NOTHING };
  if (hasMany(text, "<<", MAX_HERE_DOCUMENTS))
    return { text: null, effects: [unparsed("there are too many here-documents")] };
  if (hasMany(text, ">(", MAX_PROCESS_SUBSTITUTIONS) || hasMany(text, "<(", MAX_PROCESS_SUBSTITUTIONS))
    return { text: null, effects: [unparsed("there are too many process substitutions")] };
  let at = 0;
  while (at < text.length && isPlain(text.charCodeAt(at))) at += 1;
  if (at === text.length) return { text: withoutOpenEnd(text), effects: NOTHING };
  return inspectClosely(text.includes("\r\n") ? text.replaceAll("\r\n", "\n") : text);
}

// Keys to press in a program, as manuals write them (`<Ctrl c>`, `<:>q!<Enter>`). A redirection without a target at the
// end of its only line: every shell refuses that, and runs nothing.
function isKeyPresses(text: string): boolean {
  return text.length < 200 && text.startsWith("<") && text.endsWith(">") && KEYS.test(text);
}

const KEYS = /^(?:<(?:[A-Za-z][\w +-]{0,20}|[:/?])>[\w!/?]{0,40})+$/;

// Of some constructs the parser looks for the end from each start, which is quadratic in their count.
function hasMany(text: string, start: string, most: number): boolean {
  let count = 0;
  for (let at = text.indexOf(start); at >= 0 && count <= most; at = text.indexOf(start, at + start.length)) count += 1;
  return count > most;
}

function isPlain(code: number): boolean {
  return (code >= 32 && code < 127) || code === 10 || code === 9;
}

function inspectClosely(text: string): InspectedText {
  const effects: Effect[] = [];
  let control = false;
  let hidden = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isPlain(code)) continue;
    control ||= code < 160 || isPrivate(code);
    hidden ||= isDirection(code) || code === 0xfeff || code === 0x2028 || code === 0x2029;
  }
  if (control) effects.push(unparsed("the text holds control characters"));
  if (hidden)
    effects.push({ kind: "exec.obfuscated", via: "shell", how: "hidden", text: "direction or invisible marks" });
  return { text: withoutOpenEnd(text), effects };
}

// A backslash at the very end continues nothing.
function withoutOpenEnd(text: string): string {
  if (!text.endsWith("\\")) return text;
  let start = text.length;
  while (text[start - 1] === "\\") start -= 1;
  return (text.length - start) % 2 === 1 ? text.slice(0, -1) : text;
}

// Private characters show as nothing in particular, and one of them stands for opaque runs here.
function isPrivate(code: number): boolean {
  return code >= 0xe000 && code <= 0xf8ff;
}

// Marks that turn the direction of text make it read differently from what runs.
function isDirection(code: number): boolean {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code === 0x200e || code === 0x200f;
}

function unparsed(problem: string): Effect {
  return { kind: "exec.unparsed", via: "shell", problem };
}

/** A program name read as a person would: compatibility forms folded, invisible characters dropped, look-alikes as Latin. */
export function plainName(name: string): string {
  let plain = "";
  for (const character of compatibilityForm(name)) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 127) plain += code > 32 ? character : "";
    else if (!isInvisible(code)) plain += LOOK_ALIKES[character] ?? character;
  }
  return plain;
}

function isInvisible(code: number): boolean {
  return (
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202f) ||
    (code >= 0x2060 && code <= 0x206f) ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    (code >= 0xe0000 && code <= 0xe01ef) ||
    code === 0x00a0 ||
    code === 0x00ad ||
    code === 0x034f ||
    code === 0x061c ||
    code === 0x180e ||
    code === 0x3164 ||
    code === 0xfeff
  );
}

/** Letters of other scripts that look like Latin ones. */
const LOOK_ALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ["a", "аɑα"],
    ["b", "Ьƅ"],
    ["c", "сϲ"],
    ["d", "ԁɗ"],
    ["e", "еҽ"],
    ["f", "ſϝ"],
    ["g", "ɡց"],
    ["h", "һհ"],
    ["i", "іıι"],
    ["j", "јϳ"],
    ["k", "кκ"],
    ["l", "ӏⅼ"],
    ["m", "мⅿ"],
    ["n", "ոп"],
    ["o", "оοօ"],
    ["p", "рρ"],
    ["q", "ԛգ"],
    ["r", "гᴦ"],
    ["s", "ѕꜱ"],
    ["t", "тτ"],
    ["u", "υս"],
    ["v", "ѵν"],
    ["w", "ԝѡ"],
    ["x", "хχ"],
    ["y", "уү"],
    ["z", "ᴢʐ"],
  ].flatMap(([latin = "", others = ""]) => Array.from(others, (other) => [other, latin])),
);
