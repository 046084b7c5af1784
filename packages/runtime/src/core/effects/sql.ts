// SQL (being written): until then every statement is one that can't be understood, and asks.

import type { Effect } from "./effect.ts";

/** What a text of SQL would do. */
export function sqlEffects(text: string, via: string): readonly Effect[] {
  return [{ kind: "db.statement", via, operation: "unknown", text }];
}
