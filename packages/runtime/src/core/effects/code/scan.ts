// Scanning code of scripting languages for calls that do something, with their constant arguments.

import type { Effect } from "../effect.ts";
import type { NestedRunner, ProgramCall } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";
import type { CallTable, Meaning } from "./calls.ts";
import { readImport } from "./aliases.ts";
import { afterBracket, constantOf, endOfStatement, splitArguments, type Bindings } from "./constants.ts";
import { perform } from "./perform.ts";
import { tokenize, type Spelling, type Token } from "./tokens.ts";

/** How a language is scanned. */
export interface Language {
  readonly name: string;
  readonly spelling: Spelling;
  readonly calls: CallTable;
  /** Whether calls may stand without brackets (`system "x"`). */
  readonly bare: boolean;
}

/** A scan in progress. */
interface Scan {
  readonly language: Language;
  readonly call: ProgramCall;
  readonly tokens: readonly Token[];
  readonly bindings: Bindings;
  /** What local names stand for: `from os import system as s`. */
  readonly aliases: Map<string, string>;
  readonly effects: Effect[];
}

/** The effects of the calls in a text. Linear in the text. */
export function scanCode(language: Language, text: string, run: NestedRunner, surroundings: Surroundings): Effect[] {
  const call: ProgramCall = { name: language.name, args: [], stdin: null, surroundings, run };
  const scan: Scan = {
    language,
    call,
    tokens: tokenize(text, language.spelling),
    bindings: new Map(),
    aliases: new Map(),
    effects: [],
  };
  for (let at = 0; at < scan.tokens.length;) at = step(scan, at);
  return scan.effects;
}

/** Looks at one token; returns where to go on. Arguments are walked too, so that nested calls are seen. */
function step(scan: Scan, at: number): number {
  const token = scan.tokens[at];
  if (token === undefined) return at + 1;
  if (token.kind === "command") {
    scan.effects.push(...scan.call.run.shell(token.known ? token.text : null, scan.language.name));
    return at + 1;
  }
  if (token.kind !== "name") return at + 1;
  if (
    token.text === "import" ||
    token.text === "from" ||
    token.text === "const" ||
    token.text === "let" ||
    token.text === "var"
  )
    readImport(scan.tokens, at, scan.aliases);
  bind(scan, at);
  const { path, next } = readPath(scan, at);
  const member = computedMember(scan, path, next);
  if (member !== null && member.name === null) return unseen(scan, path, member.next);
  const borrowed = BORROWED.exec(path);
  if (borrowed !== null && RUNNING.has(meaningOf(scan, path.slice(0, borrowed.index)) ?? "read")) {
    return unseen(scan, path, next);
  }
  const meaning = meaningOf(scan, path);
  if (meaning === null) return Math.max(at + 1, next);
  const open = scan.tokens[next]?.text === "(";
  if (!open && RUNNING.has(meaning) && path.includes(".") && isHandedOn(scan.tokens[next]))
    scan.effects.push({ kind: "exec.unresolved", via: scan.language.name, part: "code", text: path });
  if (!open && !(scan.language.bare && startsArgument(scan.tokens[next]))) return Math.max(at + 1, next);
  const span = open
    ? { tokens: scan.tokens, from: next + 1, to: afterBracket(scan.tokens, next) - 1 }
    : { tokens: scan.tokens, from: next, to: endOfStatement(scan.tokens, next) };
  const args = splitArguments(span);
  perform(scan, { meaning, path, args, before: at });
  return next + (open ? 1 : 0);
}

/** What runs others. */
const RUNNING: ReadonlySet<Meaning> = new Set<Meaning>(["shell", "program", "words", "eval", "delete_tree"]);

/** `map(os.system, …)`, `[os.system][0](…)`, `(os.system)(…)`: what it will be called with isn't seen. */
function isHandedOn(token: Token | undefined): boolean {
  return token?.kind === "mark" && (token.text === ")" || token.text === "," || token.text === "]");
}

function startsArgument(token: Token | undefined): boolean {
  return (
    token !== undefined &&
    (token.kind === "string" ||
      token.kind === "command" ||
      (token.kind === "name" && !/^(if|unless|and|or|do|then|end|while|until|in|is|not)$/.test(token.text)))
  );
}

/** `execSync.call(…)`: what is called is not the last name. */
const BORROWED = /\.(?:call|apply|bind)$/;

/** Modules and objects whose members run programs or change files. */
const CAPABLE =
  /^(?:os|posix|nt|subprocess|shutil|pty|commands|builtins|__builtins__|child_process|fs|fs\/promises|process|Deno|Bun|globalThis|Kernel|Process)(?:\.__dict__)?$/;

function unseen(scan: Scan, path: string, next: number): number {
  scan.effects.push({ kind: "exec.unresolved", via: scan.language.name, part: "code", text: path });
  return next;
}

/** `os['sys' + x]`: the member of a capable module that a bracket names; its name is null when it can't be known. */
function computedMember(
  scan: Scan,
  path: string,
  at: number,
): { readonly name: string | null; readonly next: number } | null {
  const bracket = scan.tokens[at];
  if (bracket?.text !== "[" || bracket.close === undefined || !CAPABLE.test(path)) return null;
  const to = Math.min(bracket.close, at + MAX_MEMBER_TOKENS);
  const { value } = constantOf({ tokens: scan.tokens, from: at + 1, to }, scan.bindings);
  return { name: typeof value === "string" ? value : null, next: bracket.close + 1 };
}

const MAX_MEMBER_TOKENS = 100;

/** A dotted name: `os.path.join`, `Net::HTTP.get`, `IO::Socket::INET->new`, `__import__('os').system`, `require('fs').rmSync`. */
function readPath(scan: Scan, at: number): { readonly path: string; readonly next: number } {
  const { tokens } = scan;
  let path = tokens[at]?.text ?? "";
  let next = at + 1;
  const opening = tokens[next];
  if (
    /^(?:__import__|require|import_module|import)$/.test(path) &&
    opening?.text === "(" &&
    opening.close !== undefined
  ) {
    const to = Math.min(opening.close, next + MAX_MEMBER_TOKENS);
    const { value } = constantOf({ tokens, from: next + 1, to }, scan.bindings);
    if (typeof value === "string" && to === opening.close) {
      path = value.replace(/^node:/, "");
      next = opening.close + 1;
    }
  }
  while (next < tokens.length) {
    if (tokens[next]?.text === "[") {
      const holder = aliased(scan, path);
      const member = computedMember(scan, holder, next);
      if (member === null || member.name === null) break;
      path = `${holder.replace(/\.__dict__$/, "")}.${member.name}`;
      next = member.next;
      continue;
    }
    let marks = next;
    while (marks - next < 2 && /^[.:>-]$/.test(tokens[marks]?.text ?? "")) marks++;
    if (marks === next && tokens[marks]?.text === "?" && tokens[marks + 1]?.text === ".") marks += 2;
    if (marks === next || tokens[marks]?.kind !== "name") break;
    path += `.${tokens[marks]?.text ?? ""}`;
    next = marks + 1;
  }
  return { path: aliased(scan, path), next };
}

function aliased(scan: Scan, path: string): string {
  const first = path.indexOf(".") < 0 ? path : path.slice(0, path.indexOf("."));
  const alias = scan.aliases.get(first);
  return alias === undefined ? path : alias + path.slice(first.length);
}

function meaningOf(scan: Scan, path: string): Meaning | null {
  const { calls } = scan.language;
  const plain = path.startsWith("$") ? path.slice(1) : path;
  const whole = calls.get(plain);
  if (whole !== undefined) return isForeign(scan, plain, whole) ? null : whole;
  const segments = plain.split(".");
  if (segments.length > 2) {
    const two = calls.get(segments.slice(-2).join("."));
    if (two !== undefined) return two;
  }
  const last = segments.at(-1) ?? "";
  const meaning = segments.length > 1 ? calls.get(last) : undefined;
  return meaning === undefined || meaning === "eval" || WEAK.has(last) ? null : meaning;
}

/** Names too common as methods of other objects to mean what they mean by themselves. */
const WEAK = new Set([
  "exec",
  "open",
  "load",
  "assert",
  "copy",
  "link",
  "file",
  "touch",
  "rename",
  "kill",
  "mail",
  "fork",
  "shell",
  "cmd",
  "compile",
  "getattr",
  "globals",
  "include",
  "fetch",
  "got",
  "axios",
  "unlink_",
  "spawn_",
  "dl",
]);

/** In JavaScript, `connect(` and `exec(` alone are somebody's own functions. */
function isForeign(scan: Scan, path: string, meaning: Meaning): boolean {
  return scan.language.name === "node" && meaning === "connect" && path === "connect";
}

/** `name = constant`. */
function bind(scan: Scan, at: number): void {
  const { tokens } = scan;
  if (tokens[at + 1]?.text !== "=" || tokens[at + 2]?.text === "=" || tokens[at + 2]?.text === ">") return;
  const name = tokens[at]?.text ?? "";
  const to = Math.min(endOfStatement(tokens, at + 2), at + 400);
  scan.bindings.set(name, constantOf({ tokens, from: at + 2, to }, scan.bindings));
  const target = tokens[at + 2];
  if (target?.kind === "name" && tokens[at + 3]?.text !== "(") {
    const { path, next } = readPath(scan, at + 2);
    if (next >= to && scan.bindings.get(name)?.value === null) scan.aliases.set(name, path);
  } else if (target?.kind === "name") {
    const { path, next } = readPath(scan, at + 2);
    if (next >= to && path !== target.text) scan.aliases.set(name, path);
  }
}
