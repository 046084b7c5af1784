import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { HeadFile, type Head } from "./head-file.ts";

const head = (seq: number): Head => ({
  log_id: "a".repeat(32),
  segment: 1,
  bytes: seq * 100,
  seq,
  hash: "f".repeat(64),
});

/** The disk, and what was done to it: `slot 1` for a write into that slot, `sync`. */
function watched(t: TestContext): { readonly fs: FileSystem; readonly path: string; readonly done: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "canopy-head-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const done: string[] = [];
  const fs: FileSystem = {
    ...realFileSystem,
    write: (fd, bytes, position) => {
      done.push(`slot ${(position ?? 0) / 256}`);
      return realFileSystem.write(fd, bytes, position);
    },
    syncNow: (fd) => {
      done.push("sync");
      realFileSystem.syncNow(fd);
    },
  };
  return { fs, path: join(folder, "head"), done };
}

test("the settled head that stays is durable before the other is written over, whoever wrote it", (t) => {
  const { fs, path, done } = watched(t);
  const one = new HeadFile(fs, path);
  one.settle(head(1));
  one.settle(head(2));
  one.settle(head(3));
  assert.deepEqual(done.splice(0), ["slot 0", "sync", "slot 1", "sync", "slot 0", "sync"], "its own syncs are known");
  const other = new HeadFile(fs, path);
  other.settle(head(4));
  assert.deepEqual(done.splice(0), ["slot 0", "sync", "slot 1", "sync"], "nobody says that another's sync came back");
  one.settle(head(5));
  assert.deepEqual(done.splice(0), ["slot 1", "sync", "slot 0", "sync"]);
  assert.equal(other.read()?.seq, 5);
  one.close();
  other.close();
});
