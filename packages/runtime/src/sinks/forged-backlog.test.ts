// A backlog that somebody without any key changes before a sink has sent it: none of it is told as true.

import assert from "node:assert/strict";
import { copyFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { entryHash } from "../ledger/chain.ts";
import { readForeign } from "../ledger/foreign-json.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { fileReceiver } from "./receivers.fixture.test.ts";
import { sinkBench } from "./sink-bench.fixture.test.ts";
import { cursorPath, readCursor } from "./sink-cursor.ts";
import { sinkTarget } from "./sink-target.ts";

/** A line whose `reason` says something else, after the entry `before`, with a hash of its own that fits. */
function forged(line: string, before: string | null): string {
  const moved = before === null ? line : line.replace(/"prev_hash":"[0-9a-f]+"/u, `"prev_hash":"${before}"`);
  const text = moved.replace('"reason":"number', '"reason":"NUMBER');
  const read = readForeign(text);
  if (typeof read === "string" || read.canonical === null || read.prev_hash === null) throw new Error(text);
  const hash = entryHash(read.prev_hash, read.canonical, sha256Hex);
  return text.replace(/"entry_hash":"[0-9a-f]+"/u, `"entry_hash":"${hash}"`);
}

/** The text of a file of the log whose lines from `at` on are made anew: that one alone, or all up to the end. */
function changed(text: string, at: number, toEnd: boolean): string {
  let before: string | null = null;
  return text
    .split("\n")
    .map((line, index) => {
      if (line === "" || index < at || (index > at && !toEnd)) return line;
      const made = forged(line, before);
      before = /"entry_hash":"([0-9a-f]+)"/u.exec(made)?.[1] ?? null;
      return made;
    })
    .join("\n");
}

const CASES = [
  ["one line of the current file", "audit.log", 2, false],
  ["the current file to its end", "audit.log", 2, true],
  ["one line of a closed segment", join("audit.log.d", "segments", "000002.log"), 2, false],
  ["a closed segment to its end", join("audit.log.d", "segments", "000002.log"), 2, true],
  ["the last line of a closed segment", join("audit.log.d", "segments", "000002.log"), -1, false],
] as const;

// Small backlogs are verified in one pass; more than a step is followed to the head first.
for (const size of [700, 60_000]) {
  for (const [what, name, line, toEnd] of CASES) {
    test(`nothing forged is sent, and all of it after a restore: ${what}, entries of ${size} bytes`, async (t) => {
      const bench = await sinkBench(t, { rotateBytes: size * 12 });
      const receiver = fileReceiver(bench.folder);
      const lane = bench.lane(receiver.setting);
      const reason = (index: number): string => `number ${index} ${"x".repeat(size)}`;
      const written = [...(await bench.write({ reason: "number first" }))];
      assert.equal(await lane.flush(), true);
      for (let index = 0; index < 40; index += 1) written.push(...(await bench.write({ reason: reason(index) })));
      const path = join(bench.folder, name);
      const before = readFileSync(path, "utf8");
      const at = line < 0 ? before.split("\n").length - 2 : line;
      const after = changed(before, at, toEnd);
      assert.notEqual(after, before);
      writeFileSync(path, after);
      assert.equal(await lane.flush(), false);
      assert.deepEqual(receiver.ids(), written.slice(0, 1));
      const cursor = readCursor(realFileSystem, cursorPath(bench.paths, sinkTarget(receiver.setting, {}).name));
      assert.match(cursor?.outage?.error ?? "", /were changed after they were written/u);
      writeFileSync(path, before);
      assert.equal(await lane.flush(), true);
      const sent = receiver.ids();
      assert.deepEqual(
        sent.filter((id) => written.includes(id)),
        written,
      );
    });
  }
}

const SEGMENTS = join("audit.log.d", "segments");
const TAKEN: readonly (readonly [string, (folder: string) => void])[] = [
  [
    "a closed segment in another's place",
    (folder) => copyFileSync(join(folder, SEGMENTS, "000001.log"), join(folder, SEGMENTS, "000002.log")),
  ],
  ["a closed segment further on that is gone", (folder) => rmSync(join(folder, SEGMENTS, "000003.log"))],
];

for (const [what, take] of TAKEN) {
  test(`nothing of a backlog is sent while its chain leads nowhere, and all of it after a restore: ${what}`, async (t) => {
    const bench = await sinkBench(t, { rotateBytes: 8000 });
    const receiver = fileReceiver(bench.folder);
    const lane = bench.lane(receiver.setting);
    const written = [...(await bench.write({ reason: "first" }))];
    assert.equal(await lane.flush(), true);
    for (let n = 0; n < 60; n += 1) written.push(...(await bench.write({ reason: `${n} ${"x".repeat(400)}` })));
    const kept = join(bench.folder, "kept");
    cpSync(join(bench.folder, SEGMENTS), kept, { recursive: true });
    assert.ok(readdirSync(kept).length > 3);
    take(bench.folder);
    assert.equal(await lane.flush(), false);
    assert.deepEqual(receiver.ids(), written.slice(0, 1));
    cpSync(kept, join(bench.folder, SEGMENTS), { recursive: true });
    assert.equal(await lane.flush(), true);
    assert.deepEqual(
      receiver.ids().filter((id) => written.includes(id)),
      written,
    );
  });
}
