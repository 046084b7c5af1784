// An imported log as it was: its bytes put together again from the entries that hold them, and checked.

import { createHash } from "node:crypto";
import { CanopyError } from "../core/errors.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import { LogReader } from "../storage/log-reader.ts";
import { IMPORTED_EVENT, originalPart } from "./imported-entry.ts";
import type { LedgerEntry } from "../ledger/ports.ts";

/** What was put together. */
export interface OriginalLog {
  readonly import_id: string;
  readonly lines: number;
  readonly bytes: number;
  /** Whether it is, byte for byte, what `import_begun` says was imported, and was imported whole. */
  readonly whole: boolean;
  readonly file_hash: string;
}

/**
 * Give out the bytes of an imported log, its files one after the other; every line is checked against its hash before it
 * is given. Cost: one pass over the log's entries of imports; memory: one line.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when the log holds no such import, or a line of it is not what its hash says.
 */
export function exportOriginal(log: string, import_id: string, write: (bytes: Uint8Array) => void): OriginalLog {
  const reader = LogReader.open(log);
  try {
    const begun = find(reader, "import_begun", import_id);
    if (begun === null) throw new CanopyError("FILE_UNUSABLE", `the log holds no import \`${import_id}\``, { at: log });
    const isFinished = find(reader, "import_finished", import_id) !== null;
    const hash = createHash("sha256");
    let bytes = 0;
    let lines = 0;
    const give = (part: Uint8Array): void => {
      hash.update(part);
      bytes += part.length;
      write(part);
    };
    for (const line of linesOf(reader, import_id)) {
      // A line feed stands between lines of one file; the last line of a file has none.
      if (line.number > 1) give(LINE_FEED);
      give(line.bytes);
      lines += 1;
    }
    const file_hash = hash.digest("hex");
    return { import_id, lines, bytes, whole: isFinished && file_hash === begun["file_hash"], file_hash };
  } finally {
    reader.close();
  }
}

const LINE_FEED = Buffer.from("\n");

interface OriginalLine {
  readonly number: number;
  readonly bytes: Uint8Array;
}

function* linesOf(reader: LogReader, import_id: string): Generator<OriginalLine, void, void> {
  let parts: Uint8Array[] = [];
  for (const entry of reader.query({ event: IMPORTED_EVENT })) {
    if (entry["import_id"] !== import_id) continue;
    const part = originalPart(entry);
    if (part !== null) parts.push(part);
    if (entry["part"] !== entry["parts"]) continue;
    const bytes = Buffer.concat(parts);
    parts = [];
    if (sha256Hex(bytes) !== entry["original_hash"]) throw changed(entry);
    yield { number: Number(entry["line"]), bytes };
  }
}

function find(reader: LogReader, event: string, import_id: string): LedgerEntry | null {
  for (const entry of reader.query({ event })) if (entry["import_id"] === import_id) return entry;
  return null;
}

function changed({ seq }: LedgerEntry): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `entry ${seq} does not hold the line that its hash names`, {
    fix: "run `canopy verify` on the log",
  });
}
