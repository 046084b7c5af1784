// Members of a line of ours, found by its bytes: lines that other processes wrote are not parsed that needn't be.

import { relatedId, tryParseEntry } from "./parse-entry.ts";

/**
 * What an entry belongs to (`relatedId`), by its bytes. A nested object may name the same members: of more than one the
 * entry itself says which is meant; one alone is remembered as it stands, and compared by whoever asks.
 */
export function relatedIdIn(line: Buffer): string | null {
  const found = RELATED_MEMBERS.flatMap((name) => textsAfter(line, name));
  if (found.length < 2) return found[0] ?? null;
  const entry = tryParseEntry(line.toString("utf8"));
  return entry === null ? null : relatedId(entry);
}

const RELATED_MEMBERS: readonly string[] = ['"authorization_id":"', '"request_id":"'];

/** The first two texts of a member, by its bytes. Inside text a quote is always escaped, so a name is a member's. */
export function textsAfter(line: Buffer, name: string): readonly string[] {
  const texts: string[] = [];
  for (let at = line.indexOf(name, 0, "latin1"); at >= 0 && texts.length < 2;) {
    const start = at + name.length;
    texts.push(line.toString("latin1", start, line.indexOf(QUOTE, start)));
    at = line.indexOf(name, start, "latin1");
  }
  return texts;
}

const QUOTE = 0x22;
