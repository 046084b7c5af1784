// What a command's words name: a function, a builtin, a shell, a known program, a file written a moment ago, or something
// nobody knows.

import type { Assignment } from "unbash";
import type { Effect, HostTarget } from "../effect.ts";
import type { ProgramRow, Stream, Word } from "../programs/program.ts";
import { findProgram } from "../programs/index.ts";
import { reportIndexCode } from "./arithmetic-code.ts";
import { findBuiltin } from "./builtins.ts";
import { targetOf } from "./effects-of-paths.ts";
import { followFiles, keepFetched, keptSecret, runsKnownFile } from "./files.ts";
import { endless, keepsEndlessly, writesEndlessly } from "./endless.ts";
import { followLinks } from "./links.ts";
import { knownOutput } from "./known-output.ts";
import { callFunction, reportFork } from "./functions.ts";
import { plainName } from "./inspect-text.ts";
import { deeper, emit, emitAll, type Machine } from "./machine.ts";
import { activePattern, matches } from "./pattern.ts";
import { runnerOf } from "./nested.ts";
import { findShell } from "./shells.ts";
import { outgoingSecret, outputOf } from "./secrets.ts";
import { judgeCarried } from "./carried.ts";
import { known, NO_OUTPUT, OPAQUE, UNKNOWN_OUTPUT } from "./value.ts";
import { wordSet } from "../../word-set.ts";

/** What surrounds the words of a command. */
export interface Invocation {
  readonly stdin: Stream | null;
  /** A host that standard input or output is connected with. */
  readonly connection: HostTarget | null;
  /** Assignments among the words, for declarations. */
  readonly assignments: readonly Assignment[];
}

/** Run words as a command and give its output. */
export function invoke(machine: Machine, words: readonly Word[], call: Invocation): Stream {
  const [first] = words;
  machine.status = null;
  if (first === undefined) return NO_OUTPUT;
  const name = first.value;
  if (name === null || name.includes(OPAQUE)) return invokeUnresolved(machine, words);
  if (first.glob && /[*?[]/.test(name)) return invokePattern(machine, words, call);
  if ((first.obfuscated ?? null) !== null) {
    emit(machine, { kind: "exec.obfuscated", via: "shell", how: first.obfuscated ?? "generated", text: name });
  }
  const body = machine.state.bindings.get(`fn:${name}`);
  if (body?.kind === "function")
    return callFunction(machine, { name, bodies: body.bodies, args: words.slice(1), call });
  return invokeProgram(machine, name, { words, call });
}

interface ProgramWords {
  readonly words: readonly Word[];
  readonly call: Invocation;
}

/** Programs that wait: a loop with one does not spin. */
const WAITING: ReadonlySet<string> = new Set(["sleep", "usleep", "inotifywait", "fswatch"]);

const INIT_SCRIPT = /^\/etc\/(?:rc\.d\/)?init\.d\/[^/]+$/;
const TIME_OPTION = /^-(?:[fopav]+|-(?:format|output|append|portability|verbose)(?:=.*)?)$/;

function invokeService(machine: Machine, service: string, given: ProgramWords): Stream {
  const words = [known("service"), known(service), ...given.words.slice(1)];
  return invokeProgram(machine, "service", { ...given, words });
}

/** Run words as a program or builtin, never as a function (`command`, `builtin`, `exec`). */
export function invokeProgram(machine: Machine, name: string, given: ProgramWords): Stream {
  const base = name.slice(name.lastIndexOf("/") + 1);
  if (name.startsWith("/etc/") && INIT_SCRIPT.test(name)) return invokeService(machine, base, given);
  // After `time`, a shell without that word runs the program, whose options follow.
  if (name.startsWith("-") && TIME_OPTION.test(name))
    return invokeProgram(machine, "time", { ...given, words: [known("time"), ...given.words] });
  if (name.startsWith("!") && name.length > 1 && /^![!\w?-]/.test(name)) {
    emit(machine, { kind: "exec.unresolved", via: "history", part: "program", text: name });
  }
  if (WAITING.has(base)) machine.yields = true;
  if ((name === "$0" || name === "%0") && machine.beside) reportFork(machine, name);
  const builtin = base === name ? findBuiltin(base) : null;
  if (builtin !== null) {
    reportProgram(machine, base, given.words, true);
    if (NAMING.has(base)) reportElements(machine, base, given.words);
    return builtin(machine, given.words, given.call);
  }
  const shell = findShell(base);
  if (shell !== null) {
    reportProgram(machine, base, given.words, isInstalled(name));
    return shell(machine, given.words, given.call);
  }
  if (name.includes("/") && runsKnownFile(machine, name, given.words)) return UNKNOWN_OUTPUT;
  const row = findProgram(base);
  if (row !== null) return callRow(machine, row, { base, known: isInstalled(name), ...given });
  return invokeLookAlike(machine, base, given);
}

/** Builtins that take names of variables: an element's index may hold a substitution. */
const NAMING: ReadonlySet<string> = wordSet(
  "read unset printf test [ declare typeset local export readonly mapfile readarray getopts wait",
);

function reportElements(machine: Machine, via: string, words: readonly Word[]): void {
  const isNamed = via === "printf" || via === "test" || via === "[";
  words.forEach(({ value }, at) => {
    if (at > 0 && (!isNamed || words[at - 1]?.value === "-v")) reportIndexCode(machine, via, value);
  });
}

function reportProgram(machine: Machine, program: string, words: readonly Word[], known: boolean): void {
  const args: (string | null)[] = [];
  for (let at = 1; at < words.length; at += 1) {
    const value = words[at]?.value ?? null;
    args.push(value === null || value.includes(OPAQUE) ? null : value);
  }
  emit(machine, { kind: "exec.program", via: "shell", program, known, args });
}

interface RowCall extends ProgramWords {
  readonly base: string;
  readonly known: boolean;
}

// A file may be called like a program and be another: `./ls` is whatever somebody wrote there. Its row is judged all the
// same, since it may well be that program.
const INSTALLED = /^(?:\/usr(?:\/local)?|\/opt\/homebrew|\/snap|)\/s?bin\/[^/]+$/;

function isInstalled(name: string): boolean {
  return !/[/\\]/.test(name) || INSTALLED.test(name);
}

function callRow(machine: Machine, row: ProgramRow, given: RowCall): Stream {
  const { base, words, call } = given;
  reportProgram(machine, base, words, given.known);
  machine.nestedOutput = null;
  const result = row.effects({
    name: base,
    args: words.slice(1),
    stdin: call.stdin,
    surroundings: machine.surroundings,
    run: runnerOf(machine),
  });
  emitAll(machine, result.effects);
  if (base === "ln" || base === "link" || base === "cp") followLinks(machine, base, words);
  if (row.marksOnly === true && words.length > 1) judgeCarried(machine, words);
  const nested: Stream | null = machine.nestedOutput;
  machine.nestedOutput = null;
  const stdout = result.stdout ?? nested ?? knownOutput(base, words) ?? outputOf(result.effects, call.stdin);
  const endsNever = writesEndlessly(base, words, { stdin: call.stdin, pipes: machine.pipes });
  if (endsNever) reportEndless(machine, given);
  if (result.effects.length > 0 || base === "tee") {
    const secret = outgoingSecret(base, words, call.stdin) ?? keptSecret(machine, result.effects);
    if (secret !== null) sendSecret(machine, { base, secret, effects: result.effects });
    followFiles(machine, { base, words, effects: result.effects, stdin: call.stdin, wraps: nested !== null });
  }
  return endsNever ? endless(stdout) : stdout;
}

// `cp /dev/zero x`, `tail /dev/zero`, `yes | tee x`: nothing is left of the disk or the memory.
function reportEndless(machine: Machine, given: RowCall): void {
  const { base } = given;
  const keeps = keepsEndlessly(base);
  const writes = machine.effects.some((effect) => effect.kind === "fs.write" && effect.via === base);
  if (keeps || writes) emit(machine, { kind: "resource.exhaust", via: base, how: "endless write" });
}

interface Sending {
  readonly base: string;
  readonly secret: string;
  readonly effects: readonly Effect[];
}

function sendSecret(machine: Machine, sending: Sending): void {
  const { base, secret, effects } = sending;
  if (effects.some((effect) => effect.kind === "secret.send")) return;
  for (const effect of effects) {
    if (effect.kind === "net.connect") emit(machine, { kind: "secret.send", via: base, secret, host: effect.host });
  }
}

// The dynamic loader runs the program it is given.
const LOADER = /^ld(?:-linux[\w.-]*|-musl[\w.-]*)?\.so\.\d+$/;

// Names that only look like a program's (other scripts, full-width letters, invisible marks, letter case) are judged as
// that program too; on some systems they are.
function invokeLookAlike(machine: Machine, base: string, given: ProgramWords): Stream {
  if (LOADER.test(base)) return deeper(machine, () => invoke(machine, given.words.slice(1), given.call), NO_OUTPUT);
  const plain = plainName(base);
  const isHidden = plain !== base;
  if (isHidden) emit(machine, { kind: "exec.obfuscated", via: "shell", how: "hidden", text: base });
  const folded = plain.toLowerCase();
  if (folded !== base && (findProgram(folded) ?? findBuiltin(folded) ?? findShell(folded)) !== null) {
    return invokeProgram(machine, folded, given);
  }
  reportProgram(machine, base, given.words, false);
  judgeOperands(machine, base, given.words);
  judgeCarried(machine, given.words);
  if (base === "fetch") keepFetched(machine, given.words);
  return knownOutput(base, given.words) ?? outputOf([], given.call.stdin);
}

/** Programs that a pattern in place of a name is tried on. */
const TRIED = "rm dd sh bash cat cp mv curl wget nc chmod chown kill tee shred sudo python3 perl find".split(" ");

// Which program `/bin/r?` is depends on what stands there; what it may be counts too.
function invokePattern(machine: Machine, words: readonly Word[], call: Invocation): Stream {
  const name = words[0]?.value ?? "";
  const pattern = activePattern(name.slice(name.lastIndexOf("/") + 1));
  for (const tried of TRIED) {
    if (pattern !== null && matches(pattern, tried) === true) invokeProgram(machine, tried, { words, call });
  }
  return invokeUnresolved(machine, words);
}

function invokeUnresolved(machine: Machine, words: readonly Word[]): Stream {
  const [first] = words;
  const text = first?.text ?? "";
  if ((first?.obfuscated ?? null) !== null) {
    emit(machine, { kind: "exec.obfuscated", via: "shell", how: first?.obfuscated ?? "generated", text });
  }
  emit(machine, { kind: "exec.unresolved", via: "shell", part: "program", text });
  judgeOperands(machine, text, words);
  return UNKNOWN_OUTPUT;
}

// Of a program that nothing is known of, an operand that names a device, a secret, a system place or nothing that can be
// told decides: what it would do there is unresolved.
function judgeOperands(machine: Machine, via: string, words: readonly Word[]): void {
  for (const word of words.slice(1)) {
    const operand = operandOf(word);
    if (operand === null) continue;
    const target = targetOf(operand, machine.surroundings);
    if (target.zone === "device") emit(machine, { kind: "device.read", via, target });
    else if (target.secret !== null) emit(machine, { kind: "fs.read", via, target });
    if (target.governance === "in_force") emit(machine, { kind: "fs.write", via, target, mode: "change" });
    if (target.zone === "device" || target.zone === "system" || target.zone === "root") {
      emit(machine, { kind: "exec.unresolved", via, part: "target", text: word.text });
    }
  }
}

// The path in an operand: all of it, or what follows `=` in an option or `@` in an attachment.
function operandOf(word: Word): Word | null {
  const { value } = word;
  if (value === null) return word.prefix.includes("/") ? word : null;
  if (value === "" || value === "/") return null;
  const start = value.startsWith("-") ? value.indexOf("=") + 1 : value.startsWith("@") ? 1 : 0;
  if (value.startsWith("-") && start === 0) return null;
  const path = start === 0 ? value : value.slice(start);
  return start === 0 ? word : { ...word, value: path, prefix: path };
}
