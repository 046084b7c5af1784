// Where version control reaches: addresses of remotes, and those that run a program.

import type { Effect } from "../effect.ts";
import { literal } from "./options.ts";
import type { ProgramCall, Word } from "./program.ts";

/** Whether a word is a remote's address rather than its short name. */
export function isAddress(word: Word): boolean {
  return word.value === null || /:\/\/|^(?:ext|fd)::|^[\w.-]+@[\w.-]+:|^[\w.-]+\.[a-z]{2,}:/.test(word.value);
}

/** Reaching a remote; `ext::` addresses run a program. */
export function extended(call: ProgramCall, url: Word): readonly Effect[] {
  const text = url.prefix;
  if (text.startsWith("ext::") || text.startsWith("fd::"))
    return [
      // A percent sign keeps the space behind it from splitting.
      ...call.run.shell(
        url.value === null ? null : text.slice(text.indexOf("::") + 2).replaceAll("% ", "\\ "),
        call.name,
      ),
      { kind: "exec.unresolved", via: call.name, part: "code", text },
    ];
  return [];
}

/** The host of `git@host:path`, left whole when it is a URL. */
export function addressOf(url: Word): Word {
  if (url.value === null || url.value.includes("://")) return url;
  return literal(url.value.slice(url.value.indexOf("@") + 1).split(":")[0] ?? "");
}
