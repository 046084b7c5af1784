// What a home keeps of a log, outside the log's own folder: its head, and the index that decisions go by. Whoever can only
// write where the log stands can change neither.

import { join } from "node:path";

const { hash } = process.getBuiltinModule("node:crypto");

/** Where the head of a log stands under a home: by its resolved path. */
export function headPath(home: string, log: string): string {
  return join(home, "heads", `${nameOf(log)}.head`);
}

/** Where the index of a log stands under a home: by its resolved path. */
export function indexPath(home: string, log: string): string {
  return join(home, "indexes", `${nameOf(log)}.sqlite`);
}

function nameOf(log: string): string {
  return hash("sha256", log, "hex").slice(0, 32);
}
