// The worker that keeps the index: looks for new entries every 100 ms. Whatever fails here stops nothing.

import { rmSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { realFileSystem } from "./file-system.ts";
import { catchUpIndex } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import { logPaths } from "./sidecar.ts";
import { isBusy } from "./sqlite.ts";

const EVERY_MS = 100;

const paths = logPaths(realFileSystem, String(workerData));
let index: IndexDatabase | null = null;

function openIndex(): IndexDatabase {
  try {
    return new IndexDatabase(paths.index);
  } catch (error) {
    if (isBusy(error)) throw error;
    // Broken, not busy: it is derived, so it is made anew.
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${paths.index}${suffix}`, { force: true });
    return new IndexDatabase(paths.index);
  }
}

function run(): void {
  try {
    index ??= openIndex();
    while (catchUpIndex(realFileSystem, paths, index));
  } catch (error) {
    // Busy: another process is making or filling the index, and will have done this by the next time.
    if (isBusy(error)) return;
    index?.close();
    index = null;
  }
}

run();
setInterval(run, EVERY_MS);
