// Whether a text is a statement of SQL at all, for texts that may be anything.

/** Words that statements begin with which change or read data. */
const HEADS =
  /^(?:drop|truncate|delete|update|alter|grant|revoke|copy|create|merge|replace|call|exec|execute|set|shutdown|attach|select|with|begin|load|vacuum|insert|do|pragma|explain|rename|declare|backup|restore|if[ \t\n]+(?:not[ \t\n]+)?exists)\b/i;

/** What a later statement of the same text begins with, whatever the first one is. */
const LATER =
  /;\s*(?:drop\s+(?:table|database|schema|view|user|role|index)|truncate\s+\w|delete\s+from|update\s+\w+\s+set|alter\s+(?:table|database|user|role|system)|grant\s+\w|revoke\s+\w)\b/i;

/**
 * Whether a text is a statement of SQL: its first word says so, behind blanks, comments, brackets and empty statements,
 * or what follows a semicolon does. Cost: linear in the text.
 */
export function isStatement(text: string): boolean {
  const start = behindComments(text);
  return HEADS.test(text.slice(start, start + 64)) || LATER.test(text);
}

function behindComments(text: string): number {
  let at = 0;
  while (at < text.length) {
    const next = behindOne(text, at);
    if (next === at) return at;
    at = next;
  }
  return at;
}

/** The place behind one blank, bracket or comment; the same place when there is none. What MySQL runs is no comment. */
function behindOne(text: string, at: number): number {
  if (/[\s(;]/.test(text.charAt(at))) return at + 1;
  if (text.startsWith("*/", at)) return at + 2;
  const runs = /^\/\*M?!\d*/.exec(text.slice(at, at + 12));
  if (runs !== null) return at + runs[0].length;
  if (text.startsWith("/*", at)) return behind(text, text.indexOf("*/", at + 2), 2);
  if (text.startsWith("--", at) || text.startsWith("#", at)) return behind(text, text.indexOf("\n", at), 1);
  return at;
}

function behind(text: string, end: number, length: number): number {
  return end < 0 ? text.length : end + length;
}
