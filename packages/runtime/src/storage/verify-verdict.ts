// From what was seen of a log to the one answer: which line is the first that is wrong, and how.

import type { ChainFailure, ChainState } from "../ledger/verify.ts";
import type { TreeFailure } from "./checkpoint-audit.ts";

/** What is said of a last line that has no line feed and is no entry: by `verify`, and by whoever reads the log. */
export const UNFINISHED_LINE: string =
  "the last line has no line feed and breaks off: it was not written to its end, or was cut";

/**
 * Why a log is not valid. `form`: a line's white space or end was changed; `segment`, `shrunk`, `checkpoint` and
 * `signature` are about more than one line.
 */
export type VerifyFailure = ChainFailure | "form" | "segment" | "shrunk" | "checkpoint" | "signature";

/** The first line that is wrong. */
export interface Failing {
  readonly failure: VerifyFailure;
  /** Physical line of its file, from 1. */
  readonly line: number;
  /** The file, where it is not the last that was read. */
  readonly segment?: string | null;
  readonly within?: TreeFailure["within"];
}

/** How the lines of a file must be written. */
export interface ExpectedForm {
  /** Whether each line must be spelled as our writer does: the log is ours, and known from outside. */
  readonly isExact: boolean;
  /** Whether its last line is known to have been written to its end. */
  readonly isWhole: boolean;
}

/** How the chain of a file fails, or null. */
export function chainFailure(state: ChainState): Failing | null {
  return state.failure === null ? null : { failure: state.failure, line: state.first_bad_line ?? 1 };
}

/** How the lines of a file fail: the chain, or a spelling that no writer of ours leaves. */
export function lineFailure(state: ChainState, { isExact, isWhole }: ExpectedForm): Failing | null {
  const broken = chainFailure(state);
  if (!isExact) return broken;
  const { first_odd_line: odd, is_open, lines } = state;
  if (odd !== null && (broken === null || odd < broken.line)) return { failure: "form", line: odd };
  return broken ?? (is_open && isWhole ? { failure: "form", line: lines } : null);
}

/** What is said besides where the line that is wrong is a last one that breaks off. */
export function tornNote(state: ChainState | null, bad: Failing | null): readonly string[] {
  if (state === null || !state.is_open || bad?.line !== state.lines) return [];
  return state.failure === "json" || state.failure === "utf8" ? [UNFINISHED_LINE] : [];
}

/** How far a log was read: good entries, the index of the first, lines of the last file, and its name. */
export interface ReadSoFar {
  readonly segment: string | null;
  readonly entries: number;
  readonly base: number;
  readonly lines: number;
}

/** What comes first: what the lines say, or what the checkpoints do. */
export function earlier(bad: Failing | null, differs: TreeFailure | null, read: ReadSoFar): Failing | null {
  if (differs === null) return bad;
  const { failure, place, within } = differs;
  if (bad !== null) {
    // Only a line that is known exactly, and read as good, comes before one that could not be read.
    const isExact = place !== null && within.first === within.last;
    const isRead = isExact && within.first <= read.base + read.entries;
    const isBefore = isRead && (place.segment !== read.segment || place.line < bad.line);
    if (!isBefore) return bad;
  }
  return {
    failure,
    within,
    line: place?.line ?? read.lines + 1,
    ...(place === null ? {} : { segment: place.segment }),
  };
}
