// Code of `awk`: the few constructs that run commands, write or read other files, or open connections.

import type { Effect } from "../effect.ts";
import { connects, reads, writes } from "../programs/describe.ts";
import { literal } from "../programs/options.ts";
import type { NestedRunner, ProgramCall } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";
import { afterBracket, constantOf, type Bindings, type Constant } from "./constants.ts";
import { MAX_TOKENS, tokenize, type Spelling, type Token } from "./tokens.ts";

const AWK: Spelling = {
  hashComments: true,
  slashComments: false,
  dashComments: false,
  backticks: "none",
  interpolation: null,
  inner: [],
  singleEscapes: true,
  quoteWords: false,
  nameMarks: "",
};

/** Assignments of one variable that are kept in mind: of more, all is possible. */
const MAX_VALUES = 8;

/** A program as it is read. */
interface Program {
  readonly call: ProgramCall;
  readonly tokens: readonly Token[];
  /** What variables hold where the reading stands. */
  readonly bindings: Bindings;
  /** What they are given anywhere: `BEGIN` runs first, wherever it stands. */
  readonly all: ReadonlyMap<string, readonly Constant[]>;
  readonly parameters: ReadonlySet<string>;
}

/** The effects of an awk program: `system(…)`, `| "cmd"`, `"cmd" | getline`, `> "file"`, `/inet/…`. */
export function awkEffects(text: string, run: NestedRunner, surroundings: Surroundings): readonly Effect[] {
  const tokens = tokenize(text, AWK);
  const bindings: Bindings = new Map();
  const program: Program = {
    call: { name: "awk", args: [], stdin: null, surroundings, run },
    tokens,
    bindings,
    all: assignedIn(tokens),
    parameters: parametersIn(tokens),
  };
  const effects: Effect[] = [];
  let printing = false;
  if (tokens.length >= MAX_TOKENS)
    effects.push({ kind: "exec.unparsed", via: "awk", problem: "a program that is too long" });
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.kind === "end" || token.text === "}" || token.text === "{") printing = false;
    if (token.kind === "name") {
      if (token.text === "print" || token.text === "printf") printing = true;
      const from = valueAt(tokens, at);
      if (from === at + 2)
        bindings.set(token.text, constantOf({ tokens, from, to: statementEnd(tokens, from) }, bindings));
      if (token.text === "getline") effects.push(...readByGetline(program, at));
      if (token.text === "system" && tokens[at + 1]?.text === "(") effects.push(...runBySystem(program, at + 1));
    } else effects.push(...awkMark(program, at, printing));
  }
  return effects;
}

function runBySystem({ call, tokens, bindings, all }: Program, open: number): readonly Effect[] {
  const to = afterBracket(tokens, open) - 1;
  const texts = to === open + 2 ? valuesOf(all, tokens[open + 1]?.text ?? "") : [];
  const effects = [...call.run.shell(constantOf({ tokens, from: open + 1, to }, bindings).value, "awk")];
  return texts.length > 1 ? [...effects, ...texts.flatMap((value) => call.run.shell(value, "awk"))] : effects;
}

/** Where the value begins that a name, or an element of it, is given; 0 where it is given none. */
function valueAt(tokens: readonly Token[], at: number): number {
  const sign = tokens[at + 1]?.text === "[" ? afterBracket(tokens, at + 1) : at + 1;
  return tokens[sign]?.text === "=" && tokens[sign + 1]?.text !== "=" && tokens[sign]?.kind === "mark" ? sign + 1 : 0;
}

/** What each variable is given anywhere, as far as it is known without others. */
function assignedIn(tokens: readonly Token[]): Program["all"] {
  const all = new Map<string, readonly Constant[]>();
  for (const [at, token] of tokens.entries()) {
    const from = token.kind === "name" ? valueAt(tokens, at) : 0;
    if (from === 0) continue;
    let value = from;
    // `a = b = "x"`
    for (let more = 0; more < MAX_VALUES && tokens[value]?.kind === "name"; more++)
      value = valueAt(tokens, value) || value;
    const before = all.get(token.text) ?? [];
    if (before.length > MAX_VALUES) continue;
    all.set(token.text, [...before, constantOf({ tokens, from: value, to: statementEnd(tokens, value) }, new Map())]);
  }
  return all;
}

/** The names of what functions are called with. */
function parametersIn(tokens: readonly Token[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [at, token] of tokens.entries()) {
    if (token.text !== "function" && token.text !== "func") continue;
    const open = tokens[at + 2]?.text === "(" ? at + 2 : -1;
    const to = open < 0 ? 0 : Math.min(afterBracket(tokens, open), open + 64);
    for (let next = open + 1; next < to; next++) if (tokens[next]?.kind === "name") names.add(tokens[next]?.text ?? "");
  }
  return names;
}

/** Every value that a variable is given anywhere: which of them it has isn't known. */
function valuesOf(all: Program["all"], name: string): readonly string[] {
  return (all.get(name) ?? []).flatMap(({ value }) => (value === null ? [] : [value]));
}

/** Pipes and redirections. */
function awkMark(program: Program, at: number, printing: boolean): readonly Effect[] {
  const { call, tokens, bindings } = program;
  const mark = tokens[at]?.kind === "mark" ? (tokens[at]?.text ?? "") : "";
  if (mark !== "|" && mark !== ">") return [];
  if (mark === "|" && (tokens[at + 1]?.text === "|" || tokens[at - 1]?.text === "|")) return [];
  const both = tokens[at + 1]?.text === "&" ? 1 : 0;
  const next = tokens[at + 1 + both];
  if (mark === "|" && next?.text === "getline") return commandBefore(program, at);
  if (mark === "|" && printing)
    return ran(call, constantOf({ tokens, from: at + 1 + both, to: statementEnd(tokens, at + 1) }, bindings).value);
  if (mark !== ">" || !printing || next?.text === "=" || tokens[at - 1]?.text === ">") return [];
  return named(program, next?.text === ">" ? at + 2 : at + 1, written);
}

/** What is done to the file that an expression names: to each that it may be. */
function named(
  { call, tokens, bindings, all, parameters }: Program,
  start: number,
  done: (call: ProgramCall, text: string) => readonly Effect[],
): readonly Effect[] {
  const isInside = tokens[start]?.text === "(" && tokens[start]?.kind === "mark";
  const from = isInside ? start + 1 : start;
  const target = tokens[from];
  if (target === undefined || (target.kind !== "string" && target.kind !== "name")) return [];
  if (target.text === "ENVIRON" || target.text === "ARGV")
    return done === written ? [{ kind: "exec.unresolved", via: "awk", part: "target", text: target.text }] : [];
  const to = isInside ? afterBracket(tokens, start) - 1 : statementEnd(tokens, from);
  const { value } = constantOf({ tokens, from, to }, bindings);
  const texts = new Set(target.kind === "string" ? [target.text] : valuesOf(all, target.text));
  if (value !== null) texts.add(value);
  const isOpen =
    target.kind === "name" && (parameters.has(target.text) || (all.get(target.text)?.length ?? 0) > MAX_VALUES);
  return [
    ...[...texts].flatMap((text) => done(call, text)),
    ...(isOpen ? [{ kind: "exec.unresolved" as const, via: "awk", part: "target" as const, text: target.text }] : []),
  ];
}

/** `getline < "file"`, `getline x < "file"`, `getline $0 < f`, `getline a[1] < ("/etc/" x)`. */
function readByGetline(program: Program, at: number): readonly Effect[] {
  const { tokens } = program;
  let next = at + 1;
  if (tokens[next]?.text === "$") next = tokens[next + 1]?.text === "(" ? afterBracket(tokens, next + 1) : next + 2;
  else if (tokens[next]?.kind === "name")
    next = tokens[next + 1]?.text === "[" ? afterBracket(tokens, next + 1) : next + 1;
  return tokens[next]?.text === "<" && tokens[next]?.kind === "mark" ? named(program, next + 1, readFrom) : [];
}

function readFrom(call: ProgramCall, text: string): readonly Effect[] {
  return reads(call, [literal(text)]);
}

function commandBefore({ call, tokens, bindings }: Program, at: number): readonly Effect[] {
  let from = at - 1;
  while (
    from > 0 &&
    at - from < 64 &&
    tokens[from - 1]?.kind !== "end" &&
    !/^[{}(;,=!&]$/.test(tokens[from - 1]?.text ?? "") &&
    tokens[from - 1]?.text !== "while"
  )
    from--;
  const to = tokens[at - 1]?.text === "&" ? at - 1 : at;
  return ran(call, constantOf({ tokens, from, to }, bindings).value);
}

function ran(call: ProgramCall, text: string | null): readonly Effect[] {
  const inet = text === null ? null : /^\/inet\d?\/(?:tcp|udp)\/\d*\/([^/]+)\/(\d+)/.exec(text);
  if (inet === null) return call.run.shell(text, call.name);
  return connects(call, literal(inet[1] ?? ""), { sends: true, port: Number(inet[2]) });
}

function written(call: ProgramCall, text: string): readonly Effect[] {
  const inet = /^\/inet\d?\/(?:tcp|udp)\/\d*\/([^/]+)\/(\d+)/.exec(text);
  return inet === null
    ? writes(call, [literal(text)])
    : connects(call, literal(inet[1] ?? ""), { sends: true, port: Number(inet[2]) });
}

function statementEnd(tokens: readonly Token[], from: number): number {
  let at = from;
  while (
    at < tokens.length &&
    at - from < 64 &&
    tokens[at]?.kind !== "end" &&
    tokens[at]?.text !== "}" &&
    tokens[at]?.text !== ")"
  ) {
    at = tokens[at]?.text === "(" ? afterBracket(tokens, at) : at + 1;
  }
  return at;
}
