// Words as places and hosts: the one seam between the rows and the resolvers of paths and hosts.

import type { HostTarget, PathTarget } from "../effect.ts";
import { classifyHost, classifyUrl } from "../host.ts";
import { resolveWord } from "../path.ts";
import type { ProgramCall, Word } from "./program.ts";

/** The place that a word names, seen from where the call runs. */
export function place(call: ProgramCall, word: Word): PathTarget {
  return resolveWord(word, call.surroundings);
}

/** The host that a name, `host:port` or URL means. */
export function hostOf(text: string | null, written: string): HostTarget {
  if (text === null) return { host: null, text: written, class: "unresolved", port: null, domain: null };
  const target = text.includes("/") || text.includes("?") ? classifyUrl(text).host : classifyHost(text);
  return target.text === written ? target : { ...target, text: written };
}

/** The public service that a program talks to by itself, where its address isn't written. */
export function serviceHost(name: string): HostTarget {
  return { host: null, text: name, class: "public", port: null, domain: null };
}
