// What a call does with its constant arguments.

import type { Effect } from "../effect.ts";
import { connects, deletes, permits, reads, writes } from "../programs/describe.ts";
import { literal } from "../programs/options.ts";
import type { ProgramCall, Word } from "../programs/program.ts";
import type { Meaning } from "./calls.ts";
import { constantOf, UNKNOWN, type Bindings, type Constant, type Span } from "./constants.ts";
import { opensFile } from "./open-file.ts";
import { receiver } from "./path-values.ts";
import { performNetwork } from "./perform-network.ts";
import { runsProgram } from "./run-program.ts";
import type { Token } from "./tokens.ts";

/** What a call is performed in: its language, and what was read before it. */
export interface Setting {
  readonly language: { readonly name: string; readonly bare: boolean };
  /** The place that the code runs in: a link that it makes changes it. */
  call: ProgramCall;
  readonly tokens: readonly Token[];
  readonly bindings: Bindings;
  readonly effects: Effect[];
}

/** A call whose meaning is known. */
export interface Performed {
  readonly meaning: Meaning;
  readonly path: string;
  readonly args: readonly Span[];
  /** Where the call's name begins. */
  readonly before: number;
}

/** Adds the effects of a call. */
export function perform(scan: Setting, done: Performed): void {
  const { meaning } = done;
  const args = argumentsOf(scan, done.args);
  switch (meaning) {
    case "shell":
    case "program":
    case "words":
    case "argv":
    case "moded":
      if (args[0] !== undefined) hidden(scan, args[0]);
      runsProgram(scan, done, meaningfulArguments(done.meaning, args));
      return;
    case "eval":
      evaluates(scan, args[0]);
      return;
    case "opaque":
      opaque(scan, done, args);
      return;
    case "url":
    case "url_send":
    case "connect":
    case "listen":
    case "mail":
      performNetwork(scan, done, args);
      return;
    case "kill":
      scan.effects.push({
        kind: "process.kill",
        via: scan.language.name,
        scope: killsMany(scan, done, args) ? "all" : "one",
        text: args.map((arg) => arg.value ?? "?").join(" "),
      });
      return;
    case "privilege":
      scan.effects.push({ kind: "privilege.raise", via: scan.language.name, how: done.path });
      return;
    case "power":
      return;
    default:
      files(scan, done, args);
  }
}

/** Every process, or the group that the caller itself belongs to. */
function killsMany(
  { tokens, language }: Setting,
  { path, args: spans }: Performed,
  args: readonly Constant[],
): boolean {
  if (args.some(({ value }) => value === "1" || value === "-1")) return true;
  // Perl and Ruby name the signal first, the others the process.
  const signalFirst = language.name === "perl" || language.name === "ruby";
  if ((signalFirst ? args.slice(1) : args.slice(0, 1)).some(({ value }) => value === "0")) return true;
  const group = path.endsWith("killpg") ? /^getpgrp$|^getpgid$/ : /^getpgrp$/;
  return spans.some(({ from, to }) =>
    tokens
      .slice(from, Math.min(to, from + 16))
      .some((token, at) => group.test(token.text) || (token.text === ">" && tokens[from + at + 1]?.text === "0")),
  );
}

/** Names under which the first argument may be given. */
const FIRST =
  /^(?:args|cmd|command|path|file|filename|fname|src|source|object|name|top|target|url|uri|program|function|dst)$/;

/** The arguments without names; when there are none, what is given by the name of a first one. */
function argumentsOf(scan: Setting, spans: readonly Span[]): readonly Constant[] {
  const isOption = scan.language.name === "ruby" ? isRubyOption : isKeyword;
  const plain = spans.filter((span) => !isOption(span));
  if (plain.length > 0) return plain.map((span) => constantOf(span, scan.bindings));
  const named = spans.filter((span) => FIRST.test(span.tokens[span.from]?.text ?? ""));
  return named.slice(0, 2).map((span) => constantOf({ ...span, from: span.from + 2 }, scan.bindings));
}

/** `shell=True`, `mode="w"`, `recursive: true`: named arguments. */
function isKeyword(span: Span): boolean {
  return (
    span.tokens[span.from]?.kind === "name" &&
    span.tokens[span.from + 1]?.text === "=" &&
    span.tokens[span.from + 2]?.text !== "="
  );
}

/** `exception: true`, `:out => "x"`, `[:out, :err] => "x"`. */
function isRubyOption(span: Span): boolean {
  const { tokens, from, to } = span;
  const first = tokens[from];
  if (first?.kind === "name" && tokens[from + 1]?.text === ":" && tokens[from + 2]?.text !== ":") return true;
  const arrow = first?.text === ":" ? from + 2 : (first?.close ?? from) + 1;
  return isKeyword(span) || (arrow + 1 < to && tokens[arrow]?.text === "=" && tokens[arrow + 1]?.text === ">");
}

/** `spawnlp(mode, program, …)`: what comes before the program says nothing. */
function meaningfulArguments(meaning: Meaning, args: readonly Constant[]): readonly Constant[] {
  return meaning === "moded" ? args.slice(1) : args;
}

function hidden(scan: Setting, constant: Constant): void {
  if (constant.hidden || constant.list?.some((part) => part.hidden) === true) {
    scan.effects.push({ kind: "exec.obfuscated", via: scan.language.name, how: "decoded", text: constant.value ?? "" });
  }
}

/** A constant as a word of a command. */
export function wordOf(constant: Constant): Word {
  return constant.value === null
    ? { value: null, text: "(computed)", glob: false, prefix: "" }
    : // Nobody names a file so: it is everything in a folder.
      { ...literal(constant.value), glob: /(?:^|\/)\*$/.test(constant.value) };
}

function evaluates(scan: Setting, code: Constant = UNKNOWN): void {
  hidden(scan, code);
  if (code.value === null && code.hidden) return;
  // What it sets is no longer what it was.
  if (code.value?.includes("=") === true) scan.bindings.clear();
  scan.effects.push(...scan.call.run.code(scan.language.name, code.value, scan.language.name));
}

function opaque(scan: Setting, { path }: Performed, args: readonly Constant[]): void {
  const target = args.at(-1);
  const computed = /getattr|globals|import_module/.test(path);
  if (
    computed &&
    target?.value !== null &&
    target !== undefined &&
    !target.hidden &&
    !/^(system|popen|exec|eval|spawn|rmtree|remove|unlink|os|subprocess|shutil|__import__|builtins)$/.test(target.value)
  )
    return;
  if (path === "globals" && args.length === 0) return;
  scan.effects.push({ kind: "exec.unresolved", via: scan.language.name, part: "code", text: path });
}

function files(scan: Setting, done: Performed, args: readonly Constant[]): void {
  const { call, effects } = scan;
  const first = wordOf(args[0] ?? UNKNOWN);
  switch (done.meaning) {
    case "delete":
    case "delete_tree":
      effects.push(...deletes(call, listed(args).length > 0 ? listed(args) : [first], done.meaning === "delete_tree"));
      return;
    case "read":
      if (/^https?:\/\//.test(first.prefix)) effects.push(...connects(call, first));
      else if (first.value !== null) effects.push(...reads(call, [first]));
      return;
    case "write":
    case "append":
      effects.push(...writes(call, [first], done.meaning === "append" ? "append" : "create"));
      return;
    case "save":
    case "save_second": {
      const file = wordOf(args[done.meaning === "save" ? 0 : 1] ?? UNKNOWN);
      if (file.value !== null) effects.push(...writes(call, [file]));
      return;
    }
    case "open":
      opensFile(scan, done, args);
      return;
    case "move":
      effects.push(...deletes(call, [first], true), ...writes(call, [wordOf(args[1] ?? UNKNOWN)]));
      return;
    case "copy":
      linked(scan, done.path, args);
      effects.push(
        ...(first.value === null ? [] : reads(call, [first])),
        ...writes(call, [wordOf(args[1] ?? UNKNOWN)]),
      );
      return;
    case "permission":
      permission(scan, done, args);
      return;
    case "path_delete":
      effects.push(...deletes(call, [receiver(scan, done.before)], false));
      return;
    case "path_write":
      effects.push(...writes(call, [receiver(scan, done.before)]));
      return;
    case "path_read":
      effects.push(
        ...reads(
          call,
          [receiver(scan, done.before)].filter((word) => word.value !== null),
        ),
      );
      return;
    default:
  }
}

/** `os.symlink("/etc", "x")`: what this or a later command reaches through it lies elsewhere. */
function linked(scan: Setting, path: string, [target, name]: readonly Constant[]): void {
  if (!/link|ln_s/i.test(path) || typeof target?.value !== "string" || typeof name?.value !== "string") return;
  const surroundings = scan.call.run.linked?.(target.value, name.value);
  if (surroundings !== undefined) scan.call = { ...scan.call, surroundings };
}

function listed(args: readonly Constant[]): readonly Word[] {
  return args.flatMap((arg) => arg.list ?? []).map(wordOf);
}

function isMode(constant: Constant | undefined): boolean {
  return constant?.value !== null && constant?.value !== undefined && /^0?o?[0-7]{3,5}$/.test(constant.value);
}

function permission(scan: Setting, { path }: Performed, args: readonly Constant[]): void {
  const mode = args.find(isMode)?.value?.replace(/^0?o?/, "") ?? "";
  const target = args.find((arg) => !isMode(arg)) ?? UNKNOWN;
  const owner = /chown|chgrp/.test(path);
  const bits = Number.parseInt(mode || "0", 8);
  scan.effects.push(
    ...permits(
      scan.call,
      [wordOf(target)],
      owner ? "owner" : (bits & 0o6000) !== 0 ? "setuid" : (bits & 2) !== 0 ? "world" : "other",
    ),
  );
}
