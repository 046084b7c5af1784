import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "../core/canonical.ts";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { GENESIS, hashBytes, isHash } from "./chain.ts";
import { MAX_ENTRY_DEPTH, MAX_ENTRY_LENGTH, prepareEntry, sealedMembers, sealEntry } from "./entry.ts";
import { readForeign } from "./foreign-json.ts";

const sha256 = (data: Uint8Array | string): string => hash("sha256", data, "hex");
const SEAT = { prevHash: GENESIS, seq: 7, payloadRef: "p:1:2:0" };

function refused(draft: JsonObject): void {
  assert.throws(
    () => prepareEntry(draft, "log", false),
    (error) => error instanceof CanopyError && error.code === "INVALID_ENTRY",
  );
}

test("what two readers could read differently is refused", () => {
  refused({ amount: 1.5 });
  refused({ amount: 2 ** 53 });
  refused({ amount: Number.NaN });
  refused({ text: "\ud800" });
  refused({ ключ: 1 });
  refused({ 'quo"te': 1 });
  refused({ deep: JSON.parse("[".repeat(80) + "]".repeat(80)) });
  refused({ text: "x".repeat(300_000) });
});

function nested(depth: number): JsonObject {
  return { deep: JSON.parse("[".repeat(depth) + "]".repeat(depth)) };
}

test("what is nested as deep as allowed is written, and one deeper is refused", () => {
  assert.ok(prepareEntry(nested(MAX_ENTRY_DEPTH - 1), "log", false).afterPrev.length > 0);
  refused(nested(MAX_ENTRY_DEPTH));
});

test("a hash is 64 lower-case hex digits and nothing else", () => {
  assert.equal(isHash(GENESIS), true);
  for (const other of [GENESIS.toUpperCase(), GENESIS.slice(1), `${GENESIS}\n`, `0${GENESIS}`, "g".repeat(64), null]) {
    assert.equal(isHash(other), false, String(other));
  }
});

test("members that the ledger sets can't be given", () => {
  for (const member of ["prev_hash", "entry_hash", "seq", "seq_mac", "log_id", "payload_ref", "schema_version"]) {
    refused({ [member]: "x" });
  }
  refused({ within: [{ seq_mac: "x" }] });
  refused({ seq_a: "x" });
});

const name = fc.stringMatching(/^[a-z_]{1,12}$/);
const leaf = fc.oneof(fc.maxSafeInteger(), fc.string({ unit: "grapheme" }), fc.boolean(), fc.constant(null));
const draft = fc.dictionary(
  name,
  fc.oneof(leaf, fc.array(leaf, { maxLength: 4 }), fc.dictionary(name, leaf, { maxKeys: 4 })),
  { maxKeys: 12 },
);

test("a line is canonical, parses to its members, and hashes as the reference hashes it", () => {
  fc.assert(
    fc.property(draft, fc.boolean(), fc.boolean(), (members, withRecord, withMac) => {
      for (const own of ["prev_hash", "entry_hash", "seq", "seq_mac", "log_id", "payload_ref", "schema_version"])
        delete members[own];
      const prepared = prepareEntry(members, "log", withRecord);
      const seat = withMac ? { ...SEAT, mac: (text: string) => sha256(text).slice(0, 32) } : SEAT;
      const sealed = sealEntry(prepared, seat, sha256);
      const { line, entryHash } = sealed;
      const expected = sealedMembers(members, prepared, seat, sealed);
      assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(expected)));
      const { entry_hash, ...rest } = expected;
      assert.equal(entryHash, sha256(GENESIS + canonicalJson(rest)));
      const read = readForeign(line);
      assert.equal(typeof read === "string" ? read : read.entry_hash, entry_hash);
      assert.equal(typeof read === "string" ? read : read.canonical, canonicalJson(rest));
    }),
  );
});

/** Why a draft is refused, and where. */
function refusal(members: JsonObject, withRecord = false): string {
  try {
    prepareEntry(members, "log", withRecord);
    return "written";
  } catch (error) {
    assert.ok(error instanceof CanopyError && error.code === "INVALID_ENTRY");
    assert.equal(error.fix, "record only text, booleans, null, safe integers, lists and objects");
    const [, why = ""] = error.message.split("not an entry of the log: ");
    return `${why}${error.at === null ? "" : ` at ${error.at}`}`;
  }
}

test("whoever gives what can't be written is told what is expected, and where", () => {
  const names = "member names must be at most 256 printable ASCII characters without quote and backslash";
  const integers = "numbers must be safe integers; write others as text";
  const surrogates = "text must not hold lone surrogates";
  const long = "n".repeat(256);
  const cases: readonly [JsonObject, string][] = [
    [{}, "written"],
    [{ a: Number.MAX_SAFE_INTEGER, b: Number.MIN_SAFE_INTEGER }, "written"],
    [{ a: 1.5 }, `${integers} at a`],
    [{ a: { b: [2 ** 53] } }, `${integers} at a`],
    [{ a: "\udc00" }, `${surrogates} at a`],
    [{ a: `${"x".repeat(255)}\ud800` }, `${surrogates} at a`],
    [{ a: ["😀".repeat(200)] }, "written"],
    [{ seq_a: 1 }, "no member may stand between `seq` and `seq_mac` at seq_a"],
    [{ seqa: 1 }, "written"],
    [{ seq_mad: 1 }, "written"],
    [{ a: { seq_mac: 1 } }, "member `seq_mac` is set by the ledger at seq_mac"],
    [{ seq_mac: null }, "member `seq_mac` is set by the ledger at seq_mac"],
    [{ prev_hash: "x" }, "member `prev_hash` is set by the ledger at prev_hash"],
    [{ [long]: 1 }, "written"],
    [{ [`${long}n`]: 1 }, `${names} at ${long}n`],
    [{ "": 1 }, "written"],
    [{ " ~": 1 }, "written"],
    [{ "a\\": 1 }, `${names} at a\\`],
    [{ "a\u007f": 1 }, `${names} at a\u007f`],
    [{ a: { é: 1 } }, `${names} at é`],
    [nested(MAX_ENTRY_DEPTH), "nesting must be at most 64 deep at deep"],
    [JSON.parse('{"a":'.repeat(64) + "1" + "}".repeat(64)), "written"],
    [JSON.parse('{"a":'.repeat(65) + "1" + "}".repeat(65)), "nesting must be at most 64 deep at a"],
  ];
  for (const [members, expected] of cases)
    assert.equal(refusal(members), expected, JSON.stringify(members).slice(0, 80));
  const odd = { list: [1] };
  Reflect.set(odd, "list", [undefined]);
  assert.equal(refusal(odd), "values must be JSON, not undefined at list");
});

test("an entry is at most as long as a line may be, with the record's seat or without", () => {
  for (const name of ["a", "m", "pz", "r", "z"]) {
    for (const withRecord of [false, true]) {
      const base = prepareEntry({ [name]: "" }, "log", withRecord);
      const whole = base.head.length + (base.afterRef?.length ?? 0) + base.afterPrev.length + base.afterSeq.length;
      // The seats are not counted.
      const seats = (withRecord ? '"payload_ref":"",' : "").length + '"prev_hash":"'.length;
      const most = "x".repeat(MAX_ENTRY_LENGTH - whole + seats);
      assert.equal(refusal({ [name]: most }, withRecord), "written", name);
      const expected = `it must be at most ${MAX_ENTRY_LENGTH} characters long`;
      assert.equal(refusal({ [name]: `${most}x` }, withRecord), expected, name);
    }
  }
});

test("the MAC of a batch is made of the hash before and the line without its seal, and stands after `seq`", () => {
  const heard: string[] = [];
  const mac = (text: string): string => {
    heard.push(text);
    return "m".repeat(32);
  };
  for (const members of [{}, { a: 1 }, { z: "x" }, { a: 1, z: "x" }]) {
    const prepared = prepareEntry(members, "log", true);
    const { line, mac: made } = sealEntry(prepared, { ...SEAT, mac }, sha256);
    const bare = sealEntry(prepared, SEAT, sha256);
    assert.deepEqual([made, bare.mac], ["m".repeat(32), null]);
    assert.equal(line.includes(`"seq":7,"seq_mac":"${"m".repeat(32)}"`), true);
    const sealless = bare.line.replace(/,"entry_hash":"[0-9a-f]{64}"\}\n$/u, "}");
    assert.deepEqual(heard.splice(0), [`${GENESIS}${sealless}`]);
  }
  const kept = prepareEntry({}, "log", true);
  assert.match(sealEntry(kept, { ...SEAT, payloadRef: null }, sha256).line, /"payload_ref":"","prev_hash"/u);
});

test("names are remembered up to a number, and written the same whether they are or not", () => {
  for (let at = 0; at < 5000; at += 1) {
    const line = sealEntry(prepareEntry({ [`n${at}`]: at }, "log", false), SEAT, sha256).line;
    assert.equal(JSON.parse(line)[`n${at}`], at);
  }
});

test("the bytes of a hash are its digits, and what is no digit counts as zero", () => {
  const bytes = Array.from({ length: 32 }, (_, at) => (at * 37 + 9) % 256);
  assert.deepEqual([...hashBytes(Buffer.from(bytes).toString("hex"))], bytes);
  assert.deepEqual([...hashBytes("09afAF/:`g")].slice(0, 6), [0x09, 0xaf, 0, 0, 0, 0]);
  assert.equal(hashBytes("").length, 32);
});
