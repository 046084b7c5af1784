// `cd`, `pushd`, `popd`: where relative paths start from now on.

import type { Stream, Word } from "../programs/program.ts";
import { targetOf } from "./effects-of-paths.ts";
import { resolvePath } from "../path.ts";
import type { Machine } from "./machine.ts";
import { bind } from "./state.ts";
import { NO_OUTPUT } from "./value.ts";
import { isSet, readVariable } from "./variables.ts";

/** `cd [folder]`. Without a folder: home. `-` leads back; patterns lead somewhere unknown. */
export function changeFolder(machine: Machine, words: readonly Word[]): Stream {
  const operand = words.slice(1).find((word) => word.value === null || !/^-./.test(word.value));
  if (operand?.value === "-") moveTo(machine, placeIn(readVariable(machine, "OLDPWD")));
  else if (operand === undefined) moveTo(machine, readVariable(machine, "HOME").value);
  else {
    const target = targetOf(operand, machine.surroundings);
    const here = operand.value === null || target.glob || operand.value === "" ? null : target.path;
    moveTo(machine, searched(machine, operand) ?? here);
  }
  return NO_OUTPUT;
}

// A plain name is looked for in the folders of `CDPATH` first. Which of them has it can't be told: the first absolute one
// is what it was set for, since those of the project need no search.
function searched(machine: Machine, operand: Word): string | null {
  if (!isSet(machine, "CDPATH") || operand.value === null || /^(?:\/|\.{1,2}(?:\/|$)|~|$)/.test(operand.value))
    return null;
  const folders = (readVariable(machine, "CDPATH").value ?? "/").split(":");
  const folder = folders.find((path) => /^[/~]/.test(path));
  return folder === undefined ? null : resolvePath(`${folder}/${operand.value}`, machine.surroundings).path;
}

/** `pushd [folder]`: without one, or by a number, to a folder of the stack, which isn't kept here. */
export function pushFolder(machine: Machine, words: readonly Word[]): Stream {
  if (words.slice(1).some((word) => word.value === null || !/^(?:[-+]\d+|-n)$/.test(word.value)))
    return changeFolder(machine, words);
  return popFolder(machine, words);
}

function placeIn(word: Word): string | null {
  return word.symbolic === true ? null : word.value;
}

/** `popd`: back to a folder that isn't kept here. */
export function popFolder(machine: Machine, _words: readonly Word[]): Stream {
  moveTo(machine, null);
  return NO_OUTPUT;
}

// A value of `PWD` that was given to it ends here.
function moveTo(machine: Machine, path: string | null): void {
  bind(machine.state, "var:OLDPWD", { kind: "scalar", values: [readVariable(machine, "PWD")] });
  if (machine.state.bindings.has("var:PWD")) bind(machine.state, "var:PWD", undefined);
  bind(machine.state, "folder", { kind: "folder", path });
}
