// A log whose entries say whatever a test wants, chained as a writer would have chained them.

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";

/** An entry's members, without those of the chain. */
export type EntryMembers = Readonly<Record<string, unknown>>;

const GENESIS = "51113a9e47c8f56bb76d1e75a8ae9f693ed315cb3e061bc33afa945d29ea2ba1";

/** Write the log; gives the hash of each entry. */
export function writeChainedLog(path: string, entries: readonly EntryMembers[]): readonly string[] {
  const hashes: string[] = [];
  const lines: string[] = [];
  for (const [index, members] of entries.entries()) {
    const prev_hash = hashes.at(-1) ?? GENESIS;
    const whole = { timestamp: "2026-01-01T00:00:00Z", event: "authorize_action", ...members };
    const sorted = sortedJson({ ...whole, log_id: "0".repeat(32), prev_hash, schema_version: 1, seq: index + 1 });
    const entry_hash = createHash("sha256")
      .update(prev_hash + sorted)
      .digest("hex");
    hashes.push(entry_hash);
    lines.push(`${sorted.slice(0, -1)},"entry_hash":"${entry_hash}"}\n`);
  }
  writeFileSync(path, lines.join(""));
  return hashes;
}

/** JSON with the members of every object sorted, as entries are hashed. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
