// `index.sqlite`: where entries stand, by what they are asked for by.
//
//   meta     one row: log_id, and the point the index covers: segment, offset, hash of the entry that ends there;
//            and `lag`: by how many seconds at most an entry's time stood behind the newest before it
//   entries  seq, segment, offset, length (without line feed), key48(entry_hash), key48(related id), textKey of trace_id,
//            nameKey of avid, action_type, decision, event and incident_id, null where there is none; and the newest time,
//            in seconds, that the log had shown with the entry; and its whole hash
//   counters a row for each counter, in each scope, that an entry reserves in: key48(SHA-256 of the part's name), that
//            time, its seq, key48 of its authorization
//   tags     the marks of a scope and the labels of a session or file: SHA-256 of the part's name, the tag's name, when
//            it was last set
//
// key48 of a hash is its first 12 hex digits as a number, textKey that of a text's SHA-256; whoever asks compares the
// entry itself, and that its hash is the one that was entered. Only entries that are known to be durable are entered:
// others may still be undone, or lost and replaced.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LedgerEntry } from "../ledger/ports.ts";
import { key48, nameKey, textKey } from "./index-keys.ts";
import { INDEX_SCHEMA, INDEX_VERSION, requireIndexSchema } from "./index-schema.ts";
import { IndexQuery, positionOf, indexedOnly } from "./index-query.ts";
import type { EntryPosition, LinePosition, TimedPoint } from "./log-point.ts";
import { openDatabase } from "./sqlite.ts";
import { GENESIS } from "../ledger/chain.ts";
import { sha256Hex } from "./chain-host.ts";
import { relatedId, tryParseEntry } from "./parse-entry.ts";
import { partsChangeOf, secondsOf } from "./state-parts.ts";
import type { StateRow } from "./state-tail.ts";

/** The point an index covers. */
export interface IndexThrough extends TimedPoint {
  readonly log_id: string;
}

const OPEN_TIMEOUT_MS = 5000;
const MAX_NAME_KEYS = 1024;

/** An open index. Methods throw SQLite's errors; `isBusy` tells which of them only mean to try again. */
export class IndexDatabase {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #insertCounter: StatementSync;
  readonly #insertTag: StatementSync;
  readonly #nameKeys = new Map<string, number>();
  #query: IndexQuery | null = null;

  constructor(path: string) {
    this.#database = openDatabase(path, OPEN_TIMEOUT_MS);
    try {
      this.#database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000");
      // Hashes fall anywhere in their indexes: with SQLite's 2 MB an entry costs a quarter more.
      this.#database.exec("PRAGMA cache_size=-8192");
      this.#makeTables();
      requireIndexSchema((sql) => this.#database.prepare(sql).all());
      this.#database.exec("PRAGMA busy_timeout=0");
      this.#insert = this.#database.prepare("INSERT OR REPLACE INTO entries VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
      this.#insertCounter = this.#database.prepare("INSERT OR REPLACE INTO counters VALUES(?,?,?,?)");
      this.#insertTag = this.#database.prepare("INSERT OR REPLACE INTO tags VALUES(?,?,?)");
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** The point covered, or null for an index that covers nothing. */
  through(): IndexThrough | null {
    const row = this.#database.prepare("SELECT log_id, segment, offset, hash, newest FROM meta").get();
    if (row === undefined) return null;
    const { log_id, segment, offset, hash, newest } = row;
    const point = { segment: Number(segment), offset: Number(offset), newest: Number(newest) };
    return { ...point, log_id: String(log_id), hash: String(hash) };
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
    this.#database.exec("DELETE FROM entries; DELETE FROM counters; DELETE FROM tags; DELETE FROM meta");
    this.cover({ log_id: logId, segment: 1, offset: 0, hash: GENESIS, newest: 0 });
  }

  /** Note the point covered. Inside a transaction. */
  cover(through: IndexThrough): void {
    const statement = this.#database.prepare(
      `INSERT INTO meta VALUES(1,?,?,?,?,?,0) ON CONFLICT(id) DO UPDATE SET
       log_id=excluded.log_id, segment=excluded.segment, offset=excluded.offset, hash=excluded.hash, newest=excluded.newest`,
    );
    statement.run(through.log_id, through.segment, through.offset, through.hash, through.newest);
  }

  /**
   * Enter a line. Inside a transaction. Lines that aren't entries of ours (a continued foreign log's) are left out.
   * `newest` is the newest time of the entries before it; returns that with it.
   */
  add(line: string, position: LinePosition, newest: number): number {
    const entry = tryParseEntry(line);
    if (entry === null) return newest;
    const { segment, offset, length } = position;
    const seconds = secondsOf(entry.timestamp);
    const at = Math.max(newest, seconds);
    this.#insert.run(entry.seq, segment, offset, length, ...this.#keysOf(entry), at, bytesOf(entry.entry_hash));
    if (seconds > 0 && seconds < at) this.#database.prepare("UPDATE meta SET lag=max(lag,?)").run(at - seconds);
    this.#addState(entry, at);
    return at;
  }

  /**
   * Rows of the entries that reserve in a counter since `fromSeconds`, and of those that follow up their authorizations,
   * in order. Cost: linear in their number.
   */
  ofCounter(part: string, fromSeconds: number): readonly StateRow[] {
    const asked = "part=? AND at>=?";
    const values = [key48(sha256Hex(part)), fromSeconds];
    const select = `SELECT e.seq, segment, offset, length, entry_hash, newest FROM counters JOIN entries e ON e.seq=counters.seq WHERE ${asked}
      UNION
      SELECT e.seq, segment, offset, length, entry_hash, newest FROM counters JOIN entries e ON related=authorization WHERE ${asked}
      ORDER BY 1`;
    const rows = this.#database.prepare(select).all(...values, ...values);
    return rows.map((row) => ({ ...positionOf(row), at: Number(row["newest"]) }));
  }

  /** The tags of a part, and when each was last set, in seconds. */
  tagsOf(part: string): ReadonlyMap<string, number> {
    const rows = this.#database.prepare("SELECT name, at FROM tags WHERE part=?").all(sha256(part));
    return new Map(rows.map(({ name, at }) => [String(name), Number(at)]));
  }

  /** Positions whose entry may have that hash or related id, in order. */
  withHash(hash: string): readonly EntryPosition[] {
    const key = key48(hash);
    if (!Number.isSafeInteger(key)) return [];
    return this.#positions("hash=? OR related=?", [key, key]);
  }

  /** Positions whose entry may be of that trace, in order. */
  ofTrace(traceId: string): readonly EntryPosition[] {
    return this.#positions("trace=?", [textKey(traceId)]);
  }

  /** Positions of kill switches, engaged and released, in order. */
  killSwitches(): readonly EntryPosition[] {
    return this.#positions(`event=? AND ${indexedOnly("event")}`, [nameKey("kill_switch")]);
  }

  /** Questions by filters. */
  query(): IndexQuery {
    return (this.#query ??= new IndexQuery(this.#database));
  }

  close(): void {
    this.#database.close();
  }

  #positions(where: string, values: readonly number[]): readonly EntryPosition[] {
    const rows = this.#database.prepare(
      `SELECT segment, offset, length, entry_hash FROM entries WHERE ${where} ORDER BY seq`,
    );
    return rows.all(...values).map(positionOf);
  }

  #addState(entry: LedgerEntry, at: number): void {
    const changed = partsChangeOf(entry);
    if (changed === null) return;
    const authorization = key48(changed.change.id);
    for (const { part } of changed.counters)
      this.#insertCounter.run(key48(sha256Hex(part)), at, entry.seq, authorization);
    for (const { part, name } of changed.tags) this.#insertTag.run(sha256(part), name, at);
  }

  #keysOf(entry: LedgerEntry): readonly (number | null)[] {
    const related = relatedId(entry);
    const { trace_id, avid, action_type, decision, event, incident_id } = entry;
    return [
      key48(entry.entry_hash),
      related === null ? null : key48(related),
      typeof trace_id === "string" ? textKey(trace_id) : null,
      this.#nameKey(avid),
      this.#nameKey(action_type),
      this.#nameKey(decision),
      this.#nameKey(event),
      this.#nameKey(incident_id),
    ];
  }

  // Names recur from entry to entry. Bounded, because agents choose them.
  #nameKey(name: unknown): number | null {
    if (typeof name !== "string") return null;
    let key = this.#nameKeys.get(name);
    if (key === undefined) {
      key = nameKey(name);
      if (this.#nameKeys.size >= MAX_NAME_KEYS) this.#nameKeys.clear();
      this.#nameKeys.set(name, key);
    }
    return key;
  }

  #makeTables(): void {
    const version = this.#database.prepare("PRAGMA user_version").get()?.["user_version"];
    if (version === INDEX_VERSION) return;
    this.transaction(() => {
      // Another process may have done it while this one waited.
      if (this.#database.prepare("PRAGMA user_version").get()?.["user_version"] === INDEX_VERSION) return;
      this.#database.exec(
        "DROP TABLE IF EXISTS meta; DROP TABLE IF EXISTS entries; DROP TABLE IF EXISTS counters; DROP TABLE IF EXISTS tags",
      );
      this.#database.exec(`${INDEX_SCHEMA} PRAGMA user_version=${INDEX_VERSION}`);
    });
  }
}

function sha256(text: string): Buffer {
  return bytesOf(sha256Hex(text));
}

function bytesOf(hash: string): Buffer {
  return Buffer.from(hash, "hex");
}
