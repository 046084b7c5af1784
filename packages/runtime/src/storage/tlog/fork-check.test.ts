import assert from "node:assert/strict";
import { test } from "node:test";
import { readIndexedLine } from "../../ledger/entry-index/indexed-line.ts";
import { realFileSystem } from "../file-system.ts";
import { logPathsOf } from "../sidecar.ts";
import { commitMeta, type FollowedTree } from "./followed-tree.ts";
import { ForkCheck } from "./fork-check.ts";
import { GrowingTree, type TileSink } from "./growing-tree.ts";
import { LinesAhead } from "./lines-ahead.ts";
import { LogFollower } from "./log-follower.ts";
import { LogTally, type TallyEntry } from "./log-tally.ts";

const NO_FILES: TileSink = {
  writeTile: () => undefined,
  writeEntries: () => undefined,
  dropPartials: () => undefined,
  outdate: () => undefined,
};
const lineOf = (at: number): Buffer => Buffer.from(`{"n":${at}}`);

function treeOf(size: number): GrowingTree {
  const tree = new GrowingTree(NO_FILES, 0, () => Buffer.alloc(32), null);
  for (let at = 0; at < size; at += 1) tree.append(lineOf(at));
  return tree;
}

/** A log of `size` lines followed against a checkpoint of 3; `at` says what their entries are. */
function followed(size: number, root: Uint8Array, at: Readonly<Record<number, TallyEntry>> = {}): ForkCheck {
  const fork = new ForkCheck({ origin: "o", size: 3, root });
  const tree = treeOf(0);
  for (let index = 0; index < size; index += 1) {
    tree.append(lineOf(index));
    fork.saw(tree, at[index] ?? null);
  }
  return fork;
}

test("a log is another one than was signed for when it is shorter, or has another tree at that size", () => {
  const root = treeOf(3).root();
  const other = treeOf(2).root();
  for (const size of [3, 4, 9]) {
    assert.equal(followed(size, root).isForked(size), false);
    assert.equal(followed(size, other).isForked(size), true);
    const { code, message, fix } = followed(size, other).error(size);
    assert.deepEqual([code, message, fix], refusal("has others among them"));
  }
  for (const [size, how] of [
    [0, "has 0 entries only"],
    [1, "has 1 entry only"],
    [2, "has 2 entries only"],
  ] as const) {
    const fork = followed(size, root);
    assert.equal(fork.isForked(size), true);
    const { code, message, fix } = fork.error(size);
    assert.deepEqual([code, message, fix], refusal(how));
  }
  const none = new ForkCheck(null);
  none.saw(treeOf(1), { event: "log_continued" });
  assert.deepEqual([none.isForked(0), none.isForked(1), none.isAccepted], [false, false, false]);
});

function refusal(how: string): readonly string[] {
  return [
    "LEDGER_REFUSED",
    `a checkpoint of 3 entries was signed for this log, and it ${how}: no other is made`,
    "restore the log from a copy; `canopy ledger fsck` and `canopy verify` show where it differs",
  ];
}

test("it was taken over as it is where an entry says so of a history as long as was signed for", () => {
  const cases: readonly (readonly [TallyEntry, boolean])[] = [
    [null, false],
    [{ event: "x", anchor_size: 9, expected_head: null }, false],
    [{ event: "rollback_accepted", anchor_size: 3 }, true],
    [{ event: "rollback_accepted", anchor_size: 4 }, true],
    [{ event: "rollback_accepted", anchor_size: 2 }, false],
    [{ event: "rollback_accepted" }, false],
    [{ event: "log_continued" }, true],
    [{ event: "log_continued", expected_head: null }, true],
    [{ event: "log_continued", expected_head: "x" }, true],
    [{ event: "log_continued", expected_head: { seq: 3 } }, true],
    [{ event: "log_continued", expected_head: { seq: 4 } }, true],
    [{ event: "log_continued", expected_head: { seq: 2 } }, false],
    [{ event: "log_continued", expected_head: {} }, false],
  ];
  for (const [entry, accepted] of cases) {
    for (const at of [0, 3, 4]) {
      const fork = followed(5, treeOf(2).root(), { [at]: entry });
      assert.deepEqual([fork.isAccepted, fork.isForked(5)], [accepted, true], JSON.stringify(entry));
    }
  }
});

const HASH = "ab".repeat(32);
const NONE = { ALLOW: 0, DENY: 0, REQUIRE_APPROVAL: 0 };
const DECISIONS = { ALLOW: 1, DENY: 2, REQUIRE_APPROVAL: 3 };

function meta(covered_entries: number, change: Readonly<Record<string, unknown>> = {}): TallyEntry {
  return {
    event: "checkpoint_meta",
    action_type: "ledger",
    covered_entries,
    index: { runs: 2, root: HASH },
    previous_checkpoint: null,
    decisions: DECISIONS,
    policy_hash: null,
    origin: "o",
    key_id: "k",
    resource_key_commitment: HASH,
    ...change,
  };
}

/** A tree of ten leaves, of which four were covered; as it begins from a state. */
function loadedTree(change: Partial<FollowedTree> = {}): FollowedTree {
  const ahead = new LinesAhead(4);
  for (let at = 4; at < 10; at += 1) ahead.add(readIndexedLine(lineOf(at)));
  return {
    tree: treeOf(10),
    tally: new LogTally(NONE, null),
    follower: new LogFollower(realFileSystem, logPathsOf("/none/audit.log"), { segment: 1, offset: 0 }),
    fork: new ForkCheck(null),
    isResumed: true,
    isConfirmed: false,
    committed: { covered_entries: 4, index: null },
    counted: { decisions: DECISIONS, policy_hash: null },
    newestOther: -1,
    ahead,
    points: [0, 2, 4, 6, 8].map((index) => ({ index, segment: 1, offset: 10 * index })),
    leaf: Buffer.alloc(32),
    fresh: 0,
    ...change,
  };
}

test("an entry of the log commits to a window where it covers no less than before, and no more than stood before it", () => {
  const nothing: readonly TallyEntry[] = [null, meta(3), meta(10), meta(11), meta(6, { origin: 1 }), { event: "x" }];
  for (const entry of nothing) {
    const loaded = loadedTree();
    commitMeta(loaded, entry);
    assert.deepEqual(loaded.committed, { covered_entries: 4, index: null }, JSON.stringify(entry));
    assert.deepEqual([loaded.points.length, loaded.isConfirmed], [5, false]);
    assert.equal(loaded.ahead?.range(4, 10)?.length, 6);
  }
  for (const [covered, points] of [
    [4, [4, 6, 8]],
    [5, [4, 6, 8]],
    [6, [6, 8]],
    [9, [8]],
  ] as const) {
    const loaded = loadedTree();
    commitMeta(loaded, meta(covered, { policy_hash: "sha256:p" }));
    assert.deepEqual(loaded.committed, { covered_entries: covered, index: { runs: 2, root: HASH } });
    assert.deepEqual([loaded.counted.decisions, loaded.counted.policy_hash], [DECISIONS, "sha256:p"]);
    assert.deepEqual(
      loaded.points.map(({ index }) => index),
      points,
    );
    assert.equal(loaded.ahead?.range(covered, 10)?.length, 10 - covered);
    assert.equal(loaded.ahead?.range(covered - 1, 10), null);
  }
  const without = loadedTree({ ahead: null, points: [] });
  commitMeta(without, meta(7));
  assert.deepEqual([without.committed.covered_entries, without.points], [7, []]);
});

test("what a tree was begun with is confirmed by the entry of the log that says the same of as many entries", () => {
  const cases: readonly (readonly [TallyEntry, boolean])[] = [
    [meta(4), true],
    [meta(5), false],
    [meta(4, { policy_hash: "sha256:p" }), false],
    ...(["ALLOW", "DENY", "REQUIRE_APPROVAL"] as const).map(
      (name) => [meta(4, { decisions: { ...DECISIONS, [name]: 9 } }), false] as const,
    ),
  ];
  for (const [entry, isConfirmed] of cases) {
    const loaded = loadedTree();
    commitMeta(loaded, entry);
    assert.equal(loaded.isConfirmed, isConfirmed, JSON.stringify(entry));
    // Once it is, it stays so.
    const known = loadedTree({ isConfirmed: true });
    commitMeta(known, entry);
    assert.equal(known.isConfirmed, true);
  }
});
