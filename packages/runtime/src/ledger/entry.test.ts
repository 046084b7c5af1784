import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "../core/canonical.ts";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { GENESIS, isHash } from "./chain.ts";
import { MAX_ENTRY_DEPTH, prepareEntry, sealedMembers, sealEntry } from "./entry.ts";
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
