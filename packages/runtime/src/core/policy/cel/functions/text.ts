// Functions on text. Positions and lengths count code points; what reads or builds a text pays for its length first.

import { failed, intAt, listAt, payForText, textAt, type CallSite, type Overload } from "../function.ts";
import { comparisonUnits } from "../../budget.ts";
import { BOOL, INT, listOf, STRING } from "../type.ts";
import type { CelOutcome, CelValue } from "../value.ts";

type Run = Overload["run"];

function onText(args: Overload["args"], result: Overload["result"], run: Run): Overload {
  return {
    target: "string",
    args,
    result,
    run: (values, call) => {
      call.view.budget.spend(1 + textAt(values, 0).length / 16);
      return run(values, call);
    },
  };
}

/** As `onText`, where the first argument is looked for in the text. */
function searching(args: Overload["args"], result: Overload["result"], run: Run): Overload {
  return onText(args, result, (values, call) => {
    call.view.budget.spend(comparisonUnits(textAt(values, 0).length, textAt(values, 1).length));
    return run(values, call);
  });
}

const BEYOND_ASCII = /[^\x00-\x7f]/; // eslint-disable-line no-control-regex

/** A text as its characters: itself when each is one unit. Cost: linear. */
function characters(text: string): string | readonly string[] {
  return BEYOND_ASCII.test(text) ? Array.from(text) : text;
}

/** How many code points a text has. Cost: linear. */
export function textSize(text: string): number {
  let size = text.length;
  for (let index = 1; index < text.length; index++) {
    const low = text.charCodeAt(index);
    if (low < 0xdc00 || low > 0xdfff) continue;
    const high = text.charCodeAt(index - 1);
    if (high >= 0xd800 && high <= 0xdbff) size--;
  }
  return size;
}

function charAt(values: readonly CelValue[], call: CallSite): CelOutcome {
  const text = characters(textAt(values, 0));
  const index = intAt(values, 1);
  if (index < 0 || index > text.length) return failed("out_of_range", "there is no character at this place", call);
  return text[index] ?? "";
}

function substring(values: readonly CelValue[], call: CallSite): CelOutcome {
  const text = characters(textAt(values, 0));
  const start = intAt(values, 1);
  const end = values.length > 2 ? intAt(values, 2) : text.length;
  if (start < 0 || end > text.length || start > end) {
    return failed("out_of_range", "the part lies outside the text", call);
  }
  const part = text.slice(start, end);
  return typeof part === "string" ? part : part.join("");
}

function indexOf(values: readonly CelValue[], call: CallSite): CelOutcome {
  const [text, wanted] = [textAt(values, 0), textAt(values, 1)];
  const from = values.length > 2 ? intAt(values, 2) : 0;
  const size = textSize(text);
  if (from < 0 || from > size) return failed("out_of_range", "the place to begin lies outside the text", call);
  const found = text.indexOf(wanted, unitsOf(text, from));
  return BigInt(found === -1 ? -1 : textSize(text.slice(0, found)));
}

function lastIndexOf(values: readonly CelValue[], call: CallSite): CelOutcome {
  const [text, wanted] = [textAt(values, 0), textAt(values, 1)];
  const size = textSize(text);
  const from = values.length > 2 ? intAt(values, 2) : size;
  if (from < 0 || from > size) return failed("out_of_range", "the place to begin lies outside the text", call);
  const found = text.lastIndexOf(wanted, unitsOf(text, from));
  return BigInt(found === -1 ? -1 : textSize(text.slice(0, found)));
}

function unitsOf(text: string, codePoints: number): number {
  if (!BEYOND_ASCII.test(text)) return codePoints;
  return Array.from(text).slice(0, codePoints).join("").length;
}

function replace(values: readonly CelValue[], call: CallSite): CelOutcome {
  const [text, old, next] = [textAt(values, 0), textAt(values, 1), textAt(values, 2)];
  const pieces = old === "" ? ["", ...Array.from(text), ""] : text.split(old);
  const most = values.length > 3 ? intAt(values, 3) : -1;
  const times = most < 0 ? pieces.length - 1 : Math.min(most, pieces.length - 1);
  const tooLong = payForText(text.length + times * Math.max(0, next.length - old.length), call);
  if (tooLong !== null) return tooLong;
  return pieces.reduce((built, piece, index) => built + (index <= times ? next : old) + piece);
}

function split(values: readonly CelValue[], call: CallSite): CelOutcome {
  const [text, separator] = [textAt(values, 0), textAt(values, 1)];
  call.view.budget.spend(text.length);
  const most = values.length > 2 ? intAt(values, 2) : -1;
  if (most === 0) return [];
  const pieces = separator === "" ? Array.from(text) : text.split(separator);
  if (most < 0 || pieces.length <= most) return pieces;
  return [...pieces.slice(0, most - 1), pieces.slice(most - 1).join(separator)];
}

function join(values: readonly CelValue[], call: CallSite): CelOutcome {
  const items = listAt(values, 0);
  const separator = textAt(values, 1);
  call.view.budget.spend(items.length);
  const texts = items.filter((item) => typeof item === "string");
  if (texts.length < items.length) return failed("no_such_overload", "only texts are joined", call);
  const length = texts.reduce((sum, text) => sum + text.length, Math.max(0, texts.length - 1) * separator.length);
  return payForText(length, call) ?? texts.join(separator);
}

const WHITE = /^[\s\u0085]+|[\s\u0085]+$/gu;

// U+FEFF and U+180E are white for JavaScript or for older lists, not for Unicode's property.
function trim(values: readonly CelValue[]): CelOutcome {
  return textAt(values, 0).replaceAll(WHITE, (run) => (run.includes("\ufeff") ? keepMarks(run) : ""));
}

function keepMarks(run: string): string {
  return run.slice(run.indexOf("\ufeff"), run.lastIndexOf("\ufeff") + 1);
}

/** Functions of text by name. */
export const TEXT_FUNCTIONS: Readonly<Record<string, readonly Overload[]>> = {
  startsWith: [onText(["string"], BOOL, (args) => textAt(args, 0).startsWith(textAt(args, 1)))],
  endsWith: [onText(["string"], BOOL, (args) => textAt(args, 0).endsWith(textAt(args, 1)))],
  contains: [searching(["string"], BOOL, (args) => textAt(args, 0).includes(textAt(args, 1)))],
  charAt: [onText(["int"], STRING, charAt)],
  substring: [onText(["int"], STRING, substring), onText(["int", "int"], STRING, substring)],
  indexOf: [searching(["string"], INT, indexOf), searching(["string", "int"], INT, indexOf)],
  lastIndexOf: [searching(["string"], INT, lastIndexOf), searching(["string", "int"], INT, lastIndexOf)],
  lowerAscii: [onText([], STRING, (args) => textAt(args, 0).replaceAll(/[A-Z]+/g, (run) => run.toLowerCase()))],
  upperAscii: [onText([], STRING, (args) => textAt(args, 0).replaceAll(/[a-z]+/g, (run) => run.toUpperCase()))],
  trim: [onText([], STRING, trim)],
  replace: [searching(["string", "string"], STRING, replace), searching(["string", "string", "int"], STRING, replace)],
  split: [searching(["string"], listOf(STRING), split), searching(["string", "int"], listOf(STRING), split)],
  join: [
    { target: "list", args: [], result: STRING, run: join },
    { target: "list", args: ["string"], result: STRING, run: join },
  ],
};
