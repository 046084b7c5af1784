// What tampering looks like: a copy of the log with one byte changed.

import { readFile, writeFile } from "node:fs/promises";

/** Where the byte was flipped. */
export interface Flip {
  /** Counts from 1. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/**
 * Write a copy of a log in which one letter of one DENY became another, the way somebody would hide a refusal.
 *
 * @returns where, or null when there is no such line.
 */
export async function copyWithFlip(log: string, copy: string): Promise<Flip | null> {
  const bytes = await readFile(log);
  const at = bytes.lastIndexOf('"decision":"DENY"');
  if (at === -1) return null;
  const target = at + '"decision":"'.length;
  const line = bytes.subarray(0, target).reduce((count, byte) => (byte === 10 ? count + 1 : count), 1);
  bytes[target] = "B".charCodeAt(0);
  await writeFile(copy, bytes, { mode: 0o600 });
  return { line, before: "DENY", after: "BENY" };
}
