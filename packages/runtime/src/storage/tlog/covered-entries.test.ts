import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { realFileSystem } from "../file-system.ts";
import { coveredEntriesOf } from "./covered-entries.ts";
import { rotationEntries } from "./key-succession.ts";
import { LogLines } from "./log-lines.ts";

const HASH = "ab".repeat(32);

function meta(covered_entries: number, change: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    event: "checkpoint_meta",
    action_type: "ledger",
    covered_entries,
    index: null,
    previous_checkpoint: null,
    decisions: { ALLOW: 0, DENY: 0, REQUIRE_APPROVAL: 0 },
    policy_hash: null,
    origin: "o",
    key_id: "k",
    resource_key_commitment: HASH,
    ...change,
  });
}

function coveredIn(t: TestContext, lines: readonly string[]): readonly number[] {
  const folder = mkdtempSync(join(tmpdir(), "canopy-covered-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  writeFileSync(path, `${lines.join("\n")}\n`);
  const open = LogLines.open(realFileSystem, path);
  const covered = [...coveredEntriesOf(open)];
  open.close();
  return covered;
}

test("windows end where entries of the log's writer say, never going back and never over what comes later", (t) => {
  const plain = '{"event":"x"}';
  const cases: readonly (readonly [readonly string[], readonly number[]])[] = [
    [[plain], []],
    [[meta(0)], [0]],
    [[meta(1)], []],
    [
      [plain, meta(1), meta(2), meta(2)],
      [1, 2, 2],
    ],
    [
      [plain, plain, meta(2), meta(1), meta(4)],
      [2, 4],
    ],
    [[plain, plain, meta(9), meta(1)], [1]],
    [[plain, meta(1, { action_type: "shell" }), meta(1, { origin: 1 }), meta(1)], [1]],
    [[plain, `checkpoint_meta`, meta(2).replace("checkpoint_meta", "checkpoint\\u005fmeta"), meta(3)], [3]],
  ];
  for (const [lines, expected] of cases) assert.deepEqual(coveredIn(t, lines), expected, lines.join(" "));
});

test("the rotations of checkpoint keys are told by their entries, and those of other keys are not", () => {
  const statement = {
    type: "canopy-key-rotation-v1",
    old_key: "did:key:a",
    new_key: "did:key:b",
    rotated_at: "2026-01-01T00:00:00Z",
    purpose: "checkpoint",
  };
  const base = { seq: 1, log_id: "l", prev_hash: HASH, entry_hash: HASH, timestamp: "2026-01-01T00:00:00Z" };
  const entry = (event: string, change: Readonly<Record<string, unknown>> = {}, more: object = {}): string =>
    JSON.stringify({
      ...base,
      event,
      rotation: { statement: { ...statement, ...change }, old_signature: "x", new_signature: "y" },
      ...more,
    });
  const lines = [
    entry("key_rotated"),
    entry("key_rotated", { new_key: "did:key:c" }),
    entry("key_rotated", { purpose: "signing" }),
    entry("key_rotated", { purpose: undefined }),
    entry("key_rotated", { type: "x" }),
    entry("x", {}, { said: "key_rotated" }),
    entry("key_rotated").replace("key_rotated", "key\\u005frotated"),
    "key_rotated",
    entry("key_rotated", { new_key: "did:key:d" }),
  ];
  const given = lines.map((line, index) => ({ index: index + 7, bytes: Buffer.from(line) }));
  assert.deepEqual(
    [...rotationEntries(given)],
    [
      { index: 7, new_key: "did:key:b" },
      { index: 8, new_key: "did:key:c" },
      { index: 15, new_key: "did:key:d" },
    ],
  );
});
