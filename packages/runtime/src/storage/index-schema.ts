// The tables of `index.sqlite` (see index-database.ts), and whether a file has just these.
//
// The file beside a log is anybody's. A view in place of a table may take for ever, a trigger may do anything: no question is
// put to what isn't an index.

import type { SQLOutputValue } from "node:sqlite";
import { indexedOnly } from "./index-query.ts";
import { openDatabase } from "./sqlite.ts";

/** What makes its tables. */
export const INDEX_SCHEMA: string = `
CREATE TABLE IF NOT EXISTS meta(id INTEGER PRIMARY KEY CHECK (id = 1), log_id TEXT, segment INTEGER, offset INTEGER, hash TEXT, newest INTEGER, lag INTEGER);
CREATE TABLE IF NOT EXISTS entries(
  seq INTEGER PRIMARY KEY, segment INTEGER, offset INTEGER, length INTEGER,
  hash INTEGER, related INTEGER, trace INTEGER, agent INTEGER, action INTEGER, decision INTEGER, event INTEGER,
  incident INTEGER, newest INTEGER, entry_hash BLOB);
CREATE INDEX IF NOT EXISTS by_hash ON entries(hash);
CREATE INDEX IF NOT EXISTS by_related ON entries(related) WHERE related IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_trace ON entries(trace) WHERE trace IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_agent ON entries(agent);
CREATE INDEX IF NOT EXISTS by_action ON entries(action);
CREATE INDEX IF NOT EXISTS by_decision ON entries(decision) WHERE ${indexedOnly("decision")};
CREATE INDEX IF NOT EXISTS by_event ON entries(event) WHERE ${indexedOnly("event")};
CREATE INDEX IF NOT EXISTS by_incident ON entries(incident) WHERE incident IS NOT NULL;
CREATE TABLE IF NOT EXISTS counters(part INTEGER, at INTEGER, seq INTEGER, authorization INTEGER, PRIMARY KEY(part, at, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tags(part BLOB, name TEXT, at INTEGER, PRIMARY KEY(part, name)) WITHOUT ROWID;
`;

/** An index of another version is made anew: it would lack what this one is asked for. */
export const INDEX_VERSION: number = 4;

const ALL = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name";

let expected: string | null = null;

/**
 * Throws when a database has other tables, views, triggers or indexes than an index has. Cost: 0.1 ms.
 *
 * @param rows asks the database.
 */
export function requireIndexSchema(rows: (sql: string) => Iterable<Readonly<Record<string, SQLOutputValue>>>): void {
  expected ??= ownSchema();
  if (JSON.stringify([...rows(ALL)]) !== expected) throw new Error("its tables are not those of an index");
}

function ownSchema(): string {
  const database = openDatabase(":memory:", 0);
  database.exec(INDEX_SCHEMA);
  const text = JSON.stringify(database.prepare(ALL).all());
  database.close();
  return text;
}
