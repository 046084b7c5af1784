// The texts of an action that a policy's words and patterns are looked for in.
//
// A rule written for `execute_shell`, `modify_file` or `call_external_api` looks into the commands, paths or addresses,
// as in 0.4.2. Any other looks into the whole payload as one text, and into each text in it separately, so that escapes
// of the whole hide nothing. Every text is tried as it came, in lower case, and folded (foldText).

import type { Action } from "../action.ts";
import { canonicalJson } from "../canonical.ts";
import { foldText } from "../effects/text.ts";
import type { JsonValue } from "../json.ts";

/** The longest text that patterns are tried on, in bytes of UTF-8. */
export const MAX_TEXT_BYTES: number = 64 * 1024;

/** A text in the forms it is matched in: without repeats, as it came first. */
export type TextForms = readonly string[];

/** What an action's policy texts are. */
export interface PolicyTexts {
  /** The texts that stand for the whole action. */
  readonly whole: readonly TextForms[];
  /** Those, and each text within. */
  readonly every: readonly TextForms[];
  /** Whether a text is over the limit; then nothing was cut, and nothing may be concluded from a miss. */
  readonly tooLong: boolean;
}

const TOO_LONG: PolicyTexts = { whole: [], every: [], tooLong: true };

/** The commands, paths or addresses of an action; the whole payload when it has none. Cost: linear in them. */
export function mainTexts(action: Action): PolicyTexts {
  if (lastMain.action !== action) lastMain = { action, texts: readMainTexts(action) };
  return lastMain.texts;
}

/** The whole payload, and each text in it. Cost: linear in the payload. */
export function allTexts(action: Action): PolicyTexts {
  if (lastAll.action !== action) lastAll = { action, texts: readAllTexts(action) };
  return lastAll.texts;
}

interface Known {
  readonly action: Action | null;
  readonly texts: PolicyTexts;
}

// Rules are selected and then asked by the same texts: those of the last action are kept.
let lastMain: Known = { action: null, texts: TOO_LONG };
let lastAll: Known = { action: null, texts: TOO_LONG };

function readMainTexts(action: Action): PolicyTexts {
  const own = ownTexts(action);
  if (own.length === 0) return allTexts(action);
  if (own.some(isTooLong)) return TOO_LONG;
  const forms = own.map(textForms);
  return { whole: forms, every: forms, tooLong: false };
}

function readAllTexts(action: Action): PolicyTexts {
  const spellings = wholeTexts(action.payload);
  const parts = new Set([...leaves(action.payload), ...ownTexts(action)]);
  for (const spelling of spellings) parts.delete(spelling);
  if (spellings.some(isTooLong) || [...parts].some(isTooLong)) return TOO_LONG;
  const whole = spellings.flatMap(textForms);
  return { whole: [whole], every: [whole, ...[...parts].map(textForms)], tooLong: false };
}

/** The commands, paths or addresses of an action, as they came. */
export function ownTexts(action: Action): readonly string[] {
  const { fields } = action;
  switch (action.verb) {
    case "exec":
      return [
        ...fields.commands,
        ...fields.argvs.map((argv) => argv.join(" ")),
        ...fields.codes.map((code) => code.text),
      ];
    case "fs.read":
    case "fs.write":
    case "fs.delete":
      return fields.paths.map((path) => path.text);
    case "net":
      return fields.urls.map((url) => url.text);
    default:
      return [];
  }
}

// 0.4.2 writes a list, a number or a truth value the way Python prints it; policies written for it look for that.
function wholeTexts(payload: JsonValue): readonly string[] {
  if (typeof payload === "string") return [payload];
  if (payload === null) return [""];
  const json = canonicalJson(payload);
  return Array.isArray(payload) ? [json, asPython(payload, 0)] : [json];
}

function asPython(value: JsonValue, depth: number): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return pythonText(value);
  if (depth > 8) return canonicalJson(value);
  if (Array.isArray(value)) {
    const items: readonly JsonValue[] = value;
    return `[${items.map((item) => asPython(item, depth + 1)).join(", ")}]`;
  }
  const members = Object.entries(value).map(([name, member]) => `${pythonText(name)}: ${asPython(member, depth + 1)}`);
  return `{${members.join(", ")}}`;
}

function pythonText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

function leaves(value: JsonValue): readonly string[] {
  const found: string[] = [];
  collectLeaves(value, found);
  return found;
}

// Payloads are I-JSON of bounded depth, so this recursion is bounded too. Names are texts like any other.
function collectLeaves(value: JsonValue, found: string[]): void {
  if (typeof value === "string") found.push(value);
  else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (!Array.isArray(value)) found.push(name);
      collectLeaves(member, found);
    }
  }
}

function isTooLong(text: string): boolean {
  if (text.length * 3 <= MAX_TEXT_BYTES) return false;
  return text.length > MAX_TEXT_BYTES || new TextEncoder().encode(text).length > MAX_TEXT_BYTES;
}

/** The forms a text is matched in. */
export function textForms(text: string): TextForms {
  const lower = text.toLowerCase();
  const folded = foldText(text);
  if (lower === text && folded === text) return [text];
  return folded === lower ? [text, lower] : [...new Set([text, lower, folded])];
}
