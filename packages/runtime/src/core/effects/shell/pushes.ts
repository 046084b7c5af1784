// `git remote add x URL; git push x`: where a push goes when the same text said so before.

import type { Effect, ExecProgram } from "../effect.ts";
import { hostOf } from "../programs/place.ts";

/** The connections of pushes to remotes that an earlier command of the same text added or moved. Linear in the effects. */
export function pushedElsewhere(effects: readonly Effect[]): readonly Effect[] {
  const remotes = new Map<string, string>();
  const found: Effect[] = [];
  for (const effect of effects) {
    if (effect.kind !== "exec.program" || effect.program !== "git") continue;
    const verbs = wordsOf(effect);
    if (verbs[0] === "remote" && (verbs[1] === "add" || verbs[1] === "set-url")) remember(remotes, verbs);
    else if (verbs[0] === "config" && /^remote\..+\.(?:push)?url$/.test(verbs.at(-2) ?? ""))
      remember(remotes, ["", "", (verbs.at(-2) ?? "").split(".").slice(1, -1).join("."), verbs.at(-1) ?? ""]);
    else if (verbs[0] === "push") found.push(...pushTo(remotes.get(verbs[1] ?? "origin")));
  }
  return found;
}

function wordsOf({ args }: ExecProgram): readonly string[] {
  return args.flatMap((word) => (word === null || word.startsWith("-") ? [] : [word]));
}

function remember(remotes: Map<string, string>, words: readonly string[]): void {
  const url = words.at(-1) ?? "";
  const name = words.at(-2) ?? "";
  if (words.length > 3 && /:\/\/|^[\w.-]+@[\w.-]+:/.test(url)) remotes.set(name, url);
}

function pushTo(url: string | undefined): readonly Effect[] {
  if (url === undefined) return [];
  const host = url.includes("://") ? url : url.slice(url.indexOf("@") + 1).replace(/:.*/s, "");
  return [{ kind: "net.connect", via: "git", host: hostOf(host, url), sends: true, origin: "shell", scheme: null }];
}
