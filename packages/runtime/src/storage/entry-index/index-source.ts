// Where the index of a log is made from: its lines, and its `checkpoint_meta` entries.

import { tryParseAnyEntry } from "../parse-entry.ts";
import { CHECKPOINT_META, parseCheckpointMeta } from "../tlog/checkpoint-meta.ts";
import type { TlogReader } from "../tlog/tlog-reader.ts";
import type { IndexSource, IndexState } from "./index-builder.ts";

/** A `checkpoint_meta` entry that says how the index stands. */
export interface IndexMeta extends IndexState {
  /** Of the entry itself. */
  readonly index: number;
}

/** Where a `checkpoint_meta` entry ends a window, and what it says of the index; null when it says nothing. */
export interface WindowEnd {
  readonly covered_entries: number;
  readonly meta: IndexMeta | null;
}

const CHUNK_LINES = 1024;

/** What a line says of the index, or null when it is no `checkpoint_meta` entry over entries before it. */
export function windowEndOf(line: Buffer, index: number): WindowEnd | null {
  if (!line.includes(CHECKPOINT_META)) return null;
  const meta = parseCheckpointMeta(tryParseAnyEntry(line.toString("utf8")) ?? {});
  if (meta === null || meta.covered_entries > index) return null;
  const { covered_entries } = meta;
  return { covered_entries, meta: meta.index === null ? null : { covered_entries, ...meta.index, index } };
}

/** The newest `checkpoint_meta` entry with an index before `size`, or null. Cost: reads back to it, a thousand lines at a time. */
export function newestMeta(reader: TlogReader, size: number): IndexMeta | null {
  for (let end = size; end > 0; end -= CHUNK_LINES) {
    let newest: IndexMeta | null = null;
    for (const { index, bytes } of reader.lines(Math.max(0, end - CHUNK_LINES), end)) {
      newest = windowEndOf(bytes, index)?.meta ?? newest;
    }
    if (newest !== null) return newest;
  }
  return null;
}

/** The log's lines, up to and with the entry `meta`, as an index is made from them. */
export function sourceUpTo(reader: TlogReader, meta: IndexMeta): IndexSource {
  return {
    *coveredEntries() {
      for (const { index, bytes } of reader.lines(0, meta.index + 1)) {
        const end = windowEndOf(bytes, index);
        if (end !== null) yield end.covered_entries;
      }
    },
    *lines(first, end) {
      for (const { bytes } of reader.lines(first, end)) yield bytes;
    },
  };
}
