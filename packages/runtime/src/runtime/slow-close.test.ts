import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("closing holds the program up until it is done, however late the thread beside the log is", () => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-slow-close-"));
  try {
    const program = fileURLToPath(new URL("./slow-close.fixture.test.js", import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, folder], {
      encoding: "utf8",
      timeout: 60_000,
    });
    assert.deepEqual([status, stdout, stderr], [0, "closed", ""]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
