// What calls that run a program hand over: a line for a shell, or a program and its words. Words that can't be known
// stay words of the command: whoever deletes, deletes something.

import type { Word } from "../programs/program.ts";
import { constantOf, splitArguments, UNKNOWN, type Constant, type Span } from "./constants.ts";
import { wordOf, type Performed, type Setting } from "./perform.ts";

/** Adds the effects of a call that runs a program. */
export function runsProgram(scan: Setting, done: Performed, args: readonly Constant[]): void {
  const { meaning, path } = done;
  const { run } = scan.call;
  const [first, second] = args;
  if (first === undefined) return;
  if (meaning === "shell") runsLine(scan, done, args);
  else if (meaning === "argv") scan.effects.push(...run.words(flat(args), null));
  else if (meaning === "words") scan.effects.push(...run.words([wordOf(first), ...flat(args.slice(2))], null));
  else if (meaning === "moded" && second?.list === null && !/spawnv/.test(path))
    scan.effects.push(...run.words([wordOf(first), ...flat(args.slice(2))], null));
  else if (path === "Deno.Command" && done.args.length > 1) runsDeno(scan, done, first);
  else if (scan.language.name === "node") runsNode(scan, done, first);
  else if (first.list !== null) scan.effects.push(...run.words(flat(args), null));
  else if (second === undefined && first.value !== null && /\s/.test(first.value))
    scan.effects.push(...run.shell(first.value, scan.language.name));
  else scan.effects.push(...run.words([wordOf(first), ...argumentsIn(first, second)], null));
}

/** Words of which some may be lists of words: `system("rm", *names)`. */
function flat(args: readonly Constant[]): readonly Word[] {
  return args.flatMap((arg) => arg.list ?? [arg]).map(wordOf);
}

/** `system("rm -rf /")`, `run(["rm", "-rf", "/"])`, `system("rm", "-rf", $x)`. */
function runsLine(scan: Setting, { path }: Performed, args: readonly Constant[]): void {
  const { run } = scan.call;
  const [first = UNKNOWN] = args;
  // What a pipe is opened with says how, and what R is told besides says where the output goes.
  const isLine = args.length === 1 || !scan.language.bare || /popen\d?$/.test(path) || /\s/.test(first.value ?? "");
  if (first.list === null && (isLine || first.value === null))
    scan.effects.push(...run.shell(first.value, scan.language.name));
  else scan.effects.push(...run.words(flat(isLine ? [first] : args), null));
}

/** The words behind a program: `execv` repeats the program's name as the first of them. */
function argumentsIn(program: Constant, given: Constant | undefined): readonly Word[] {
  if (given === undefined) return [];
  if (given.list === null) return [wordOf(UNKNOWN)];
  const name = program.value?.slice(program.value.lastIndexOf("/") + 1);
  const first = given.list[0]?.value;
  const repeats = typeof first === "string" && (first === program.value || first === name);
  return flat(repeats ? given.list.slice(1) : given.list);
}

/** `new Deno.Command("rm", {args: ["-rf", "/"]})`. */
function runsDeno(scan: Setting, { path, args: spans }: Performed, program: Constant): void {
  const listed = spans[1] === undefined ? [] : argsIn(scan, spans[1]);
  scan.effects.push(...scan.call.run.words([wordOf(program), ...flat(listed ?? [])], null));
  if (listed === null)
    scan.effects.push({ kind: "exec.unresolved", via: scan.language.name, part: "code", text: path });
}

/** `{args: ["-rf", "/"]}`: the list of arguments; null when there is one that can't be read. */
function argsIn({ bindings }: Setting, settings: Span): readonly Constant[] | null {
  const members = membersOf(settings);
  if (members === null) return null;
  for (const { tokens, from, to } of members) {
    if (tokens[from]?.text === "." || tokens[from]?.text === "[") return null;
    if (tokens[from]?.text !== "args") continue;
    const value = tokens[from + 1]?.text === ":" ? from + 2 : from;
    return constantOf({ tokens, from: value, to }, bindings).list;
  }
  return [];
}

/** The members of an object that is written out; null for anything else. */
function membersOf({ tokens, from, to }: Span): readonly Span[] | null {
  const close = tokens[from]?.text === "{" && tokens[from]?.kind === "mark" ? tokens[from]?.close : undefined;
  if (close === undefined) return null;
  return splitArguments({ tokens, from: from + 1, to: Math.min(close, to) }).map((span) => withoutLineEnds(span));
}

function withoutLineEnds({ tokens, from, to }: Span): Span {
  let start = from;
  while (start < to && tokens[start]?.kind === "end") start++;
  return { tokens, from: start, to };
}

/** What stands behind a program in a call of Node's. */
interface NodeWords {
  list: readonly Constant[] | null;
  /** Whether a shell reads the words, joined. */
  shell: "yes" | "no" | "maybe";
}

/** `spawn("rm", ["-rf", "/"])`, and `spawn("rm -rf /", {shell: true})`. */
function runsNode(scan: Setting, { args: spans }: Performed, program: Constant): void {
  const { run } = scan.call;
  const { list, shell } = nodeWords(scan, spans.slice(1).map(withoutLineEnds));
  const all = [program, ...(list ?? [UNKNOWN])];
  const texts = all.map(({ value }) => value);
  const line = texts.includes(null) ? null : texts.join(" ");
  const reads = shell === "maybe" && (/\s/.test(program.value ?? "") || /[;&|`$<>()\n]/.test(line ?? ""));
  const bare = spans.length === 1 && /\s/.test(program.value ?? "");
  if (shell === "yes" || reads || bare) scan.effects.push(...run.shell(line, scan.language.name));
  if (shell !== "yes" && !bare)
    scan.effects.push(...run.words([wordOf(program), ...argumentsIn(program, { ...UNKNOWN, list })], null));
}

function nodeWords(scan: Setting, spans: readonly Span[]): NodeWords {
  const read: NodeWords = { list: [], shell: "no" };
  for (const [at, span] of spans.entries()) {
    if (isFunction(span) || /^(?:undefined|null)$/.test(span.tokens[span.from]?.text ?? "")) continue;
    const members = membersOf(span);
    if (members !== null) {
      read.shell = shellAmong(members);
      continue;
    }
    const { list, value } = constantOf(span, scan.bindings);
    if (at === 0 && value === null) read.list = list;
    if (list === null && value === null) read.shell = "maybe";
  }
  return read;
}

/** `{shell: true}`, `{shell: "/bin/sh"}`, `{...options}`. */
function shellAmong(members: readonly Span[]): NodeWords["shell"] {
  let shell: NodeWords["shell"] = "no";
  for (const { tokens, from } of members) {
    const key = tokens[from];
    if (key?.text === "." || (key?.text === "[" && key.kind === "mark")) shell = "maybe";
    else if (key?.text === "shell") shell = /^(?:false|)$/.test(tokens[from + 2]?.text ?? "true") ? "no" : "yes";
  }
  return shell;
}

/** `(error, out) => …`, `error => …`, `function (error) …`: called back when it is done. */
export function isFunction({ tokens, from }: Span): boolean {
  const first = tokens[from];
  if (first?.text === "function" || first?.text === "async") return true;
  const behind = first?.text === "(" ? (first.close ?? from) + 1 : from + 1;
  return tokens[behind]?.text === "=" && tokens[behind + 1]?.text === ">";
}
