// What every sink keeps to, whatever it leads to: entries arrive in order, at least once, and none is lost to a restart, a
// rotation, or a receiver that is down, answers errors or hangs.

import assert from "node:assert/strict";
import { renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { readCursor, cursorPath } from "./sink-cursor.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { fileReceiver, httpReceiver, streamReceiver, udpReceiver, type Receiver } from "./receivers.fixture.test.ts";
import { sinkBench, until, type SinkBench } from "./sink-bench.fixture.test.ts";
import { sinkTarget } from "./sink-target.ts";

const KINDS: readonly (readonly [string, (t: TestContext, bench: SinkBench) => Promise<Receiver>])[] = [
  ["file", (_t, { folder }) => Promise.resolve(fileReceiver(folder))],
  ["syslog over UDP", (t) => udpReceiver(t)],
  ["syslog over TCP", (t) => streamReceiver(t, "tcp")],
  ["CloudEvents over HTTP", (t) => httpReceiver(t, "http")],
  ["OpenTelemetry", (t) => httpReceiver(t, "otlp")],
];

const BATCH = Array.from({ length: 20 }, (_each, index) => ({ reason: `number ${index}` }));

/** The first arrival of each, in order. */
function firsts(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)];
}

for (const [kind, open] of KINDS) {
  test(`${kind}: every entry arrives once and in order, over restarts and segments`, async (t) => {
    const bench = await sinkBench(t, { rotateBytes: 6000 });
    const receiver = await open(t, bench);
    const written: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      written.push(...(await bench.write(...BATCH)));
      const lane = bench.lane(receiver.setting);
      assert.equal(await lane.flush(), true);
      lane.close();
    }
    await until(() => receiver.ids().length >= written.length, "all of it arrived");
    const decisions = receiver.ids().filter((id) => written.includes(id));
    assert.deepEqual(decisions, written);
    assert.ok(bench.entries().some(({ event }) => event === "log_rotated"));
  });

  test(`${kind}: a receiver that is well again gets what it missed, and the log says that it was behind once`, async (t) => {
    const bench = await sinkBench(t);
    const receiver = await open(t, bench);
    if (receiver.become === null) return;
    await receiver.become("failing");
    const lane = bench.lane(receiver.setting);
    const written = [...(await bench.write(...BATCH))];
    lane.start();
    await until(() => bench.notes().length === 1, "the outage is in the log");
    const attemptsOf = (): number => {
      const { name } = sinkTarget(receiver.setting, {});
      return readCursor(realFileSystem, cursorPath(bench.paths, name))?.outage?.attempts ?? 0;
    };
    await until(() => attemptsOf() > 4, "it was tried again and again");
    written.push(...(await bench.write(...BATCH)));
    await receiver.become("well");
    await until(
      () => firsts(receiver.ids()).filter((id) => written.includes(id)).length === written.length,
      "all of it",
    );
    await until(() => bench.notes().length === 2, "the end of the outage is in the log");
    assert.deepEqual(
      bench.notes().map(({ event }) => event),
      ["sink_behind", "sink_recovered"],
    );
    assert.deepEqual(
      firsts(receiver.ids()).filter((id) => written.includes(id)),
      written,
    );
  });

  test(`${kind}: a receiver that takes a batch and never answers has not got it`, async (t) => {
    const bench = await sinkBench(t);
    const receiver = await open(t, bench);
    if (receiver.become === null) return;
    await receiver.become("hanging");
    const written = await bench.write(...BATCH);
    const lane = bench.lane(receiver.setting, { timeoutMs: 50 });
    assert.equal(await lane.flush(), false);
    lane.close();
    await receiver.become("well");
    assert.equal(await bench.lane(receiver.setting).flush(), true);
    assert.deepEqual(
      firsts(receiver.ids()).filter((id) => written.includes(id)),
      written,
    );
  });
}

test("syslog over TLS: a receiver whose certificate nobody vouches for gets nothing, and entries wait", async (t) => {
  const bench = await sinkBench(t);
  const receiver = await streamReceiver(t, "tls");
  await bench.write(...BATCH);
  assert.equal(await bench.lane(receiver.setting).flush(), false);
  assert.deepEqual(receiver.texts(), []);
  const { name } = sinkTarget(receiver.setting, {});
  assert.match(
    readCursor(realFileSystem, cursorPath(bench.paths, name))?.outage?.error ?? "",
    /certificate|self-signed/i,
  );
});

test("one process at a time feeds a sink; another takes over when it ends", async (t) => {
  const bench = await sinkBench(t);
  const receiver = fileReceiver(bench.folder);
  const [first, second] = [bench.lane(receiver.setting), bench.lane(receiver.setting)];
  const written = [...(await bench.write(...BATCH))];
  assert.equal(await first.flush(), true);
  assert.equal(await second.flush(), false);
  first.close();
  written.push(...(await bench.write(...BATCH)));
  assert.equal(await second.flush(), true);
  assert.deepEqual(receiver.ids(), written);
});

test("a receiver that takes part of a batch gets the rest, and no entry twice", async (t) => {
  const bench = await sinkBench(t);
  const receiver = await httpReceiver(t, "http");
  const written = await bench.write(...BATCH, ...BATCH);
  // A batch of a few events at most.
  receiver.takeAtMost(6000);
  assert.equal(await bench.lane(receiver.setting).flush(), true);
  assert.deepEqual(receiver.ids(), written);
  assert.ok(receiver.requests.length > 4);
});

test("an entry that is too large for its receiver alone is sent with its chief members", async (t) => {
  const bench = await sinkBench(t);
  const receiver = await httpReceiver(t, "http");
  receiver.takeAtMost(3000);
  const written = await bench.write({ reason: "x".repeat(5000) }, { reason: "small" });
  assert.equal(await bench.lane(receiver.setting).flush(), true);
  assert.deepEqual(receiver.ids(), written);
  assert.match(receiver.texts()[0] ?? "", /"shortened":true/);
});

test("entries that stood in a segment that is gone are named in the log, and the rest arrives", async (t) => {
  const bench = await sinkBench(t, { rotateBytes: 4000 });
  const receiver = fileReceiver(bench.folder);
  await bench.write({ reason: "first" });
  const lane = bench.lane(receiver.setting);
  await lane.flush();
  for (let round = 0; round < 12; round += 1) await bench.write({ reason: "x".repeat(800) });
  unlinkSync(join(bench.paths.segments, "000001.log"));
  unlinkSync(join(bench.paths.segments, "000002.log"));
  assert.equal(await lane.flush(), true);
  const [gap] = bench.notes();
  assert.equal(gap?.["event"], "sink_gap");
  assert.equal(gap["from_seq"], 2);
  const seqs = receiver.texts().map((line) => Number(/"seq":(\d+)/.exec(line)?.[1]));
  assert.deepEqual(seqs.slice(0, 2), [1, Number(gap["to_seq"]) + 1]);
});

test("a cursor that is broken, or of another log, begins anew: twice is better than never", async (t) => {
  const bench = await sinkBench(t);
  const receiver = fileReceiver(bench.folder);
  const written = await bench.write(...BATCH);
  const path = cursorPath(bench.paths, sinkTarget(receiver.setting, {}).name);
  for (const broken of ["", "{}", '{"canopy_cursor":1,"segment":-1}', "\0".repeat(100)]) {
    writeFileSync(path, broken);
    const lane = bench.lane(receiver.setting);
    await lane.flush();
    lane.close();
  }
  assert.equal(receiver.ids().length, 4 * written.length);
  const kept = readCursor(realFileSystem, path);
  assert.ok(kept !== null);
  writeFileSync(path, JSON.stringify({ canopy_cursor: 1, ...kept, ...kept.place, hash: "0".repeat(64) }));
  await bench.lane(receiver.setting).flush();
  assert.equal(receiver.ids().length, 5 * written.length);
});

test("a sink that begins at the end gets only what comes after", async (t) => {
  const bench = await sinkBench(t);
  const receiver = fileReceiver(bench.folder);
  await bench.write(...BATCH);
  const lane = bench.lane(`${receiver.setting}?from=end`);
  await lane.flush();
  const written = await bench.write(...BATCH);
  await lane.flush();
  assert.deepEqual(receiver.ids(), written);
});

test("a sink that is slower than the log grows is said to be behind, once, until it has caught up", async (t) => {
  const bench = await sinkBench(t);
  const receiver = fileReceiver(bench.folder);
  let now = Date.parse("2026-11-23T08:00:01Z");
  const lane = bench.lane(receiver.setting, {
    now: () => now,
    around: (sink) => ({
      limits: { entries: 2, bytes: 1_000_000 },
      deliver: (batch, memory) => sink.deliver(batch, memory),
      close: () => sink.close(),
    }),
  });
  await bench.write({ reason: "first" });
  assert.equal(await lane.flush(), true);
  await bench.write(...BATCH);
  now += 3_600_000;
  assert.equal(await lane.flush(), true);
  assert.deepEqual(
    bench.notes().map(({ event, error }) => [event, error]),
    [
      ["sink_behind", "it takes entries slower than they are written"],
      ["sink_recovered", undefined],
    ],
  );
});

test("what a crash left of a line is closed before the next, and a file that was moved away is made anew", async (t) => {
  const bench = await sinkBench(t);
  const path = join(bench.folder, "received.jsonl");
  writeFileSync(path, '{"torn":');
  const written = await bench.write({ reason: "after" });
  const lane = bench.lane(`file:${path}`);
  await lane.flush();
  const receiver = fileReceiver(bench.folder);
  assert.deepEqual(receiver.texts()[0], '{"torn":');
  assert.deepEqual(receiver.ids().slice(1), written);
  renameSync(path, join(bench.folder, "rotated.jsonl"));
  const later = await bench.write({ reason: "later" });
  await lane.flush();
  assert.deepEqual(receiver.ids(), later);
});
