// File descriptors that a command gave itself (`exec 3<<<text`, `exec 4>file`), and the paths that name them.

import type { RedirectDescriptor } from "unbash";
import { resolvePath } from "../path.ts";
import type { Stream, Word } from "../programs/program.ts";
import type { Machine } from "./machine.ts";
import { bind, type Binding } from "./state.ts";
import { known } from "./value.ts";

const DESCRIPTOR_PATH = /^\/(?:dev|proc\/(?:self|thread-self|[1-9]\d*))\/fd\/(\d+)$/;

/** The number of the descriptor that a path stands for (`/dev/stdin`, `/dev/fd/3`, `/proc/self/fd/3`), or null. */
export function descriptorOf(machine: Machine, path: string): string | null {
  if (!path.includes("/dev") && !path.includes("/proc") && !path.includes("fd/")) return null;
  const plain = resolvePath(path, machine.surroundings).path ?? path;
  if (plain === "/dev/stdin") return "0";
  return DESCRIPTOR_PATH.exec(plain)?.[1] ?? null;
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
  const binding = machine.state.bindings.get(`fd:${number}`);
  if (binding?.kind === "stream") return binding.stream;
  return number === "0" ? machine.stdin : null;
}

/** The file that a descriptor writes into, when this very command said so. */
export function descriptorFile(machine: Machine, number: string): string | null {
  const binding = machine.state.bindings.get(`fd:${number}`);
  return binding?.kind === "file" ? binding.path : null;
}

/** Remember what a descriptor stands for. One that the shell picks the number of (`{fd}<…`) puts it into a variable. */
export function bindDescriptor(machine: Machine, descriptor: RedirectDescriptor | undefined, binding: Binding): void {
  if (descriptor === undefined) return;
  if (descriptor.type === "FileDescriptor") {
    if (descriptor.value !== 0) bind(machine.state, `fd:${descriptor.value}`, binding);
    return;
  }
  let number = FIRST_PICKED;
  while (machine.state.bindings.has(`fd:${number}`)) number += 1;
  bind(machine.state, `fd:${number}`, binding);
  bind(machine.state, `var:${descriptor.name}`, { kind: "scalar", values: [known(String(number))] });
}

// Bash picks from here on.
const FIRST_PICKED = 10;
