// The words and exit codes of what was verified: one each, whatever it was (docs/cli.md has the table). A log that holds
// is INTACT and one that doesn't BROKEN; for all else the words are these.

import { EXIT } from "canopy-runtime/errors";
import type { Style } from "./style.ts";

/** How something that was verified stands. `untrusted`: nothing is wrong with it, and no key that is trusted vouches for it. */
export type Verdict = "valid" | "false" | "untrusted" | "invalid" | "unusable";

const WORDS: Readonly<Record<Verdict, string>> = {
  valid: "VALID",
  false: "FALSE",
  untrusted: "NOT TRUSTED",
  invalid: "NOT VALID",
  unusable: "UNUSABLE",
};

/** The word, coloured where colours are shown. */
export function verdictWord(verdict: Verdict, style: Style): string {
  return verdict === "valid" ? style.good(WORDS.valid) : style.bad(WORDS[verdict]);
}

/** The exit code. */
export function verdictExit(verdict: Verdict): number {
  if (verdict === "valid") return EXIT.yes;
  return verdict === "unusable" ? EXIT.unusable : EXIT.no;
}
