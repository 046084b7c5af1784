// How the sinks of a log stand, read from their cursors: nothing is opened, locked or sent.

import { readdirSync } from "node:fs";
import { realFileSystem } from "../storage/file-system.ts";
import { logPaths, type LogPaths } from "../storage/sidecar.ts";
import { DurableLines } from "./durable-lines.ts";
import { timeOf, sinkRecord } from "./formats/sink-record.ts";
import { cursorPath, readCursor, type SinkCursor, type SinkOutage } from "./sink-cursor.ts";
import { readRefused, refusedPath, type RefusedEntry } from "./refused-entries.ts";
import type { SinkTarget } from "./sink-target.ts";

/** How one sink stands. */
export interface SinkStatus {
  readonly name: string;
  /** The setting; null for a cursor of a sink that is configured no more. */
  readonly sink: string | null;
  /** `never run`: it has no cursor yet. `behind`: the log says so. `failing`: it doesn't yet. */
  readonly state: "well" | "waiting" | "failing" | "behind" | "never run";
  readonly delivered: number;
  /** `seq` of the newest entry that was delivered. */
  readonly through_seq: number;
  /** Entries that wait. */
  readonly waiting: number;
  /** How long the oldest of them has waited, in seconds; 0 when none does. */
  readonly waiting_seconds: number;
  readonly updated_at: string | null;
  readonly outage: SinkOutage | null;
  /** Entries that the receiver refused, and that were set aside. */
  readonly set_aside: number;
  /** The last of them. */
  readonly set_aside_last: readonly RefusedEntry[];
  /** Entries that were set aside and are to be sent again, when nothing else waits. */
  readonly to_send_again: number;
}

const SHOWN_ASIDE = 10;

/** How each configured sink of a log stands, and each cursor of others. Cost: two small reads each, and what was set aside. */
export function sinkStatus(
  { log, home }: { readonly log: string; readonly home: string },
  targets: readonly SinkTarget[],
  now: number,
): readonly SinkStatus[] {
  const paths = logPaths(realFileSystem, log, home);
  const others = cursorNames(paths).filter((name) => targets.every((target) => target.name !== name));
  const shown = [
    ...targets.map(({ name, shown: text }) => ({ name, sink: text })),
    ...others.map((name) => ({ name, sink: null })),
  ];
  const lines = new DurableLines(realFileSystem, paths);
  return shown.map(({ name, sink }) => {
    const cursor = readCursor(realFileSystem, cursorPath(paths, name));
    const aside = readRefused(realFileSystem, refusedPath(paths, name, "refused"));
    const to_send_again = readRefused(realFileSystem, refusedPath(paths, name, "again")).length;
    const set_aside_last = aside.slice(-SHOWN_ASIDE);
    return { name, sink, ...standing(lines, cursor, now), set_aside: aside.length, set_aside_last, to_send_again };
  });
}

type Standing = Omit<SinkStatus, "name" | "sink" | "set_aside" | "set_aside_last" | "to_send_again">;

function standing(lines: DurableLines, cursor: SinkCursor | null, now: number): Standing {
  const head = lines.head();
  const through_seq = cursor?.place.seq ?? 0;
  const waiting = Math.max(0, (head?.seq ?? 0) - through_seq);
  const common = { delivered: cursor?.delivered ?? 0, through_seq, waiting, updated_at: cursor?.updated_at ?? null };
  if (cursor === null || head === null) return { ...common, state: "never run", waiting_seconds: 0, outage: null };
  const oldest = lines.peek(cursor.place, head);
  const since = oldest === null ? null : timeOf(sinkRecord(oldest, { redact: false, fields: [] }, () => "").entry);
  const waiting_seconds = since === null ? 0 : Math.max(0, Math.round((now - since) / 1000));
  const { outage } = cursor;
  const state = outage === null ? (waiting === 0 ? "well" : "waiting") : outage.recorded ? "behind" : "failing";
  return { ...common, state, waiting_seconds, outage };
}

function cursorNames(paths: LogPaths): readonly string[] {
  try {
    return readdirSync(paths.sinks)
      .filter((name) => name.endsWith(".cursor"))
      .map((name) => name.slice(0, -".cursor".length))
      .toSorted();
  } catch {
    return [];
  }
}
