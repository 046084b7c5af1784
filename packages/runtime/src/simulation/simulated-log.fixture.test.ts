// A log on a simulated disk, read by its documented format alone (docs/ledger-format.md): nothing here is shared with what
// wrote it but the names of members.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { join } from "node:path";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import type { DiskNode, SimulatedDisk } from "./simulated-disk.fixture.test.ts";

const GENESIS = hash("sha256", "Canopy Audit Log v1", "hex");
const SUFFIX_LENGTH = ',"entry_hash":""}'.length + 64;

/** A line of a log. */
export interface LoggedLine {
  readonly entry: JsonObject;
  readonly hash: string;
  readonly bytes: Buffer;
  /** The file that it stands in, and where it ends there. */
  readonly path: string;
  readonly end: number;
}

/**
 * The lines of a log over all its segments, each proven by its hash and the one before it. What follows the last whole
 * line of the current file is left out; a line of a closed segment that doesn't hold fails.
 */
export function readSimulatedLog(disk: SimulatedDisk, log: string): readonly LoggedLine[] {
  const lines: LoggedLine[] = [];
  for (const path of logFiles(disk, log)) {
    const text = disk.node(path)?.current.view() ?? Buffer.alloc(0);
    const isOpen = path === log;
    let previous = GENESIS;
    let at = 0;
    while (at < text.length) {
      const stop = text.indexOf(10, at);
      const line = provenLine(text.subarray(at, stop < 0 ? text.length : stop), previous);
      if (line === null || stop < 0) {
        assert.ok(isOpen, `${path} has a line at ${at} that does not hold`);
        break;
      }
      if (at === 0) assertFollows(line.entry, lines.at(-1), path);
      assert.equal(line.entry["seq"], lines.length + 1, `${path} has a seq out of order at ${at}`);
      lines.push({ ...line, path, end: stop + 1 });
      previous = line.hash;
      at = stop + 1;
    }
  }
  return lines;
}

/** The files of a log, oldest first. */
export function logFiles(disk: SimulatedDisk, log: string): readonly string[] {
  const files: string[] = [];
  const current = disk.node(log);
  let closed: DiskNode | null;
  for (let segment = 1; ; segment += 1) {
    const path = join(`${log}.d`, "segments", `${String(segment).padStart(6, "0")}.log`);
    closed = disk.node(path);
    // Between the two names of a rotation the log is still the old file.
    if (closed === null || closed === current) break;
    files.push(path);
  }
  return current === null ? files : [...files, log];
}

function provenLine(bytes: Buffer, previous: string): { entry: JsonObject; hash: string; bytes: Buffer } | null {
  const text = bytes.toString("utf8");
  const entry = parsed(text);
  if (entry === null || entry["prev_hash"] !== previous) return null;
  const found = hash("sha256", `${previous}${text.slice(0, -SUFFIX_LENGTH)}}`, "hex");
  return entry["entry_hash"] === found ? { entry, hash: found, bytes } : null;
}

function parsed(text: string): JsonObject | null {
  try {
    const value: JsonValue = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function assertFollows(first: JsonObject, before: LoggedLine | undefined, path: string): void {
  if (before === undefined) return;
  assert.equal(first["event"], "log_rotated", `${path} does not begin with its rotation`);
  assert.equal(first["previous_head"], before.hash, `${path} does not follow the file before it`);
}
