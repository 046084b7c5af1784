import assert from "node:assert/strict";
import { test } from "node:test";
import { metaMembers, parseCheckpointMeta, placeOf, type CheckpointMeta } from "./checkpoint-meta.ts";
import { formatState, parseState, pointOf, startOfLog, type TlogState } from "./tlog-state.ts";

const HASH = "ab".repeat(32);
const COUNTS = { ALLOW: 1, DENY: 2, REQUIRE_APPROVAL: 3 };

const META: CheckpointMeta = {
  covered_entries: 5,
  index: { runs: 3, root: HASH },
  previous_checkpoint: { size: 4, root: HASH },
  decisions: COUNTS,
  policy_hash: "sha256:p",
  heartbeat: false,
  origin: "o",
  key_id: "k",
  resource_key_commitment: HASH,
};
const ENTRY: Readonly<Record<string, unknown>> = {
  event: "checkpoint_meta",
  action_type: "ledger",
  covered_entries: 5,
  index: { runs: 3, root: HASH },
  previous_checkpoint: { size: 4, root: HASH },
  decisions: COUNTS,
  policy_hash: "sha256:p",
  origin: "o",
  key_id: "k",
  resource_key_commitment: HASH,
};

/** Values that are no count, and values that are no hash. */
const NO_COUNT = [undefined, null, -1, 1.5, "1", true, {}];
const NO_HASH = [undefined, 7, "", HASH.toUpperCase(), HASH.slice(1), `${HASH}0`, null];

test("what an entry before a checkpoint says is read as it was written", () => {
  const event = { event: "checkpoint_meta", action_type: "ledger" };
  const metas: readonly CheckpointMeta[] = [
    META,
    { ...META, heartbeat: true },
    { ...META, index: null, previous_checkpoint: null, policy_hash: null },
    { ...META, covered_entries: 0, index: { runs: 0, root: HASH }, previous_checkpoint: { size: 0, root: HASH } },
  ];
  for (const meta of metas) assert.deepEqual(parseCheckpointMeta({ ...event, ...metaMembers(meta) }), meta);
  assert.deepEqual({ ...event, ...metaMembers(META) }, ENTRY);
  assert.equal(metaMembers({ ...META, heartbeat: true })["heartbeat"], true);
  for (const heartbeat of ["true", 1, false, null]) {
    assert.deepEqual(parseCheckpointMeta({ ...ENTRY, heartbeat }), META);
  }
  assert.deepEqual(placeOf({ origin: "o", size: 4, root: Buffer.from(HASH, "hex") }), { size: 4, root: HASH });
  assert.equal(placeOf(null), null);
});

test("an entry that is not wholly in that form says nothing", () => {
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    event: ["x", undefined],
    action_type: ["shell", undefined],
    covered_entries: NO_COUNT,
    index: [undefined, "x", [], ...indexes("runs")],
    previous_checkpoint: [undefined, "x", [], ...indexes("size")],
    decisions: [
      undefined,
      null,
      "x",
      ...["ALLOW", "DENY", "REQUIRE_APPROVAL"].flatMap((name) =>
        NO_COUNT.map((count) => ({ ...COUNTS, [name]: count })),
      ),
    ],
    policy_hash: [undefined, 1, {}],
    origin: [undefined, null, 1],
    key_id: [undefined, null, 1],
    resource_key_commitment: NO_HASH,
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.equal(parseCheckpointMeta({ ...ENTRY, [name]: value }), null, `${name}: ${JSON.stringify(value)}`);
    }
  }
});

function indexes(member: string): readonly unknown[] {
  const good = { [member]: 1, root: HASH };
  return [
    ...NO_COUNT.map((count) => ({ ...good, [member]: count })),
    ...NO_HASH.map((root) => ({ ...good, root })),
    { root: HASH, [member === "runs" ? "size" : "runs"]: 1 },
  ];
}

const STATE: TlogState = {
  log_id: "l",
  covered: 5,
  segment: 2,
  offset: 700,
  leaf: HASH,
  decisions: COUNTS,
  policy_hash: "sha256:p",
  index: { runs: 3, root: HASH },
  entries: false,
};

test("a keeper's state is read as it was written, always in as many bytes", () => {
  const states: readonly TlogState[] = [
    STATE,
    startOfLog("l", true),
    startOfLog("l", false),
    { ...STATE, index: null, policy_hash: null, entries: true },
  ];
  for (const state of states) {
    const text = formatState(state);
    assert.deepEqual([text.length, text.at(-1)], [640, "\n"]);
    const { version, ...read }: Readonly<Record<string, unknown>> = { version: 1, ...parseState(text) };
    assert.equal(version, 1);
    assert.deepEqual(read, state);
  }
  assert.deepEqual(pointOf(STATE), { index: 5, segment: 2, offset: 700 });
  assert.deepEqual(startOfLog("l", true), {
    log_id: "l",
    covered: 0,
    segment: 1,
    offset: 0,
    leaf: "",
    decisions: { ALLOW: 0, DENY: 0, REQUIRE_APPROVAL: 0 },
    policy_hash: null,
    index: null,
    entries: true,
  });
});

test("a state that is not wholly in that form is none", () => {
  const whole: Readonly<Record<string, unknown>> = JSON.parse(formatState(STATE));
  assert.ok(parseState(JSON.stringify(whole)) !== null);
  for (const text of [null, "", "{", "null", "1", "[]"]) assert.equal(parseState(text), null, String(text));
  const counts = ["ALLOW", "DENY", "REQUIRE_APPROVAL"].flatMap((name) =>
    NO_COUNT.map((count) => ({ ...COUNTS, [name]: count })),
  );
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    version: [undefined, 0, 2, "1"],
    log_id: [undefined, null, 1],
    covered: [...NO_COUNT, 0],
    segment: NO_COUNT,
    offset: NO_COUNT,
    leaf: NO_HASH,
    decisions: [undefined, null, "x", ...counts],
    policy_hash: [undefined, 1, {}],
    index: [undefined, "x", 1, { runs: 1 }, { root: HASH }, { runs: 1.5, root: HASH }, { runs: 1, root: "x" }],
    entries: [undefined, null, "true", 1],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const text = JSON.stringify({ ...whole, [name]: value });
      assert.equal(parseState(text), null, `${name}: ${JSON.stringify(value)}`);
    }
  }
  // Only at the start of a log nothing stands before.
  assert.equal(parseState(JSON.stringify({ ...whole, covered: 0, leaf: HASH })), null);
  assert.ok(parseState(JSON.stringify({ ...whole, covered: 0, leaf: "" })) !== null);
});
