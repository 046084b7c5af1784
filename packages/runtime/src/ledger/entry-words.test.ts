import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ENTRY_DECISIONS, ENTRY_EVENTS, ENTRY_TYPES } from "./entry-words.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const format = readFileSync(join(root, "docs", "ledger-format.md"), "utf8");

/** Words in code of the n-th column of every table whose first column is `event`. */
function tableWords(column: number): readonly string[] {
  const tables = format.split(/\n(?=\| event \|)/u).slice(1);
  const rows = tables.flatMap((table) => (table.split("\n\n")[0] ?? "").split("\n").slice(2));
  return rows.flatMap((row) =>
    [...(row.split("|")[column] ?? "").matchAll(/`([A-Za-z_]+)`/gu)].map(([, word = ""]) => word),
  );
}

test("every event is in the format's tables, and every event of the tables is known", () => {
  assert.deepEqual(ENTRY_EVENTS.toSorted(), tableWords(1).toSorted());
});

test("every decision and type is named by the format", () => {
  const missing = [...ENTRY_DECISIONS, ...ENTRY_TYPES].filter((word) => !format.includes(`\`${word}\``));
  assert.deepEqual(missing, []);
  const named = tableWords(2).filter((word) => /^[A-Z_]+$/u.test(word));
  assert.ok(named.includes("ENGAGED"));
  assert.deepEqual(
    named.filter((word) => !ENTRY_DECISIONS.includes(word)),
    [],
  );
});

test("no source writes an event or a decision that isn't known", () => {
  const written = sources(join(root, "packages", "runtime", "src")).flatMap((file) => {
    const text = readFileSync(file, "utf8");
    return [
      ...[...text.matchAll(/(?:\bevent: |systemEntry\()"([a-z_]+)"/gu)].map(
        ([, word = ""]) => ["event", word] as const,
      ),
      ...[...text.matchAll(/^ +decision: "([A-Z_]+)"/gmu)].map(([, word = ""]) => ["decision", word] as const),
    ];
  });
  assert.ok(written.length > 30);
  // Words for something else: a proof's member; what a sink is sent for a line that can't be read, and to try it.
  const other = new Set(["event", "unreadable_line", "sink_test"]);
  const known = new Set([...ENTRY_EVENTS, ...ENTRY_DECISIONS, ...other]);
  assert.deepEqual(
    written.filter(([, word]) => !known.has(word)),
    [],
  );
});

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => join(folder, name));
}
