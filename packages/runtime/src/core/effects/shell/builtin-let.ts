// `let`: arithmetic given as words.

import { parse } from "unbash";
import type { Stream, Word } from "../programs/program.ts";
import { calculate } from "./arithmetic.ts";
import { expandText } from "./expand-word.ts";
import { emit, spendText, type Machine } from "./machine.ts";
import { NO_OUTPUT } from "./value.ts";

/** `let expression…`: each word is evaluated as `((…))` would be. */
export function assignArithmetic(machine: Machine, words: readonly Word[]): Stream {
  for (const word of words.slice(1)) {
    if (word.value === null) {
      emit(machine, { kind: "exec.unresolved", via: "let", part: "code", text: word.text });
      continue;
    }
    if (!spendText(machine, word.value.length)) break;
    const [statement] = parse(`((${word.value}))`).commands;
    const command = statement?.command;
    if (command?.type !== "ArithmeticCommand") continue;
    const value = calculate(machine, command.expression, (part) => expandText(machine, part));
    machine.status = value === null ? null : value !== 0;
  }
  return NO_OUTPUT;
}
