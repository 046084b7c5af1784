// Where the head of a log stands: outside the log's own folder.

import { join } from "node:path";

const { hash } = process.getBuiltinModule("node:crypto");

/** Where the head of a log stands under a home: by its resolved path. */
export function headPath(home: string, log: string): string {
  return join(home, "heads", `${hash("sha256", log, "hex").slice(0, 32)}.head`);
}
