// What answers to a question about a log lack.

import { counted } from "canopy-runtime/counted";
import { UNFINISHED_LINE, type UnusableLine } from "canopy-runtime/log-reader";
import type { Io } from "../io.ts";
import { terminalText } from "../terminal-text.ts";

/** What could not be said or read while a question was asked. */
export interface Shortfall {
  /** Entries of which it can't be said whether they are meant, and why the first of them isn't. */
  readonly undecided: { count: number; first: string; hint: string };
  /** Lines that are not as they were written. */
  readonly changed: { count: number; first: UnusableLine | null };
  /** Whether the last line breaks off. */
  unfinished: boolean;
  /** Lines of another writer, which a continued log holds. */
  foreign: number;
}

/** Nothing lacks yet. */
export function noShortfall(): Shortfall {
  return {
    undecided: { count: 0, first: "", hint: "" },
    changed: { count: 0, first: null },
    unfinished: false,
    foreign: 0,
  };
}

/** Note a line that was left out. */
export function noteUnusable(shortfall: Shortfall, line: UnusableLine): void {
  if (line.problem === "foreign") {
    shortfall.foreign += 1;
    return;
  }
  if (line.problem === "unfinished") {
    shortfall.unfinished = true;
    return;
  }
  shortfall.changed.count += 1;
  shortfall.changed.first ??= line;
}

/** Say on standard error what the answers lack. Returns whether they lack something. */
export function sayShortfall(io: Io, { undecided, changed, unfinished, foreign }: Shortfall): boolean {
  const say = (text: string): void => io.err(`${io.errStyle.caution("note")}: ${terminalText(text)}\n`);
  if (undecided.count > 0) {
    const { count, first, hint } = undecided;
    say(`of ${counted(count, "entry", "entries")} it can't be said whether they are meant: ${first}${hint}`);
  }
  if (foreign > 0) say(`${counted(foreign, "line")} of another writer were left out: this log continues an older one`);
  if (changed.first !== null) {
    const { segment, offset } = changed.first;
    const place = `byte ${offset} of file ${segment}`;
    io.err(
      `${io.errStyle.bad("changed")}: ${changed.count} lines are not as they were written, the first at ${place} of the log; run \`canopy verify\`\n`,
    );
  }
  if (unfinished) io.err(`${io.errStyle.bad("unfinished")}: ${UNFINISHED_LINE}; run \`canopy verify\`\n`);
  return undecided.count > 0 || changed.count > 0 || unfinished;
}
