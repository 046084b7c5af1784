// File descriptors that a command gave itself (`exec 3<<<text`, `4>file`, `2>&1`), and the paths that name them.

import type { RedirectDescriptor } from "unbash";
import { resolvePath } from "../path.ts";
import type { Stream, Word } from "../programs/program.ts";
import { appendFile, fileContent } from "./file-content.ts";
import type { Machine } from "./machine.ts";
import { bind, type BindingKey, type Descriptor } from "./state.ts";
import { eitherStream, joinStreams, known, NO_OUTPUT } from "./value.ts";

const DESCRIPTOR_PATH = /^\/(?:dev|proc\/(?:self|thread-self|[1-9]\d*|\u{E000})(?:\/task\/[^/]+)?)\/fd\/(\d+)$/u;
const STANDARD: Readonly<Record<string, string>> = { "/dev/stdin": "0", "/dev/stdout": "1", "/dev/stderr": "2" };

/** The number of the descriptor that a path stands for (`/dev/stdin`, `/dev/fd/3`, `/proc/self/fd/3`), or null. */
export function descriptorOf(machine: Machine, path: string): string | null {
  const { surroundings } = machine;
  // A process's own folder may be anywhere, so that the shell is nowhere that is known once it went there.
  if (surroundings.folder === null) return /^(?:\.\/)*(?:fd\/)?(\d+)$/.exec(path)?.[1] ?? null;
  const folder = surroundings.folder ?? surroundings.cwd;
  const isNear = folder !== null && /^\/(?:dev|proc)(?:\/|$)/.test(folder);
  if (!isNear && !path.includes("/dev") && !path.includes("/proc") && !path.includes("fd/")) return null;
  const plain =
    resolvePath(path, surroundings).path ??
    (isNear && !path.startsWith("/") ? `${folder}/${path.replace(/^(?:\.\/)+/, "")}` : path);
  return (Object.hasOwn(STANDARD, plain) ? STANDARD[plain] : DESCRIPTOR_PATH.exec(plain)?.[1]) ?? null;
}

/** A descriptor that is connected with what is named, and with nothing else. */
export function openDescriptor(to: Partial<Descriptor>): Descriptor {
  return { ...CLOSED, ...to };
}

const CLOSED: Descriptor = { kind: "descriptor", host: null, stream: null, files: [], outlets: [] };

/** What a descriptor is connected with, when this very command said so. */
export function descriptor(machine: Machine, number: string): Descriptor | null {
  const binding = machine.state.bindings.get(`fd:${number}`);
  return binding?.kind === "descriptor" ? binding : null;
}

/** Whether a path of which only the beginning is known may lead to a descriptor, or to a device. */
export function mayBeDescriptor(machine: Machine, { value, prefix }: Word): boolean {
  if (value !== null) return false;
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  const place = folder === "" ? null : resolvePath(folder, machine.surroundings).path;
  return place !== null && /^\/(?:$|(?:dev|proc)(?:\/|$))/.test(place);
}

/** What reading from a descriptor gives, when this very command said so; `0` is the standard input of the surroundings. */
export function descriptorStream(machine: Machine, number: string): Stream | null {
  const open = descriptor(machine, number);
  const read = (open?.files ?? []).flatMap((path) => fileContent(machine, path) ?? []);
  if (open !== null && open.stream !== null) read.push(open.stream);
  const [first] = read;
  if (first !== undefined) return read.reduce(eitherStream, first);
  return number === "0" ? machine.stdin : null;
}

/** Let output go where a descriptor leads. One that nobody opened leads nowhere that is looked at. */
export function writeDescriptor(machine: Machine, number: string, output: Stream): void {
  const open = descriptor(machine, number);
  if (open === null && number === "1") pour(machine, { ...CLOSED, outlets: [machine.outlet] }, output);
  if (open !== null) pour(machine, open, output);
}

/** Let output go into the files and outlets of a descriptor. */
export function pour(machine: Machine, to: Descriptor, output: Stream): void {
  if (output === NO_OUTPUT) return;
  for (const path of to.files) appendFile(machine, path, output);
  for (const outlet of to.outlets) outlet.stream = joinStreams(outlet.stream, output);
}

/** Run something whose standard output goes to a place of its own; what came there by other descriptors is added to it. */
export function withOutlet(machine: Machine, run: () => Stream): Stream {
  const outer = machine.outlet;
  const inner = { stream: NO_OUTPUT };
  machine.outlet = inner;
  const output = run();
  machine.outlet = outer;
  return joinStreams(output, inner.stream);
}

/** What descriptors were before, by their names. */
export type Descriptors = Map<BindingKey, Descriptor | null>;

/** Remember what a descriptor stands for. One that the shell picks the number of (`{fd}<…`) puts it into a variable. */
export function bindDescriptor(
  machine: Machine,
  given: { readonly descriptor: RedirectDescriptor | undefined; readonly before: Descriptors },
  open: Descriptor | null,
): void {
  if (given.descriptor === undefined) return;
  if (given.descriptor.type === "FileDescriptor") {
    if (given.descriptor.value !== 0) bindNumber(machine, given.descriptor.value, { open, before: given.before });
    return;
  }
  // It stays open behind the command, so nothing of it is put back.
  if (open === null) return;
  let number = FIRST_PICKED;
  while (machine.state.bindings.has(`fd:${number}`)) number += 1;
  bind(machine.state, `fd:${number}`, open);
  bind(machine.state, `var:${given.descriptor.name}`, { kind: "scalar", values: [known(String(number))] });
}

// Bash picks from here on.
const FIRST_PICKED = 10;

/** Remember what the descriptor of this number stands for, and what it was before. */
export function bindNumber(
  machine: Machine,
  number: number,
  to: { readonly open: Descriptor | null; readonly before: Descriptors },
): void {
  const key: BindingKey = `fd:${number}`;
  if (!to.before.has(key)) to.before.set(key, descriptor(machine, String(number)));
  bind(machine.state, key, to.open ?? undefined);
}

/** Put descriptors back as they were before a command was redirected. */
export function restoreDescriptors(machine: Machine, before: Descriptors | null): void {
  if (before === null) return;
  for (const [key, open] of before) bind(machine.state, key, open ?? undefined);
}
