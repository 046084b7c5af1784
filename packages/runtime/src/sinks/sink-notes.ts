// What the log says of its sinks, as entries of the ledger's own.

import type { EntryDraft } from "../runtime/ports.ts";
import { systemEntry, timestampOf } from "../storage/system-entry.ts";

/** What there is to say. */
export type SinkNews =
  | { readonly event: "sink_behind"; readonly since: string; readonly error: string; readonly waiting: number }
  | { readonly event: "sink_recovered"; readonly since: string; readonly delivered_through: number }
  | { readonly event: "sink_gap"; readonly from_seq: number; readonly to_seq: number };

/** The same, of one sink. */
export type SinkNote = SinkNews & { readonly sink: string };

const REASONS: Readonly<Record<SinkNote["event"], string>> = {
  sink_behind: "a sink can't be reached or is too slow; entries wait for it in this log",
  sink_recovered: "a sink that was behind takes entries again",
  sink_gap: "entries were no longer in any file of the log when their turn came, and were not delivered",
};

/** The entry of a note. */
export function noteEntry(note: SinkNote, now: number): EntryDraft {
  const entry = systemEntry(note.event, timestampOf(now), REASONS[note.event]);
  const severity = note.event === "sink_recovered" ? "low" : note.event === "sink_gap" ? "high" : "medium";
  // What a server answered may hold what no entry can: through UTF-8 and back.
  const text = "error" in note ? { error: Buffer.from(note.error).toString() } : {};
  return { ...entry, severity, ...note, ...text };
}
