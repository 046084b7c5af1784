// Words as places and hosts: the one seam between the rows and the resolvers of paths and hosts.

import type { HostTarget, PathTarget } from "../effect.ts";
import { classifyHost, classifyUrl } from "../host.ts";
import { resolveWord, weightOf } from "../path.ts";
import { OPAQUE } from "../shell/value.ts";
import type { ProgramCall, Word } from "./program.ts";

/** The place that a word names, seen from where the call runs. */
export function place(call: ProgramCall, word: Word): PathTarget {
  return resolveWord(word, call.surroundings);
}

/** Of several words the one whose place counts most; undefined when there is none. */
export function gravest(call: ProgramCall, words: readonly Word[]): Word | undefined {
  let found = words[0];
  for (const word of words.slice(1))
    if (found !== undefined && weightOf(place(call, word)) > weightOf(place(call, found))) found = word;
  return found;
}

/** The host that a name, `host:port` or URL means. */
export function hostOf(text: string | null, written: string): HostTarget {
  if (text === null) return { host: null, text: written, class: "unresolved", port: null, domain: null };
  if (text.includes(OPAQUE)) return withUnknownPiece(text, written);
  const target = text.includes("/") || text.includes("?") ? classifyUrl(text).host : classifyHost(text);
  return target.text === written ? target : { ...target, text: written };
}

/** A host with a piece that can't be known in it can't be known either; a piece behind the host doesn't matter. */
function withUnknownPiece(text: string, written: string): HostTarget {
  const host = hostOf(text.replaceAll(OPAQUE, "x"), written);
  const start = text.indexOf("://");
  const end = text.slice(start < 0 ? 0 : start + 3).search(/[/?#]/);
  const authority = end < 0 ? text : text.slice(0, (start < 0 ? 0 : start + 3) + end);
  return authority.includes(OPAQUE) ? { ...host, host: null, class: "unresolved", domain: null } : host;
}

/** The public service that a program talks to by itself, where its address isn't written. */
export function serviceHost(name: string): HostTarget {
  return { host: null, text: name, class: "public", port: null, domain: null };
}
