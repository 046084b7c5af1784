import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { realFileSystem } from "./file-system.ts";

// The crash and power-loss tests replace these calls or can't notice their absence: here the system itself says that
// it was asked to sync, by refusing what can't be synced.
test("each sync reaches the system: it refuses a pipe, and a folder of /proc", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-sync-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const pipe = join(folder, "pipe");
  assert.equal(spawnSync("mkfifo", [pipe]).status, 0);
  const fd = openSync(pipe, constants.O_RDWR);
  t.after(() => closeSync(fd));
  assert.throws(() => realFileSystem.syncNow(fd), { code: "EINVAL" });
  await assert.rejects(realFileSystem.sync(fd), { code: "EINVAL" });
  if (process.platform === "linux") assert.throws(() => realFileSystem.syncFolder("/proc/self"), { code: "EINVAL" });
});
