import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { merkleTree } from "../ledger/merkle.ts";
import { lineLeaf } from "../ledger/tlog/entry-data.ts";
import { TreeFrontier } from "../ledger/tlog/tree.ts";
import { CheckpointAudit, type KnownCheckpoint, type TreeFailure } from "./checkpoint-audit.ts";
import { nodeSha256 } from "./tlog/node-sha256.ts";

function leavesOf(lines: readonly string[]): readonly Uint8Array[] {
  return lines.map((line) => lineLeaf(Buffer.from(line), nodeSha256));
}

function known(lines: readonly string[], size: number, name = `at ${size}`): KnownCheckpoint {
  return { name, size, root: merkleTree(leavesOf(lines.slice(0, size)), nodeSha256).root };
}

interface Audited {
  readonly failure: TreeFailure | null;
  readonly holds: readonly boolean[];
}

/** Show lines to an audit whose tiles are of other lines. */
function audit(
  shown: readonly string[],
  checkpoints: readonly KnownCheckpoint[],
  tiles: readonly string[] = [],
): Audited {
  const stored = leavesOf(tiles);
  const none = TreeFrontier.at(0, () => new Uint8Array(32), nodeSha256);
  const judge = new CheckpointAudit(checkpoints, none, (index) => stored[index] ?? null);
  for (const [index, line] of shown.entries()) judge.saw(Buffer.from(line), { segment: null, line: index + 1 });
  const failure = judge.finish();
  return { failure, holds: judge.results().map(({ holds }) => holds) };
}

const LINES = Array.from({ length: 30 }, (_, at) => `{"n":${at}}`);
const changed = (at: number): readonly string[] => LINES.map((line, index) => (index === at ? "{}" : line));

test("checkpoints of any size hold for the log that they are of", () => {
  assert.deepEqual(audit(LINES, [known(LINES, 30), known(LINES, 1), known(LINES, 17), known(LINES, 0)]), {
    failure: null,
    holds: [true, true, true, true],
  });
});

test("where the tiles make the checkpoint's root, the first line that differs is known", () => {
  const { failure, holds } = audit(changed(12), [known(LINES, 10), known(LINES, 30)], LINES);
  assert.deepEqual(failure, {
    failure: "checkpoint",
    place: { segment: null, line: 13 },
    within: { first: 13, last: 13 },
  });
  assert.deepEqual(holds, [true, false]);
  // Also when the end is gone besides.
  const cut = audit(changed(12).slice(0, 20), [known(LINES, 30)], LINES);
  assert.deepEqual(cut.failure?.within, { first: 13, last: 13 });
});

test("tiles that don't make the root are not believed: the range after what holds is named", () => {
  for (const tiles of [[], changed(3), changed(12), LINES.slice(0, 20)]) {
    const { failure } = audit(changed(12), [known(LINES, 10), known(LINES, 30)], tiles);
    assert.deepEqual(failure?.within, { first: 11, last: 30 });
    assert.deepEqual(failure?.place, { segment: null, line: 11 });
  }
});

test("a log that ends before its checkpoint shrank, at its end", () => {
  const { failure, holds } = audit(LINES.slice(0, 20), [known(LINES, 30), known(LINES, 20)], LINES);
  assert.deepEqual(failure, { failure: "shrunk", place: null, within: { first: 21, last: 21 } });
  assert.deepEqual(holds, [true, false]);
  // Without tiles nobody can tell whether what is left is as it was.
  const alone = audit(changed(12).slice(0, 20), [known(LINES, 30), known(LINES, 5)]);
  assert.deepEqual(alone.failure, { failure: "shrunk", place: null, within: { first: 6, last: 21 } });
});

test("a checkpoint that holds is never refused, one that does not is never accepted, and what is named is right", () => {
  const logs = fc.array(
    fc.integer({ min: 0, max: 3 }).map((n) => `{"n":${n}}`),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(logs, logs, fc.nat(), fc.boolean(), (written, shown, at, hasTiles) => {
      const size = at % (written.length + 1);
      const { failure } = audit(shown, [known(written, size)], hasTiles ? written : []);
      const differs = Array.from({ length: size }, (_, index) => index).find(
        (index) => written[index] !== shown[index],
      );
      assert.equal(failure === null, differs === undefined);
      if (failure === null || differs === undefined) return;
      assert.ok(failure.within.first <= differs + 1);
      if (hasTiles) assert.equal(failure.within.first, differs + 1);
    }),
  );
});
