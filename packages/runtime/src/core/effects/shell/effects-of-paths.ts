// Paths that the shell itself touches, as effects: redirections, `.`/`source`, operands of programs it knows nothing of.

import type { Effect, FsWrite, PathTarget } from "../effect.ts";
import { resolveWord } from "../path.ts";
import type { Word } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";

/** The place a word names. */
export function targetOf(word: Word, surroundings: Surroundings): PathTarget {
  return resolveWord(word, surroundings);
}

/** What writing there means. */
export function writeEffects(target: PathTarget, mode: FsWrite["mode"], via: string): readonly Effect[] {
  if (target.zone === "null_device") return [];
  if (target.zone === "device") return [{ kind: "device.write", via, target }];
  return [{ kind: "fs.write", via, target, mode }];
}

/** What reading there means. */
export function readEffects(target: PathTarget, via: string): readonly Effect[] {
  if (target.zone === "null_device") return [];
  if (target.zone === "device") return [{ kind: "device.read", via, target }];
  return [{ kind: "fs.read", via, target }];
}
