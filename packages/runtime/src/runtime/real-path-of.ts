// Where a path leads.

import { realpathSync } from "node:fs";

/** The real path of a file that is reached by a link: a policy is governed where it stands, too. Empty when there is none. */
export function realPathOf(file: string): readonly string[] {
  try {
    return [realpathSync.native(file)].filter((real) => real !== file);
  } catch {
    return [];
  }
}
