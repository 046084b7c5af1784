// Makers of effects for the rows: from words to what would be read, written, deleted, reached.

import type { Effect, FsPermission, FsWrite, HostChange, HostTarget, PathTarget } from "../effect.ts";
import { hostOf, place } from "./place.ts";
import type { ProgramCall, ProgramResult, Stream, Word } from "./program.ts";

/** No effects, and nothing known of the output. */
export const NOTHING: ProgramResult = { effects: [] };

/** A result of effects alone, or with what the output carries. */
export function result(effects: readonly Effect[], stdout?: Stream): ProgramResult {
  return stdout === undefined ? { effects } : { effects, stdout };
}

/** Reading the files; a device or a secret among them is said as such. `-` is standard input. */
export function reads(call: ProgramCall, words: readonly Word[]): Effect[] {
  const effects: Effect[] = [];
  for (const word of words) {
    if (word.value !== "-") readPlace(call.name, place(call, word), effects);
  }
  return effects;
}

function readPlace(via: string, target: PathTarget, effects: Effect[]): void {
  if (target.zone === "null_device") return;
  if (target.zone === "device") effects.push({ kind: "device.read", via, target });
  else effects.push({ kind: "fs.read", via, target });
  if (target.secret !== null) {
    effects.push({ kind: "secret.read", via, secret: target.secret, from: target.path ?? target.text });
  }
}

/** Writing the files; a raw device is said as such, harmless devices and `-` are nothing. */
export function writes(call: ProgramCall, words: readonly Word[], mode: FsWrite["mode"] = "create"): Effect[] {
  const effects: Effect[] = [];
  for (const word of words) {
    if (word.value === "-") continue;
    const target = place(call, word);
    if (target.zone === "null_device") continue;
    if (target.zone === "device") effects.push({ kind: "device.write", via: call.name, target });
    else effects.push({ kind: "fs.write", via: call.name, target, mode });
  }
  return effects;
}

/** The words that name a place that can be known: for programs that lose nothing where they write. */
export function settled(call: ProgramCall, words: readonly Word[]): readonly Word[] {
  return words.filter((word) => place(call, word).zone !== "unresolved");
}

/** Writing raw bytes or structures to what is a device by the nature of the program. */
export function wipes(call: ProgramCall, words: readonly Word[]): Effect[] {
  return words.map((word) => {
    const target = place(call, word);
    if (target.zone === "device" || target.zone === "unresolved") {
      return { kind: "device.write", via: call.name, target };
    }
    return { kind: "fs.write", via: call.name, target, mode: "truncate" };
  });
}

/** Deleting the files. */
export function deletes(call: ProgramCall, words: readonly Word[], recursive: boolean = false): Effect[] {
  const effects: Effect[] = [];
  for (const word of words) {
    const target = place(isLinkItself(call, word) ? unlinked(call) : call, word);
    effects.push({ kind: "fs.delete", via: call.name, target, recursive });
    if (recursive && target.path !== null && HISTORY.test(target.path))
      effects.push({
        kind: "vcs.discard",
        via: call.name,
        operation: "deleting a repository's history",
        remote: false,
      });
  }
  return effects;
}

/**
 * Whether a word names a link that the command made, rather than what lies behind it: deleting it loses the link only.
 * `ln -s /etc/x l` may have made `l` or `l/x`: `l/x` is then no link for sure.
 */
function isLinkItself(call: ProgramCall, word: Word): boolean {
  const { made } = call.surroundings;
  if (made === undefined || word.value === null || word.glob || /\/\.?$/.test(word.value)) return false;
  const path = place(unlinked(call), word).path ?? "";
  return Object.hasOwn(made, path) && !Object.keys(made).some((link) => path.startsWith(`${link}/`));
}

function unlinked(call: ProgramCall): ProgramCall {
  const { made: _made, ...surroundings } = call.surroundings;
  return { ...call, surroundings };
}

const HISTORY = /\/\.(?:git|hg|jj)$/;

/** Taking the files away to another place: nothing in them is lost. */
export function moves(call: ProgramCall, words: readonly Word[]): Effect[] {
  return words.map((word) => {
    return { kind: "fs.delete", via: call.name, target: place(call, word), recursive: true, moved: true };
  });
}

/** Changing the rights of the files. */
export function permits(
  call: ProgramCall,
  words: readonly Word[],
  change: FsPermission["change"],
  recursive: boolean = false,
): Effect[] {
  return words.map((word) => ({ kind: "fs.permission", via: call.name, target: place(call, word), change, recursive }));
}

/** How a host is reached. */
export interface Reach {
  readonly sends?: boolean;
  readonly scheme?: string | null;
  readonly port?: number | null;
  /** The kind of secret among the files that are sent, if one is. */
  readonly secret?: string | null;
}

/** Reaching the host of a word (a name, `host:port`, or URL). A secret flowing in, or in the arguments, is sent there. */
export function connects(call: ProgramCall, word: Word | undefined, reach: Reach = {}): Effect[] {
  if (word === undefined) return [];
  return reaches(call, hostOf(word.value ?? knownHost(word.prefix), word.text), reach);
}

/** Reaching a host already known as a target. */
export function reaches(call: ProgramCall, host: HostTarget, reach: Reach = {}): Effect[] {
  const target = reach.port === undefined || reach.port === null ? host : { ...host, port: reach.port };
  const secret = reach.secret ?? secretAmong(call);
  const effects: Effect[] = [
    {
      kind: "net.connect",
      via: call.name,
      host: target,
      sends: reach.sends === true || secret !== null,
      origin: "shell",
      scheme: reach.scheme ?? schemeOf(host.text),
    },
  ];
  if (secret !== null) effects.push({ kind: "secret.send", via: call.name, secret, host: target });
  return effects;
}

/** The kind of secret in the input or the arguments of a call, if there is one. */
export function secretAmong(call: ProgramCall): string | null {
  if (call.stdin !== null && call.stdin.secret !== null) return call.stdin.secret;
  for (const word of call.args) if (typeof word.secret === "string") return word.secret;
  return null;
}

/** Whether reading any of the words reads a secret; its kind. */
export function secretIn(call: ProgramCall, words: readonly Word[]): string | null {
  for (const word of words) {
    const { secret } = place(call, word);
    if (secret !== null) return secret;
  }
  return null;
}

/** A change of the host's own configuration. */
export function changesHost(
  call: ProgramCall,
  area: HostChange["area"],
  detail: string,
  destructive: boolean = false,
): Effect[] {
  return [{ kind: "host.change", via: call.name, area, detail, destructive }];
}

/** A value of a secret is read from a store, a keychain or the environment. */
export function readsSecret(call: ProgramCall, secret: string, from: string): Effect[] {
  return [{ kind: "secret.read", via: call.name, secret, from }];
}

/** Code or a target that can't be known from the text. */
export function unresolved(call: ProgramCall, part: "program" | "code" | "target" | "host" | "process"): Effect[] {
  return [{ kind: "exec.unresolved", via: call.name, part, text: call.name }];
}

/** Data of which nothing is known but what it carries. */
export function stream(parts: Partial<Stream> = {}): Stream {
  return { text: null, secret: null, obfuscated: null, origin: null, ...parts };
}

/** The output of a program that ran another: what was read secretly or downloaded flows on. */
export function outputOf(effects: readonly Effect[]): Stream {
  let secret: string | null = null;
  let downloaded = false;
  for (const effect of effects) {
    if (effect.kind === "secret.read") secret = effect.secret;
    else if (effect.kind === "net.connect") downloaded = true;
  }
  return stream({ secret, obfuscated: downloaded ? "downloaded" : null });
}

/** What a program that ran another gives: the effects, and the output that they imply. */
export function nested(effects: readonly Effect[]): ProgramResult {
  return { effects, stdout: outputOf(effects) };
}

/** A URL's text as far as it surely names its host. */
function knownHost(prefix: string): string | null {
  const scheme = prefix.indexOf("://");
  if (scheme < 0) return null;
  return prefix.indexOf("/", scheme + 3) > 0 || prefix.indexOf("?", scheme + 3) > 0 ? prefix : null;
}

function schemeOf(text: string): string | null {
  const at = text.indexOf("://");
  return at > 0 ? text.slice(0, at).toLowerCase() : null;
}
