import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { formatCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { formatVerifierKey, verifierKey } from "../../ledger/tlog/verifier-key.ts";
import { trustFrom } from "../../runtime/check-included.ts";
import { realFileSystem } from "../file-system.ts";
import { signCheckpoint } from "../tlog/checkpoint-keys.ts";
import { nodeSha256 } from "../tlog/node-sha256.ts";
import { TileFiles } from "../tlog/tile-files.ts";
import { keysOf, seededSigner } from "../tlog/tlog-process.fixture.test.ts";
import { CheckpointCheck, type CheckpointTrustOf } from "./checkpoint-check.ts";
import { ProblemBook } from "./fsck-report.ts";

const ORIGIN = "example.com/log";
const [own, stranger] = [seededSigner(2), seededSigner(3)];
const trustOf: CheckpointTrustOf = (origin) => trustFrom({ vkeys: keysOf(own).vkeys(origin) });

const rootOf = (size: number): Uint8Array => nodeSha256(Buffer.from(size === 0 ? "" : `${size}`));

function note(size: number, { root = rootOf(size), signer = own, origin = ORIGIN } = {}): string {
  return signCheckpoint(formatCheckpoint({ origin, size, root }), origin, signer);
}

interface Given {
  /** Below `tlog`. */
  readonly files: Readonly<Record<string, string>>;
  /** Entries at their places, of 10. */
  readonly entries?: Readonly<Record<number, Readonly<Record<string, string>>>>;
  readonly trustOf?: CheckpointTrustOf | null;
}

/** What is found of checkpoints beside a log of ten entries, whose tree has the root `rootOf` at each size. */
function found(t: TestContext, given: Given): Readonly<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-check-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  if (Object.keys(given.files).some((name) => name.startsWith("checkpoints/"))) mkdirSync(join(folder, "checkpoints"));
  for (const [name, text] of Object.entries(given.files)) writeFileSync(join(folder, name), text);
  const problems = new ProblemBook();
  const trust = given.trustOf === undefined ? trustOf : given.trustOf;
  const check = new CheckpointCheck(new TileFiles(realFileSystem, folder), problems, trust);
  const [asked, holds]: [number[], number[]] = [[], []];
  for (let size = 0; size <= 10; size += 1) {
    const root = (): Uint8Array => {
      asked.push(size);
      return rootOf(size);
    };
    if (check.at(size, root)) holds.push(size);
    if (size < 10) check.saw(size, { event: "x", ...given.entries?.[size] }, "log");
  }
  check.finish(10);
  return {
    newest: check.newest?.size ?? null,
    older: check.older,
    signed: check.signed,
    asked,
    holds,
    problems: problems.listed.map(({ code, place, detail }) => `${code} ${place}: ${detail}`),
    warnings: check.warnings,
  };
}

const NOTHING = { newest: null, older: 0, signed: "own key", asked: [], holds: [], problems: [], warnings: [] };
const CHANGED = "the log was changed, or it is of another one";
const otherRoot = (name: string, size: number): string =>
  `checkpoint_root tlog/${name}: the tree of the log's first ${size} lines has another root: ${CHANGED}`;
const beyond = (name: string, said: string): string =>
  `checkpoint_root tlog/${name}: it is of ${said}, and the log has 10: ${CHANGED}`;

test("checkpoints that are kept are of the log's own trees, or told", (t) => {
  const cases: readonly (readonly [Given, Readonly<Record<string, unknown>>])[] = [
    [{ files: {} }, {}],
    [{ files: { checkpoint: note(10) } }, { newest: 10, asked: [10], holds: [10] }],
    [{ files: { checkpoint: note(0) } }, { newest: 0, asked: [0], holds: [0] }],
    [
      { files: { checkpoint: note(7), cosigned: note(7), "checkpoints/3": note(3), "checkpoints/7": note(7) } },
      { newest: 7, older: 2, asked: [3, 7], holds: [7] },
    ],
    // Only the newest says which tiles are needed.
    [{ files: { cosigned: note(4), "checkpoints/3": note(3) } }, { older: 1, asked: [3, 4] }],
    [
      { files: { checkpoint: note(7, { root: rootOf(8) }), cosigned: note(7) } },
      { newest: 7, asked: [7], problems: [otherRoot("checkpoint", 7)] },
    ],
    [
      { files: { checkpoint: note(7), cosigned: note(7, { root: rootOf(8) }) } },
      { newest: 7, asked: [7], holds: [7], problems: [otherRoot("cosigned", 7)] },
    ],
    [
      { files: { checkpoint: note(11), "checkpoints/12": note(12) } },
      { newest: 11, older: 1, problems: [beyond("checkpoint", "11 entries"), beyond("checkpoints/12", "12 entries")] },
    ],
    // A draft that a killed process left is none.
    [{ files: { "checkpoints/3.draft-1": "torn", "checkpoints/4": note(4) } }, { older: 1, asked: [4] }],
    [
      { files: { "checkpoints/3": note(4), "checkpoints/5": note(1) } },
      {
        problems: [
          "checkpoint_form tlog/checkpoints/3: it is of 4 entries",
          "checkpoint_form tlog/checkpoints/5: it is of 1 entry",
        ],
      },
    ],
  ];
  for (const [given, expected] of cases) {
    assert.deepEqual(found(t, given), { ...NOTHING, ...expected }, JSON.stringify(given));
  }
  const torn = found(t, { files: { checkpoint: "torn", cosigned: note(3), "checkpoints/4": "" } });
  assert.deepEqual([torn["newest"], torn["older"]], [null, 0]);
  assert.match(
    String(torn["problems"]),
    /^checkpoint_form tlog\/checkpoint: .+,checkpoint_form tlog\/checkpoints\/4: ./u,
  );
});

test("who signed a checkpoint is asked of each, and told of the newest", (t) => {
  const strange = { signer: stranger };
  const bySomeone = (signer: typeof own): Given => ({ files: { checkpoint: note(10, { signer }) } });
  assert.equal(found(t, bySomeone(own))["signed"], "own key");
  const no = found(t, bySomeone(stranger));
  assert.equal(no["signed"], "no");
  assert.match(String(no["problems"]), /^checkpoint_signature tlog\/checkpoint: [^,]+$/u);
  const older = found(t, {
    files: { checkpoint: note(10), cosigned: note(4, strange), "checkpoints/3": note(3, strange) },
  });
  assert.equal(older["signed"], "own key");
  assert.match(
    String(older["problems"]),
    /^checkpoint_signature tlog\/cosigned: .+,checkpoint_signature tlog\/checkpoints\/3: ./u,
  );
  const unasked = found(t, { ...bySomeone(stranger), trustOf: null });
  assert.deepEqual([unasked["signed"], unasked["problems"]], ["not checked", []]);
  // Each origin has its own keys.
  const asked: string[] = [];
  const told: CheckpointTrustOf = (origin) => {
    asked.push(origin);
    return trustOf(origin);
  };
  const origins = {
    checkpoint: note(10),
    cosigned: note(4),
    "checkpoints/3": note(3, { origin: "example.com/other" }),
  };
  assert.deepEqual(
    [found(t, { files: origins, trustOf: told })["problems"], asked],
    [[], [ORIGIN, "example.com/other"]],
  );
  // Log witnesses that are missing are another question.
  const witness = formatVerifierKey(
    verifierKey("example.com/witness", "cosignature-v1", stranger.public_key.bytes, nodeSha256),
  );
  const [log = ""] = keysOf(own).vkeys(ORIGIN);
  const policy = trustFrom({ policy: `log ${log}\nwitness w ${witness}\nquorum w\n` });
  const unseen = found(t, { ...bySomeone(own), trustOf: () => policy });
  assert.deepEqual([unseen["signed"], unseen["problems"]], ["own key", []]);
});

function left(name: string): string {
  return `tlog/${name}: of a history that the log did not go on with`;
}

test("of a history that the log did not go on with, older checkpoints are no fault of the log", (t) => {
  const wrong = { root: rootOf(99) };
  const files = {
    checkpoint: note(10),
    cosigned: note(8, wrong),
    "checkpoints/12": note(12),
    "checkpoints/5": note(5, wrong),
    "checkpoints/6": note(6, wrong),
  };
  for (const event of ["rollback_accepted", "log_continued"]) {
    const taken = { event, action_type: "ledger" };
    for (const entries of [{ 5: taken }, { 5: taken, 7: taken }]) {
      const { problems, warnings } = found(t, { files, entries });
      assert.deepEqual(problems, [otherRoot("checkpoints/5", 5)]);
      assert.deepEqual(warnings, [left("checkpoints/6"), left("cosigned"), left("checkpoints/12")]);
    }
    const newest = found(t, { files: { checkpoint: note(8, wrong) }, entries: { 5: taken } });
    assert.deepEqual([newest["problems"], newest["warnings"]], [[otherRoot("checkpoint", 8)], []]);
    const other = found(t, { files, entries: { 5: { event, action_type: "shell" } } });
    assert.equal(String(other["problems"]).match(/checkpoint_root/gu)?.length, 4);
    assert.deepEqual(other["warnings"], []);
  }
});
