// Faults of the disk at every call of a rotation, one run for each: before its rename the log goes on in one file, after
// it in the new one, and no line is ever written after the end that the new one names.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { CanopyError } from "../core/errors.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { seededSigner } from "./tlog/tlog-process.fixture.test.ts";
import { verifyLog } from "./verify-log.ts";

const signer = seededSigner(1);
const ROTATE_BYTES = 3000;

/** The real calls; from the first that a rotation makes on, the n-th fails, or the process seems to be told that it did. */
function faulty(n: number, isDone: boolean): { readonly fs: FileSystem; readonly calls: () => number } {
  const real = realFileSystem;
  let calls = 0;
  let rotating = false;
  const hit = <Result>(work: () => Result): Result => {
    if (rotating) calls += 1;
    if (!rotating || calls !== n) return work();
    if (isDone) work();
    throw Object.assign(new Error("EIO: injected"), { code: "EIO" });
  };
  const fs: FileSystem = {
    ...real,
    open: (path, mode) => {
      rotating ||= path.includes("next-");
      return hit(() => real.open(path, mode));
    },
    write: (...given) => hit(() => real.write(...given)),
    truncate: (...given) => hit(() => real.truncate(...given)),
    syncNow: (...given) => hit(() => real.syncNow(...given)),
    statusOf: (...given) => hit(() => real.statusOf(...given)),
    link: (...given) => hit(() => real.link(...given)),
    rename: (...given) => hit(() => real.rename(...given)),
    unlink: (...given) => hit(() => real.unlink(...given)),
    syncFolder: (...given) => hit(() => real.syncFolder(...given)),
  };
  return { fs, calls: () => calls };
}

async function append(ledger: FileLedger, acknowledged: string[]): Promise<void> {
  try {
    const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", reason: "x".repeat(1200) };
    acknowledged.push((await ledger.append({ entry })).entry.entry_hash);
  } catch (error) {
    assert.ok(error instanceof CanopyError, String(error));
    // As long as the mending of a failed sync is not tried again.
    await sleep(60);
  }
}

test("a segment that stands in a rotation's way stays, and the log goes on in one file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-rotation-fault-"));
  try {
    const [path, home] = [join(folder, "audit.log"), join(folder, "home")];
    const options = { path, home, signer, clock: { now: () => 1e12 }, index: false, rotateBytes: ROTATE_BYTES };
    const ledger = await openFileLedger(options);
    const inTheWay = join(`${path}.d`, "segments", "000001.log");
    writeFileSync(inTheWay, "kept");
    const acknowledged: string[] = [];
    for (let count = 0; count < 5; count += 1) await append(ledger, acknowledged);
    await ledger.close();
    assert.equal(acknowledged.length, 5);
    assert.equal(readFileSync(inTheWay, "utf8"), "kept");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function runWithFault(n: number, isDone: boolean): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-rotation-fault-"));
  const about = `call ${n}${isDone ? ", done all the same" : ""}`;
  const path = join(folder, "audit.log");
  const home = join(folder, "home");
  const options = { path, home, signer, clock: { now: () => 1e12 }, index: false, rotateBytes: ROTATE_BYTES };
  try {
    const { fs, calls } = faulty(n, isDone);
    const acknowledged: string[] = [];
    const ledger = await openFileLedger({ ...options, fileSystem: fs });
    for (let count = 0; count < 5; count += 1) await append(ledger, acknowledged);
    assert.ok(acknowledged.length >= 4, `${about}: only ${acknowledged.length} of 5 were taken`);
    const meanwhile = await verifyLog(path, { home });
    assert.equal(meanwhile.valid, true, `${about}, meanwhile: ${JSON.stringify(meanwhile)}`);
    // Another process may open the log at any time.
    const other = await openFileLedger(options);
    await append(other, acknowledged);
    await append(ledger, acknowledged);
    await other.close();
    await ledger.close();
    const again = await openFileLedger(options);
    await append(again, acknowledged);
    for (const hash of acknowledged) assert.equal((await again.historyOf(hash))[0]?.entry_hash, hash, about);
    await again.close();
    const result = await verifyLog(path, { home });
    assert.equal(result.valid, true, `${about}: ${JSON.stringify(result)}`);
    return calls() >= n;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const isDone of [false, true]) {
  test(`a rotation that fails at any call${isDone ? ", though the call was done," : ""} loses nothing and forks nothing`, async () => {
    let n = 1;
    while (n < 40 && (await runWithFault(n, isDone))) n += 1;
    assert.ok(n > 12, `only ${n} calls were reached`);
  });
}
