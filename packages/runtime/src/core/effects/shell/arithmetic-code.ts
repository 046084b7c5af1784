// Code in what the shell reads as arithmetic: an index, a number in a test, an integer's value. Substitutions in it run,
// and so do those in the values of the variables that it names.

import { emit, spend, type Machine } from "./machine.ts";
import { hidesCode } from "./value.ts";

const MAY_RUN = /[A-Za-z_`$]/;
const NAMES = /[A-Za-z_]\w*/g;

/**
 * Report the code that arithmetic of this text would run; gives whether there is any. Linear in the text and in the values
 * that it leads to.
 *
 * @param via what reads it: a builtin, or the array whose index it is.
 * @see https://www.gnu.org/software/bash/manual/html_node/Shell-Arithmetic.html
 */
export function reportArithmeticCode(machine: Machine, via: string, text: string | null): boolean {
  if (text === null || !MAY_RUN.test(text)) return false;
  const seen = new Set<string>();
  const texts = [text];
  for (const each of texts) {
    if (hidesCode(each)) {
      emit(machine, { kind: "exec.unresolved", via, part: "code", text: each });
      return true;
    }
    if (!spend(machine, each.length >> 6)) return false;
    for (const [name] of each.matchAll(NAMES)) {
      if (seen.has(name)) continue;
      seen.add(name);
      addValues(machine, name, texts);
    }
  }
  return false;
}

function addValues(machine: Machine, given: string, texts: string[]): void {
  const name = machine.references.get(given) ?? given;
  const binding = machine.state.bindings.get(`var:${name}`);
  if (name !== given) texts.push(name);
  if (binding?.kind !== "scalar" && binding?.kind !== "array") return;
  const words = binding.kind === "scalar" ? binding.values : binding.items.values();
  for (const { value } of words) if (value !== null && MAY_RUN.test(value)) texts.push(value);
}

/** Report the code in the index of `name[index]`; text without an index names no element, and holds none. */
export function reportIndexCode(machine: Machine, via: string, text: string | null): boolean {
  const start = text?.indexOf("[") ?? -1;
  return start >= 0 && text !== null && reportArithmeticCode(machine, via, text.slice(start + 1));
}
