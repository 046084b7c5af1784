// `index.sqlite`: where entries stand, by what they hold.
//
//   meta     one row: log_id, and the point the index covers: segment, offset, hash of the entry that ends there
//   entries  seq, segment, offset, length (without line feed), key48(entry_hash), key48(related id or null), and the
//            numbers of event, trace_id, avid, action_type, decision and incident_id in `names`
//
// key48 of a hash is its first 12 hex digits as a number; whoever asks compares the entry itself. Only entries that are
// known to be durable are entered: others may still be undone, or lost and replaced.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LogPoint } from "./log-index.ts";
import type { LinePosition } from "./recent-entries.ts";
import { openDatabase } from "./sqlite.ts";
import { GENESIS } from "../ledger/chain.ts";
import { relatedId, tryParseEntry } from "./parse-entry.ts";

/** The point an index covers, and the hash of the entry that ends there. */
export interface IndexThrough extends LogPoint {
  readonly log_id: string;
  readonly hash: string;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta(id INTEGER PRIMARY KEY CHECK (id = 1), log_id TEXT, segment INTEGER, offset INTEGER, hash TEXT);
CREATE TABLE IF NOT EXISTS names(id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS entries(
  seq INTEGER PRIMARY KEY, segment INTEGER, offset INTEGER, length INTEGER, hash INTEGER, authorization INTEGER,
  event INTEGER, trace INTEGER, avid INTEGER, action INTEGER, decision INTEGER, incident INTEGER);
CREATE INDEX IF NOT EXISTS by_hash ON entries(hash);
CREATE INDEX IF NOT EXISTS by_authorization ON entries(authorization) WHERE authorization IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_trace ON entries(trace) WHERE trace IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_avid ON entries(avid);
CREATE INDEX IF NOT EXISTS by_action ON entries(action);
CREATE INDEX IF NOT EXISTS by_decision ON entries(decision);
CREATE INDEX IF NOT EXISTS by_incident ON entries(incident) WHERE incident IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_event ON entries(event);
`;

const NAMED = ["event", "trace_id", "avid", "action_type", "decision", "incident_id"] as const;
const COLUMNS = { trace_id: "trace", event: "event" } as const;
const OPEN_TIMEOUT_MS = 5000;
const MAX_NAMES_CACHED = 65_536;

/** The first 12 hex digits of a hash as a number. */
export function key48(hash: string): number {
  return Number.parseInt(hash.slice(0, 12), 16);
}

/** An open index. Methods throw SQLite's errors; `isBusy` tells which of them only mean to try again. */
export class IndexDatabase {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #name: StatementSync;
  readonly #addName: StatementSync;
  readonly #names = new Map<string, number>();

  constructor(path: string) {
    this.#database = openDatabase(path, OPEN_TIMEOUT_MS);
    this.#database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000");
    this.#database.exec(SCHEMA);
    this.#database.exec("PRAGMA busy_timeout=0");
    this.#insert = this.#database.prepare("INSERT OR REPLACE INTO entries VALUES(?,?,?,?,?,?,?,?,?,?,?,?)");
    this.#name = this.#database.prepare("SELECT id FROM names WHERE text=?");
    this.#addName = this.#database.prepare("INSERT INTO names(text) VALUES(?) RETURNING id");
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
      this.#names.clear();
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Begin anew for a log. Inside a transaction. */
  clear(logId: string): void {
    this.#names.clear();
    this.#database.exec("DELETE FROM entries; DELETE FROM names");
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
    const numbers = NAMED.map((member) => this.#numberOf(entry[member]));
    const { segment, offset, length } = position;
    const keys = [key48(entry.entry_hash), related === null ? null : key48(related)];
    this.#insert.run(entry.seq, segment, offset, length, ...keys, ...numbers);
  }

  /** Positions whose entry may have that hash or authorization, in order. */
  withHash(hash: string): readonly LinePosition[] {
    const key = key48(hash);
    if (!Number.isSafeInteger(key)) return [];
    return this.#positions("hash=? OR authorization=?", [key, key]);
  }

  /** Positions whose entry has that text as its event or trace, in order. */
  withName(member: keyof typeof COLUMNS, text: string): readonly LinePosition[] {
    const id = this.#name.get(text)?.["id"];
    return id === undefined ? [] : this.#positions(`${COLUMNS[member]}=?`, [Number(id)]);
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

  #numberOf(text: unknown): number | null {
    if (typeof text !== "string") return null;
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const number = Number((this.#name.get(text) ?? this.#addName.get(text))?.["id"]);
    if (this.#names.size >= MAX_NAMES_CACHED) this.#names.clear();
    this.#names.set(text, number);
    return number;
  }
}
