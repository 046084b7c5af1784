// An entry that a receiver refuses for what it is doesn't hold up the sink; everything else holds it up, and is kept.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { realFileSystem } from "../storage/file-system.ts";
import { textOf } from "./formats/sink-record.ts";
import { httpReceiver, type HttpReceiver } from "./receivers.fixture.test.ts";
import { moveRefused, readRefused, refusedPath } from "./refused-entries.ts";
import { sinkBench, until, type SinkBench } from "./sink-bench.fixture.test.ts";
import { cursorPath, readCursor } from "./sink-cursor.ts";
import type { SinkLane } from "./sink-lane.ts";
import { sinkStatus } from "./sink-status.ts";
import { sinkTarget } from "./sink-target.ts";

interface Desk {
  readonly bench: SinkBench;
  readonly receiver: HttpReceiver;
  readonly lane: SinkLane;
  readonly name: string;
  readonly files: { readonly refused: string; readonly again: string };
}

async function desk(t: TestContext, kind: "http" | "otlp" = "http"): Promise<Desk> {
  const bench = await sinkBench(t);
  const receiver = await httpReceiver(t, kind);
  const { name } = sinkTarget(receiver.setting, {});
  const file = (which: "refused" | "again"): string => refusedPath(bench.paths, name, which);
  const files = { refused: file("refused"), again: file("again") };
  return { bench, receiver, lane: bench.lane(receiver.setting), name, files };
}

/** Flush until the sink has nothing left to do, or `most` times. */
async function persist(lane: SinkLane, most = 20): Promise<number> {
  for (let flushes = 1; flushes <= most; flushes += 1) if (await lane.flush()) return flushes;
  return Infinity;
}

const MANY = Array.from({ length: 40 }, (_each, index) => ({ reason: `number ${index}` }));

for (const status of [400, 413, 422]) {
  test(`status ${status} for one entry: after three attempts it is set aside, all others arrive in order, and the log says so`, async (t) => {
    const { bench, receiver, lane, files, name } = await desk(t);
    receiver.refuse((body) => (body.includes("poison") ? status : null));
    const written = await bench.write(...MANY, { reason: "poison", avid: "poison" }, ...MANY);
    // Two flushes end at the failed attempts, the third sets it aside.
    assert.equal(await persist(lane), 3);
    const poison = written[40] ?? "";
    const wanted = written.filter((id) => id !== poison);
    assert.deepEqual(
      receiver.ids().filter((id) => written.includes(id)),
      wanted,
    );
    const [aside, ...more] = readRefused(realFileSystem, files.refused);
    assert.deepEqual(more, []);
    assert.deepEqual([aside?.id, aside?.seq], [poison, 41]);
    assert.match(aside?.error ?? "", new RegExp(`status ${status}`));
    const [note, ...others] = bench.notes();
    assert.deepEqual(others, []);
    assert.equal(note?.["event"], "sink_refused");
    assert.deepEqual(
      [note["sink"], note["from_seq"], note["to_seq"], note["entries"], note["severity"]],
      [name, 41, 41, 1, "high"],
    );
    assert.match(textOf(note, "error"), new RegExp(`status ${status}`));
    const [standing] = sinkStatus(
      { log: bench.path, home: join(bench.folder, "home") },
      [sinkTarget(receiver.setting, {})],
      Date.now(),
    );
    assert.equal(standing?.set_aside, 1);
    assert.equal(standing.set_aside_last[0]?.seq, 41);
    assert.equal(standing.outage, null);
  });
}

for (const status of [301, 401, 403, 404, 408, 415, 429, 500, 503]) {
  test(`status ${status} is not the entry's fault: it is tried again for as long as it takes, and nothing is passed over`, async (t) => {
    const { bench, receiver, lane, files, name } = await desk(t);
    receiver.refuse((body) => (body.includes("poison") ? status : null));
    const written = await bench.write({ reason: "poison" });
    assert.equal(await persist(lane, 3), Infinity);
    lane.start();
    const attempts = (): number => readCursor(realFileSystem, cursorPath(bench.paths, name))?.outage?.attempts ?? 0;
    await until(() => attempts() > 6, "it was tried many times");
    assert.deepEqual(readRefused(realFileSystem, files.refused), []);
    receiver.refuse(() => null);
    await until(() => receiver.ids().length > 0, "it arrived");
    assert.deepEqual(receiver.ids().slice(0, 1), written);
  });
}

test("attempts are counted over restarts, and an outage in between counts for nothing", async (t) => {
  const { bench, receiver, files } = await desk(t);
  await bench.write({ reason: "poison" });
  const run = async (status: number): Promise<void> => {
    receiver.refuse(() => status);
    const lane = bench.lane(receiver.setting);
    await lane.flush();
    lane.close();
  };
  await run(400);
  await run(503);
  await run(400);
  assert.deepEqual(readRefused(realFileSystem, files.refused), []);
  await run(400);
  assert.equal(readRefused(realFileSystem, files.refused)[0]?.seq, 1);
  // What a runtime that lives shortly sends goes on with the next one, however the entries lie in batches.
  await run(200);
  assert.ok(receiver.ids().length > 0);
});

test("a receiver that refuses everything makes one note, not notes about notes without end", async (t) => {
  const { bench, receiver, lane, files } = await desk(t);
  receiver.refuse(() => 400);
  await bench.write(...MANY.slice(0, 5));
  assert.ok((await persist(lane, 60)) < 60);
  assert.deepEqual(
    bench.notes().map(({ event, entries }) => [event, entries]),
    [["sink_refused", 1]],
  );
  // The five, and the note.
  assert.equal(readRefused(realFileSystem, files.refused).length, 6);
  receiver.refuse(() => null);
  await bench.write({ reason: "taken" });
  assert.ok(await lane.flush());
  assert.deepEqual(
    bench.notes().map(({ event, entries, from_seq, to_seq }) => [event, entries, from_seq, to_seq]),
    [
      ["sink_refused", 1, 1, 1],
      ["sink_refused", 4, 2, 5],
    ],
  );
});

test("what was set aside is sent again when an operator asks, and what is refused again is set aside again", async (t) => {
  const { bench, receiver, lane, files } = await desk(t);
  receiver.refuse((body) => (body.includes("poison") ? 422 : null));
  const written = await bench.write({ reason: "poison one" }, { reason: "fine" }, { reason: "poison two" });
  assert.ok((await persist(lane)) < 20);
  assert.equal(readRefused(realFileSystem, files.refused).length, 2);
  receiver.refuse((body) => (body.includes("poison two") ? 422 : null));
  assert.equal(moveRefused(realFileSystem, files.refused, files.again), true);
  assert.ok((await persist(lane)) < 20);
  assert.ok(receiver.ids().includes(written[0] ?? ""));
  assert.deepEqual(
    readRefused(realFileSystem, files.refused).map(({ id }) => id),
    [written[2]],
  );
  assert.deepEqual(readRefused(realFileSystem, files.again), []);
});

test("a receiver that is down keeps what is to be sent again until it is well, and is then well", async (t) => {
  const { bench, receiver, lane, files } = await desk(t);
  receiver.refuse(() => 400);
  const written = await bench.write({ reason: "poison" });
  await persist(lane, 12);
  moveRefused(realFileSystem, files.refused, files.again);
  receiver.refuse(() => 503);
  assert.equal(await lane.flush(), false);
  assert.ok(readRefused(realFileSystem, files.again).some(({ id }) => id === written[0]));
  receiver.refuse(() => null);
  assert.ok((await persist(lane)) < 20);
  assert.ok(receiver.ids().includes(written[0] ?? ""));
  const [standing] = sinkStatus(
    { log: bench.path, home: join(bench.folder, "home") },
    [sinkTarget(receiver.setting, {})],
    Date.now(),
  );
  assert.deepEqual([standing?.state, standing?.outage, standing?.to_send_again], ["well", null, 0]);
});

test("an entry that is in no file of the log any more can't be sent again, and the log says so", async (t) => {
  const { bench, lane, files } = await desk(t);
  await bench.write({ reason: "first" });
  await lane.flush();
  const gone = { canopy_refused: 1, id: "0".repeat(64), seq: 1, segment: 1, offset: 0, at: "", error: "" };
  writeFileSync(files.again, `half a line {"\n${JSON.stringify(gone)}\n`);
  assert.ok(await lane.flush());
  assert.equal(bench.notes()[0]?.["event"], "sink_gap");
  assert.deepEqual(readRefused(realFileSystem, files.again), []);
});

test("a collector that refuses an entry counts it once it takes it", async (t) => {
  const { bench, receiver, lane, files } = await desk(t, "otlp");
  receiver.refuse((body) => (body.includes("resourceSpans") && body.includes("poison") ? 400 : null));
  await bench.write({ reason: "poison" }, { reason: "fine" });
  assert.ok((await persist(lane)) < 20);
  const sum = (): number =>
    Number(/"asInt":"(\d+)"/.exec(receiver.requests.findLast(({ path }) => path.endsWith("metrics"))?.body ?? "")?.[1]);
  assert.equal(sum(), 1);
  receiver.refuse(() => null);
  moveRefused(realFileSystem, files.refused, files.again);
  assert.ok((await persist(lane)) < 20);
  assert.equal(sum(), 2);
});

test("what a receiver answers stands on one line of the file, inert", async (t) => {
  const { bench, receiver, lane, files } = await desk(t);
  receiver.refuse(() => 400);
  await bench.write({ reason: "poison" });
  await persist(lane, 12);
  const lines = readFileSync(files.refused, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  assert.equal(lines.length, readRefused(realFileSystem, files.refused).length);
});
