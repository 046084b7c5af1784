// Probes: places in an action and what is around it, read once for all the rules that ask about them.

import type { Effect, EffectKind } from "../../effects/effect.ts";
import type { Action } from "../../action.ts";
import { canonicalJson } from "../../canonical.ts";
import { isJsonObject, type JsonValue } from "../../json.ts";
import type { RuleInput } from "../../rule.ts";
import { literalForm } from "../pattern/matcher.ts";
import { memberOf } from "../predicates/predicate.ts";
import { isAscii } from "../../effects/text.ts";
import { allTexts, mainTexts, MAX_TEXT_BYTES, ownTexts, type PolicyTexts } from "../texts.ts";
import { addValueTokens, textToken } from "./value-tokens.ts";

/** What stands at a place. A reading without any of them is of something that is there and equals nothing. */
export interface Reading {
  readonly tokens: readonly string[];
  readonly texts: readonly string[];
  readonly number: number | null;
  /**
   * What the place holds, as guards expect it: `any` where comparisons take every type as it comes (then nothing is
   * unexpected), `odd` for what no guard expects, so that all hold.
   */
  readonly type: ReadingType;
}

/** The types of readings; a guard expects one of the first three, or `any`. */
export type ReadingType = "text" | "number" | "boolean" | "any" | "odd" | "nothing";

/** A place that is read. Two probes with one key read the same. */
export interface Probe {
  readonly key: string;
  readonly read: (input: RuleInput) => Reading;
}

/** No tokens or texts. */
export const NONE: readonly string[] = [];
/** Something that guards don't expect: all hold. */
export const ODD: Reading = { tokens: NONE, texts: NONE, number: null, type: "odd" };
/** Nothing is there, and no guard about it holds. */
export const NOTHING: Reading = { tokens: NONE, texts: NONE, number: null, type: "nothing" };

/** More items than so many are not told apart. */
const MOST_ITEMS = 64;

/** A member as conditions compare it: `loose` as `resemblesLiteral` does. A list stands for each of its items. */
export function memberProbe(of: "agent_ctx" | "payload", path: readonly string[], loose: boolean): Probe {
  return {
    key: `${of}${loose ? "~" : "."}${path.join(".")}`,
    read: (input) => {
      const value = memberOf(input, of, path);
      if (value === undefined) return NOTHING;
      const items: readonly JsonValue[] = Array.isArray(value) ? value : [value];
      if (items.length > MOST_ITEMS) return ODD;
      const tokens: string[] = [];
      for (const item of items) addValueTokens(tokens, item, loose);
      return { tokens, texts: NONE, number: null, type: "any" };
    },
  };
}

/** The texts that rules look into, as the texts that patterns require and folded words are looked for in them. */
export function textsProbe(scope: "main" | "all"): Probe {
  return scope === "main" ? MAIN_TEXTS : ALL_TEXTS;
}

const MAIN_TEXTS: Probe = { key: "texts main", read: ({ action }) => textsReading(mainTexts(action)) };
const ALL_TEXTS: Probe = {
  key: "texts all",
  read: ({ action }) => {
    const texts = plainTexts(action);
    return texts === null ? textsReading(allTexts(action)) : { tokens: NONE, texts, number: null, type: "any" };
  },
};

function textsReading(texts: PolicyTexts): Reading {
  return texts.tooLong ? ODD : { tokens: NONE, texts: searched(texts), number: null, type: "any" };
}

// Of a text that is all ASCII, the last form is the one in lower case, which holds what any of them holds.
function searched({ every }: PolicyTexts): readonly string[] {
  const texts: string[] = [];
  for (const forms of every) {
    const last = forms.at(-1) ?? "";
    if (isAscii(forms[0] ?? "")) texts.push(last);
    else for (const form of forms) texts.push(form, literalForm(form));
  }
  return texts;
}

// Nothing that JSON or folding would write otherwise, but capitals.
const PLAIN_JSON = /^[ -[\]-~]*$/;

/** Most actions are plain: the payload's text then holds each text in it, and the rest needs lower case only. */
function plainTexts(action: Action): readonly string[] | null {
  if (!isJsonObject(action.payload)) return null;
  const json = canonicalJson(action.payload);
  if (json.length > SURELY_SHORT || !PLAIN_JSON.test(json)) return null;
  const texts = [json.toLowerCase()];
  for (const text of ownTexts(action)) {
    if (text.length > SURELY_SHORT || !isAscii(text)) return null;
    texts.push(text.toLowerCase());
  }
  return texts;
}

const SURELY_SHORT: number = MAX_TEXT_BYTES / 4;

/** The kinds of the action's effects, as tokens. */
export const effectKindsProbe: Probe = {
  key: "effects",
  read: ({ effects }) => {
    const tokens = effects.map(({ kind }) => textToken(kind));
    return { tokens, texts: NONE, number: null, type: "any" };
  },
};

/** One attribute of all effects of a kind, as effect tests compare it. */
export function effectProbe(kind: EffectKind, path: readonly string[]): Probe {
  return {
    key: `effects ${kind} ${path.join(".")}`,
    read: ({ effects }) => {
      const tokens: string[] = [];
      const texts: string[] = [];
      for (const effect of effects) {
        if (effect.kind === kind) addAttribute(tokens, texts, attributeAt(effect, path));
      }
      return { tokens, texts, number: null, type: "any" };
    },
  };
}

function attributeAt(effect: Effect, path: readonly string[]): unknown {
  let found: unknown = effect;
  for (const name of path) found = typeof found === "object" && found !== null ? Reflect.get(found, name) : null;
  return found;
}

function addAttribute(tokens: string[], texts: string[], found: unknown): void {
  if (Array.isArray(found)) for (const item of found) addAttribute(tokens, texts, item);
  else if (typeof found === "string") {
    addValueTokens(tokens, found.toLowerCase(), false);
    texts.push(literalForm(found));
  } else if (typeof found === "boolean" || typeof found === "number") addValueTokens(tokens, found, false);
}
