import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { formatEntryTime, parseEntryTime, parsePlainTime } from "./entry-time.ts";
import { indexKey } from "./index-key.ts";
import { readIndexedLine, termsOfLine } from "./indexed-line.ts";
import { mergeRows, rememberedKeys, RunBuilder, type BuiltRun } from "./index-run.ts";
import { formatRunRecord, parseRunRecord, type RunRecord } from "./run-record.ts";
import {
  childrenOf,
  largestRuns,
  listedWith,
  MAX_RUN_LEVEL,
  positionOf,
  recordsAfter,
  runsListedWith,
  windowsOf,
  windowsOfLevel,
} from "./run-plan.ts";
import { joinStretches } from "./stretch.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string): ReturnType<typeof readIndexedLine> => readIndexedLine(bytesOf(text));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const WHOLE = `{"timestamp":"2026-11-23T08:00:00Z","event":"authorize_action","avid":"AVID-1","action_type":"delete_file","decision":"DENY","trace_id":"t","tenant_id":"acme","incident_id":null,"resource_keys":["a","b","a"]}`;

function prefixed(value: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value)]);
}

test("a key is the hash of field, tenant and values, each with its length before it", () => {
  const expected = createHash("sha256")
    .update("canopy-index-v1\0")
    .update(Buffer.concat([prefixed("avid+action_type"), prefixed(""), prefixed("Ä"), prefixed("x")]))
    .digest("hex");
  assert.equal(hex(indexKey({ field: "avid+action_type", tenant: "", values: ["Ä", "x"] }, sha256)), expected);
});

test("values that join to the same text have different keys", () => {
  const keys = new Set<string>();
  const keyOf = rememberedKeys(sha256);
  const terms = [
    ["", "ab", "c"],
    ["", "a", "bc"],
    ["ab", "c", ""],
    ["a", "b", "c"],
    ["", "abc", ""],
  ] as const;
  for (const [tenant, first, second] of terms) {
    keys.add(hex(keyOf({ field: "avid+decision", tenant, values: [first, second] })));
    keys.add(hex(indexKey({ field: "avid+decision", tenant, values: [first, second] }, sha256)));
  }
  assert.equal(keys.size, terms.length);
});

test("an entry is found by its members and pairs, for the whole log and for its tenant", () => {
  const line = read(WHOLE);
  assert.equal(line.odd, false);
  const terms = termsOfLine(line).map(({ field, tenant, values }) => [field, tenant, ...values].join(" "));
  assert.deepEqual(
    terms.filter((term) => term.includes(" acme ")).map((term) => term.replace(" acme ", "  ")),
    terms.filter((term) => !term.includes(" acme ")),
  );
  assert.deepEqual(
    terms.filter((term) => !term.includes(" acme ")),
    [
      "trace_id  t",
      "avid  AVID-1",
      "action_type  delete_file",
      "decision  DENY",
      "avid+action_type  AVID-1 delete_file",
      "avid+decision  AVID-1 DENY",
      "resource  a",
      "resource  b",
      "event  authorize_action",
    ],
  );
});

test("lines that can't be read are odd, and have no other key", () => {
  const deep = `{"timestamp":"2026-11-23T08:00:00Z","avid":"a","x":${"[".repeat(200)}${"]".repeat(200)}}`;
  const unreadable = [
    "",
    "null",
    "[]",
    '"text"',
    "{",
    `\ufeff${WHOLE}`,
    `${WHOLE}{}`,
    `{"avid":"a","avid":"b"}`,
    `{"avid":"a","\\u0061vid":"b"}`,
    deep,
    `{"avid":NaN}`,
    `{"avid":"a"${" ".repeat(1_048_576)}}`,
  ];
  for (const text of unreadable) {
    const line = read(text);
    assert.deepEqual(
      termsOfLine(line).map(({ field }) => field),
      ["line"],
      text.slice(0, 60),
    );
    assert.equal(line.time, null);
  }
  assert.equal(readIndexedLine(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)).odd, true);
});

test("members of another type make a line odd and leave the others their keys", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [`"avid":5,"action_type":"x"`, ["action_type", "line"]],
    [`"avid":["a"],"decision":"DENY"`, ["decision", "line"]],
    [`"avid":"\\ud800","event":"e"`, ["event", "line"]],
    [`"resource_keys":"a","event":"e"`, ["event", "line"]],
    [`"resource_keys":["a",5],"event":"e"`, ["resource", "event", "line"]],
    [`"tenant_id":{},"event":"e"`, ["event", "line"]],
  ];
  for (const [members, fields] of cases) {
    const line = read(`{"timestamp":"2026-11-23T08:00:00Z",${members}}`);
    assert.deepEqual(
      termsOfLine(line).map(({ field }) => field),
      fields,
      members,
    );
  }
  const plain = read(`{"timestamp":"2026-11-23T08:00:00Z","avid":"","x":{"avid":"a","avid":"b"},"trace_id":null}`);
  assert.deepEqual([plain.odd, termsOfLine(plain)], [false, []]);
});

test("reading is total, and an odd line is never silent", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const line = readIndexedLine(bytes);
      assert.equal(termsOfLine(line).length > 0 || !line.odd, true);
    }),
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const line = read(JSON.stringify(value));
      assert.equal(line.odd, true);
    }),
  );
});

function at(text: string): string | null {
  const time = parseEntryTime(text);
  return time === null ? null : formatEntryTime(time);
}

test("times are read in every zone, to the second, and written in one spelling", () => {
  assert.equal(at("2026-11-23T08:35:45Z"), "2026-11-23T08:35:45Z");
  assert.equal(at("2026-11-23T08:35:45.999999+00:00"), "2026-11-23T08:35:45Z");
  assert.equal(at("2026-11-23T00:35:45+01:30"), "2026-11-22T23:05:45Z");
  assert.equal(at("2024-02-28T23:59:59-00:01"), "2024-02-29T00:00:59Z");
  for (const text of [
    "",
    "2026-11-23",
    "2026-11-23 08:35:45Z",
    "2026-11-23T08:35:45",
    "2026-11-23T08:35:60Z",
    "2026-11-23T24:00:00Z",
    "2026-02-29T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "2026-11-23T08:35:45.Z",
    "2026-11-23T08:35:45z",
    "٢٠٢٦-11-23T08:35:45Z",
    "2026-11-23T08:35:45Z\n",
  ]) {
    assert.equal(at(text), null, text);
  }
  assert.equal(parsePlainTime("2026-11-23T08:35:45+00:00"), null);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      const text = formatEntryTime(seconds);
      assert.equal(text, new Date(seconds * 1000).toISOString().replace(".000", ""));
      assert.equal(parsePlainTime(text), seconds);
    }),
  );
});

const someText = fc.constantFrom("a", "b", "c", "");
const someEntry = fc.record(
  {
    timestamp: fc.oneof(
      fc.integer({ min: 0, max: 5000 }).map((seconds) => formatEntryTime(1_790_000_000 + seconds)),
      fc.constantFrom("yesterday", ""),
    ),
    event: fc.constantFrom("authorize_action", "tool_result", "checkpoint_meta"),
    avid: fc.oneof(someText, fc.constant(7)),
    action_type: someText,
    decision: fc.constantFrom("ALLOW", "DENY"),
    trace_id: someText,
    tenant_id: someText,
    resource_keys: fc.array(fc.constantFrom("r1", "r2", "unresolved")),
    resource_key_commitment: fc.constantFrom("ab".repeat(32), "cd".repeat(32)),
  },
  { requiredKeys: ["event"] },
);

test("merging neighbours gives the same run as building anew", () => {
  const keyOf = rememberedKeys(sha256);
  const build = (entries: readonly unknown[], first: number, before: number | null): BuiltRun => {
    const builder = new RunBuilder(first, before, keyOf);
    for (const entry of entries) builder.add(bytesOf(JSON.stringify(entry)));
    return builder.finish();
  };
  const windows = fc.array(fc.array(someEntry, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 16 });
  fc.assert(
    fc.property(windows, fc.nat(100), (windows, start) => {
      const runs: BuiltRun[] = [];
      let first = start;
      let last: number | null = null;
      for (const window of windows) {
        const run = build(window, first, last);
        runs.push(run);
        first = run.stretch.end;
        last = run.stretch.last;
      }
      const whole = build(windows.flat(), start, null);
      assert.deepEqual([...mergeRows(runs.map(({ rows }) => rows))], whole.rows);
      assert.deepEqual(
        runs.map(({ stretch }) => stretch).reduce((a, b) => joinStretches(a, b)),
        whole.stretch,
      );
    }),
  );
});

test("a record is read only in the one form that it is written in", () => {
  const record: RunRecord = {
    first: 0,
    end: 16,
    keys: 41,
    level: 1,
    longest_gap_s: 3,
    newest: 1_790_000_005,
    oldest: 1_790_000_000,
    odd: 1,
    undated: 0,
    unresolved: 2,
    resource_key: null,
    root: "ab".repeat(32),
  };
  const text = formatRunRecord(record);
  assert.deepEqual(parseRunRecord(JSON.parse(text)), record);
  assert.ok(text.length < 384);
  const changes: readonly Record<string, unknown>[] = [
    { end: 0 },
    { first: -1 },
    { first: 0.5 },
    { undated: 17 },
    { odd: 17 },
    { oldest: null },
    { oldest: "2026-11-23T08:35:45+00:00" },
    { newest: "1999-01-01T00:00:00Z" },
    { root: "AB".repeat(32) },
    { resource_key: "some" },
    { more: 1 },
    { level: "1" },
    { keys: 2 ** 53 },
  ];
  for (const change of changes) {
    assert.equal(parseRunRecord({ ...JSON.parse(text), ...change }), null, JSON.stringify(change));
  }
  assert.equal(parseRunRecord([]), null);
});

test("the plan lists each run once, where it says, after its children", () => {
  const windows = 16 ** 3 + 16 ** 2 + 20;
  const positions = new Map<string, number>();
  for (let window = 1; window <= windows; window += 1) {
    for (const place of runsListedWith(window)) {
      const position = positions.size;
      positions.set(`${place.level}/${place.number}`, position);
      assert.equal(positionOf(place), position);
      assert.equal(listedWith(place), window);
      for (const child of childrenOf(place)) assert.ok(positions.has(`${child.level}/${child.number}`));
    }
    assert.equal(recordsAfter(window), positions.size);
    assert.equal(windowsOf(positions.size), window);
  }
  assert.equal(windowsOf(18), 17);
  assert.equal(windowsOf(17), null);
  assert.ok(positions.has(`${MAX_RUN_LEVEL}/0`));
});

test("the largest runs stand for every window once", () => {
  fc.assert(
    fc.property(fc.nat(20_000), (windows) => {
      let at = 0;
      for (const { level, number } of largestRuns(windows)) {
        assert.equal(number * windowsOfLevel(level), at);
        assert.ok(listedWith({ level, number }) <= windows);
        at += windowsOfLevel(level);
      }
      assert.equal(at, windows);
    }),
  );
});
