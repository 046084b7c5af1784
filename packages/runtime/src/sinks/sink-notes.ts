// What the log says of its sinks, as entries of the ledger's own.

import type { JsonObject } from "../core/json.ts";
import type { EntryDraft } from "../ledger/ports.ts";
import { systemEntry, timestampOf } from "../storage/system-entry.ts";
import { textOf } from "./formats/sink-record.ts";

/** What there is to say. */
export type SinkNews =
  | { readonly event: "sink_behind"; readonly since: string; readonly error: string; readonly waiting: number }
  | { readonly event: "sink_recovered"; readonly since: string; readonly delivered_through: number }
  | { readonly event: "sink_gap"; readonly from_seq: number; readonly to_seq: number }
  | ({ readonly event: "sink_refused"; readonly error: string } & SetAside)
  | ({ readonly event: "sink_dismissed"; readonly dismissed_reason: string } & SetAside);

/** Entries that were set aside: `entries` of those from one `seq` to another. */
export interface SetAside {
  readonly from_seq: number;
  readonly to_seq: number;
  readonly entries: number;
}

/** The same, of one sink. */
export type SinkNote = SinkNews & { readonly sink: string };

const REASONS: Readonly<Record<SinkNote["event"], string>> = {
  sink_behind: "a sink can't be reached or is too slow; entries wait for it in this log",
  sink_recovered: "a sink that was behind takes entries again",
  sink_gap: "entries were no longer in any file of the log when their turn came, and were not delivered",
  sink_refused: "a sink's receiver refuses these entries; they were set aside, and the sink went on without them",
  sink_dismissed: "an operator gave up sending entries that a sink's receiver had refused",
};

const SEVERITIES: Readonly<Record<SinkNote["event"], string>> = {
  sink_behind: "medium",
  sink_recovered: "low",
  sink_gap: "high",
  sink_refused: "high",
  sink_dismissed: "medium",
};

/** Whether an entry is a note of this sink: that it was refused is said nowhere but in the file, or notes bred notes. */
export function isNoteOf(entry: JsonObject, sink: string): boolean {
  return textOf(entry, "event").startsWith("sink_") && textOf(entry, "sink") === sink;
}

/** The entry of a note. */
export function noteEntry(note: SinkNote, now: number): EntryDraft {
  const entry = systemEntry(note.event, timestampOf(now), REASONS[note.event]);
  // What a server answered or a person typed may hold what no entry can: through UTF-8 and back.
  const error = "error" in note ? { error: Buffer.from(note.error).toString() } : {};
  const given =
    "dismissed_reason" in note
      ? { dismissed_reason: Buffer.from(note.dismissed_reason).toString().slice(0, 1000) }
      : {};
  return { ...entry, severity: SEVERITIES[note.event], ...note, ...error, ...given };
}
