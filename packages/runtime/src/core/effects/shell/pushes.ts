// `git remote add x URL; git push x`: where a push goes when the same text said so before.

import type { Effect, ExecProgram } from "../effect.ts";
import { hostOf } from "../programs/place.ts";

/** The connections of pushes to remotes that an earlier command of the same text added or moved. Linear in the effects. */
export function pushedElsewhere(effects: readonly Effect[]): readonly Effect[] {
  const remotes = new Map<string, string>();
  const found: Effect[] = [];
  for (const effect of effects) {
    if (effect.kind !== "exec.program" || effect.program !== "git") continue;
    const { words, settings, target } = readCall(effect);
    if (words[0] === "remote") remember(remotes, words);
    else if (words[0] === "config") set(remotes, words.at(-2) ?? "", words.at(-1) ?? "");
    else if (words[0] === "push") {
      const own = new Map(remotes);
      for (const setting of settings)
        set(own, setting.slice(0, setting.indexOf("=")), setting.slice(setting.indexOf("=") + 1));
      found.push(...pushTo(own, target ?? words[1] ?? own.get(DEFAULT) ?? "origin"));
    }
  }
  return found;
}

/** Not a name that a remote may have: what a push goes to that names none. */
const DEFAULT = "";

interface GitCall {
  /** The subcommand and its operands. */
  readonly words: readonly string[];
  /** What `-c` sets for this call. */
  readonly settings: readonly string[];
  /** What `--repo` names. */
  readonly target: string | null;
}

const BEFORE = /^(?:-C|-c|--git-dir|--work-tree|--namespace|--exec-path|--config-env|--super-prefix)$/;
const BEHIND = /^(?:-o|--push-option|--receive-pack|--exec|--repo|-t|--track|-m|--master|-f|--file)$/;

function readCall({ args }: ExecProgram): GitCall {
  const words: string[] = [];
  const settings: string[] = [];
  let target: string | null = null;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? "";
    // A file of settings; elsewhere a flag.
    const isFlag = word === "-f" && words[0] !== "config";
    const takesValue = !isFlag && (words.length === 0 ? BEFORE : BEHIND).test(word);
    if (!word.startsWith("-")) {
      if (word !== "") words.push(word);
      continue;
    }
    if (word.startsWith("--repo=")) target = word.slice("--repo=".length);
    if (!takesValue) continue;
    at += 1;
    if (word === "-c") settings.push(args[at] ?? "");
    if (word === "--repo") target = args[at] ?? null;
  }
  return { words, settings, target };
}

function remember(remotes: Map<string, string>, words: readonly string[]): void {
  const [, verb, name = "", url = ""] = words;
  if (verb === "add" || verb === "set-url") remotes.set(name, url);
  if (verb === "rename") remotes.set(url, remotes.get(name) ?? "");
}

function set(remotes: Map<string, string>, key: string, value: string): void {
  const name = /^remote\.(.+)\.(?:push)?url$/i.exec(key)?.[1];
  if (name !== undefined) remotes.set(name, value);
  else if (/^(?:remote\.pushdefault|branch\..+\.(?:push)?remote)$/i.test(key)) remotes.set(DEFAULT, value);
}

/** `https://host/path`, `host:path`, `user@host:path`; what begins as a path does is one. */
const ELSEWHERE = /:\/\/|^(?:[\w.-]+@)?[\w.-]{2,}:(?!\\)/;

function pushTo(remotes: ReadonlyMap<string, string>, name: string): readonly Effect[] {
  const url = remotes.get(name) ?? (name === remotes.get(DEFAULT) ? name : "");
  if (!ELSEWHERE.test(url)) return [];
  const host = url.includes("://") ? url : url.slice(url.indexOf("@") + 1).replace(/:.*/s, "");
  return [{ kind: "net.connect", via: "git", host: hostOf(host, url), sends: true, origin: "shell", scheme: null }];
}
