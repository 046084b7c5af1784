// What happened, read from a log: incidents, and the timeline of what is asked for. The log is verified by the same run,
// and what comes after its first bad line is shown and marked, not hidden.

import { CanopyError } from "../../core/errors.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { CoverageFold, type Coverage, type CoverageOptions } from "../../forensics/coverage.ts";
import { entryMs } from "../../forensics/entry-members.ts";
import { IncidentFold, type Incident } from "../../forensics/incident-state.ts";
import { Selector, type Selection } from "../../forensics/selection.ts";
import {
  DestroyedRecordsFold,
  TimelineBuilder,
  type Timeline,
  type TimelineOptions,
} from "../../forensics/timeline.ts";
import type { RowMark } from "../../forensics/timeline-row.ts";
import { realFileSystem } from "../../storage/file-system.ts";
import { historyLines, type HistoryLine } from "../../storage/history-lines.ts";
import { segmentFiles, type SegmentFile } from "../../storage/segment-files.ts";
import { usableLog, verifyLog, type VerifyOptions, type VerifyResult } from "../../storage/verify-log.ts";

/** How a history is read. */
export interface HistoryOptions extends TimelineOptions {
  readonly selection: Selection;
  /** How the log is verified: its home, keys, anchors. */
  readonly verify?: VerifyOptions;
  /** What to show of an entry's record; null for nothing. */
  readonly payload?: (entry: JsonObject) => string | null;
  /** More rows than this are refused; default 200,000. */
  readonly most?: number;
}

/** What a log tells. */
export interface History {
  readonly verification: VerifyResult;
  /** Incidents that are about what is asked for: the one, or those of the trace, agent or time. */
  readonly incidents: readonly Incident[];
  readonly timeline: Timeline;
  readonly log_id: string | null;
}

const MOST_ROWS = 200_000;
const YIELD_EVERY = 8192;

/**
 * Read what happened.
 *
 * Cost: the log is verified, and read twice; memory is that of the rows.
 *
 * @throws {CanopyError} `FILE_UNUSABLE`; `UNKNOWN_INCIDENT` when an incident is asked for that the log doesn't know;
 *   `USAGE` when more rows than `most` are asked for.
 */
export async function readHistory(log: string, options: HistoryOptions): Promise<History> {
  const { selection, most = MOST_ROWS } = options;
  const verification = await verifyLog(log, options.verify ?? {});
  const files = segmentFiles(realFileSystem, verification.path, []);
  const { incidents, destroyed } = await readIncidents(files);
  const incident = selection.incident_id === undefined ? null : incidents.get(selection.incident_id);
  if (selection.incident_id !== undefined && incident === null) throw unknownIncident(selection.incident_id);
  const selector = new Selector(selection, incident);
  const builder = new TimelineBuilder(options, destroyed);
  const trust = new Trust(verification);
  const shown = new Set<string>();
  let log_id: string | null = null;
  for await (const line of inSlices(historyLines(realFileSystem, files))) {
    const marks = trust.marksOf(line);
    const entry = parseLine(line.text);
    if (entry === null) {
      builder.unreadable(line.index);
      continue;
    }
    if (typeof entry["log_id"] === "string") log_id ??= entry["log_id"];
    builder.pass(entryMs(entry));
    const belongs = selector.judge(entry);
    if (belongs === "context") builder.context(entry, line.index, marks);
    if (belongs !== "own") continue;
    if (builder.size >= most) throw tooMany(most);
    builder.add(entry, { index: line.index, marks, payload: options.payload?.(entry) ?? null });
    if (entry["event"] === "incident_event" && typeof entry["incident_id"] === "string")
      shown.add(entry["incident_id"]);
  }
  const told = incidents.all().filter(({ incident_id }) => shown.has(incident_id));
  return { verification, incidents: told, timeline: builder.finish(), log_id };
}

/** The places of entries, and the incidents that they are about. */
export interface SelectedEntries {
  /** Counted from 0, ascending. */
  readonly indexes: readonly number[];
  readonly incidents: readonly Incident[];
}

/**
 * Which entries are asked for, those between them that concern every agent too. The log isn't verified.
 *
 * Cost: the log is read twice. Throws as `readHistory`, but at no number of entries.
 */
export async function selectEntries(log: string, selection: Selection): Promise<SelectedEntries> {
  const files = segmentFiles(realFileSystem, usableLog(realFileSystem, log), []);
  const { incidents } = await readIncidents(files);
  const incident = selection.incident_id === undefined ? null : incidents.get(selection.incident_id);
  if (selection.incident_id !== undefined && incident === null) throw unknownIncident(selection.incident_id);
  const selector = new Selector(selection, incident);
  const indexes: number[] = [];
  let context: number[] = [];
  const shown = new Set<string>();
  for await (const { index, text } of inSlices(historyLines(realFileSystem, files))) {
    const entry = parseLine(text);
    const belongs = entry === null ? "no" : selector.judge(entry);
    if (belongs === "context" && indexes.length > 0) context.push(index);
    if (belongs !== "own") continue;
    for (const between of context) indexes.push(between);
    context = [];
    indexes.push(index);
    const id = entry?.["event"] === "incident_event" ? entry["incident_id"] : null;
    if (typeof id === "string") shown.add(id);
  }
  return { indexes, incidents: incidents.all().filter(({ incident_id }) => shown.has(incident_id)) };
}

/** The incidents of a log, in the order they were opened, without verifying it. Throws `FILE_UNUSABLE`. */
export async function listIncidents(log: string): Promise<readonly Incident[]> {
  const files = segmentFiles(realFileSystem, usableLog(realFileSystem, log), []);
  return (await readIncidents(files)).incidents.all();
}

/** What other software than ours recorded of an incident. Cost: one pass over the log. Throws `FILE_UNUSABLE`. */
export async function foreignIncidentEntries(log: string, incident_id: string): Promise<readonly JsonObject[]> {
  const files = segmentFiles(realFileSystem, usableLog(realFileSystem, log), []);
  const entries: JsonObject[] = [];
  for await (const { text } of inSlices(historyLines(realFileSystem, files))) {
    const entry = mayTell(text) ? parseLine(text) : null;
    if (entry?.["event"] !== "incident_event" || entry["incident_id"] !== incident_id) continue;
    if (entry["seq"] === undefined) entries.push(entry);
  }
  return entries;
}

/** How complete the enforcement of a log looks. Cost: one pass. Throws `FILE_UNUSABLE`. */
export async function readCoverage(
  log: string,
  options: CoverageOptions = {},
): Promise<Coverage & { readonly unreadable: number }> {
  const files = segmentFiles(realFileSystem, usableLog(realFileSystem, log), []);
  const fold = new CoverageFold(options);
  let unreadable = 0;
  for await (const { text } of inSlices(historyLines(realFileSystem, files))) {
    const entry = parseLine(text);
    if (entry === null) unreadable += 1;
    else fold.add(entry);
  }
  return { ...fold.finish(), unreadable };
}

interface Incidents {
  readonly incidents: IncidentFold;
  readonly destroyed: DestroyedRecordsFold;
}

async function readIncidents(files: readonly SegmentFile[]): Promise<Incidents> {
  const incidents = new IncidentFold();
  const destroyed = new DestroyedRecordsFold();
  for await (const { text, index } of inSlices(historyLines(realFileSystem, files))) {
    if (!mayTell(text)) continue;
    const entry = parseLine(text);
    if (entry === null) continue;
    incidents.add(entry);
    destroyed.add(entry, index);
  }
  return { incidents, destroyed };
}

// Most lines are decisions: they are not parsed to learn that they are no incident. Foreign writers may escape letters.
function mayTell(line: string): boolean {
  return line.includes("incident_event") || line.includes("records_e") || line.includes("\\u00");
}

/** Tells from which line on the chain doesn't hold. */
class Trust {
  readonly #bad: { readonly segment: string | null; readonly number: number } | null;
  #broken = false;

  constructor({ valid, segment, first_bad_line }: VerifyResult) {
    this.#bad = valid || first_bad_line === null ? null : { segment, number: first_bad_line };
  }

  marksOf({ segment, number }: HistoryLine): readonly RowMark[] {
    if (this.#bad !== null && segment === this.#bad.segment && number >= this.#bad.number) this.#broken = true;
    return this.#broken ? ["unverified"] : [];
  }
}

async function* inSlices(lines: Iterable<HistoryLine>): AsyncGenerator<HistoryLine, void, void> {
  let count = 0;
  for (const line of lines) {
    count += 1;
    if (count % YIELD_EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
    yield line;
  }
}

function parseLine(text: string): JsonObject | null {
  try {
    const value: JsonObject[string] = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function unknownIncident(incident_id: string): CanopyError {
  return new CanopyError("UNKNOWN_INCIDENT", `this log knows no incident \`${incident_id}\``, {
    fix: "`canopy incident list` shows the incidents of a log",
  });
}

function tooMany(most: number): CanopyError {
  return new CanopyError("USAGE", `more than ${most} entries are asked for, which is no timeline any more`, {
    fix: "narrow it down with --trace, --agent, --since or --until",
  });
}
