// node:sqlite, loaded without its notice of being experimental (Node 22 prints one to standard error).

import type { DatabaseSync } from "node:sqlite";

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

/** Open a database that waits at most `timeoutMs` for others. Only SQLite may ever open such a file: closing any other handle drops its locks. */
export function openDatabase(path: string, timeoutMs: number): DatabaseSync {
  sqlite ??= load();
  return new sqlite.DatabaseSync(path, { timeout: timeoutMs });
}

/** Whether an error says that another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error)) return false;
  const code = Number(error.errcode) & 0xff;
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
