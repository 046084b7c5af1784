// What pattern engines remember between matches, kept within bounds.
//
// An engine writes down each state it meets, so that it needn't work it out again: a few for most patterns, eight
// megabytes for some on texts made for it. All of them together may hold `MAX_TABLE_BYTES`; then those that grew longest
// ago forget theirs. What they answer doesn't change.

import type { RE2JS } from "re2js";

/** What all engines may remember, in bytes as they count them. */
export const MAX_TABLE_BYTES: number = 64 * 1024 * 1024;

/** By engine, in the order in which they last grew. */
const known = new Map<RE2JS, number>();
let held = 0;

/** How many bytes all engines remember. */
export function heldTableBytes(): number {
  return held;
}

/** Note what an engine remembers after a match, and make others forget where it is too much. Cost: constant, mostly. */
export function noteTables(engine: RE2JS): void {
  const bytes = tableBytes(engine);
  const before = known.get(engine) ?? 0;
  if (bytes === before) return;
  known.delete(engine);
  known.set(engine, bytes);
  held += bytes - before;
  for (const [oldest, size] of known) {
    if (held <= MAX_TABLE_BYTES) return;
    known.delete(oldest);
    held -= size;
    forget(oldest);
  }
}

// The library has no say in this; a test would notice if it kept its tables elsewhere.
function tableBytes(engine: RE2JS): number {
  const table = member(member(engine, "re2Input"), "lazyDFA");
  const most = member(table, "stateBudget");
  const left = member(table, "memBudget");
  return typeof most === "number" && typeof left === "number" ? most - left : 0;
}

function forget(engine: RE2JS): void {
  const program = member(engine, "re2Input");
  if (typeof program === "object" && program !== null) Reflect.set(program, "lazyDFA", null);
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : null;
}
