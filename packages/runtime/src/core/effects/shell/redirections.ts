// Redirections: what a command reads from and writes to, and the streams and hosts that they connect it with.

import type { HereDoc, HereString, Redirect, Redirection } from "unbash";
import type { FsWrite, HostTarget, PathTarget } from "../effect.ts";
import { classifyHost } from "../host.ts";
import type { Stream, Word } from "../programs/program.ts";
import { endless, isEndlessSource } from "./endless.ts";
import { bindDescriptor, descriptorFile, descriptorOf, descriptorStream } from "./descriptors.ts";
import { readEffects, targetOf, writeEffects } from "./effects-of-paths.ts";
import { expandPartsAsText, expandText } from "./expand-word.ts";
import { emit, emitAll, type Machine } from "./machine.ts";
import { eitherStream, known, NO_OUTPUT, OPAQUE, textStream, UNKNOWN_OUTPUT, wordStream } from "./value.ts";

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
    if (redirection.type === "HereDoc") given(machine, { redirection, outcome }, hereDocument(machine, redirection));
    else if (redirection.type === "HereString")
      given(machine, { redirection, outcome }, hereString(machine, redirection));
    else redirectTo(machine, { redirection, outcome, mode });
  }
  return outcome;
}

interface Given {
  readonly redirection: Redirection;
  readonly outcome: Outcome;
}

// Text for standard input, or for a descriptor of another number.
function given(machine: Machine, { redirection, outcome }: Given, stream: Stream): void {
  if (isInput(redirection)) outcome.stdin = stream;
  else bindDescriptor(machine, redirection.descriptor, { kind: "stream", stream });
}

function isInput({ descriptor }: Redirection): boolean {
  return descriptor === undefined || (descriptor.type === "FileDescriptor" && descriptor.value === 0);
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
  const { redirection } = step;
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
  if (reads) readFrom(machine, step, word);
  if (operator !== "<" && operator !== "<&") {
    const isOutput = descriptor === null ? operator !== "<>" : descriptor === 1;
    writeTo(machine, step, { word, isOutput });
  }
}

function duplicate(machine: Machine, step: Step, value: string): void {
  const { outcome, redirection } = step;
  const number = value.replace("-", "");
  const from = machine.state.bindings.get(`fd:${number}`);
  if (from?.kind === "connection") outcome.connection = classifyHost(from.host);
  if (from !== undefined && !isInput(redirection)) bindDescriptor(machine, redirection.descriptor, from);
  if (redirection.operator === "<&" && isInput(redirection)) {
    outcome.stdin = descriptorStream(machine, number) ?? outcome.stdin;
  }
  const descriptor = redirection.descriptor?.type === "FileDescriptor" ? redirection.descriptor.value : null;
  if (redirection.operator === ">&" && (descriptor === null || descriptor === 1) && value !== "1") {
    outcome.takesOutput = true;
    const path = descriptorFile(machine, number);
    if (path !== null) outcome.files.push({ key: path, append: true });
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
  bindDescriptor(machine, step.redirection.descriptor, { kind: "connection", host: host.host ?? host.text });
  return true;
}

function readFrom(machine: Machine, step: Step, word: Word): void {
  const { outcome, redirection } = step;
  const stream = openedStream(machine, word);
  if (isInput(redirection)) outcome.stdin = stream;
  else if (redirection.operator !== "<>") bindDescriptor(machine, redirection.descriptor, { kind: "stream", stream });
}

function openedStream(machine: Machine, word: Word): Stream {
  const pipe = machine.pipes.get(word.value ?? "");
  if (pipe !== undefined) return pipe;
  const number = word.value === null ? null : descriptorOf(machine, word.value);
  const open = number === null ? null : descriptorStream(machine, number);
  if (open !== null) return open;
  const target = targetOf(word, machine.surroundings);
  emitAll(machine, readEffects(target, "redirection"));
  return fileStream(machine, target);
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

interface Written {
  readonly word: Word;
  readonly isOutput: boolean;
}

function isError({ descriptor }: Redirection): boolean {
  return descriptor?.type === "FileDescriptor" && descriptor.value === 2;
}

function writeTo(machine: Machine, step: Step, place: Written): void {
  const { outcome, redirection } = step;
  outcome.takesOutput ||= place.isOutput;
  if (machine.pipes.has(place.word.value ?? "")) return;
  const target = targetOf(place.word, machine.surroundings);
  const append = redirection.operator === ">>" || redirection.operator === "&>>";
  const mode = append ? "append" : redirection.operator === "<>" ? "change" : step.mode;
  emitAll(machine, writeEffects(target, mode, "redirection"));
  if (!place.isOutput) {
    const path = target.path ?? target.text;
    if (isError(redirection)) return;
    bindDescriptor(machine, redirection.descriptor, { kind: "file", path });
    if (!append && !machine.files.has(path)) machine.files.set(path, [NO_OUTPUT]);
    return;
  }
  outcome.files.push({ key: target.path ?? target.text, append });
}
