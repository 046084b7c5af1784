// A shell that is started from inside another program takes commands that nobody has seen.

import type { Effect } from "../effect.ts";
import type { NestedRunner, ProgramRow, Word } from "./program.ts";

const BARE_SHELL =
  /^\s*(?:exec\s+)?(?:\S*\/)?(?:ba|da|z|mk|pdk|lk|k|c|tc|a|fi|ya|y|elvi|xon|rba)?sh(?:\s+-[ilp]+)*(?:\s+(?:0|1|2)?[<>]&?\S*)*\s*;?\s*$/;

/** A runner that says so when what is run is nothing but a shell. */
export function watched(run: NestedRunner): NestedRunner {
  return {
    ...run,
    words: (words, stdin) => [...run.words(words, stdin), ...(isBare(words) ? unseen("words") : [])],
    shell: (text, via) => [...run.shell(text, via), ...(text !== null && BARE_SHELL.test(text) ? unseen(via) : [])],
    code: (language, text, via) => run.code(language, text, via),
  };
}

/** The row, with its runner watched. */
export function watching(row: ProgramRow): ProgramRow {
  return { ...row, effects: (call) => row.effects({ ...call, run: watched(call.run) }) };
}

function isBare(words: readonly Word[]): boolean {
  const texts: string[] = [];
  for (const word of words) {
    if (word.value === null) return false;
    texts.push(word.value);
  }
  return texts.length > 0 && texts.length <= 3 && BARE_SHELL.test(texts.join(" "));
}

function unseen(via: string): readonly Effect[] {
  return [{ kind: "exec.unresolved", via, part: "code", text: "a shell without commands" }];
}
