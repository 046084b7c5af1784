// The strings that try to move the cursor, hide or forge lines, or become markup or formulas, and how to tell that none
// was obeyed.

import { readFileSync } from "node:fs";

/** A hostile string. */
export interface HostileString {
  readonly id: string;
  readonly class: string;
  readonly value: string;
  readonly lookalike?: string;
}

/** Every hostile string; whatever it is meant for, it may reach any output. */
export const HOSTILE: readonly HostileString[] = readFileSync(
  new URL("../../../../vectors/attacks/strings.jsonl", import.meta.url),
  "utf8",
)
  .trim()
  .split("\n")
  .map((line): HostileString => JSON.parse(line));

/** Characters that a terminal obeys or hides; line feeds between lines aside. */
export const OBEYED: RegExp = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/u;

/** Whether output holds nothing that a terminal obeys, and no line that a hostile string forged. */
export function isTame(output: string): boolean {
  return output.split("\n").every((line) => !OBEYED.test(line) && !line.startsWith("FORGED"));
}
