import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { followLines, readTail } from "./read-tail.ts";

function fileOf(t: { after: (done: () => void) => void }, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-tail-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  writeFileSync(path, text);
  return path;
}

test("a line that never ends is let go, and what follows it is seen", async (t) => {
  const path = fileOf(t, "first\n");
  appendFileSync(path, "x".repeat(6_000_000));
  appendFileSync(path, "x\nsecond\n");
  const seen: string[] = [];
  for await (const line of followLines(path, 0, () => seen.length > 1)) {
    seen.push(line);
    if (seen.length > 1) break;
  }
  assert.deepEqual(seen, ["first", "second"]);
});

test("the last lines are found behind long ones", async (t) => {
  const path = fileOf(t, `first\n${"y".repeat(200_000)}\nlast\n`);
  assert.deepEqual((await readTail(path, 1)).lines, ["last"]);
  assert.deepEqual((await readTail(path, 3)).lines[0], "first");
});
