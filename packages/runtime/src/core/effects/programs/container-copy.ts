// Copying between a container and its host.

import type { Effect } from "../effect.ts";
import { reads, result, writes } from "./describe.ts";
import type { ProgramCall, ProgramResult, Word } from "./program.ts";

function isInner(word: Word | undefined): boolean {
  return word !== undefined && /^[\w./-]+:/.test(word.prefix) && !/^[a-zA-Z]:\\/.test(word.prefix);
}

/** `cp SOURCE DEST` where one side is `container:path`. */
export function copied(call: ProgramCall, operands: readonly Word[]): ProgramResult {
  const [source, dest] = operands;
  const effects: Effect[] = [];
  if (source !== undefined && !isInner(source)) effects.push(...reads(call, [source]));
  if (dest !== undefined && !isInner(dest)) effects.push(...writes(call, [dest]));
  return result(effects);
}
