// Code of `awk` and `sed`: the few constructs that run commands, write or read other files, or open connections.

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

/** Assignments of one variable that are kept in mind. */
const MAX_VALUES = 8;

function callOf(name: string, run: NestedRunner, surroundings: Surroundings): ProgramCall {
  return { name, args: [], stdin: null, surroundings, run };
}

/** The effects of an awk program: `system(…)`, `| "cmd"`, `"cmd" | getline`, `> "file"`, `/inet/…`. */
export function awkEffects(text: string, run: NestedRunner, surroundings: Surroundings): readonly Effect[] {
  const call = callOf("awk", run, surroundings);
  const tokens = tokenize(text, AWK);
  const bindings: Bindings = new Map();
  const all = new Map<string, readonly Constant[]>();
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
      if (tokens[at + 1]?.text === "=" && tokens[at + 2]?.text !== "=") {
        const value = constantOf({ tokens, from: at + 2, to: statementEnd(tokens, at + 2) }, bindings);
        bindings.set(token.text, value);
        const before = all.get(token.text) ?? [];
        if (before.length < MAX_VALUES) all.set(token.text, [...before, value]);
      }
      if (token.text === "system" && tokens[at + 1]?.text === "(") {
        const to = afterBracket(tokens, at + 1) - 1;
        const texts = to === at + 3 ? valuesOf(all, tokens[at + 2]?.text ?? "") : [];
        effects.push(...run.shell(constantOf({ tokens, from: at + 2, to }, bindings).value, "awk"));
        if (texts.length > 1) effects.push(...texts.flatMap((value) => run.shell(value, "awk")));
      }
    } else effects.push(...awkMark(call, { tokens, at, printing, bindings, all }));
  }
  return effects;
}

interface AwkMark {
  readonly tokens: readonly Token[];
  readonly at: number;
  readonly printing: boolean;
  readonly bindings: Bindings;
  readonly all: ReadonlyMap<string, readonly Constant[]>;
}

/** Every value that a variable is given anywhere: which of them it has isn't known. */
function valuesOf(all: AwkMark["all"], name: string): readonly string[] {
  return (all.get(name) ?? []).flatMap(({ value }) => (value === null ? [] : [value]));
}

/** Pipes and redirections. */
function awkMark(call: ProgramCall, { tokens, at, printing, bindings, all }: AwkMark): readonly Effect[] {
  const mark = tokens[at]?.kind === "mark" ? (tokens[at]?.text ?? "") : "";
  if (mark !== "|" && mark !== ">" && mark !== "<") return [];
  if (mark === "|" && (tokens[at + 1]?.text === "|" || tokens[at - 1]?.text === "|")) return [];
  const both = tokens[at + 1]?.text === "&" ? 1 : 0;
  const next = tokens[at + 1 + both];
  if (mark === "|" && next?.text === "getline") return commandBefore(call, tokens, at, bindings);
  if (mark === "|" && printing)
    return ran(call, constantOf({ tokens, from: at + 1 + both, to: statementEnd(tokens, at + 1) }, bindings).value);
  if (mark === ">" && printing && next?.text !== "=") {
    const from = next?.text === ">" ? at + 2 : at + 1;
    const target = tokens[from];
    if (tokens[at - 1]?.text === ">") return [];
    if (target?.kind === "string") return written(call, target.text);
    if (target?.text === "ENVIRON" || target?.text === "ARGV")
      return [{ kind: "exec.unresolved", via: "awk", part: "target", text: target.text }];
    return target?.kind === "name" ? valuesOf(all, target.text).flatMap((text) => written(call, text)) : [];
  }
  if (mark === "<" && tokens[at - 1]?.text === "getline" && next?.kind === "string")
    return reads(call, [literal(next.text)]);
  return mark === "<" && tokens[at - 2]?.text === "getline" && next?.kind === "string"
    ? reads(call, [literal(next.text)])
    : [];
}

function commandBefore(call: ProgramCall, tokens: readonly Token[], at: number, bindings: Bindings): readonly Effect[] {
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

/** The effects of a sed script: the commands `e`, `w`, `r`, and the flags `e` and `w` of `s`. */
export function sedEffects(text: string, run: NestedRunner, surroundings: Surroundings): readonly Effect[] {
  const call = callOf("sed", run, surroundings);
  const effects: Effect[] = [];
  for (let at = 0; at < text.length;) at = sedCommand(call, text, at, effects);
  return effects;
}

/** Reads one command of sed at the place; returns where the next one begins. */
function sedCommand(call: ProgramCall, text: string, from: number, effects: Effect[]): number {
  const at = afterAddress(text, from);
  switch (text.charAt(at)) {
    case "s":
    case "y":
      return substitution(call, text, at, effects);
    case "e":
    case "w":
    case "W":
    case "r":
    case "R":
    case "a":
    case "i":
    case "c":
    case "#":
    case ":":
      return wholeLine(call, text, at, effects);
    // Most commands are one letter: looking for the end of the line at each would cost the line again and again.
    default:
      return at + 1;
  }
}

/** A command that takes the rest of its line. */
function wholeLine(call: ProgramCall, text: string, at: number, effects: Effect[]): number {
  const line = lineEnd(text, at);
  const rest = text.slice(at + 1, line).trim();
  const command = text.charAt(at).toLowerCase();
  if (command === "e") effects.push(...call.run.shell(rest === "" ? null : rest, call.name));
  if (command === "w") effects.push(...writes(call, [literal(rest)]));
  if (command === "r") effects.push(...reads(call, [literal(rest)]));
  return line + 1;
}

function substitution(call: ProgramCall, text: string, at: number, effects: Effect[]): number {
  const mark = text.charAt(at + 1);
  if (mark === "" || mark === "\n") return at + 1;
  const middle = afterMark(text, at + 2, mark);
  const end = afterMark(text, middle, mark);
  if (text.charAt(at) === "y") return end;
  const flags = /^[gpiIMm0-9]*/.exec(text.slice(end, end + 12))?.[0].length ?? 0;
  const flag = text.charAt(end + flags);
  if (flag === "e")
    effects.push({ kind: "exec.unresolved", via: call.name, part: "code", text: text.slice(at, end + flags + 1) });
  if (flag !== "w") return end + flags + (flag === "e" ? 1 : 0);
  const line = lineEnd(text, end);
  effects.push(...writes(call, [literal(text.slice(end + flags + 1, line).trim())]));
  return line + 1;
}

/** Skips addresses, spaces, `!`, `{`, `;`. */
function afterAddress(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "/") at = afterMark(text, at + 1, "/");
    else if (char === "\\" && at + 1 < text.length && text.charAt(at + 1) !== "\n")
      at = afterMark(text, at + 2, text.charAt(at + 1));
    else if (/[\s\d,;!{}$~+]/.test(char)) at++;
    else break;
  }
  return at;
}

/** The place behind the next unescaped mark, outside a bracket expression. */
function afterMark(text: string, from: number, mark: string): number {
  for (let at = from; at < text.length; at++) {
    if (text.charAt(at) === "\\") at++;
    else if (text.charAt(at) === mark) return at + 1;
  }
  return text.length;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}
