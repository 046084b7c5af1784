// Where a sink stands: `CANOPY_HOME/sinks/<name of the log>/<name>.cursor`, JSON, written aside, synced and renamed. Not
// beside the log: who can write there could put a cursor forward, and what it passes over would never be sent.
//
//   {"canopy_cursor":1,"log_id":…,"segment":1,"offset":4711,"seq":12,"hash":…,"delivered":12,"updated_at":…,
//    "caught_up":true,"memory":{},"outage":null | {"since":…,"error":…,"attempts":3,"recorded":true,"refusals":0},
//    "refused":null | {"entries":2,"unsaid":null | {"from_seq":13,"to_seq":13,"entries":1}}}

import { join } from "node:path";
import { isCount, isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { parseStrictJson } from "../core/strict-json.ts";
import type { FileSystem } from "../storage/file-system.ts";
import { readWhole, replaceFile } from "../storage/owner-file.ts";
import type { LogPaths } from "../storage/sidecar.ts";
import type { LogPlace } from "./durable-lines.ts";

/** A sink that can't be reached, or is too slow. */
export interface SinkOutage {
  readonly since: string;
  readonly error: string;
  readonly attempts: number;
  /** Whether the log says so (`sink_behind`). */
  readonly recorded: boolean;
  /** How often the receiver refused the entry whose turn it is, alone. */
  readonly refusals: number;
}

/** Entries that were set aside one after the other, since the receiver last took one. */
export interface RefusedRow {
  readonly entries: number;
  /** Those that the log doesn't speak of yet. */
  readonly unsaid: { readonly from_seq: number; readonly to_seq: number; readonly entries: number } | null;
}

/** Where a sink stands, and how it fares. */
export interface SinkCursor {
  readonly log_id: string;
  readonly place: LogPlace;
  /** Entries delivered since the cursor was made. */
  readonly delivered: number;
  readonly updated_at: string;
  /** Whether it has had everything once: before that, being behind is no news. */
  readonly caught_up: boolean;
  /** What the sink remembers; see `Sink.deliver`. */
  readonly memory: JsonObject;
  readonly outage: SinkOutage | null;
  readonly refused: RefusedRow | null;
}

/** The path of a cursor. */
export function cursorPath(paths: LogPaths, name: string): string {
  return join(paths.sinks, `${name}.cursor`);
}

/** Read a cursor; null when there is none, or none that can be read: then the sink begins anew. */
export function readCursor(fs: FileSystem, path: string): SinkCursor | null {
  try {
    const bytes = readWhole(fs, path);
    return bytes === null ? null : parse(parseStrictJson(bytes.toString("utf8")));
  } catch {
    return null;
  }
}

/** Write a cursor. The folder exists. Cost: a sync. Throws the system's error. */
export function writeCursor(fs: FileSystem, path: string, cursor: SinkCursor): void {
  const { place, ...rest } = cursor;
  replaceFile(fs, path, `${JSON.stringify({ canopy_cursor: 1, ...place, ...rest })}\n`);
}

function parse(value: JsonValue): SinkCursor | null {
  if (!isJsonObject(value) || value["canopy_cursor"] !== 1) return null;
  const { log_id, hash, updated_at, memory } = value;
  const [segment, offset, seq, delivered] = [value["segment"], value["offset"], value["seq"], value["delivered"]].map(
    count,
  );
  if (segment === undefined || offset === undefined || seq === undefined || delivered === undefined) return null;
  if (segment === null || offset === null || seq === null || delivered === null) return null;
  if (typeof log_id !== "string" || typeof hash !== "string" || typeof updated_at !== "string") return null;
  return {
    log_id,
    place: { segment, offset, seq, hash },
    delivered,
    updated_at,
    caught_up: value["caught_up"] === true,
    memory: isJsonObject(memory) ? memory : {},
    outage: outageOf(value["outage"]),
    refused: refusedOf(value["refused"]),
  };
}

function outageOf(value: JsonValue | undefined): SinkOutage | null {
  if (!isJsonObject(value)) return null;
  const { since, error } = value;
  if (typeof since !== "string" || typeof error !== "string") return null;
  const attempts = count(value["attempts"]) ?? 0;
  return { since, error, attempts, recorded: value["recorded"] === true, refusals: count(value["refusals"]) ?? 0 };
}

function refusedOf(value: JsonValue | undefined): RefusedRow | null {
  if (!isJsonObject(value)) return null;
  const { unsaid } = value;
  const [from_seq, to_seq, entries] = isJsonObject(unsaid)
    ? [count(unsaid["from_seq"]), count(unsaid["to_seq"]), count(unsaid["entries"])]
    : [null, null, null];
  return {
    entries: count(value["entries"]) ?? 0,
    unsaid: from_seq === null || to_seq === null || entries === null ? null : { from_seq, to_seq, entries },
  };
}

function count(value: JsonValue | undefined): number | null {
  return isCount(value) ? value : null;
}
