// Faults of the disk at every call that a checkpoint makes, one run for each: appends go on, the checkpoint that stands
// stays whole, and the next step makes everything sound.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { trustFrom } from "../../runtime/check-included.ts";
import type { TrustPolicy } from "../../ledger/tlog/trust-policy.ts";
import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { openFileLedger } from "../file-ledger.ts";
import { realFileSystem, type FileSystem } from "../file-system.ts";
import { fsckLog } from "../fsck/fsck-log.ts";
import { LogLock } from "../log-lock.ts";
import { logPathsOf } from "../sidecar.ts";
import { systemEntry } from "../system-entry.ts";
import { signCheckpoint, signedByOneOf } from "./checkpoint-keys.ts";
import { CHECKPOINT_META, metaMembers } from "./checkpoint-meta.ts";
import { TileFiles } from "./tile-files.ts";
import { keysOf, seededSigner } from "./tlog-process.fixture.test.ts";
import { takeStep, type StepHost } from "./tlog-step.ts";
import { TlogReader } from "./tlog-reader.ts";
import { TlogWriter } from "./tlog-writer.ts";

type Fault = "EIO" | "ENOSPC" | "short then ENOSPC";

const signer = seededSigner(1);
const checkpointSigner = seededSigner(2);
const keys = keysOf(checkpointSigner);
const ORIGIN = "example.com/faults";
const trustOf = (): TrustPolicy => trustFrom({ vkeys: keys.vkeys(ORIGIN) });
const isOwn = signedByOneOf(keys.vkeys(ORIGIN));

function fail(code: string): never {
  throw Object.assign(new Error(`${code}: injected`), { code });
}

/** The real calls, but the n-th of those that a checkpoint makes fails. */
function faulty(n: number, fault: Fault): { readonly fs: FileSystem; readonly calls: () => number } {
  let calls = 0;
  const hit = <Result>(work: () => Result): Result => {
    calls += 1;
    return calls === n ? fail(fault === "EIO" ? "EIO" : "ENOSPC") : work();
  };
  const real = realFileSystem;
  const fs: FileSystem = {
    ...real,
    open: (...given) => hit(() => real.open(...given)),
    read: (...given) => hit(() => real.read(...given)),
    write: (fd, bytes, position) => {
      if (calls + 1 !== n || fault !== "short then ENOSPC" || bytes.length < 2) {
        return hit(() => real.write(fd, bytes, position));
      }
      n += 1;
      calls += 1;
      return real.write(fd, bytes.subarray(0, bytes.length >> 1), position);
    },
    truncate: (...given) => hit(() => real.truncate(...given)),
    rename: (...given) => hit(() => real.rename(...given)),
    unlink: (...given) => hit(() => real.unlink(...given)),
    statusOf: (...given) => hit(() => real.statusOf(...given)),
  };
  return { fs, calls: () => calls };
}

async function append(path: string, home: string, count: number): Promise<number> {
  const ledger = await openFileLedger({ path, home, signer, clock: { now: () => 1e12 }, index: false });
  const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", decision: "ALLOW" };
  const receipts = await Promise.all(Array.from({ length: count }, () => ledger.append({ entry })));
  await ledger.close();
  return receipts.at(-1)?.entry.seq ?? 0;
}

function hostOf(path: string, home: string): StepHost {
  return {
    append: async (meta) => {
      const ledger = await openFileLedger({ path, home, signer, clock: { now: () => 1e12 }, index: false });
      const members = metaMembers({ ...meta, key_id: "c", resource_key_commitment: "0".repeat(64) });
      const receipt = await ledger.append({
        entry: { ...systemEntry(CHECKPOINT_META, "2026-01-01T00:00:00Z", "a checkpoint follows"), ...members },
      });
      await ledger.close();
      return receipt.entry.seq;
    },
    sign: async (text) => signCheckpoint(text, ORIGIN, checkpointSigner),
  };
}

async function step(path: string, home: string, fs: FileSystem = realFileSystem): Promise<string | null> {
  const paths = logPathsOf(path);
  mkdirSync(paths.tlog, { recursive: true });
  const lock = await LogLock.open(realFileSystem, join(paths.tlog, "lock.sqlite"), 1000);
  const writer = new TlogWriter({ fs, paths, origin: ORIGIN, isOwn, entries: true, index: null });
  try {
    return (await takeStep(writer, lock, hostOf(path, home))).note;
  } finally {
    writer.close();
    lock.close();
  }
}

async function runWithFault(prepared: string, n: number, fault: Fault): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-tlog-fault-"));
  const [path, home] = [join(folder, "audit.log"), join(folder, "home")];
  const about = `${fault} at call ${n}`;
  try {
    cpSync(prepared, folder, { recursive: true });
    // The head of a copied log stands under its old path.
    rmSync(join(home, "heads"), { recursive: true });
    const continued = await openFileLedger({
      path,
      home,
      signer,
      clock: { now: () => 1e12 },
      index: false,
      continueForeign: true,
    });
    await continued.close();
    const { fs, calls } = faulty(n, fault);
    const failed = await step(path, home, fs).then(
      () => null,
      (error: unknown) => error,
    );
    if (failed !== null) assert.ok(failed instanceof Error, about);
    const note = new TileFiles(realFileSystem, logPathsOf(path).tlog).checkpoint();
    assert.ok(isOwn(note ?? ""), `${about}: the checkpoint that stands is whole`);
    await append(path, home, 1);
    assert.notEqual(await step(path, home), null, about);
    const report = await fsckLog(path, { home, signatures: null, trustOf });
    assert.deepEqual(report.problems, [], about);
    const reader = await TlogReader.open(path);
    assert.deepEqual([reader.has_tiles, reader.warnings], [true, []], about);
    assert.equal(readCheckpoint(reader.checkpointNote() ?? "").checkpoint.size, reader.size, about);
    reader.close();
    return calls() >= n;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const fault of ["EIO", "ENOSPC", "short then ENOSPC"] as const) {
  test(`${fault} at any call of a checkpoint stops nothing, and the next one is sound`, async () => {
    const prepared = mkdtempSync(join(tmpdir(), "canopy-tlog-fault-"));
    try {
      const [path, home] = [join(prepared, "audit.log"), join(prepared, "home")];
      await append(path, home, 250);
      await step(path, home);
      await append(path, home, 20);
      let n = 1;
      while (await runWithFault(prepared, n, fault)) n += 1;
      assert.ok(n > 30, `only ${n} calls were reached`);
    } finally {
      rmSync(prepared, { recursive: true, force: true });
    }
  });
}
