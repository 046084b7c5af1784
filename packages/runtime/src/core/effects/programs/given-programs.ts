// Programs and scripts that an option of another program names: what they do, and whether they are foreign.

import type { Effect } from "../effect.ts";
import { place } from "./place.ts";
import type { ProgramCall, Word } from "./program.ts";

const SYSTEM = /^\/(?:usr|bin|sbin|opt|nix|snap|Applications|Library)\//;

/** A program that an option names (`scp -S`, `make SHELL=`): its effects; by a path outside of the system's, it is foreign code. */
export function runsGiven(call: ProgramCall, word: Word, option: string): readonly Effect[] {
  const text = word.value;
  const effects = [...call.run.shell(text, call.name)];
  const first = text?.trim().split(/\s+/, 1)[0] ?? "";
  if (first.includes("/") && !SYSTEM.test(first))
    effects.push({ kind: "exec.injected", via: call.name, variable: option });
  return effects;
}

/** A script that an option names: judged when this very command wrote it, unresolved where anybody may have. */
export function runsScript(
  call: ProgramCall,
  word: Word,
  judge: (text: string) => readonly Effect[],
): readonly Effect[] {
  const isInput = word.value === "-" || word.value === "/dev/stdin";
  if (isInput && call.stdin === null) return [];
  const text = isInput ? (call.stdin?.text ?? null) : (call.run.written?.(word) ?? null);
  if (text !== null) return judge(text);
  const { zone } = place(call, word);
  return isInput || call.run.made?.(word) === true || zone === "temp" || zone === "device" || zone === "unresolved"
    ? [{ kind: "exec.unresolved", via: call.name, part: "code", text: word.text }]
    : [];
}
