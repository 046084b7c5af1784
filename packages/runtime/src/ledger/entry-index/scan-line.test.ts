import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../core/json.ts";
import { prepareEntry, sealEntry } from "../entry.ts";
import { readIndexedLine } from "./indexed-line.ts";
import { lineScanner } from "./scan-line.ts";

const scan = lineScanner({ latin1: (bytes, start, end) => Buffer.from(bytes).toString("latin1", start, end), isUtf8 });

/** Whether the scanner takes a line; if it does, it must read the same as the full reading. */
function takes(line: Uint8Array): boolean {
  const scanned = scan(line);
  if (scanned === null) return false;
  assert.deepEqual(scanned, readIndexedLine(line), Buffer.from(line).toString("latin1").slice(0, 400));
  return true;
}

function takesText(line: string): boolean {
  return takes(Buffer.from(line));
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function written(draft: JsonObject, withRecord = false): Buffer {
  const seat = { prevHash: "0".repeat(64), seq: 1, payloadRef: withRecord ? "2026-11.rec:0:9" : null };
  const { line } = sealEntry(prepareEntry(draft, "0".repeat(32), withRecord), seat, sha256);
  return Buffer.from(line.trimEnd());
}

const DECISION: JsonObject = {
  event: "authorize_action",
  timestamp: "2026-11-23T08:00:00Z",
  avid: `AVID-${"a".repeat(64)}`,
  action_type: "delete_file",
  decision: "DENY",
  reason: 'the rule "no deletes" says: no\n',
  trace_id: "trace-1",
  tenant_id: "acme",
  incident_id: null,
  resource_keys: ["a1", "b2"],
  layers: { civil_code: "pass", deeper: [{ decision: "ALLOW", list: [1, -20, 0, true, false, null, [], {}] }] },
  witness: { avid: "other", decision: "ALLOW", timestamp: "2020-01-01T00:00:00Z" },
};

test("lines of this project are taken, and read as by the full reading", () => {
  assert.equal(takes(written(DECISION)), true);
  assert.equal(takes(written(DECISION, true)), true);
  assert.equal(takes(written({ ...DECISION, reason: "né à Zürich 🦊 \u2028 \u0001 \\" })), true);
  const meta = { event: "checkpoint_meta", action_type: "ledger", timestamp: "x" };
  assert.equal(takes(written({ ...meta, resource_key_commitment: "c".repeat(64) })), true);
  assert.equal(takes(written({ ...meta, resource_key_commitment: "c" })), true);
  assert.equal(takes(written({ ...DECISION, resource_key_commitment: "c".repeat(64) })), true);
  assert.equal(takes(written({ ...DECISION, resource_keys: [], timestamp: "2026-11-23T08:00:00Z" })), true);
});

test("what stands deeper down, or only looks like a member, counts for nothing", () => {
  assert.equal(takesText('{"a":{"avid":"x","avid":"y"},"avid":"z","b":"\\"event\\":\\"e\\"","event":"f"}'), true);
  assert.equal(takesText('{"a":"{\\"avid\\":\\"x\\"}","b":[{"event":"e"}],"timestamp":"2026-11-23T08:00:00Z"}'), true);
});

test("anything that is not written so is left to the full reading, whatever it holds", () => {
  const long = "x".repeat(1_048_576);
  const lines = [
    "",
    "{",
    "{}",
    "[]",
    "null",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,"a":1}',
    '{"a":1}}',
    '{"a":1} ',
    ' {"a":1}',
    '{"a":1}\r',
    '{"a": 1}',
    '\ufeff{"a":1}',
    // A name twice, in every way of writing it.
    '{"avid":"a","avid":"b"}',
    '{"avid":"a","avid":"a"}',
    '{"avid":"a","\\u0061vid":"b"}',
    '{"\\u0061vid":"b"}',
    '{"avid":"a","b":1,"avid":"b"}',
    '{"entry_hash":"a","event":"e","entry_hash":"b"}',
    '{"a":1,"entry_hash":"a","entry_hash":"b"}',
    '{"event":"e","entry_hash":"a","event":"f"}',
    '{"b":1,"a":2}',
    '{"":1,"":2}',
    // Members that count, of another type or with more than plain text.
    '{"avid":5}',
    '{"avid":["a"]}',
    '{"avid":{}}',
    '{"avid":true}',
    '{"avid":nul}',
    '{"avid":nulls}',
    '{"avid":"\\u0061"}',
    '{"avid":"ä"}',
    '{"avid":"\\ud800"}',
    '{"resource_keys":"a"}',
    '{"resource_keys":["a",5]}',
    '{"resource_keys":[""]}',
    '{"resource_keys":["a",]}',
    '{"resource_keys":["a"}',
    '{"resource_key_commitment":5}',
    // No JSON.
    '{"a":01}',
    '{"a":-}',
    '{"a":+1}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":1e}',
    '{"a":NaN}',
    '{"a":truefalse}',
    '{"a":"\\x"}',
    '{"a":"\\u00g0"}',
    '{"a":"\\u00',
    '{"a":"\t"}',
    '{"a":"\u0000"}',
    '{"a\n":1}',
    '{"a":"unfinished}',
    '{"a":[1}',
    '{"a":{"b":1]}',
    '{"a":[,]}',
    '{"a":{"b"}}',
    '{"a":{1:2}}',
    // More than is followed here.
    `{"a":${"[".repeat(200)}${"]".repeat(200)}}`,
    `{"a":${"[".repeat(60)}${"]".repeat(60)}}`,
    `{"a":"${long}"}`,
  ];
  for (const line of lines) assert.equal(takesText(line), false, line.slice(0, 80));
  assert.equal(takes(Uint8Array.of(0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d)), false);
  // A surrogate written as if it were a character.
  assert.equal(takes(Uint8Array.of(0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d)), false);
});

test("values of every kind are passed over the quick way as far as they are written plainly", () => {
  const taken = [
    ...'0 1 9 10 90 -0 -1 -19 true false null [] {} "" [1] [1,2] [[],{}]'.split(" "),
    '{"b":1}',
    '{"b":1,"a":"é"}',
    '{"":[]}',
    ...["0", "9", "a", "f", "A", "F"].map((digit) => `"\\u00${digit}${digit}x"`),
    ...['"', "\\", "/", "b", "f", "n", "r", "t"].map((escaped) => `"\\${escaped}"`),
    `"~\x7f é 🦊"`,
    `${"[".repeat(31)}${"]".repeat(31)}`,
  ];
  for (const value of taken) {
    for (const line of [`{"a":${value}}`, `{"a":${value},"avid":"x","entry_hash":${value}}`]) {
      assert.equal(takesText(line), true, line);
    }
  }
  const left = [
    ..."00 01 -01 - -a 1.0 1e1 1E1 .1 + tru truee nul nulll fals f n [1,] [,] [1 {1} [} {] ] }".split(" "),
    '{"b"}',
    '{"b":}',
    '{"b":1,}',
    '{"b",1}',
    ...["/", ":", "@", "`", "G", "g", " "].flatMap((digit) =>
      [0, 1, 2, 3].map((at) => `"\\u${"0".repeat(at)}${digit}${"0".repeat(3 - at)}"`),
    ),
    ...["a", "u", "x", "'", "0", " "].map((escaped) => `"\\${escaped}"`),
    '"',
    '"\u0001"',
    '"a"b"',
    `${"[".repeat(33)}${"]".repeat(33)}`,
  ];
  for (const value of left) assert.equal(takesText(`{"a":${value}}`), false, value);
});

test("members that count are taken where they are plain text, null or a list of texts, in ascending order", () => {
  const names = ["action_type", "avid", "decision", "event", "incident_id", "tenant_id", "timestamp", "trace_id"];
  for (const name of names) {
    for (const value of ["null", '""', '"x"', '"~"']) assert.equal(takesText(`{"${name}":${value}}`), true, name);
    for (const value of ["nul", '"\\n"', '"é"', "1", "[]", "{}"]) {
      assert.equal(takesText(`{"${name}":${value}}`), false, `${name}: ${value}`);
    }
  }
  for (const list of ["null", "[]", '["a"]', '["a","b"]', '["a","a"]', '["unresolved"]']) {
    assert.equal(takesText(`{"resource_keys":${list}}`), true, list);
  }
  for (const list of ["[", '["a"', '["a",', '["a"}', '["a";"b"]', '[""]', '["a",""]', '["é"]', "[null]", '["a"]]']) {
    assert.equal(takesText(`{"resource_keys":${list}}`), false, list);
  }
  const orders: readonly (readonly [string, boolean])[] = [
    ['{"a":1,"b":2}', true],
    ['{"a":1,"ab":2}', true],
    ['{"ab":1,"a":2}', false],
    ['{"ab":1,"b":2}', true],
    ['{"b":1,"ab":2}', false],
    ['{"a":1,"a":2}', false],
    ['{"z":1,"entry_hash":2}', true],
    ['{"z":1,"entry_hash":2,"zz":3}', false],
    ['{"entry_hash":2}', true],
    ['{"A":1,"_":2,"a":3}', true],
    ['{"a":1;"b":2}', false],
    ['{"a":1 ,"b":2}', false],
  ];
  for (const [line, expected] of orders) assert.equal(takesText(line), expected, line);
});

const NAMES =
  "action_type avid decision event incident_id resource_keys resource_key_commitment tenant_id timestamp trace_id entry_hash a reason zebra __proto__ 0";
const name = fc.constantFrom(...NAMES.split(" "));
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string(),
  fc.constantFrom("", "2026-11-23T08:00:00Z", "checkpoint_meta", "\ud800", "unresolved", "c".repeat(64)),
);
const value = fc.oneof(text, fc.constant(null), fc.array(text, { maxLength: 3 }), fc.jsonValue());

test("whatever is taken reads the same: any members in any order, named twice, written in any way", () => {
  const member = fc.tuple(name, value).map(([key, of]) => `${JSON.stringify(key)}:${JSON.stringify(of)}`);
  const line = fc
    .tuple(fc.array(member, { maxLength: 8 }), fc.constantFrom("", "", "", " "), fc.boolean())
    .map(([members, space, inOrder]) => `{${(inOrder ? members.toSorted() : members).join(`,${space}`)}}`);
  let taken = 0;
  fc.assert(
    fc.property(line, (each) => {
      if (takesText(each)) taken += 1;
    }),
    { numRuns: 2000 },
  );
  assert.equal(taken > 0, true);
});

test("whatever is taken reads the same: lines of ours with bytes changed, cut out, put in or repeated", () => {
  const line = written(DECISION, true);
  const place = fc.nat(line.length);
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]",:\\u0n1-')));
  const change = fc.tuple(fc.constantFrom("flip", "cut", "put", "repeat"), place, place, byte);
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      let bytes: Buffer = line;
      for (const [kind, at, length, by] of changes) {
        const before = bytes.subarray(0, at);
        const from = bytes.subarray(at);
        if (kind === "flip") bytes = Buffer.concat([before, Buffer.of(by), from.subarray(1)]);
        else if (kind === "cut") bytes = Buffer.concat([before, from.subarray(1 + (length % 7))]);
        else if (kind === "put") bytes = Buffer.concat([before, Buffer.of(by), from]);
        else bytes = Buffer.concat([before, from.subarray(0, length), from]);
      }
      takes(bytes);
    }),
    { numRuns: 4000 },
  );
});

test("every place of a line of ours cut short is left to the full reading", () => {
  const line = written(DECISION);
  for (let length = 0; length < line.length; length += 1) assert.equal(takes(line.subarray(0, length)), false);
});
