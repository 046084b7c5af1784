// What one-line code of other languages would do.

import type { Effect } from "../effect.ts";
import type { NestedRunner } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";

/** The effects of code in another language, read tolerantly. Total: never throws; linear in the text. */
export function codeEffects(
  language: string,
  text: string,
  run: NestedRunner,
  surroundings: Surroundings,
): readonly Effect[] {
  if (surroundings.governance.some((path) => path !== "" && text.includes(path))) {
    return [{ kind: "exec.unresolved", via: language, part: "code", text }];
  }
  return /\b(system|exec|eval|popen|spawn|subprocess)\b/.test(text) ? run.shell(null, language) : [];
}
