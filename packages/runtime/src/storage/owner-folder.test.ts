import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeOwnerFolder } from "./owner-folder.ts";

test("missing folders are made for their owner alone, and existing ones are left as they are", (t) => {
  const base = mkdtempSync(join(tmpdir(), "canopy-folder-"));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const folder = join(base, "a", "b", "c");
  assert.equal(makeOwnerFolder(folder), join(base, "a"));
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(makeOwnerFolder(folder), null);
  writeFileSync(join(base, "file"), "");
  assert.throws(() => makeOwnerFolder(join(base, "file", "x")), /ENOTDIR/u);
});

test("where no folder can be made, that is said at once", () => {
  assert.throws(() => makeOwnerFolder("/proc/canopy-test/x"), /ENOENT|EACCES|EPERM|EROFS/u);
});
