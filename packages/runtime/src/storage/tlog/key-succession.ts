// The rotations of checkpoint keys that a log tells of, read from its lines.

import type { KeySuccession } from "../../ledger/tlog/key-succession.ts";
import { KEY_ROTATED, parseRotation } from "../../ledger/tlog/rotation-entry.ts";
import { realFileSystem } from "../file-system.ts";
import { tryParseEntry } from "../parse-entry.ts";
import { usableLog } from "../verify-log.ts";
import { LogLines } from "./log-lines.ts";

/**
 * Let successions follow the rotations of a log. Cost: a search through the log.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when the log can't be read.
 */
export function followRotations(log: string, successions: readonly KeySuccession[]): void {
  const lines = LogLines.open(realFileSystem, usableLog(realFileSystem, log));
  let logId: string | null = null;
  try {
    for (const { index, bytes } of lines.lines(lines.first)) {
      if (logId !== null && !bytes.includes(KEY_ROTATED)) continue;
      const entry = tryParseEntry(bytes.toString("utf8"));
      logId ??= entry?.log_id ?? null;
      if (entry === null || logId === null) continue;
      for (const succession of successions) succession.saw(index, entry, logId);
    }
  } finally {
    lines.close();
  }
}

/** A rotation of a checkpoint key as a log tells of it; whether it holds is another question. */
export interface RecordedRotation {
  /** Place of the entry, counted from 0. */
  readonly index: number;
  readonly new_key: string;
}

/** The rotations of checkpoint keys among lines of a log. Cost: a search through them. */
export function* rotationEntries(
  lines: Iterable<{ readonly index: number; readonly bytes: Buffer }>,
): Generator<RecordedRotation, void, void> {
  for (const { index, bytes } of lines) {
    const entry = bytes.includes(KEY_ROTATED) ? tryParseEntry(bytes.toString("utf8")) : null;
    const statement = entry?.event === KEY_ROTATED ? parseRotation(entry)?.statement : undefined;
    if (statement?.purpose === "checkpoint") yield { index, new_key: statement.new_key };
  }
}
