// `alias`, `unalias`, `hash`: what the name of a command means from then on.

import type { Stream, Word } from "../programs/program.ts";
import { expandText } from "./expand-word.ts";
import type { Invocation } from "./invoke.ts";
import { emit, type Machine } from "./machine.ts";
import { bind } from "./state.ts";
import { NO_OUTPUT, spelledOut } from "./value.ts";

/** `alias name=text…`. What isn't known of the text stands in it as a parameter that nothing is known of. */
export function alias(machine: Machine, words: readonly Word[], call: Invocation): Stream {
  for (const { name, value } of call.assignments) {
    if (value.type !== "Word") continue;
    bind(machine.state, `alias:${name}`, { kind: "alias", texts: [spelledOut(expandText(machine, value))] });
  }
  for (const word of words.slice(1)) {
    const text = spelledOut(word);
    const end = text.indexOf("=");
    // Whose name isn't known may be any command; a name alone is looked up.
    if (word.value === null && (end < 0 || end > word.prefix.length)) {
      if (!NAME_ALONE.test(word.text)) {
        emit(machine, { kind: "exec.unresolved", via: "alias", part: "code", text: word.text });
      }
    } else if (end > 0)
      bind(machine.state, `alias:${text.slice(0, end)}`, { kind: "alias", texts: [text.slice(end + 1)] });
  }
  return NO_OUTPUT;
}

const NAME_ALONE = /^"?\$(?:\w+|\{\w+\})"?$/;

/** `unalias names`. */
export function unalias(machine: Machine, words: readonly Word[]): Stream {
  for (const word of words.slice(1)) if (word.value !== null) bind(machine.state, `alias:${word.value}`, undefined);
  return NO_OUTPUT;
}

/** `hash -p path names`: the names mean the program at that path. */
export function hash(machine: Machine, words: readonly Word[]): Stream {
  const at = words.findIndex((word, index) => index > 0 && /^-[dlrt]*p/.test(word.value ?? word.prefix));
  const option = words[at];
  if (at < 0 || option === undefined) return NO_OUTPUT;
  const attached = spelledOut(option).replace(/^-[dlrt]*p/, "");
  const path = attached === "" ? words[at + 1] : { ...option, value: option.value === null ? null : attached };
  const names = words.slice(attached === "" ? at + 2 : at + 1);
  if (path === undefined || names.length === 0) return NO_OUTPUT;
  for (const { value } of names) {
    if (value !== null && path.value !== null)
      bind(machine.state, `alias:${value}`, { kind: "alias", texts: [path.value] });
    const isOurs = path.value !== null && /^\/(?:usr|bin)\//.test(path.value);
    if (!isOurs || value === null)
      emit(machine, { kind: "exec.injected", via: "hash", variable: value ?? names[0]?.text ?? "" });
  }
  return NO_OUTPUT;
}
