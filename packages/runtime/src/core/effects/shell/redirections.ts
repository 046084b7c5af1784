// Redirections: what a command reads from and writes to, and the streams and hosts that they connect it with.

import type { HereDoc, HereString, Redirect, Redirection } from "unbash";
import type { FsWrite, HostTarget, PathTarget } from "../effect.ts";
import { classifyHost } from "../host.ts";
import type { Stream, Word } from "../programs/program.ts";
import { endless, isEndlessSource } from "./endless.ts";
import { readEffects, targetOf, writeEffects } from "./effects-of-paths.ts";
import { expandPartsAsText, expandText } from "./expand-word.ts";
import { emit, emitAll, type Machine } from "./machine.ts";
import { bind } from "./state.ts";
import { eitherStream, known, OPAQUE, textStream, UNKNOWN_OUTPUT, wordStream } from "./value.ts";

/** What the redirections of one command come to. */
export interface Redirected {
  /** Standard input, when it was redirected. */
  readonly stdin: Stream | null;
  /** Whether standard output goes somewhere else than on. */
  readonly takesOutput: boolean;
  /** Files that standard output goes to. */
  readonly files: readonly { readonly key: string; readonly append: boolean }[];
  /** A host that standard input or output is connected with. */
  readonly connection: HostTarget | null;
}

interface Outcome {
  stdin: Stream | null;
  takesOutput: boolean;
  connection: HostTarget | null;
  readonly files: { readonly key: string; readonly append: boolean }[];
}

/** No redirection at all. */
const NO_REDIRECTION: Redirected = { stdin: null, takesOutput: false, files: [], connection: null };

/** Evaluate redirections in order: effects on files, devices and hosts are reported. */
export function redirect(machine: Machine, redirections: readonly Redirection[], mode: FsWrite["mode"]): Redirected {
  if (redirections.length === 0) return NO_REDIRECTION;
  const outcome: Outcome = { stdin: null, takesOutput: false, connection: null, files: [] };
  for (const redirection of redirections) {
    if (redirection.type === "HereDoc") outcome.stdin = hereDocument(machine, redirection);
    else if (redirection.type === "HereString") outcome.stdin = hereString(machine, redirection);
    else redirectTo(machine, { redirection, outcome, mode });
  }
  return outcome;
}

function hereDocument(machine: Machine, node: HereDoc): Stream {
  if (node.closing === undefined) {
    emit(machine, { kind: "exec.unparsed", via: "here-document", problem: "a here-document is not closed" });
  }
  const { parts, text } = node.body;
  const word = parts === undefined ? known(text) : expandPartsAsText(machine, parts, node.body);
  const value = word.value === null || node.operator === "<<" ? word.value : withoutTabs(word.value);
  return wordStream({ ...word, value }, "");
}

function withoutTabs(text: string): string {
  return text.split("\n").map(withoutLeadingTabs).join("\n");
}

function withoutLeadingTabs(line: string): string {
  let start = 0;
  while (line.charCodeAt(start) === 9) start += 1;
  return line.slice(start);
}

function hereString(machine: Machine, node: HereString): Stream {
  return node.target === undefined ? textStream("\n") : wordStream(expandText(machine, node.target), "\n");
}

interface Step {
  readonly redirection: Redirect;
  readonly outcome: Outcome;
  readonly mode: FsWrite["mode"];
}

function redirectTo(machine: Machine, step: Step): void {
  const { redirection, outcome } = step;
  if (redirection.target === undefined) return;
  const word = expandText(machine, redirection.target);
  const { operator } = redirection;
  const descriptor = redirection.descriptor?.type === "FileDescriptor" ? redirection.descriptor.value : null;
  if ((operator === "<&" || operator === ">&") && word.value !== null && /^\d+-?$|^-$/.test(word.value)) {
    duplicate(machine, step, word.value);
    return;
  }
  if (connect(machine, step, word)) return;
  const reads = operator === "<" || operator === "<>" || operator === "<&";
  if (reads) readFrom(machine, outcome, { word, isInput: descriptor === null || descriptor === 0 });
  if (operator !== "<" && operator !== "<&") {
    const isOutput = descriptor === null ? operator !== "<>" : descriptor === 1;
    writeTo(machine, step, { word, isOutput });
  }
}

function duplicate(machine: Machine, step: Step, value: string): void {
  const { outcome, redirection } = step;
  const from = machine.state.bindings.get(`fd:${value.replace("-", "")}`);
  if (from?.kind === "connection") outcome.connection = classifyHost(from.host);
  const descriptor = redirection.descriptor?.type === "FileDescriptor" ? redirection.descriptor.value : null;
  if (redirection.operator === ">&" && (descriptor === null || descriptor === 1) && value !== "1") {
    outcome.takesOutput = true;
  }
}

const SOCKET = /^\/dev\/(?:tcp|udp)\/([^/]*)\/([^/]*)$/;

function unresolvedHost(text: string): HostTarget {
  return { host: null, text, class: "unresolved", port: null, domain: null };
}

// Bash opens connections for these paths, which name no file.
function connect(machine: Machine, step: Step, word: Word): boolean {
  const path = word.value ?? word.prefix;
  if (!path.startsWith("/dev/tcp/") && !path.startsWith("/dev/udp/")) return false;
  const [, name, port] = SOCKET.exec(word.value ?? "") ?? [];
  const host =
    name === undefined || port === undefined || name.includes(OPAQUE)
      ? unresolvedHost(word.text)
      : classifyHost(`${name}:${port}`);
  const sends = step.redirection.operator !== "<";
  emit(machine, { kind: "net.connect", via: "redirection", host, sends, origin: "shell", scheme: null });
  step.outcome.connection = host;
  step.outcome.takesOutput ||= sends;
  if (!sends) step.outcome.stdin = { ...UNKNOWN_OUTPUT, obfuscated: "downloaded" };
  const descriptor = step.redirection.descriptor;
  if (descriptor !== undefined) {
    const key = descriptor.type === "FileDescriptor" ? String(descriptor.value) : descriptor.name;
    bind(machine.state, `fd:${key}`, { kind: "connection", host: host.host ?? host.text });
  }
  return true;
}

interface Place {
  readonly word: Word;
}

function readFrom(machine: Machine, outcome: Outcome, place: Place & { readonly isInput: boolean }): void {
  const pipe = machine.pipes.get(place.word.value ?? "");
  if (pipe !== undefined) {
    if (place.isInput) outcome.stdin = pipe;
    return;
  }
  const target = targetOf(place.word, machine.surroundings);
  emitAll(machine, readEffects(target, "redirection"));
  if (place.isInput) outcome.stdin = fileStream(machine, target);
}

/** What a file holds, when this very command wrote it: known if it wrote one thing only. */
export function fileContent(machine: Machine, path: string): Stream | null {
  const contents = machine.files.get(path);
  const [only] = contents ?? [];
  return only === undefined || contents === undefined ? null : contents.reduce(eitherStream, only);
}

/** What reading a file gives: known when this very command wrote it. */
export function fileStream(machine: Machine, target: PathTarget): Stream {
  const content = fileContent(machine, target.path ?? target.text) ?? UNKNOWN_OUTPUT;
  if (target.path === "/dev/null") return textStream("");
  if (isEndlessSource(target.path)) return endless(UNKNOWN_OUTPUT);
  return target.secret === null ? content : { ...content, secret: target.secret };
}

function writeTo(machine: Machine, step: Step, place: Place & { readonly isOutput: boolean }): void {
  const { outcome, redirection } = step;
  outcome.takesOutput ||= place.isOutput;
  if (machine.pipes.has(place.word.value ?? "")) return;
  const target = targetOf(place.word, machine.surroundings);
  const append = redirection.operator === ">>" || redirection.operator === "&>>";
  const mode = append ? "append" : redirection.operator === "<>" ? "change" : step.mode;
  emitAll(machine, writeEffects(target, mode, "redirection"));
  if (!place.isOutput) return;
  outcome.files.push({ key: target.path ?? target.text, append });
}
