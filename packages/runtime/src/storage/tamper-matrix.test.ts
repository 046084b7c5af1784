// The tamper matrix: a log of 200 entries, every byte turned over, removed, and another put before it; a cut at every
// line and at every byte of the last ones. With an anchor each is found, and its line is named.
//
// `npm test` turns over every byte and removes and inserts at a third of them; `npm run test:deep` does everything.

import assert from "node:assert/strict";
import { generateKeyPairSync, hash, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Signer } from "../ledger/ports.ts";
import { openFileLedger } from "./file-ledger.ts";
import { changesOf, runMatrix, TamperedLog, verifyChanged } from "./tamper-matrix.fixture.test.ts";
import { verifyLog } from "./verify-log.ts";

const ENTRIES = 200;
const IS_DEEP = process.env["CANOPY_TAMPER"] === "all";
const SEED = Number(process.env["CANOPY_TAMPER_SEED"] ?? 1);
const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };

async function write(t: TestContext): Promise<{ readonly path: string; readonly log: TamperedLog }> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-tamper-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  const ledger = await openFileLedger({
    path,
    home: join(folder, "home"),
    signer,
    clock: { now: () => 0 },
    index: false,
  });
  const decisions = ["ALLOW", "DENY", "REQUIRE_APPROVAL"];
  for (let at = 0; at < ENTRIES; at += 10) {
    const batch = Array.from({ length: 10 }, (_, index) => ({
      event: "authorize_action",
      timestamp: "2026-01-01T00:00:00Z",
      trace_id: hash("sha256", `${at + index}`).slice(0, 16),
      action_type: "execute_shell",
      decision: decisions[(at + index) % 3] ?? "",
      reason: `rule ${index}: "quoted", é and \u2028`,
      effects: { "fs.read": [`/srv/data/${at}`], count: at + index },
    }));
    await Promise.all(batch.map((entry) => ledger.append({ entry })));
  }
  await ledger.close();
  return { path, log: new TamperedLog(readFileSync(path)) };
}

test("every change of every byte is found with an anchor, and its line is named", async (t) => {
  const { log } = await write(t);
  assert.equal(log.size, ENTRIES);
  const options = IS_DEEP ? { share: 1, seed: 0, everyBit: true } : { share: 1 / 3, seed: SEED, everyBit: false };
  const { changes, misses } = runMatrix(log, options);
  assert.ok(changes > log.bytes.length * (IS_DEEP ? 10 : 1.6), String(changes));
  assert.deepEqual(misses.slice(0, 5), [], `${misses.length} of ${changes} were missed`);
  t.diagnostic(`${changes} changes of ${log.bytes.length} bytes, ${misses.length} missed`);
});

test("a sample of the same changes is found by the whole verifier, from files", async (t) => {
  const { path, log } = await write(t);
  const whole = await verifyLog(path, { checkpoints: [log.anchor] });
  assert.deepEqual(
    [whole.valid, whole.anchored, whole.checkpoints],
    [true, true, [{ name: "elsewhere", size: 200, holds: true }]],
  );
  const all = [...changesOf(log, { share: 1 / 3, seed: SEED, everyBit: false })];
  const step = Math.floor(all.length / 150);
  for (let at = SEED % step; at < all.length; at += step) {
    const change = all[at];
    assert.ok(change !== undefined);
    const result = await verifyChanged(log, change, path);
    const place = log.firstDifference(log.changed(change));
    assert.deepEqual([change, result.valid, result.first_bad_line], [change, false, place]);
  }
});
