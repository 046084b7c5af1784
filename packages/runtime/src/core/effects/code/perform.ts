// What a call does with its constant arguments.

import type { Effect } from "../effect.ts";
import { connects, deletes, permits, reads, writes } from "../programs/describe.ts";
import { literal } from "../programs/options.ts";
import type { ProgramCall, Word } from "../programs/program.ts";
import type { Meaning } from "./calls.ts";
import { afterBracket, constantOf, UNKNOWN, type Bindings, type Constant, type Span } from "./constants.ts";
import { performNetwork } from "./perform-network.ts";
import type { Token } from "./tokens.ts";

/** What a call is performed in: its language, and what was read before it. */
export interface Setting {
  readonly language: { readonly name: string; readonly bare: boolean };
  readonly call: ProgramCall;
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
      runs(scan, done, meaningfulArguments(done.meaning, args));
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
function killsMany({ tokens }: Setting, { path, args: spans }: Performed, args: readonly Constant[]): boolean {
  if (args.some(({ value }) => value === "1" || value === "-1")) return true;
  const [first] = spans;
  if (args[0]?.value === "0") return /(?:^|\.)(?:kill|killpg)$/.test(path) && !/^(?:kill|Process\.kill)$/.test(path);
  if (!path.endsWith("killpg") || first === undefined) return false;
  return tokens
    .slice(first.from, Math.min(first.to, first.from + 16))
    .some(({ text }) => /^getpgrp$|^getpgid$/.test(text));
}

/** Names under which the first argument may be given. */
const FIRST =
  /^(?:args|cmd|command|path|file|filename|fname|src|source|object|name|top|target|url|uri|program|function|dst)$/;

/** The arguments without names; when there are none, what is given by the name of a first one. */
function argumentsOf(scan: Setting, spans: readonly Span[]): readonly Constant[] {
  const plain = spans.filter((span) => !isKeyword(span));
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

function runs(scan: Setting, done: Performed, args: readonly Constant[]): void {
  const { meaning, args: spans } = done;
  const { run } = scan.call;
  const first = args[0];
  if (first === undefined) return;
  hidden(scan, first);
  const rest = args[1]?.list;
  if (meaning === "shell" && first.value !== null && rest !== undefined && rest !== null && scan.language.bare) {
    scan.effects.push(...run.words([wordOf(first), ...rest.map(wordOf)], null));
  } else if (first.list !== null) scan.effects.push(...run.words(first.list.map(wordOf), null));
  else if (
    meaning === "shell" &&
    args.length > 1 &&
    args.every((arg) => arg.value !== null) &&
    spans.every((span) => !isKeyword(span)) &&
    scan.language.bare
  ) {
    scan.effects.push(...run.words(args.map(wordOf), null));
  } else if (meaning === "shell") scan.effects.push(...run.shell(first.value, scan.language.name));
  else if (meaning === "argv") scan.effects.push(...run.words(args.map(wordOf), null));
  else if (meaning === "moded" && args[1]?.list === null)
    scan.effects.push(...run.words([wordOf(first), ...args.slice(2).map(wordOf)], null));
  else if (meaning === "words") scan.effects.push(...run.words([wordOf(first), ...args.slice(2).map(wordOf)], null));
  else programs(scan, done, args);
}

/** `spawn("rm", ["-rf", "/"])`, and `spawn("rm -rf /", {shell: true})`. */
function programs(
  scan: Setting,
  { path, args: spans }: Performed,
  [program = UNKNOWN, rest]: readonly Constant[],
): void {
  const { run } = scan.call;
  const settings = spans[1];
  if (path === "Deno.Command" && settings !== undefined) {
    const listed = argsIn(scan, settings);
    scan.effects.push(...run.words([wordOf(program), ...(listed ?? []).map(wordOf)], null));
    if (listed === null)
      scan.effects.push({ kind: "exec.unresolved", via: scan.language.name, part: "code", text: path });
    return;
  }
  if (program.value !== null && rest?.list === undefined && /\s/.test(program.value))
    scan.effects.push(...run.shell(program.value, scan.language.name));
  else if (rest === undefined || rest.list !== null)
    scan.effects.push(...run.words([wordOf(program), ...listedArguments(program, rest?.list ?? [])], null));
  else scan.effects.push(...run.words([wordOf(program)], null));
}

/** `{args: ["-rf", "/"]}`: the list of arguments; null when there is one that can't be read. */
function argsIn({ tokens, bindings }: Setting, { from, to }: Span): readonly Constant[] | null {
  for (let at = from; at < to; at++) {
    if (tokens[at]?.text !== "args") continue;
    if (tokens[at + 1]?.text !== ":" || tokens[at + 2]?.text !== "[") return null;
    return constantOf({ tokens, from: at + 2, to: afterBracket(tokens, at + 2, to) }, bindings).list;
  }
  return tokens[from]?.text === "{" ? [] : null;
}

/** `execv` repeats the program's name as its first argument. */
function listedArguments(program: Constant, list: readonly Constant[]): readonly Word[] {
  const name = program.value?.slice(program.value.lastIndexOf("/") + 1);
  const repeats =
    list[0]?.value !== undefined &&
    list[0].value !== null &&
    list.length > 0 &&
    (list[0].value === program.value || list[0].value === name);
  return (repeats ? list.slice(1) : list).map(wordOf);
}

function evaluates(scan: Setting, code: Constant = UNKNOWN): void {
  hidden(scan, code);
  if (code.value === null && code.hidden) return;
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
    case "open":
      opened(scan, done, args);
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
function linked({ call }: Setting, path: string, [target, name]: readonly Constant[]): void {
  if (!/link|ln_s/i.test(path) || typeof target?.value !== "string" || typeof name?.value !== "string") return;
  call.run.linked?.(target.value, name.value);
}

function listed(args: readonly Constant[]): readonly Word[] {
  return args.flatMap((arg) => arg.list ?? []).map(wordOf);
}

/** The path of `Path("x").unlink()`, `p.unlink()`, `(folder / "x").unlink()`: what stands before the dot. */
function receiver(scan: Setting, before: number): Word {
  const { tokens, bindings } = scan;
  const after = tokens[before + 1]?.text;
  if (tokens[before - 1]?.text !== ".") {
    const bound = after === "." ? bindings.get(tokens[before]?.text ?? "") : undefined;
    return wordOf(bound ?? UNKNOWN);
  }
  if (tokens[before - 2]?.kind === "name") return wordOf(bindings.get(tokens[before - 2]?.text ?? "") ?? UNKNOWN);
  let open = before - 3;
  while (open >= 0 && before - open < 64 && tokens[open]?.close !== before - 2) open--;
  if (tokens[open]?.close !== before - 2) return wordOf(UNKNOWN);
  const called = tokens[open - 1];
  if (called?.kind === "name" && !/^(?:\w*Path|return|in|and|or|not)$/.test(called.text)) return wordOf(UNKNOWN);
  return wordOf(joinedPath({ tokens, from: open + 1, to: before - 2 }, bindings));
}

/** `folder / "a" / name`: parts of a path, joined. */
function joinedPath({ tokens, from, to }: Span, bindings: Bindings): Constant {
  const parts: string[] = [];
  let start = from;
  for (let at = from; at <= to; at++) {
    if (at < to && (tokens[at]?.kind !== "mark" || !/^[/,]$/.test(tokens[at]?.text ?? ""))) continue;
    const { value } = constantOf({ tokens, from: start, to: at }, bindings);
    if (value === null) return UNKNOWN;
    parts.push(value);
    start = at + 1;
  }
  return { value: parts.join("/"), hidden: false, list: null };
}

function opened(scan: Setting, done: Performed, args: readonly Constant[]): void {
  const { call, effects, language } = scan;
  const named = done.args.find((span) => isKeyword(span) && span.tokens[span.from]?.text === "mode");
  const texts = args.map((arg) => arg.value);
  const piped = texts.find((text) => text !== null && /^\s*\||\|\s*$/.test(text));
  if (piped !== undefined && piped !== null && (language.name === "perl" || language.name === "ruby")) {
    const rest = args.slice(texts.indexOf(piped) + 1);
    const text = piped.replace(/^[\s|-]+|[\s|-]+$/g, "");
    effects.push(...(text === "" ? call.run.words(rest.map(wordOf), null) : call.run.shell(text, language.name)));
    return;
  }
  if (language.name === "perl") {
    openedPerl(scan, args);
    return;
  }
  const mode =
    named === undefined
      ? (texts[1] ?? "r")
      : (constantOf({ ...named, from: named.from + 2 }, scan.bindings).value ?? "w");
  const file = wordOf(args[0] ?? UNKNOWN);
  if (/^https?:\/\//.test(file.prefix)) effects.push(...connects(call, file));
  else if (/[wax+]|O_(WRONLY|RDWR)/.test(mode))
    effects.push(...writes(call, [file], mode.includes("a") ? "append" : "create"));
  else if (file.value !== null) effects.push(...reads(call, [file]));
}

/** Perl: `open(F, ">file")`, `open(my $f, ">", "file")`. */
function openedPerl(scan: Setting, args: readonly Constant[]): void {
  const texts = args.map((arg) => arg.value);
  const at = texts.findIndex((text) => text !== null && /^\s*\+?(>>?|<)/.test(text));
  if (at < 0) {
    const plain = texts.at(-1);
    if (typeof plain === "string") scan.effects.push(...reads(scan.call, [literal(plain)]));
    return;
  }
  const text = texts[at] ?? "";
  const inline = text.replace(/^\s*\+?(>>?|<)(:\S+)?\s*/, "");
  const file = inline === "" ? wordOf(args[at + 1] ?? UNKNOWN) : literal(inline);
  if (text.includes(">")) scan.effects.push(...writes(scan.call, [file], text.includes(">>") ? "append" : "create"));
  else scan.effects.push(...reads(scan.call, file.value === null ? [] : [file]));
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
