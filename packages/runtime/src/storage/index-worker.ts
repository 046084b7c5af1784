// The worker that keeps the index. Whatever fails here stops nothing.
//
// Each step rewrites much of the index, since hashes fall anywhere in it. So a busy log is indexed a few MiB at a time,
// which processes that write it remember anyway, and a log that has come to rest, at once.

import { rmSync } from "node:fs";
import { setPriority } from "node:os";
import { workerData } from "node:worker_threads";
import { realFileSystem } from "./file-system.ts";
import { CanopyError } from "../core/errors.ts";
import { IndexCatchUp } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import type { LogPaths } from "./sidecar.ts";
import { isBusy } from "./sqlite.ts";

const EVERY_MS = 200;
const WORKER_NICENESS = 10;
const BUSY_BYTES = 8_388_608;
const STEP_BYTES = 16_777_216;
const REFUSED_MS = 60_000;

const paths: LogPaths = workerData;
let index: { readonly database: IndexDatabase; readonly catchUp: IndexCatchUp } | null = null;
let seenBytes = -1;
let indexedBytes = -1;
let notBefore = 0;

function openIndex(): NonNullable<typeof index> {
  const database = openDatabase();
  return { database, catchUp: new IndexCatchUp(realFileSystem, paths, database) };
}

function openDatabase(): IndexDatabase {
  try {
    return new IndexDatabase(paths.index);
  } catch (error) {
    if (isBusy(error)) throw error;
    // Broken, not busy: it is derived, so it is made anew.
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${paths.index}${suffix}`, { force: true });
    return new IndexDatabase(paths.index);
  }
}

/** Whether the index has caught up. */
function catchUp(): boolean {
  try {
    index ??= openIndex();
    while (index.catchUp.step(STEP_BYTES));
    return true;
  } catch (error) {
    // Busy: another process is making or filling the index, and will have done this by the next time.
    if (isBusy(error)) return false;
    // The log doesn't verify: to find that out again and again would be dear.
    if (error instanceof CanopyError) notBefore = performance.now() + REFUSED_MS;
    index?.database.close();
    index = null;
    return false;
  }
}

function look(): void {
  const bytes = realFileSystem.statusAt(paths.log)?.size ?? 0;
  const isResting = bytes === seenBytes;
  seenBytes = bytes;
  const isDue = isResting ? bytes !== indexedBytes : Math.abs(bytes - indexedBytes) >= BUSY_BYTES;
  if (isDue && performance.now() >= notBefore && catchUp()) indexedBytes = bytes;
}

// Decisions come before the index. Only Linux gives a thread a priority of its own; elsewhere this would slow down all.
if (process.platform === "linux") setPriority(0, WORKER_NICENESS);
look();
setInterval(look, EVERY_MS);
