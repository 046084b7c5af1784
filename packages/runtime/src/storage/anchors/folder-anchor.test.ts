import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { FolderAnchor, keptSizes } from "./folder-anchor.ts";
import { someNote, testReadableAnchor, unavailable } from "./anchor-suite.fixture.test.ts";

const PART = createHash("sha256").update("canopy/test").digest("hex").slice(0, 32);

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "canopy-anchor-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

testReadableAnchor("folder", async (t) => {
  const path = folder(t);
  return { anchor: new FolderAnchor(path), again: () => new FolderAnchor(path) };
});

test("a folder that is missing can't be used, and is not made: a mount may be gone", async (t) => {
  const path = join(folder(t), "gone");
  await assert.rejects(new FolderAnchor(path).publish(someNote(1)), unavailable(/ENOENT/));
  await assert.rejects(new FolderAnchor(path).newest("canopy/test"), unavailable(/ENOENT/));
  const made = new FolderAnchor(path, { create: true });
  assert.equal(await made.newest("canopy/test"), null);
  assert.equal(await made.publish(someNote(1)), null);
});

test("logs don't get in each other's way", async (t) => {
  const anchor = new FolderAnchor(folder(t));
  await anchor.publish(someNote(40, "a", "canopy/one"));
  assert.equal(await anchor.publish(someNote(2, "a", "canopy/two")), null);
  assert.equal(await anchor.newest("canopy/one"), someNote(40, "a", "canopy/one"));
});

test("a file that was cut short, is too long, a link or of another log is passed over", async (t) => {
  const path = folder(t);
  const anchor = new FolderAnchor(path);
  await anchor.publish(someNote(7));
  const inside = join(path, PART);
  const name = (size: number): string => join(inside, `${String(size).padStart(16, "0")}.note`);
  writeFileSync(name(8), someNote(8).slice(0, 20));
  writeFileSync(name(9), `${someNote(9)}${"x".repeat(70_000)}`);
  symlinkSync(name(7), name(10));
  writeFileSync(name(11), someNote(11, "a", "canopy/other"));
  writeFileSync(name(12), someNote(13));
  mkdirSync(join(inside, "0000000000000014.note"));
  writeFileSync(join(inside, "15.note"), someNote(15));
  assert.equal(await anchor.newest("canopy/test"), someNote(7));
  assert.equal(await anchor.publish(someNote(8)), null);
  assert.equal(await anchor.newest("canopy/test"), someNote(8));
});

test("after a replacement the abandoned checkpoints are still there to look at", async (t) => {
  const path = folder(t);
  const anchor = new FolderAnchor(path);
  await anchor.publish(someNote(7));
  await anchor.publish(someNote(9));
  await anchor.replace(someNote(9), someNote(8, "new"));
  const inside = join(path, PART);
  const aside = readdirSync(inside).find((name) => name.startsWith("abandoned-"));
  assert.deepEqual(readdirSync(join(inside, aside ?? "")), ["0000000000000007.note", "0000000000000009.note"]);
  assert.deepEqual(await anchor.all("canopy/test"), [someNote(8, "new")]);
});

test("few of many checkpoints stay: the newest, and older ones at growing distances", async (t) => {
  const path = folder(t);
  const anchor = new FolderAnchor(path);
  for (let size = 1; size <= 60; size += 1) await anchor.publish(someNote(size));
  const left = (await anchor.all("canopy/test")).map((note) => Number(note.split("\n")[1]));
  assert.deepEqual(left.slice(0, 8), [60, 59, 58, 57, 56, 55, 54, 53]);
  assert.ok(left.length < 20, String(left));
  assert.ok(
    left.some((size) => size < 32),
    String(left),
  );
});

test("whatever sizes were published, the newest stays, few do, and none is further back than needed", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 200 }), (steps) => {
      let size = 0;
      let kept: readonly number[] = [];
      for (const step of steps) {
        size += step;
        const next = [...kept, size];
        const keep = keptSizes(next);
        kept = next.filter((each) => keep.has(each));
      }
      assert.equal(kept.at(-1), size);
      assert.ok(kept.length <= 8 + 2 * Math.ceil(Math.log2(size + 1)) + 2);
    }),
  );
});
