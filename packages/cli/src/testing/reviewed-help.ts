// The help of each command, from the transcripts that golden.test.ts holds the binary to. Tests that only read in it need
// no process for each command.

import { readFileSync } from "node:fs";

/**
 * What `canopy PATH --help` prints, with exit code 0 and nothing on standard error.
 *
 * @param path words of a command, as `policy lint`.
 * @throws when there is no such transcript, or it ends in another way.
 */
export function reviewedHelp(path: string): string {
  const file = new URL(`../../golden/help-${path.replace(" ", "-")}.txt`, import.meta.url);
  const [, help] = /^\$ canopy [a-z -]+ --help\n(.*)--- exit 0\n$/su.exec(readFileSync(file, "utf8")) ?? [];
  if (help === undefined || help.includes("--- stderr")) throw new Error(`${path}: its help did not end well`);
  return help;
}
