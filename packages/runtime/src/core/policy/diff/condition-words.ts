// What a condition speaks of, in either language of conditions: the settings that it looks at, each with the values that
// stand near it, and all texts in it. Read by its words, not by its meaning: what is found only makes requests to try.

import type { JsonValue } from "../../json.ts";

/** A member that a condition looks at. */
export interface NamedSetting {
  readonly of: "payload" | "agent_ctx";
  readonly path: readonly string[];
  /** What it is compared with: what stands between it and the next setting, or all there is. */
  readonly values: readonly JsonValue[];
}

/** The words of a condition. */
export interface ConditionWords {
  readonly settings: readonly NamedSetting[];
  /** Every literal. */
  readonly values: readonly JsonValue[];
  /** Texts that are matched as patterns. */
  readonly patterns: readonly string[];
}

const SETTING = /\b(payload|agent_ctx|ctx)((?:\.[A-Za-z_][\w-]*|\[\s*(?:"[^"\n]*"|'[^'\n]*')\s*\])+)(\s*\()?/g;
const STEP = /\.([A-Za-z_][\w-]*)|\[\s*(?:"([^"\n]*)"|'([^'\n]*)')\s*\]/g;
const LITERAL = /"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|(?<![\w.])(-?\d+(?:\.\d+)?)(?![\w.])|\b(true|false)\b/g;
const PATTERN = /\bmatches\s*\(?\s*r?(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|\/(.+)\/|([^\s"'(].*))/;
/** `agent_ctx.environment == production`: a value without quotes. */
const BARE = /(?:==|!=)\s*([A-Za-z][\w .@-]*)$/;

/** Read the words of a condition. Cost: linear in the text. */
export function conditionWords(text: string): ConditionWords {
  const found = [...text.matchAll(SETTING)];
  const all = literalsOf(text);
  const settings = found.map((match, index): NamedSetting => {
    const [whole, root, steps = "", called] = match;
    const path = [...steps.matchAll(STEP)].map(([, dotted, double, single]) => dotted ?? double ?? single ?? "");
    const near = literalsOf(text.slice(match.index + whole.length, found[index + 1]?.index));
    return {
      of: root === "payload" ? "payload" : "agent_ctx",
      // The last step before an opening bracket is a function.
      path: called === undefined ? path : path.slice(0, -1),
      values: near.length > 0 ? near : all,
    };
  });
  const [, double, single, slashed, bare] = PATTERN.exec(text) ?? [];
  const pattern = double ?? single ?? slashed ?? bare;
  return {
    settings: settings.filter(({ path }) => path.length > 0),
    values: all,
    patterns: pattern === undefined ? [] : [pattern],
  };
}

function literalsOf(text: string): readonly JsonValue[] {
  const values = [...text.matchAll(LITERAL)].map(([, double, single, number, truth]): JsonValue => {
    if (number !== undefined) return Number(number);
    return truth === undefined ? unescaped(double ?? single ?? "") : truth === "true";
  });
  const bare = BARE.exec(text.trim())?.[1];
  return bare === undefined || bare === "true" || bare === "false" ? values : [...values, bare.trim()];
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}

/** Values on both sides of one that something is compared with: just below, at and above a number; a text and others. */
export function aroundValue(value: JsonValue): readonly JsonValue[] {
  if (typeof value === "boolean") return [value, !value];
  if (typeof value === "number") return aroundNumber(value);
  if (typeof value !== "string") return [value];
  const number = /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : null;
  const texts = [value, `${value}x`, `x${value}`, value.toUpperCase()];
  return number === null ? texts : [value, ...aroundNumber(number)];
}

function aroundNumber(value: number): readonly number[] {
  const beside = [value - 1, value - 0.01, value, value + 0.01, value + 1];
  return beside.map((each) => Math.round(each * 1e6) / 1e6);
}
