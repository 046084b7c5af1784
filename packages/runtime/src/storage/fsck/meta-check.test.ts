import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { realFileSystem } from "../file-system.ts";
import { LogLines } from "../tlog/log-lines.ts";
import { LogTally } from "../tlog/log-tally.ts";
import { ProblemBook } from "./fsck-report.ts";
import { MetaCheck } from "./meta-check.ts";

type Members = Readonly<Record<string, unknown>>;

const HASH = "ab".repeat(32);
const OTHER = "cd".repeat(32);
const NONE = { ALLOW: 0, DENY: 0, REQUIRE_APPROVAL: 0 };

function meta(covered_entries: number, change: Members = {}): Members {
  return {
    event: "checkpoint_meta",
    action_type: "ledger",
    covered_entries,
    index: null,
    previous_checkpoint: null,
    decisions: NONE,
    policy_hash: null,
    origin: "o",
    key_id: "k",
    resource_key_commitment: HASH,
    ...change,
  };
}

const decided = (decision: string): Members => ({ event: "authorize_action", decision });
const OTHER_EVENT: Members = { event: "x" };

/** What is found in a log of these entries, whose tree has a root of `HASH` at every size; and where a root was asked for. */
function found(t: TestContext, entries: readonly (Members | string)[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "canopy-meta-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  writeFileSync(
    path,
    entries.map((entry) => (typeof entry === "string" ? entry : JSON.stringify(entry)) + "\n").join(""),
  );
  const lines = LogLines.open(realFileSystem, path);
  const problems = new ProblemBook();
  const check = new MetaCheck(lines, problems);
  const tally = new LogTally(NONE, null);
  const roots: number[] = [];
  let size = 0;
  const at = (): void =>
    check.at(size, tally, () => {
      roots.push(size);
      return HASH;
    });
  at();
  for (const { bytes } of lines.lines(0)) {
    tally.add(bytes);
    size += 1;
    at();
  }
  check.finish();
  lines.close();
  assert.ok(problems.listed.every(({ repairable }) => !repairable));
  return [
    `${check.count} of them, roots at ${roots.join()}`,
    ...problems.listed.map(({ code, place, detail }) => `${code} ${place}: ${detail}`),
  ];
}

test("entries before checkpoints that say what is so are counted, and nothing is found", (t) => {
  const policy_hash = "sha256:p";
  const entries = [
    meta(0),
    decided("ALLOW"),
    decided("DENY"),
    meta(2, { decisions: { ...NONE, ALLOW: 1 } }),
    meta(3, { decisions: { ALLOW: 1, DENY: 1, REQUIRE_APPROVAL: 0 }, previous_checkpoint: { size: 3, root: HASH } }),
    meta(3, { decisions: { ALLOW: 1, DENY: 1, REQUIRE_APPROVAL: 0 }, previous_checkpoint: { size: 3, root: HASH } }),
    { event: "policy_activated", policy_hash },
    meta(7, {
      decisions: { ALLOW: 1, DENY: 1, REQUIRE_APPROVAL: 0 },
      policy_hash,
      previous_checkpoint: { size: 5, root: HASH },
    }),
    // None of ours, or only spoken of.
    { event: "checkpoint_meta", action_type: "shell" },
    { event: "x", action_type: "ledger", said: "checkpoint_meta" },
    "checkpoint_meta",
  ];
  assert.deepEqual(found(t, entries), ["5 of them, roots at 3,5"]);
});

function covers(index: number, said: string, from: number): string {
  return `meta_covered entry of index ${index}: it covers ${said}: expected ${from} to ${index}`;
}

function counts(index: number, said: string): string {
  return `meta_counts entry of index ${index}: the first ${said} have other decisions, or another policy in force`;
}

function previous(index: number, said: string): string {
  return `meta_previous entry of index ${index}: the tree of ${said} has another root than the checkpoint it names`;
}

function never(index: number, said: string): string {
  return `meta_previous entry of index ${index}: it names a checkpoint of ${said}, which the log never reached`;
}

function form(index: number): string {
  return `meta_form entry of index ${index}: its members are not those of such an entry`;
}

function place(size: number, root: string): Members {
  return { previous_checkpoint: { size, root } };
}

test("what they say of entries, decisions, the policy and the checkpoint before is compared", (t) => {
  const cases: readonly (readonly [readonly (Members | string)[], number, string, readonly string[]])[] = [
    [[meta(1)], 1, "", [covers(0, "1 entry", 0)]],
    [[OTHER_EVENT, meta(2)], 1, "", [covers(1, "2 entries", 0)]],
    [[OTHER_EVENT, OTHER_EVENT, meta(2), meta(1), meta(2)], 3, "", [covers(3, "1 entry", 2)]],
    // One that covers too much is not what the next is measured by.
    [[OTHER_EVENT, meta(9), meta(1)], 2, "", [covers(1, "9 entries", 0)]],
    [[meta(0, { origin: 1 }), meta(0, { index: { runs: 1 } })], 2, "", [form(0), form(1)]],
    [[meta(0, { decisions: { ...NONE, ALLOW: 1 } })], 1, "", [counts(0, "0 entries")]],
    [[decided("ALLOW"), meta(1)], 1, "", [counts(1, "1 entry")]],
    [[decided("DENY"), meta(1)], 1, "", [counts(1, "1 entry")]],
    [[decided("REQUIRE_APPROVAL"), OTHER_EVENT, meta(2)], 1, "", [counts(2, "2 entries")]],
    [[OTHER_EVENT, meta(1, { policy_hash: "sha256:p" })], 1, "", [counts(1, "1 entry")]],
    [[OTHER_EVENT, meta(1, place(1, OTHER)), meta(1, place(1, HASH))], 2, "1", [previous(1, "1 entry")]],
    [[OTHER_EVENT, OTHER_EVENT, meta(2, place(2, OTHER))], 1, "2", [previous(2, "2 entries")]],
    [[OTHER_EVENT, meta(1, place(0, OTHER))], 1, "0", [previous(1, "0 entries")]],
    [[OTHER_EVENT, meta(1, place(3, HASH)), meta(2, place(3, OTHER))], 2, "3", [previous(2, "3 entries")]],
    [[OTHER_EVENT, meta(1, place(3, HASH)), meta(2, place(9, HASH))], 2, "3", [never(2, "9 entries")]],
    [[meta(0, place(2, HASH))], 1, "", [never(0, "2 entries")]],
  ];
  for (const [entries, count, roots, problems] of cases) {
    const expected = [`${count} of them, roots at ${roots}`, ...problems];
    assert.deepEqual(found(t, entries), expected, JSON.stringify(entries));
  }
});
