// What a home keeps of a log, outside the log's own folder: its head, the index that decisions go by, which keys were
// proven, what runs, how far sinks are. Whoever can only write where the log stands can change none of it.

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

/** The folder of what a home keeps of a log under that name: by its resolved path. */
export function homeFolder(home: string, kind: "executors" | "proven" | "sinks", log: string): string {
  return join(home, kind, nameOf(log));
}

function nameOf(log: string): string {
  return hash("sha256", log, "hex").slice(0, 32);
}
