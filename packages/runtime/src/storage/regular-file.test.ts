import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { IndexDamaged } from "./entry-index/index-damaged.ts";
import { openIndexFile } from "./entry-index/open-index-file.ts";
import { realFileSystem } from "./file-system.ts";
import { readWhole } from "./owner-file.ts";
import { requireFolder } from "./owner-folder.ts";
import { openRegular, otherThanFile, readRegular } from "./regular-file.ts";
import { openDatabase, openReadOnly } from "./sqlite.ts";

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

test("nothing but a regular file is opened, in any way, and each says what stands there", (t) => {
  const folder = folderOf(t);
  const at = (name: string): string => join(folder, name);
  writeFileSync(at("precious"), "kept");
  symlinkSync("precious", at("link"));
  symlinkSync("/dev/zero", at("endless"));
  symlinkSync("nowhere", at("dangling"));
  mkdirSync(at("folder"));
  assert.equal(spawnSync("mkfifo", [at("pipe")]).status, 0);
  const kinds = { link: "a symbolic link", endless: "a symbolic link", folder: "a folder", pipe: "a pipe" };
  for (const [name, kind] of Object.entries({ ...kinds, dangling: "a symbolic link" })) {
    const expected = {
      code: "FILE_UNUSABLE",
      message: `\`${at(name)}\` is ${kind}: expected a regular file`,
      at: at(name),
    };
    assert.equal(otherThanFile(at(name)), kind);
    for (const mode of ["read", "append", "update"] as const) {
      assert.throws(() => realFileSystem.open(at(name), mode), expected, `${name} ${mode}`);
    }
    assert.throws(() => realFileSystem.open(at(name), "fresh"), { code: "EEXIST" });
    for (const beside of ["", "-journal", "-wal", "-shm"]) {
      renameSync(at(name), at(`database${beside}`));
      const place = { ...expected, message: /is a (?:symbolic link|folder|pipe): expected a regular file$/u };
      const found = { ...place, at: at(`database${beside}`) };
      assert.throws(() => openDatabase(at("database"), 1), found, `${name}${beside}`);
      assert.throws(() => openReadOnly(at("database")), found, `${name}${beside}`);
      renameSync(at(`database${beside}`), at(name));
    }
  }
  assert.throws(() => openRegular("/dev/zero"), { message: "`/dev/zero` is a device: expected a regular file" });
  assert.deepEqual([otherThanFile(at("precious")), otherThanFile(at("none"))], [null, null]);
  assert.throws(() => openRegular(at("none")), { code: "ENOENT" });
  assert.throws(() => openRegular(at("dangling")), { code: "ENOENT" });
  assert.equal(readRegular(at("precious"), 4).toString(), "kept");
  assert.throws(() => realFileSystem.syncFolder(at("pipe")), { code: "ENOTDIR" });
});

test("a folder of ours is none when it is a link", (t) => {
  const folder = folderOf(t);
  const at = (name: string): string => join(folder, name);
  mkdirSync(at("own"));
  symlinkSync("own", at("link"));
  writeFileSync(at("file"), "");
  assert.equal(spawnSync("mkfifo", [at("pipe")]).status, 0);
  for (const name of ["own", "none"]) requireFolder(at(name));
  for (const [name, what] of [
    ["link", "a symbolic link"],
    ["file", "a file"],
    ["pipe", "no folder"],
  ] as const) {
    const message = `\`${at(name)}\` is ${what}: expected a folder`;
    assert.throws(() => requireFolder(at(name)), { code: "FILE_UNUSABLE", message, at: at(name) });
  }
});

test("a file of the sidecar that grew beyond what any of them holds is not read into memory", (t) => {
  const path = join(folderOf(t), "checkpoint");
  writeFileSync(path, "");
  truncateSync(path, 67_108_865);
  assert.throws(() => readWhole(realFileSystem, path), RangeError);
});
