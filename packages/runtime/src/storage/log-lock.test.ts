import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CanopyError } from "../core/errors.ts";
import { realFileSystem } from "./file-system.ts";
import { LogLock } from "./log-lock.ts";

test("callers of one process that take the lock at once hold it one after the other", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-lock-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const lock = new LogLock(realFileSystem, join(folder, "lock.sqlite"), 5000);
  let holders = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      await lock.acquire();
      holders += 1;
      most = Math.max(most, holders);
      assert.equal(lock.tryAcquire(), false);
      await new Promise((resolve) => setImmediate(resolve));
      holders -= 1;
      lock.release();
    }),
  );
  assert.equal(most, 1);
  assert.equal(lock.tryAcquire(), true);
  lock.close();
});

test("a lock whose files are no longer those that others would take it in is refused", async (t) => {
  for (const suffix of ["", "-shm"]) {
    const folder = mkdtempSync(join(tmpdir(), "canopy-lock-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "lock.sqlite");
    const lock = new LogLock(realFileSystem, path, 5000);
    await lock.acquire();
    lock.release();
    renameSync(`${path}${suffix}`, join(folder, "away"));
    assert.throws(
      () => lock.tryAcquire(),
      (error) => error instanceof CanopyError && error.code === "LEDGER_REFUSED",
      suffix,
    );
    lock.close();
  }
});
