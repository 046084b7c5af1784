// What files hold that this very command wrote.

import type { Stream } from "../programs/program.ts";
import type { Machine } from "./machine.ts";
import { eitherStream, joinStreams, NO_OUTPUT, UNKNOWN_OUTPUT } from "./value.ts";

/** What a file holds, when this very command wrote it: known if it wrote one thing only. */
export function fileContent(machine: Machine, path: string): Stream | null {
  const contents = machine.files.get(path);
  const [only] = contents ?? [];
  return only === undefined || contents === undefined ? null : contents.reduce(eitherStream, only);
}

/** Keep in mind what a file was given. */
export function keepFile(machine: Machine, path: string, content: Stream): void {
  const before = machine.files.get(path) ?? [];
  if (before.includes(content)) return;
  // Beyond so many, only that something unknown may stand in it.
  const kept = before.length < MAX_CONTENTS ? content : { ...UNKNOWN_OUTPUT, obfuscated: "generated" as const };
  machine.files.set(path, [...before.slice(0, MAX_CONTENTS), kept]);
}

const MAX_CONTENTS = 6;

/** Keep in mind what was added to the end of a file. */
export function appendFile(machine: Machine, path: string, added: Stream): void {
  const before = machine.files.get(path)?.at(-1) ?? NO_OUTPUT;
  keepFile(machine, path, joinStreams(before, added));
  if (before.text === null) keepFile(machine, path, added);
}
