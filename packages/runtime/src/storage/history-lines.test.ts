import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { realFileSystem } from "./file-system.ts";
import { historyLines } from "./history-lines.ts";

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-lines-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "x.log");
}

test("lines keep their number in the file and their place among those that aren't blank", (t) => {
  const path = scratch(t);
  const long = `"${"x".repeat(3_000_000)}"`;
  writeFileSync(path, `a\n\n  \r\nb\r\n${long}\nend`);
  const lines = [...historyLines(realFileSystem, [{ path, name: null, first: null }])];
  assert.deepEqual(
    lines.map(({ index, number, text }) => [index, number, text.length]),
    [
      [0, 1, 1],
      [1, 4, 2],
      [2, 5, long.length],
      [3, 6, 3],
    ],
  );
});

test("a file without line feeds, however large, is one line that can't be read, and what comes after it is", (t) => {
  const path = scratch(t);
  const fd = openSync(path, "w");
  ftruncateSync(fd, 300_000_000);
  writeSync(fd, "\nafter\n", 300_000_000);
  closeSync(fd);
  const before = process.memoryUsage().rss;
  const lines = [...historyLines(realFileSystem, [{ path, name: null, first: null }])];
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["(a line that is too long)", "after"],
  );
  assert.ok(process.memoryUsage().rss - before < 250_000_000);
});
