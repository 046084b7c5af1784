// Files that this very command wrote or fetched, and then runs.

import { codeEffects } from "../code/index.ts";
import type { Effect } from "../effect.ts";
import { resolvePath } from "../path.ts";
import type { Stream, Word } from "../programs/program.ts";
import { descriptorOf, descriptorStream } from "./descriptors.ts";
import { targetOf } from "./effects-of-paths.ts";
import { emit, emitAll, type Machine } from "./machine.ts";
import { runnerOf, runNestedShell } from "./nested.ts";
import { fileContent } from "./redirections.ts";
import { secretRead } from "./secrets.ts";
import { UNKNOWN_OUTPUT } from "./value.ts";

/** A call whose effects on files are to be kept in mind. */
export interface FileUse {
  readonly base: string;
  readonly words: readonly Word[];
  readonly effects: readonly Effect[];
  readonly stdin: Stream | null;
}

const COPIES: ReadonlySet<string> = new Set(["cp", "mv", "ln", "install"]);

const INTERPRETERS: ReadonlyMap<string, string> = new Map([
  ["python", "python"],
  ["python2", "python"],
  ["python3", "python"],
  ["pypy3", "python"],
  ["perl", "perl"],
  ["ruby", "ruby"],
  ["node", "node"],
  ["nodejs", "node"],
  ["bun", "node"],
  ["php", "php"],
  ["lua", "lua"],
]);

/** When an interpreter of another language is given a file that this command made, that file's content is run. */
export function interpretFile(machine: Machine, base: string, words: readonly Word[]): void {
  const language = INTERPRETERS.get(base);
  if (language === undefined) return;
  if (machine.files.size === 0 && machine.pipes.size === 0 && !opensDescriptor(machine, words)) return;
  const script = words.slice(1).find((word) => word.value?.startsWith("-") !== true);
  if (script === undefined || script.value === null) return;
  for (const content of knownContents(machine, script.value)) runContent(machine, content, { via: base, language });
}

function opensDescriptor(machine: Machine, words: readonly Word[]): boolean {
  return words.some((word) => word.value !== null && descriptorOf(machine, word.value) !== null);
}

/** Keep in mind what a program put into files: fetched, copied, or passed on from its input. */
export function followFiles(machine: Machine, use: FileUse): void {
  if (FETCHERS.has(use.base)) keepFetched(machine, use);
  const content = writtenContent(machine, use);
  if (content === null) return;
  for (const effect of use.effects) {
    if (effect.kind !== "fs.write" || effect.target.path === null) continue;
    keepFile(machine, effect.target.path, content);
  }
}

const FETCHERS: ReadonlySet<string> = new Set(["wget", "curl", "aria2c", "fetch", "axel"]);

// Without a name for it, what is fetched is named as in the address.
function keepFetched(machine: Machine, use: FileUse): void {
  for (const word of use.words.slice(1)) {
    const [, name] = /^[a-z]+:\/\/[^?#]*\/([^/?#]+)(?:[?#].*)?$/.exec(word.value ?? "") ?? [];
    if (name === undefined) continue;
    const path = resolvePath(name, machine.surroundings).path;
    if (path !== null) keepFile(machine, path, { ...UNKNOWN_OUTPUT, obfuscated: "downloaded" });
  }
}

/** The kind of secret in a file that is read, when this very command put it there. */
export function keptSecret(machine: Machine, effects: readonly Effect[]): string | null {
  if (machine.files.size === 0) return null;
  for (const effect of effects) {
    if (effect.kind !== "fs.read") continue;
    const { path, text } = effect.target;
    const kept = machine.files.get(path ?? text)?.find((content) => content.secret !== null);
    if (kept !== undefined) return kept.secret;
  }
  return null;
}

function writtenContent(machine: Machine, use: FileUse): Stream | null {
  // A copy, an archive or an encoded form of a secret is one.
  const content = plainContent(machine, use);
  const secret = secretRead(use.effects) ?? keptSecret(machine, use.effects);
  if (secret === null || (content?.secret ?? null) !== null) return content;
  return { ...(content ?? UNKNOWN_OUTPUT), secret };
}

function plainContent(machine: Machine, use: FileUse): Stream | null {
  if (use.base === "tee" || use.base === "sponge") return use.stdin;
  if (COPIES.has(use.base)) {
    const source = use.words.slice(1).find((word) => word.value !== null && !word.value.startsWith("-"));
    if (source === undefined) return null;
    return fileContent(machine, targetOf(source, machine.surroundings).path ?? source.text);
  }
  if (use.effects.some((effect) => effect.kind === "net.connect"))
    return { ...UNKNOWN_OUTPUT, obfuscated: "downloaded" };
  const obfuscated = use.stdin?.obfuscated ?? null;
  return obfuscated === null ? null : { ...UNKNOWN_OUTPUT, obfuscated };
}

/** Keep in mind what a file was given. */
export function keepFile(machine: Machine, path: string, content: Stream): void {
  const before = machine.files.get(path) ?? [];
  if (before.includes(content)) return;
  // Beyond so many, only that something unknown may stand in it.
  const kept = before.length < MAX_CONTENTS ? content : { ...UNKNOWN_OUTPUT, obfuscated: "generated" as const };
  machine.files.set(path, [...before.slice(0, MAX_CONTENTS), kept]);
}

const MAX_CONTENTS = 6;

/** What a file or process substitution was given by this very command; empty when nothing is known of it. */
export function knownContents(machine: Machine, path: string): readonly Stream[] {
  const pipe = machine.pipes.get(path);
  if (pipe !== undefined) return [pipe];
  const number = descriptorOf(machine, path);
  const open = number === null ? null : descriptorStream(machine, number);
  if (open !== null) return [open];
  if (machine.files.size === 0) return [];
  return machine.files.get(resolvePath(path, machine.surroundings).path ?? path) ?? [];
}

/** Run a file that this command wrote, if it did; `words` are its name and arguments. */
export function runsKnownFile(machine: Machine, name: string, _words: readonly Word[]): boolean {
  const contents = knownContents(machine, name);
  for (const content of contents) runContent(machine, content, { via: name, language: null });
  return contents.length > 0;
}

interface Interpretation {
  readonly via: string;
  /** Null: what its first line says, else the shell's. */
  readonly language: string | null;
}

/** Run known or unknown content as code, saying how it came to be. */
export function runContent(machine: Machine, content: Stream, as: Interpretation): Stream {
  const { text, obfuscated } = content;
  if (obfuscated !== null) {
    emit(machine, { kind: "exec.obfuscated", via: as.via, how: obfuscated, text: text ?? "" });
  }
  const language = as.language ?? languageOf(text ?? "");
  if (text === null || language === "sh") return runNestedShell(machine, text, as.via);
  emitAll(machine, codeEffects(language, text, runnerOf(machine), machine.surroundings));
  return UNKNOWN_OUTPUT;
}

function languageOf(text: string): string {
  const line = text.startsWith("#!") ? (text.slice(2, 80).split("\n")[0] ?? "") : "";
  return /\b(python|perl|ruby|node|php|lua)/.exec(line)?.[1] ?? "sh";
}
