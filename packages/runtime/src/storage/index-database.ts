// `index.sqlite`: where entries stand, by what they are asked for by.
//
//   meta     one row: log_id, and the point the index covers: segment, offset, hash of the entry that ends there
//   entries  seq, segment, offset, length (without line feed), key48(entry_hash), key48(related id), key48(SHA-256 of
//            trace_id), and 1 for a kill switch; null where there is none
//
// key48 of a hash is its first 12 hex digits as a number; whoever asks compares the entry itself. Only entries that are
// known to be durable are entered: others may still be undone, or lost and replaced.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LinePosition } from "./recent-entries.ts";
import { openDatabase } from "./sqlite.ts";
import { GENESIS } from "../ledger/chain.ts";
import { sha256Hex } from "./chain-host.ts";
import { relatedId, tryParseEntry } from "./parse-entry.ts";

/** Where in the log something ends: the byte `offset` of a segment. */
export interface LogPoint {
  readonly segment: number;
  readonly offset: number;
}

/** The point an index covers, and the hash of the entry that ends there. */
export interface IndexThrough extends LogPoint {
  readonly log_id: string;
  readonly hash: string;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta(id INTEGER PRIMARY KEY CHECK (id = 1), log_id TEXT, segment INTEGER, offset INTEGER, hash TEXT);
CREATE TABLE IF NOT EXISTS entries(
  seq INTEGER PRIMARY KEY, segment INTEGER, offset INTEGER, length INTEGER,
  hash INTEGER, related INTEGER, trace INTEGER, kill_switch INTEGER);
CREATE INDEX IF NOT EXISTS by_hash ON entries(hash);
CREATE INDEX IF NOT EXISTS by_related ON entries(related) WHERE related IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_trace ON entries(trace) WHERE trace IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_kill_switch ON entries(kill_switch) WHERE kill_switch IS NOT NULL;
`;

const OPEN_TIMEOUT_MS = 5000;

/** The first 12 hex digits of a hash as a number. */
export function key48(hash: string): number {
  return Number.parseInt(hash.slice(0, 12), 16);
}

/** An open index. Methods throw SQLite's errors; `isBusy` tells which of them only mean to try again. */
export class IndexDatabase {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;

  constructor(path: string) {
    this.#database = openDatabase(path, OPEN_TIMEOUT_MS);
    this.#database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000");
    this.#database.exec(SCHEMA);
    this.#database.exec("PRAGMA busy_timeout=0");
    this.#insert = this.#database.prepare("INSERT OR REPLACE INTO entries VALUES(?,?,?,?,?,?,?,?)");
  }

  /** The point covered, or null for an index that covers nothing. */
  through(): IndexThrough | null {
    const row = this.#database.prepare("SELECT log_id, segment, offset, hash FROM meta").get();
    if (row === undefined) return null;
    const { log_id, segment, offset, hash } = row;
    return { log_id: String(log_id), segment: Number(segment), offset: Number(offset), hash: String(hash) };
  }

  /** Do something in one write transaction. Busy when another process is at it. */
  transaction<Result>(work: () => Result): Result {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Begin anew for a log. Inside a transaction. */
  clear(logId: string): void {
    this.#database.exec("DELETE FROM entries");
    this.cover({ log_id: logId, segment: 1, offset: 0, hash: GENESIS });
  }

  /** Note the point covered. Inside a transaction. */
  cover(through: IndexThrough): void {
    const statement = this.#database.prepare("INSERT OR REPLACE INTO meta VALUES(1,?,?,?,?)");
    statement.run(through.log_id, through.segment, through.offset, through.hash);
  }

  /** Enter a line. Inside a transaction. Lines that aren't entries of ours (a continued foreign log's) are left out. */
  add(line: string, position: LinePosition): void {
    const entry = tryParseEntry(line);
    if (entry === null) return;
    const related = relatedId(entry);
    const trace = entry["trace_id"];
    const { segment, offset, length } = position;
    const keys = [
      key48(entry.entry_hash),
      related === null ? null : key48(related),
      typeof trace === "string" ? traceKey(trace) : null,
      entry.event === "kill_switch" ? 1 : null,
    ];
    this.#insert.run(entry.seq, segment, offset, length, ...keys);
  }

  /** Positions whose entry may have that hash or related id, in order. */
  withHash(hash: string): readonly LinePosition[] {
    const key = key48(hash);
    if (!Number.isSafeInteger(key)) return [];
    return this.#positions("hash=? OR related=?", [key, key]);
  }

  /** Positions whose entry may be of that trace, in order. */
  ofTrace(traceId: string): readonly LinePosition[] {
    return this.#positions("trace=?", [traceKey(traceId)]);
  }

  /** Positions of kill switches, engaged and released, in order. */
  killSwitches(): readonly LinePosition[] {
    return this.#positions("kill_switch=1", []);
  }

  close(): void {
    this.#database.close();
  }

  #positions(where: string, values: readonly number[]): readonly LinePosition[] {
    const rows = this.#database.prepare(`SELECT segment, offset, length FROM entries WHERE ${where} ORDER BY seq`);
    return rows.all(...values).map((row) => {
      return { segment: Number(row["segment"]), offset: Number(row["offset"]), length: Number(row["length"]) };
    });
  }
}

function traceKey(traceId: string): number {
  return key48(sha256Hex(traceId));
}
