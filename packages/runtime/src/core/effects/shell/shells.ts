// Shells as programs: `sh -c TEXT NAME ARGS`, a script file, or code that flows in.

import type { HostTarget } from "../effect.ts";
import type { Stream, Word } from "../programs/program.ts";
import { fileStream } from "./redirections.ts";
import { descriptorOf, mayBeDescriptor } from "./descriptors.ts";
import { targetOf } from "./effects-of-paths.ts";
import { knownContents, runContent } from "./files.ts";
import { reportFork } from "./functions.ts";
import type { Invocation } from "./invoke.ts";
import { inOwnShell } from "./leaving.ts";
import { emit, type Machine } from "./machine.ts";
import { runShellText } from "./nested.ts";
import { bind, inSubshell } from "./state.ts";
import { NO_OUTPUT, UNKNOWN_OUTPUT } from "./value.ts";
import { parseShell } from "./shell-options.ts";
import { wordSet } from "../../word-set.ts";

/** Runs a shell's words. */
export type Shell = (machine: Machine, words: readonly Word[], call: Invocation) => Stream;

const NAMES: ReadonlySet<string> = wordSet("sh bash dash zsh ksh mksh ash rbash yash ksh93 hush lksh sash posh");

/** The shell of this base name, or null. */
export function findShell(name: string): Shell | null {
  return NAMES.has(name) ? runShell : null;
}

function runShell(machine: Machine, words: readonly Word[], call: Invocation): Stream {
  const name = words[0]?.text ?? "sh";
  const options = parseShell(name.slice(name.lastIndexOf("/") + 1), words);
  if (options.asks) return UNKNOWN_OUTPUT;
  if (options.privileged) emit(machine, { kind: "privilege.raise", via: name, how: "privileged shell" });
  if (call.connection !== null) reportShared(machine, name, call.connection);
  if (options.startup !== null && options.startup.value !== "/dev/null") runStartup(machine, options.startup, name);
  if (options.command) {
    const [text, zero, ...args] = options.operands;
    if (text === undefined) return NO_OUTPUT;
    return apart(machine, () => {
      if (zero !== undefined) bind(machine.state, "var:0", { kind: "scalar", values: [zero] });
      return runText(machine, { text, args, name, stdin: call.stdin });
    });
  }
  const [script, ...args] = options.operands;
  if (options.checksOnly) return NO_OUTPUT;
  if (script === undefined || options.fromInput) return runInput(machine, call, { name, args: options.operands });
  if (isInput(machine, script)) return runInput(machine, call, { name, args });
  return runScriptFile(machine, { script, args, name });
}

function apart(machine: Machine, run: () => Stream): Stream {
  return inOwnShell(machine, () => inSubshell(machine.state, run));
}

function isInput(machine: Machine, { value }: Word): boolean {
  return value !== null && descriptorOf(machine, value) === "0";
}

function runInput(
  machine: Machine,
  call: Invocation,
  given: { readonly name: string; readonly args: readonly Word[] },
): Stream {
  const { stdin } = call;
  if (stdin === null) return UNKNOWN_OUTPUT;
  return apart(machine, () => {
    bind(machine.state, "positional", { kind: "positional", items: given.args });
    return runContent(machine, stdin, { via: given.name, language: "sh" });
  });
}

function reportShared(machine: Machine, via: string, host: HostTarget): void {
  emit(machine, { kind: "net.shell", via, direction: "reverse", host });
}

function runStartup(machine: Machine, startup: Word, via: string): void {
  const contents = startup.value === null ? [] : knownContents(machine, startup.value);
  for (const content of contents) runContent(machine, content, { via, language: "sh" });
  if (contents.length === 0) emit(machine, { kind: "exec.injected", via, variable: "rcfile" });
}

interface TextRun {
  readonly text: Word;
  readonly args: readonly Word[];
  readonly name: string;
  readonly stdin: Stream | null;
}

function runText(machine: Machine, run: TextRun): Stream {
  const { text, args, name } = run;
  reportOrigin(machine, text, name);
  bind(machine.state, "positional", { kind: "positional", items: args });
  const outer = machine.stdin;
  machine.stdin = run.stdin;
  const output = runShellText(machine, text.value, name);
  machine.stdin = outer;
  return output;
}

/** Say how a word that is run as code came to be. */
export function reportOrigin(machine: Machine, word: Word, via: string): void {
  if ((word.obfuscated ?? null) === null) return;
  emit(machine, { kind: "exec.obfuscated", via, how: word.obfuscated ?? "generated", text: word.value ?? word.text });
}

interface ScriptRun {
  readonly script: Word;
  readonly args: readonly Word[];
  readonly name: string;
}

function runScriptFile(machine: Machine, run: ScriptRun): Stream {
  const { script, name } = run;
  if (script.value === "$0") {
    if (machine.beside) reportFork(machine, "$0");
    return UNKNOWN_OUTPUT;
  }
  if (script.value === null) {
    if (script.prefix === "" || /^[-+]/.test(script.prefix) || mayBeDescriptor(machine, script))
      emit(machine, { kind: "exec.unresolved", via: name, part: "code", text: script.text });
    return UNKNOWN_OUTPUT;
  }
  const contents = knownContents(machine, script.value);
  if (contents.length === 0) {
    const target = targetOf(script, machine.surroundings);
    if (target.zone === "device" || script.value.startsWith("/dev/tcp/")) {
      emit(machine, { kind: "exec.unresolved", via: name, part: "code", text: script.text });
    }
    return { ...UNKNOWN_OUTPUT, secret: fileStream(machine, target).secret };
  }
  return apart(machine, () => {
    bind(machine.state, "positional", { kind: "positional", items: run.args });
    let output: Stream = NO_OUTPUT;
    for (const content of contents) output = runContent(machine, content, { via: name, language: "sh" });
    return contents.length === 1 ? output : { ...output, text: null };
  });
}
