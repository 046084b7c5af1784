// Mutants that no test can notice, each with why. They are named by what they change, not by line numbers, which move.
import { readFileSync } from "node:fs";

const listed = JSON.parse(readFileSync(new URL("./equivalent.json", import.meta.url), "utf8"));

/** Why the mutant means the same as the original; undefined when nobody has said so. */
export function whyEquivalent(mutant) {
  return listed.find(
    ({ file, original, replacement, text }) =>
      file === mutant.file &&
      original === mutant.original &&
      replacement === mutant.replacement &&
      text === mutant.text,
  )?.why;
}
