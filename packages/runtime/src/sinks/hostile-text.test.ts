// Hostile text is inert in every sink: it makes no line, message, event or span of its own, and nothing that acts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { CLOUD_EVENTS_BATCH } from "./formats/cloud-event.ts";
import { textOf } from "./formats/sink-record.ts";
import { fileReceiver, httpReceiver, streamReceiver, udpReceiver, eventsOf } from "./receivers.fixture.test.ts";
import { sinkBench, until } from "./sink-bench.fixture.test.ts";

const ATTACKS = fileURLToPath(new URL("../../../../vectors/attacks/strings.jsonl", import.meta.url));
const LONE = /\p{Surrogate}/u;

const STRINGS: readonly string[] = readFileSync(ATTACKS, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line): JsonValue => JSON.parse(line))
  .map((each) => (isJsonObject(each) && typeof each["value"] === "string" ? each["value"] : ""))
  .filter((text) => !LONE.test(text));

// Every text that a request chooses, in every place that it can come to.
const ENTRIES: readonly JsonObject[] = STRINGS.map((text) => ({
  action_type: text,
  avid: text,
  trace_id: text,
  session_id: text,
  reason: text,
  event: text,
}));

test("there are strings to try", () => {
  assert.ok(STRINGS.length > 100);
});

test("a file has one line for each entry, of JSON, without a character that a terminal acts on", async (t) => {
  const bench = await sinkBench(t);
  const receiver = fileReceiver(bench.folder);
  for (const format of ["entry", "ocsf"]) {
    const before = receiver.texts().length;
    if (format === "entry") await bench.write(...ENTRIES);
    await bench.lane(`${receiver.setting}?format=${format}&redact=no`).flush();
    const lines = receiver.texts().slice(before);
    assert.equal(lines.length, ENTRIES.length);
    for (const [index, line] of lines.entries()) {
      assert.match(line, /^\{[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*\}$/u);
      const value: JsonObject = JSON.parse(line);
      assert.ok(JSON.stringify(value).includes(JSON.stringify(STRINGS[index])));
    }
  }
});

test("a syslog message is one line of printable ASCII behind a header that no text has changed", async (t) => {
  const bench = await sinkBench(t);
  const receivers = [await udpReceiver(t), await streamReceiver(t, "tcp")];
  await bench.write(...ENTRIES);
  for (const receiver of receivers) {
    await bench.lane(`${receiver.setting}?redact=no`).flush();
    await until(() => receiver.texts().length >= ENTRIES.length, "all messages");
    assert.equal(receiver.texts().length, ENTRIES.length);
    for (const [index, text] of receiver.texts().entries()) {
      const found =
        /^<1\d\d>1 2026-11-23T08:00:00\.000Z [\x21-\x7e]+ canopy \d+ [\w.-]{1,32} - (\{[\x20-\x7e]*\})$/.exec(text);
      assert.ok(found !== null, text);
      const entry: JsonObject = JSON.parse(found[1] ?? "");
      assert.equal(entry["reason"], STRINGS[index]);
    }
  }
});

test("an event of CloudEvents has the attributes that the specification asks for, and the entry's own bytes", async (t) => {
  const bench = await sinkBench(t);
  const receiver = await httpReceiver(t, "http");
  const ids = await bench.write(...ENTRIES);
  await bench.lane(`${receiver.setting}?redact=no`).flush();
  const events = receiver.requests.flatMap((request) => eventsOf(request));
  assert.deepEqual(
    events.map(({ id }) => id),
    ids,
  );
  assert.ok(receiver.requests.every(({ type }) => type === CLOUD_EVENTS_BATCH));
  const lines = readFileSync(bench.path, "utf8").split("\n");
  for (const [index, event] of events.entries()) {
    assert.equal(event["specversion"], "1.0");
    assert.match(textOf(event, "source"), /^urn:canopy:log:[0-9a-f]{32}$/);
    assert.match(textOf(event, "type"), /^io\.canopy\.ledger\.[\w.-]{1,128}$/);
    assert.equal(event["sequence"], String(index + 1).padStart(16, "0"));
    assert.equal(event["time"], "2026-11-23T08:00:00.000Z");
    assert.ok(receiver.texts().some((body) => body.includes(lines[index] ?? "-")));
    // Names of attributes: small letters and digits alone.
    assert.ok(Object.keys(event).every((name) => /^[a-z0-9]{1,20}$/.test(name)));
  }
});

test("any text at all comes out of each format as it went in", async (t) => {
  const bench = await sinkBench(t);
  const receiver = fileReceiver(bench.folder);
  const texts = fc
    .sample(fc.string({ unit: "binary", maxLength: 40 }), { numRuns: 200, seed: 7 })
    .filter((text) => !LONE.test(text));
  await bench.write(...texts.map((reason) => ({ reason })));
  await bench.lane(`${receiver.setting}?redact=no`).flush();
  const entries = receiver.texts().map((line): JsonObject => JSON.parse(line));
  assert.deepEqual(
    entries.map(({ reason }) => reason),
    texts,
  );
});
