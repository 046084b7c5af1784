// What a run's record says of a stretch of the log besides its keys: its ends, its times, its silences, and how many
// of its lines can't be spoken for.

import type { IndexedLine } from "./indexed-line.ts";

/** A stretch of the log: the entries from `first` to before `end`. Times are seconds since 1970. */
export interface Stretch {
  readonly first: number;
  readonly end: number;
  /** Over its entries that have a time; null when none has. */
  readonly oldest: number | null;
  readonly newest: number | null;
  /** Seconds between an entry and the one before it, at most; also between its first and what came before it. */
  readonly longest_gap_s: number;
  /** Entries without a time. */
  readonly undated: number;
  /** Odd lines (indexed-line.ts). */
  readonly odd: number;
  /** Entries of which a target could not be resolved or listed. */
  readonly unresolved: number;
  /** The commitment that all its `checkpoint_meta` entries carry, `mixed` when they differ, null when none carries one. */
  readonly resource_key: string | null;
  /** Time of its last entry that has one, or of the last before it. Not recorded. */
  readonly last: number | null;
}

/** A stretch without entries; `before` is the time of the last entry before it that has one. */
export function emptyStretch(first: number, before: number | null): Stretch {
  const none = { oldest: null, newest: null, longest_gap_s: 0, undated: 0, odd: 0, unresolved: 0, resource_key: null };
  return { first, end: first, ...none, last: before };
}

/** A stretch and the line after it. */
export function addLine(stretch: Stretch, line: IndexedLine): Stretch {
  const { time } = line;
  const { last } = stretch;
  const commitment = line.resource_key === "" ? null : line.resource_key;
  return {
    first: stretch.first,
    end: stretch.end + 1,
    oldest: least(stretch.oldest, time),
    newest: greatest(stretch.newest, time),
    longest_gap_s:
      time === null || last === null ? stretch.longest_gap_s : Math.max(stretch.longest_gap_s, time - last),
    undated: stretch.undated + (time === null ? 1 : 0),
    odd: stretch.odd + (line.odd ? 1 : 0),
    unresolved: stretch.unresolved + (line.resources.includes("unresolved") ? 1 : 0),
    resource_key: commitmentOf(stretch.resource_key, commitment),
    last: time ?? last,
  };
}

/** Neighbours as one; in the order of the log. */
export function joinStretches(a: Stretch, b: Stretch): Stretch {
  return {
    first: a.first,
    end: b.end,
    oldest: least(a.oldest, b.oldest),
    newest: greatest(a.newest, b.newest),
    longest_gap_s: Math.max(a.longest_gap_s, b.longest_gap_s),
    undated: a.undated + b.undated,
    odd: a.odd + b.odd,
    unresolved: a.unresolved + b.unresolved,
    resource_key: commitmentOf(a.resource_key, b.resource_key),
    last: b.last ?? a.last,
  };
}

function commitmentOf(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a === b ? a : "mixed";
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function greatest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
