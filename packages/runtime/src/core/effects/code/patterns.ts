// Patterns of JavaScript that take objects apart: `{exec: e = null, ...rest} = x`. Which names they set, and which of
// their words only name what is taken; what is left, defaults and computed keys, is code as any other.

import { afterBracket, splitArguments, type Span } from "./constants.ts";
import type { Token } from "./tokens.ts";

/** What a pattern sets. */
export interface Pattern {
  /** The names that are set to members of what is taken apart. */
  readonly members: readonly { readonly member: string; readonly name: string }[];
  /** Places of words that only name what is taken and what is set. */
  readonly plain: readonly number[];
  /** Whether members of members are taken, or what is taken is put elsewhere than in a name. */
  readonly nested: boolean;
}

/** Reads the pattern that opens at a place. Cost: linear in its tokens, those of defaults not counted. */
export function readPattern(tokens: readonly Token[], open: number): Pattern {
  const members: { readonly member: string; readonly name: string }[] = [];
  const plain: number[] = [];
  const left: number[] = [open];
  let nested = false;
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    const keyed = tokens[at]?.text === "{";
    for (const part of splitArguments({ tokens, from: at + 1, to: afterBracket(tokens, at) - 1 })) {
      const { member, name, inner } = readTarget(part, keyed, plain);
      nested ||= inner !== null || name === null;
      if (inner !== null) left.push(inner);
      else if (at === open && name !== null && member !== "") members.push({ member, name });
    }
  }
  return { members, plain, nested };
}

interface Target {
  /** The member that is taken; empty where its name is computed, or where there is none. */
  readonly member: string;
  /** The name that is set; null where it is none. */
  readonly name: string | null;
  /** Where a pattern within opens. */
  readonly inner: number | null;
}

/** `a`, `a = 1`, `a: b`, `a: {b}`, `[key]: b`, `...rest`; in a list, the same without keys. */
function readTarget(part: Span, keyed: boolean, plain: number[]): Target {
  const { tokens, to } = part;
  let at = behindLineEnds(part, part.from);
  let member = "";
  if (keyed && tokens[at]?.text === "[") at = behindLineEnds(part, afterBracket(tokens, at, to));
  else if (keyed && at < to && tokens[at]?.kind !== "mark") {
    member = tokens[at]?.text ?? "";
    plain.push(at);
    at = behindLineEnds(part, at + 1);
  }
  // `{exec as e}` is how imports say it, and no pattern: it is judged as what was meant.
  if (keyed && (tokens[at]?.text === ":" || (member !== "" && tokens[at]?.text === "as")) && at < to)
    at = behindLineEnds(part, at + 1);
  else if (member !== "") return { member, name: member, inner: null };
  while (tokens[at]?.text === "." && at < to) at++;
  const token = tokens[at];
  if (token === undefined || at >= to) return { member, name: "", inner: null };
  if (token.kind === "mark") return { member, name: null, inner: /^[{[]$/.test(token.text) ? at : null };
  plain.push(at);
  const after = tokens[at + 1]?.text;
  return { member, name: at + 1 < to && (after === "." || after === "[") ? null : token.text, inner: null };
}

function behindLineEnds({ tokens, to }: Span, from: number): number {
  let at = from;
  while (at < to && tokens[at]?.kind === "end") at++;
  return at;
}
