import assert from "node:assert/strict";
import { test } from "node:test";
import { CONFLICT_EVENT, conflictEntry, conflictError, type AnchorConflict } from "./anchor-conflict.ts";

const CONFLICT: AnchorConflict = {
  anchor: "folder:/mnt/elsewhere",
  standing: "forked",
  anchor_size: 40,
  anchor_root: "00".repeat(32),
  log_size: 60,
  log_root: "11".repeat(32),
};

test("the entry of a conflict is critical, and says what the anchor keeps and what the log is", () => {
  const entry = conflictEntry(CONFLICT, 0);
  assert.equal(entry.event, CONFLICT_EVENT);
  assert.equal(entry["severity"], "critical");
  assert.deepEqual({ ...entry, ...CONFLICT }, entry);
});

test("each way in which a log can differ is said in one line, with a way to go on", () => {
  const standings = ["rolled_back", "forked", "set_back", "refused"] as const;
  const errors = standings.map((standing) => conflictError("audit.log", { ...CONFLICT, standing, kept_size: 7 }));
  assert.equal(new Set(errors.map(({ message }) => message)).size, standings.length);
  for (const { code, message, fix } of errors) {
    assert.equal(code, "LEDGER_REFUSED");
    assert.match(message, /audit\.log.*elsewhere.*40 entries/);
    assert.match(fix ?? "", /accept-rollback audit\.log --anchor folder:\/mnt\/elsewhere|log_origin/);
  }
});
