import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("a runtime whose opening was refused holds no file of its log open, and opens it at the next call", () => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-refused-"));
  try {
    const program = fileURLToPath(new URL("./refused-opening.fixture.test.js", import.meta.url));
    const ended = spawnSync(process.execPath, [program, folder], { encoding: "utf8", timeout: 30_000 });
    assert.deepEqual([ended.status, ended.stdout, ended.stderr], [0, "DENY ALLOW ", ""]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
