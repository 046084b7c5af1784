// What fills a disk: `node full-disk-writer.fixture.test.js disk|limit <folder>`. Without arguments it does nothing.

import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CanopyError } from "../core/errors.ts";
import type { Signer } from "../ledger/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { verifyLog } from "./verify-log.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };
const REFUSALS = 5;
const BALLAST_BYTES = 1_500_000;

/** The log in a folder. */
export function openOn(folder: string): Promise<FileLedger> {
  const path = join(folder, "audit.log");
  return openFileLedger({ path, home: join(folder, "home"), signer, clock: { now: () => Date.now() } });
}

/** Appends an entry of over a thousand bytes with a record. Gives its hash. */
export async function appendLarge(ledger: FileLedger, n: number): Promise<string> {
  const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", n, reason: "x".repeat(1000) };
  const receipt = await ledger.append({ entry, record: { subject: "s", content: { n } } });
  return receipt.entry.entry_hash;
}

/** Appends, several at once, until nothing is taken any more. Gives the hashes of what was acknowledged. */
async function fill(ledger: FileLedger): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  for (let n = 0, refused = 0; refused < REFUSALS; n += 3) {
    assert.ok(n < 30_000, "the disk never became full");
    const outcomes = await Promise.allSettled([n, n + 1, n + 2].map((each) => appendLarge(ledger, each)));
    let taken = 0;
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") {
        acknowledged.push(outcome.value);
        taken += 1;
        continue;
      }
      const { reason } = outcome;
      assert.ok(reason instanceof CanopyError && reason.code === "LEDGER_UNAVAILABLE", String(reason));
    }
    refused = taken > 0 ? 0 : refused + 1;
    if (refused > 0) await sleep(20);
  }
  return acknowledged;
}

/** The chain holds, the file ends with a whole line, and every acknowledged entry is there with its record. */
export async function assertWhole(folder: string, acknowledged: readonly string[]): Promise<void> {
  const path = join(folder, "audit.log");
  const result = await verifyLog(path, { home: join(folder, "home") });
  assert.deepEqual([result.valid, result.failure, result.first_bad_line], [true, null, null], JSON.stringify(result));
  assert.equal(readFileSync(path, "utf8").endsWith("\n"), true);
  const ledger = await openOn(folder);
  for (const hash of acknowledged) {
    const [entry] = await ledger.historyOf(hash);
    assert.equal(entry?.entry_hash, hash);
    assert.deepEqual(await ledger.readRecord(hash), { n: entry["n"] });
  }
  await ledger.close();
}

/** On a disk of its own: full, space again, in one process; then opened anew. */
async function fillAndFree(folder: string): Promise<void> {
  const ballast = join(folder, "ballast");
  writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
  const ledger = await openOn(folder);
  const acknowledged = [...(await fill(ledger))];
  assert.ok(acknowledged.length > 100, `only ${acknowledged.length} were taken`);
  rmSync(ballast);
  await sleep(100);
  for (let n = 0; n < 10; n += 1) acknowledged.push(await appendLarge(ledger, n));
  await ledger.close();
  await assertWhole(folder, acknowledged);
  process.stdout.write("whole\n");
}

/** Under a limit that only this process has: fills up to it and says what was acknowledged. */
async function fillToLimit(folder: string): Promise<void> {
  const ledger = await openOn(folder);
  const acknowledged = await fill(ledger);
  await ledger.close().catch(() => undefined);
  process.stdout.write(JSON.stringify(acknowledged));
}

const [, , role, at = ""] = process.argv;
if (role === "disk") await fillAndFree(at);
else if (role === "limit") await fillToLimit(at);
