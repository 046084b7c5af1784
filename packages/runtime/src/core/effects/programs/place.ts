// Words as places and hosts: the one seam between the rows and the resolvers of paths and hosts.

import type { HostTarget, PathTarget } from "../effect.ts";
import { resolveWord } from "../path.ts";
import type { ProgramCall, Word } from "./program.ts";

/** The place that a word names, seen from where the call runs. */
export function place(call: ProgramCall, word: Word): PathTarget {
  return resolveWord(word, call.surroundings);
}

/** The host that a name, `host:port` or URL means. */
export function hostOf(text: string | null, written: string): HostTarget {
  return { host: text, text: written, class: text === null ? "unresolved" : "public", port: null, domain: text };
}
