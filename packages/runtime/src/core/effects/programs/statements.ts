// SQL text as effects: the one seam between the rows and the reader of SQL.

import type { DbStatement, Effect } from "../effect.ts";

/** The effects of SQL statements. */
export function sqlEffects(text: string): readonly Effect[] {
  return text
    .split(";")
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => ({ kind: "db.statement", via: "sql", operation: operationOf(part), text: part }));
}

function operationOf(text: string): DbStatement["operation"] {
  const verb = (/^\w+/.exec(text)?.[0] ?? "").toLowerCase();
  if (/^(drop|truncate)$/.test(verb)) return "wipe";
  if (/^(delete|update)$/.test(verb)) return /\bwhere\b/i.test(text) ? "write" : "wipe";
  if (
    /^(select|show|describe|desc|explain|with|use|values|pragma|table|list|set|begin|commit|rollback|help)$/.test(verb)
  )
    return "read";
  if (/^(insert|merge|replace|upsert|load|copy)$/.test(verb)) return "write";
  if (/^(create|alter|rename|comment|analyze|vacuum|reindex|optimize)$/.test(verb)) return "schema";
  return /^(grant|revoke|shutdown|kill|backup|restore|attach|call|do|exec|execute)$/.test(verb) ? "admin" : "unknown";
}
