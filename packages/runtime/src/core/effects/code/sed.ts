// Code of `sed`: the few commands that run others, and write or read other files.

import type { Effect } from "../effect.ts";
import { reads, writes } from "../programs/describe.ts";
import { literal } from "../programs/options.ts";
import type { NestedRunner, ProgramCall } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";

/** A script as it is read. */
interface Script {
  readonly call: ProgramCall;
  readonly text: string;
  readonly effects: Effect[];
  /** Behind this place no bracket expression closes: none is looked for. */
  lastClose: number;
}

/** The effects of a sed script: the commands `e`, `w`, `r`, and the flags `e` and `w` of `s`. */
export function sedEffects(text: string, run: NestedRunner, surroundings: Surroundings): readonly Effect[] {
  const call: ProgramCall = { name: "sed", args: [], stdin: null, surroundings, run };
  const script: Script = { call, text, effects: [], lastClose: text.lastIndexOf("]") };
  for (let at = 0; at < text.length;) at = sedCommand(script, at);
  return script.effects;
}

/** Reads one command of sed at the place; returns where the next one begins. */
function sedCommand(script: Script, from: number): number {
  const at = afterAddress(script, from);
  switch (script.text.charAt(at)) {
    case "s":
    case "y":
      return substitution(script, at);
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
      return wholeLine(script, at);
    // Most commands are one letter: looking for the end of the line at each would cost the line again and again.
    default:
      return at + 1;
  }
}

/** A command that takes the rest of its line. */
function wholeLine({ call, text, effects }: Script, at: number): number {
  const line = lineEnd(text, at);
  const rest = text.slice(at + 1, line).trim();
  const command = text.charAt(at).toLowerCase();
  if (command === "e") effects.push(...call.run.shell(rest === "" ? null : rest, call.name));
  if (command === "w") effects.push(...writes(call, [literal(rest)]));
  if (command === "r") effects.push(...reads(call, [literal(rest)]));
  return line + 1;
}

function substitution(script: Script, at: number): number {
  const { call, text, effects } = script;
  const mark = text.charAt(at + 1);
  if (mark === "" || mark === "\n") return at + 1;
  const isPattern = text.charAt(at) === "s";
  const middle = isPattern ? afterPattern(script, at + 2, mark) : afterMark(text, at + 2, mark);
  const end = afterMark(text, middle, mark);
  if (!isPattern) return end;
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
function afterAddress(script: Script, from: number): number {
  const { text } = script;
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "/") at = afterPattern(script, at + 1, "/");
    else if (char === "\\" && at + 1 < text.length && text.charAt(at + 1) !== "\n")
      at = afterPattern(script, at + 2, text.charAt(at + 1));
    else if (/[\s\d,;!{}$~+]/.test(char)) at++;
    else break;
  }
  return at;
}

/** The place behind the mark that ends a pattern: in a bracket expression (`[^/]`) it ends nothing, and `\` is itself. */
function afterPattern(script: Script, from: number, mark: string): number {
  const { text } = script;
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\\") at++;
    else if (char === mark) return at + 1;
    else if (char === "[" && at < script.lastClose) {
      const close = bracketEnd(text, at);
      if (close === null) script.lastClose = -1;
      else at = close;
    }
  }
  return text.length;
}

/** Where the bracket expression that begins at the place closes; null when it doesn't. */
function bracketEnd(text: string, start: number): number | null {
  let at = start + 1;
  if (text.charAt(at) === "^") at++;
  if (text.charAt(at) === "]") at++;
  for (; at < text.length; at++) {
    if (text.charAt(at) === "]") return at;
    const named = text.charAt(at) === "[" ? CLASS.exec(text.slice(at, at + 24)) : null;
    if (named !== null) at += named[0].length - 1;
  }
  return null;
}

/** `[:space:]`, `[.].]`, `[=a=]` in a bracket expression. */
const CLASS = /^\[([:.=]).{1,16}?\1\]/;

/** The place behind the next unescaped mark. */
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
