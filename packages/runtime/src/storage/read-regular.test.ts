import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { IndexDamaged } from "./entry-index/index-damaged.ts";
import { openIndexFile } from "./entry-index/open-index-file.ts";
import { realFileSystem } from "./file-system.ts";
import { readWhole } from "./owner-file.ts";
import { readRegular } from "./read-regular.ts";

function folderOf(t: { after: (done: () => void) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-read-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a small file is read, also through a link", (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "a"), "abc");
  symlinkSync("a", join(folder, "b"));
  for (const name of ["a", "b"]) assert.equal(readRegular(join(folder, name), 3).toString(), "abc");
  assert.throws(() => readRegular(join(folder, "a"), 2), { code: "FILE_UNUSABLE" });
  assert.throws(() => readRegular(join(folder, "none"), 2), { code: "ENOENT" });
});

test("a pipe, a folder or a device in the place of a file is refused at once", (t) => {
  const folder = folderOf(t);
  const pipe = join(folder, "pipe");
  assert.equal(spawnSync("mkfifo", [pipe]).status, 0);
  mkdirSync(join(folder, "folder"));
  for (const path of [pipe, join(folder, "folder"), "/dev/zero"]) {
    assert.throws(() => readRegular(path, 100), { code: "FILE_UNUSABLE" }, path);
  }
  for (const mode of ["read", "append", "anew"] as const) {
    assert.throws(() => openIndexFile(pipe, mode), IndexDamaged, mode);
    assert.throws(() => openIndexFile(join(folder, "folder"), mode), IndexDamaged, mode);
  }
});

test("a file of the index is not followed out of its folder", (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "precious"), "kept");
  symlinkSync("precious", join(folder, "run-0-1.new"));
  assert.throws(() => openIndexFile(join(folder, "run-0-1.new"), "anew"), IndexDamaged);
  assert.equal(readRegular(join(folder, "precious"), 10).toString(), "kept");
});

test("a file of the sidecar that grew beyond what any of them holds is not read into memory", (t) => {
  const path = join(folderOf(t), "checkpoint");
  writeFileSync(path, "");
  truncateSync(path, 67_108_865);
  assert.throws(() => readWhole(realFileSystem, path), RangeError);
});
