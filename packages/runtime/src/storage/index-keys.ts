// The numbers that `index.sqlite` finds entries by.

import { sha256Hex } from "./chain-host.ts";

/** The first 12 hex digits of a hash as a number. */
export function key48(hash: string): number {
  return Number.parseInt(hash.slice(0, 12), 16);
}

/** The number of a text that few entries share: `key48` of its SHA-256. */
export function textKey(text: string): number {
  return key48(sha256Hex(text));
}

// Words that most entries hold come first: they have no index of their own (`OFTEN`), and take a byte each.
const WORDS: readonly string[] = [
  "authorize_action",
  "tool_start",
  "tool_result",
  "ALLOW",
  "BEGIN",
  "RESULT",
  "DENY",
  "REQUIRE_APPROVAL",
  "checkpoint_meta",
];
/** Numbers up to this one are of words that most entries hold. */
export const OFTEN = 5;

/** The number of a text that many entries share: the place of a well-known word, else 31 bits of its SHA-256. */
export function nameKey(text: string): number {
  const known = WORDS.indexOf(text);
  return known >= 0 ? known : WORDS.length + (Number.parseInt(sha256Hex(text).slice(0, 8), 16) >>> 1);
}
