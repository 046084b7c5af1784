// node:sqlite, loaded without its notice of being experimental (Node 22 prints one to standard error).

import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { notRegular, otherThanFile } from "./regular-file.ts";

type Sqlite = typeof import("node:sqlite");

function load(): Sqlite {
  const own = Object.getOwnPropertyDescriptor(process, "emitWarning");
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    if (own === undefined) Reflect.deleteProperty(process, "emitWarning");
    else Object.defineProperty(process, "emitWarning", own);
  }
}

let sqlite: Sqlite | null = null;

/**
 * Open a database that waits at most `timeoutMs` for others. Throws SQLite's errors; `FILE_UNUSABLE` when something else
 * stands where it, or a file that SQLite keeps beside it, should.
 *
 * Only SQLite may ever open such a file: closing any other handle drops its locks.
 */
export function openDatabase(path: string, timeoutMs: number): DatabaseSync {
  requireRegular(path);
  sqlite ??= load();
  return new sqlite.DatabaseSync(path, { timeout: timeoutMs });
}

/** A database that is only asked. */
export interface ReadOnlyDatabase {
  /** The first row of an answer. Throws SQLite's errors. */
  get(sql: string, ...values: SQLInputValue[]): Readonly<Record<string, SQLOutputValue>> | undefined;
  /** The rows of an answer, one by one. */
  rows(sql: string): Iterable<Readonly<Record<string, SQLOutputValue>>>;
  close(): void;
}

/** Open a database that is there, for reading only. Throws as `openDatabase`. */
export function openReadOnly(path: string): ReadOnlyDatabase {
  requireRegular(path);
  sqlite ??= load();
  const database = new sqlite.DatabaseSync(path, { readOnly: true, timeout: 1000 });
  const statements = new Map<string, StatementSync>();
  return {
    get: (sql, ...values) => {
      const statement = statements.get(sql) ?? database.prepare(sql);
      statements.set(sql, statement);
      return statement.get(...values);
    },
    rows: (sql) => database.prepare(sql).iterate(),
    close: () => database.close(),
  };
}

// SQLite follows links, to whatever database is there, and waits without end for whoever writes a pipe. Between this look
// and SQLite's opening, some microseconds later, a pipe can still be put in place: SQLite opens files by their names only.
// Once a database is open, nothing is opened by name any more.
function requireRegular(path: string): void {
  for (const suffix of ["", "-journal", "-wal", "-shm"]) {
    const kind = otherThanFile(path + suffix);
    if (kind !== null) throw notRegular(path + suffix, kind);
  }
}

/** Whether an error says that another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error)) return false;
  const code = Number(error.errcode) & 0xff;
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
