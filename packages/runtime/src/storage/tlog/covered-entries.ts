// Which windows of entries a log's `checkpoint_meta` entries make.

import { tryParseAnyEntry } from "../parse-entry.ts";
import { CHECKPOINT_META, parseCheckpointMeta } from "./checkpoint-meta.ts";
import type { LogLines } from "./log-lines.ts";

/**
 * The `covered_entries` of every `checkpoint_meta` entry of a log that ends a window, in order: not fewer than the one
 * before, and not more than entries stand before it. Cost: a search through the log.
 */
export function* coveredEntriesOf(lines: LogLines): Generator<number, void, void> {
  let covered = 0;
  for (const { index, bytes } of lines.lines(lines.first)) {
    if (!bytes.includes(CHECKPOINT_META)) continue;
    const meta = parseCheckpointMeta(tryParseAnyEntry(bytes.toString("utf8")) ?? {});
    if (meta === null || meta.covered_entries < covered || meta.covered_entries > index) continue;
    covered = meta.covered_entries;
    yield covered;
  }
}
