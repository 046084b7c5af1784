// `cd`, `pushd`, `popd`: where relative paths start from now on.

import type { Stream, Word } from "../programs/program.ts";
import { targetOf } from "./effects-of-paths.ts";
import type { Machine } from "./machine.ts";
import { bind } from "./state.ts";
import { NO_OUTPUT } from "./value.ts";
import { readVariable } from "./variables.ts";

/** `cd [folder]`. Without a folder: home. `-` and patterns lead somewhere unknown. */
export function changeFolder(machine: Machine, words: readonly Word[]): Stream {
  const operand = words.slice(1).find((word) => word.value === null || !/^-./.test(word.value));
  if (operand?.value === "-") moveTo(machine, null);
  else if (operand === undefined) moveTo(machine, readVariable(machine, "HOME").value);
  else {
    const target = targetOf(operand, machine.surroundings);
    moveTo(machine, operand.value === null || target.glob || operand.value === "" ? null : target.path);
  }
  return NO_OUTPUT;
}

/** `popd`: back to a folder that isn't kept here. */
export function popFolder(machine: Machine, _words: readonly Word[]): Stream {
  moveTo(machine, null);
  return NO_OUTPUT;
}

function moveTo(machine: Machine, path: string | null): void {
  bind(machine.state, "folder", { kind: "folder", path });
}
