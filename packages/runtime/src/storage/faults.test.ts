// Faults of the disk, injected at every write, sync and truncation of the append path, one run for each.

import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { CanopyError } from "../core/errors.ts";
import type { Durability, Signer } from "../ledger/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { verifyLog } from "./verify-log.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };

type Fault = "EIO" | "ENOSPC" | "short" | "short then ENOSPC";

/** The real calls, but the n-th call that changes a file fails; `lasting`: and all after it, until `repair`. */
function faulty(
  n: number,
  fault: Fault,
  lasting: boolean,
): { fs: FileSystem; calls: () => number; repair: () => void } {
  let calls = 0;
  let armed = true;
  const hit = (): boolean => {
    calls += 1;
    return armed && (calls === n || (lasting && calls > n));
  };
  const fail = (): never => {
    const code = fault === "EIO" ? "EIO" : "ENOSPC";
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
  const fs: FileSystem = {
    ...realFileSystem,
    write: (fd, bytes, position) => {
      if (!hit()) return realFileSystem.write(fd, bytes, position);
      if (fault === "EIO" || fault === "ENOSPC" || bytes.length < 2) return fail();
      const count = realFileSystem.write(fd, bytes.subarray(0, bytes.length >> 1), position);
      if (fault === "short then ENOSPC") n = calls + 1;
      return count;
    },
    truncate: (fd, size) => (hit() ? fail() : realFileSystem.truncate(fd, size)),
    syncNow: (fd) => (hit() ? fail() : realFileSystem.syncNow(fd)),
    sync: async (fd) => (hit() ? fail() : realFileSystem.sync(fd)),
  };
  return { fs, calls: () => calls, repair: () => void (armed = false) };
}

interface Scenario {
  readonly acknowledged: string[];
  readonly failures: unknown[];
}

async function appendMany(ledger: FileLedger, seen: Scenario): Promise<void> {
  const one = async (n: number): Promise<void> => {
    const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", n };
    try {
      const receipt = await ledger.append({ entry, record: { subject: `s${n % 2}`, content: { n } } });
      seen.acknowledged.push(receipt.entry.entry_hash);
    } catch (error) {
      seen.failures.push(error);
    }
  };
  await one(0);
  await one(1);
  await Promise.all([2, 3, 4, 5, 6].map(one));
  // So many that they go in two batches, one of which is written while the other is being synced.
  await Promise.all(Array.from({ length: 36 }, (_, n) => one(100 + n)));
  await one(7);
}

async function runWithFault(n: number, fault: Fault, lasting: boolean, durability: Durability): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-fault-"));
  const path = join(folder, "audit.log");
  const options = { path, home: join(folder, "home"), signer, clock: { now: () => 1e12 }, index: false, durability };
  const about = `${fault} at call ${n}${lasting ? " and after" : ""}, ${durability}`;
  try {
    await (await openFileLedger(options)).close();
    const { fs, calls, repair } = faulty(n, fault, lasting);
    const seen: Scenario = { acknowledged: [], failures: [] };
    let ledger: FileLedger | null = null;
    try {
      ledger = await openFileLedger({ ...options, fileSystem: fs });
      await appendMany(ledger, seen);
    } catch (error) {
      seen.failures.push(error);
    }
    for (const error of seen.failures) assert.ok(error instanceof CanopyError, `${about}: ${String(error)}`);
    const reached = calls() >= n;
    repair();
    if (ledger !== null) {
      // The log works again, in the same process, once the disk does.
      await sleep(fault === "EIO" || lasting ? 60 : 0);
      const { entry } = await ledger.append({ entry: { event: "after", timestamp: "2026-01-01T00:00:00Z" } });
      seen.acknowledged.push(entry.entry_hash);
      await ledger.close();
    }
    const again = await openFileLedger(options);
    await again.append({ entry: { event: "reopened", timestamp: "2026-01-01T00:00:00Z" } });
    for (const hash of seen.acknowledged) {
      const [entry] = await again.historyOf(hash);
      assert.equal(entry?.entry_hash, hash, about);
      if (entry?.["payload_ref"] !== undefined)
        assert.deepEqual(await again.readRecord(hash), { n: entry["n"] }, about);
    }
    await again.close();
    const result = await verifyLog(path, { home: options.home });
    assert.equal(result.valid, true, `${about}: ${JSON.stringify(result)}`);
    const text = readFileSync(path, "utf8");
    assert.equal(text.endsWith("\n"), true, about);
    return reached;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const [fault, lasting] of [
  ["EIO", false],
  ["ENOSPC", false],
  ["short", false],
  ["short then ENOSPC", false],
  ["ENOSPC", true],
] as const) {
  test(`${fault}${lasting ? " that lasts" : ""} at any call: what was acknowledged is there, and the log works again`, async () => {
    let n = 1;
    while (await runWithFault(n, fault, lasting, "sync")) n += 1;
    assert.equal(n > 20, true, `only ${n} calls were reached`);
  });
}
