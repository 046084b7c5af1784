// The seed's view of a log: verify it, go through it, find a trace.

import { realpathSync } from "node:fs";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { realFileSystem } from "./file-system.ts";
import { readLines } from "./read-lines.ts";
import { verifyLog, type VerifyResult } from "./verify-log.ts";

/** A log in a file, read only; ours or the reference's. */
export class HashChainAuditLog {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Whether the chain holds, over all segments. Throws as `verifyLog`. */
  async verifyIntegrity(): Promise<boolean> {
    return (await this.verify()).valid;
  }

  /** The whole result of verifying. Throws as `verifyLog`. */
  verify(): Promise<VerifyResult> {
    return verifyLog(this.path);
  }

  /** The entries of the current file, in order, as parsed; lines that aren't JSON objects are left out. Throws the system's error. */
  *iterEntries(): Generator<JsonObject, void, void> {
    for (const line of readLines(realFileSystem, realpathSync(this.path))) {
      const entry = parseObject(line);
      if (entry !== null) yield entry;
    }
  }

  /** The entries of one trace, in order. Cost: one pass over the file. */
  getTrace(traceId: string): readonly JsonObject[] {
    const found: JsonObject[] = [];
    for (const entry of this.iterEntries()) if (entry["trace_id"] === traceId) found.push(entry);
    return found;
  }
}

function parseObject(line: string): JsonObject | null {
  try {
    const value: JsonValue = JSON.parse(line);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
