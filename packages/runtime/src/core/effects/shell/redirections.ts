// Redirections: what a command reads from and writes to, and the streams and hosts that they connect it with.

import type { HereDoc, HereString, Redirect, Redirection } from "unbash";
import type { FsWrite, HostTarget, PathTarget } from "../effect.ts";
import { classifyHost } from "../host.ts";
import type { Stream, Word } from "../programs/program.ts";
import { endless, isEndlessSource } from "./endless.ts";
import {
  bindDescriptor,
  bindNumber,
  descriptor,
  descriptorOf,
  descriptorStream,
  openDescriptor,
  type Descriptors,
} from "./descriptors.ts";
import { readEffects, targetOf, writeEffects } from "./effects-of-paths.ts";
import { expandPartsAsText, expandText } from "./expand-word.ts";
import { fileContent } from "./file-content.ts";
import { emit, emitAll, type Machine } from "./machine.ts";
import type { Descriptor, Outlet } from "./state.ts";
import { known, NO_OUTPUT, OPAQUE, textStream, UNKNOWN_OUTPUT, wordStream } from "./value.ts";

/** What the redirections of one command come to. */
export interface Redirected {
  /** Standard input, when it was redirected. */
  readonly stdin: Stream | null;
  /** Whether standard output goes somewhere else than on. */
  readonly takesOutput: boolean;
  /** Files that standard output goes to. */
  readonly files: readonly { readonly key: string; readonly append: boolean }[];
  /** Where else standard output goes: to where another command's goes. */
  readonly outlets: readonly Outlet[];
  /** A host that standard input or output is connected with. */
  readonly connection: HostTarget | null;
  /** The descriptors that changed, as they were; null: none did. */
  readonly before: Descriptors | null;
}

interface Outcome {
  stdin: Stream | null;
  takesOutput: boolean;
  connection: HostTarget | null;
  files: { readonly key: string; readonly append: boolean }[];
  outlets: readonly Outlet[];
  /** What standard output leads to so far; null: to where it went before. */
  output: Descriptor | null;
  readonly before: Descriptors;
}

/** No redirection at all. */
const NO_REDIRECTION: Redirected = {
  stdin: null,
  takesOutput: false,
  files: [],
  outlets: [],
  connection: null,
  before: null,
};

/** Evaluate redirections in order: effects on files, devices and hosts are reported. */
export function redirect(machine: Machine, redirections: readonly Redirection[], mode: FsWrite["mode"]): Redirected {
  if (redirections.length === 0) return NO_REDIRECTION;
  const outcome: Outcome = {
    stdin: null,
    takesOutput: false,
    connection: null,
    files: [],
    outlets: [],
    output: descriptor(machine, "1"),
    before: new Map(),
  };
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
  else opens(machine, { redirection, outcome }, openDescriptor({ stream }));
}

function opens(machine: Machine, { redirection, outcome }: Given, open: Descriptor | null): void {
  bindDescriptor(machine, { descriptor: redirection.descriptor, before: outcome.before }, open);
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
  const number = redirection.descriptor?.type === "FileDescriptor" ? redirection.descriptor.value : null;
  const copied = copiedNumber(machine, redirection, word);
  if (copied !== null) {
    duplicate(machine, step, copied);
    return;
  }
  if (connect(machine, step, word)) return;
  const reads = operator === "<" || operator === "<>" || operator === "<&";
  if (reads) readFrom(machine, step, word);
  if (operator !== "<" && operator !== "<&") {
    const isOutput = number === null ? operator !== "<>" : number === 1;
    writeTo(machine, step, { word, isOutput });
  }
}

// The descriptor that is copied: `>&3`, and `> /dev/fd/3`, which opens the same. A closing dash is kept.
function copiedNumber(machine: Machine, { operator }: Redirect, { value }: Word): string | null {
  if (value === null) return null;
  if (operator === "<&" || operator === ">&") return /^\d+-?$|^-$/.test(value) ? value : null;
  if (operator === "<" || operator === "<>") return null;
  const number = descriptorOf(machine, value);
  return number === "1" || number === "2" || (number !== null && descriptor(machine, number) !== null) ? number : null;
}

function duplicate(machine: Machine, step: Step, value: string): void {
  const { outcome, redirection } = step;
  const number = value.replace("-", "");
  const from = sourceOf(machine, outcome, number);
  if (from !== null && from.host !== null) outcome.connection = classifyHost(from.host);
  if (isInput(redirection) && redirection.operator === "<&") {
    outcome.stdin = number === "1" ? outcome.stdin : (descriptorStream(machine, number) ?? outcome.stdin);
    return;
  }
  const isOutput = redirection.descriptor === undefined || numberOf(redirection) === 1;
  if (!isOutput) opens(machine, step, from);
  else if (number !== "1") toOutput(outcome, from ?? openDescriptor({}));
  // `&> /dev/fd/3`
  if (redirection.operator.startsWith("&")) bindNumber(machine, 2, { open: from, before: outcome.before });
}

function numberOf({ descriptor: given }: Redirection): number | null {
  return given?.type === "FileDescriptor" ? given.value : null;
}

function sourceOf(machine: Machine, outcome: Outcome, number: string): Descriptor | null {
  const open = descriptor(machine, number);
  if (number === "1") return outcome.output ?? openDescriptor({ outlets: [machine.outlet] });
  if (number !== "0" || open !== null) return open;
  const stream = outcome.stdin ?? machine.stdin;
  return stream === null ? null : openDescriptor({ stream });
}

function toOutput(outcome: Outcome, to: Descriptor): void {
  outcome.takesOutput = true;
  outcome.output = to;
  outcome.files = to.files.map((key) => ({ key, append: true }));
  outcome.outlets = to.outlets;
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
  opens(machine, step, openDescriptor({ host: host.host ?? host.text }));
  return true;
}

function readFrom(machine: Machine, step: Step, word: Word): void {
  const { outcome, redirection } = step;
  const stream = openedStream(machine, word);
  if (isInput(redirection)) outcome.stdin = stream;
  else if (redirection.operator !== "<>") opens(machine, step, openDescriptor({ stream }));
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

function writeTo(machine: Machine, step: Step, place: Written): void {
  const { outcome, redirection } = step;
  outcome.takesOutput ||= place.isOutput;
  if (machine.pipes.has(place.word.value ?? "")) return;
  const target = targetOf(place.word, machine.surroundings);
  const append = redirection.operator === ">>" || redirection.operator === "&>>";
  const mode = append ? "append" : redirection.operator === "<>" ? "change" : step.mode;
  emitAll(machine, writeEffects(target, mode, "redirection"));
  const key = target.path ?? target.text;
  const open = openDescriptor({ files: target.zone === "null_device" ? [] : [key] });
  if (!place.isOutput) {
    opens(machine, step, open);
    if (append || target.zone === "null_device" || machine.files.has(key)) return;
    // Programs complain there in words of their own.
    machine.files.set(key, [numberOf(redirection) === 2 ? UNKNOWN_OUTPUT : NO_OUTPUT]);
    return;
  }
  // Errors go there, too.
  if (redirection.operator.includes("&")) bindNumber(machine, 2, { open, before: outcome.before });
  toOutput(outcome, open);
  outcome.files = [{ key, append }];
}
