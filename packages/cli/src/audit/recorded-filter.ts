// The names in a question about entries, as the log has them.

import { LogReader, type EntryFilter } from "canopy-runtime/log-reader";
import type { Io } from "../io.ts";
import { askedType, refuseUnknownWord, sayNotes, typeNotes, unknownWord } from "../recorded-names.ts";

/** The names that a question is about. */
export interface NamedEntries {
  readonly action: string | undefined;
  readonly decision: string | undefined;
  readonly event: string | undefined;
}

/** Where they are looked for. */
export interface NamedIn {
  readonly log: string;
  readonly home: string;
  readonly scan: boolean;
}

/** The action type that entries have, and what whoever asked should know. */
interface RecordedFilter {
  readonly action_type: string | undefined;
  readonly notes: readonly string[];
}

/**
 * The action type to ask for, so that the question is about names that the log has; what whoever asked should know is
 * said on standard error. `where` is what a condition compares: of its names only notes are given. Cost: a look-up in the
 * log for each name that Canopy doesn't write, else none.
 *
 * @throws {CanopyError} `USAGE` for a decision or an event that no entry has; `FILE_UNUSABLE`.
 */
export function sayRecorded(io: Io, names: NamedEntries, where: EntryFilter, at: NamedIn): string | undefined {
  const { action_type, notes } = recordedFilter(names, where, at);
  sayNotes(io, notes);
  return action_type;
}

function recordedFilter({ action, decision, event }: NamedEntries, where: EntryFilter, at: NamedIn): RecordedFilter {
  const holds = (filter: EntryFilter): boolean => holdsAny(at, filter);
  if (decision !== undefined) refuseUnknownWord("decision", decision, () => holds({ decision }));
  if (event !== undefined) refuseUnknownWord("event", event, () => holds({ event }));
  const notes = conditionNotes(where, holds);
  if (action === undefined) return { action_type: undefined, notes };
  const type = askedType(action);
  if (type.own && type.recorded === action) return { action_type: action, notes };
  const held = holds({ action_type: action });
  // A tool's own name that the log has needs no words.
  if (held && !type.own) return { action_type: action, notes };
  const used = held ? action : type.recorded;
  return { action_type: used, notes: [...typeNotes(type, used), ...notes] };
}

function conditionNotes(
  { action_type, decision, event }: EntryFilter,
  holds: (filter: EntryFilter) => boolean,
): readonly string[] {
  const notes: string[] = [];
  const type = action_type === undefined ? null : askedType(action_type);
  if (type !== null && type.recorded !== type.asked && !holds({ action_type: type.asked })) {
    notes.push(`no entry has \`${type.asked}\`: it is recorded as \`${type.recorded}\``);
  }
  for (const [name, word] of [
    ["decision", decision],
    ["event", event],
  ] as const) {
    if (word === undefined || !unknownWord(name, word) || holds({ [name]: word })) continue;
    notes.push(`no entry has the ${name} \`${word}\``);
  }
  return notes;
}

function holdsAny({ log, home, scan }: NamedIn, filter: EntryFilter): boolean {
  const reader = LogReader.open(log, { home, scan, unusable: () => undefined });
  try {
    return reader.newest(1, filter).length > 0;
  } finally {
    reader.close();
  }
}
