import assert from "node:assert/strict";
import { createHash, createHmac, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "../core/canonical.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { encodeBase64Url } from "./base64.ts";
import { encodeHex } from "./hex.ts";
import { keyIdOf } from "./key-id.ts";
import { didKeyOf, parsePublicKey, spkiOf, type PublicKey } from "./public-key.ts";
import { buildWitness, completeWitness, isCommitted, verifyWitness } from "./witness.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const hmac = (key: Uint8Array, bytes: Uint8Array): Uint8Array => createHmac("sha256", key).update(bytes).digest();
const tools = {
  sha256,
  verifySignature: (key: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean =>
    verify(null, bytes, createPublicKey({ key: Buffer.from(spkiOf(key)), format: "der", type: "spki" }), signature),
};

interface Sample {
  readonly witness: JsonObject;
  readonly key: string;
}

/** A witness for entry `index` of a batch of `size`, by the recipe in the specification alone. */
function sample(size: number, index: number, change: (entry: JsonObject) => JsonObject = (entry) => entry): Sample {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = parsePublicKey(publicKey.export({ format: "pem", type: "spki" }).toString());
  const key_id = keyIdOf(key, sha256);
  const statement = buildWitness({
    payload_commitment: "c0".repeat(32),
    decision: "REQUIRE_APPROVAL",
    findings_hash: "f1".repeat(32),
    rules_hash: "sha256:r",
    policy_hash: "sha256:p",
    context_hash: "c1".repeat(32),
    avid: "AVID-1",
    timestamp: "2026-01-01T00:00:00.123Z",
    key_id,
  });
  const unhashed = change({
    event: "authorize_action",
    timestamp: "2026-01-01T00:00:00Z",
    avid: "AVID-1",
    decision: "REQUIRE_APPROVAL",
    reason: "REQUIRE_APPROVAL by Title I — naïve \u2028 \u007f",
    layers: { constitution: "pass" },
    findings: [{ rule_ref: "Title I" }],
    payload_commitment: "c0".repeat(32),
    policy_snapshot: { policy_hash: "sha256:p", rules_hash: "sha256:r", policy_file: null },
    override_possible: true,
    seq: 7,
    log_id: "log-1",
    prev_hash: "ab".repeat(32),
    key_id,
    witness: statement,
  });
  const entry_hash = encodeHex(sha256(Buffer.from("ab".repeat(32) + canonicalJson(unhashed))));
  const leaves = Array.from({ length: size }, (_, at) =>
    sha256(Buffer.concat([Buffer.of(0), at === index ? Buffer.from(entry_hash, "hex") : sha256(Buffer.from(`${at}`))])),
  );
  const root = treeHash(leaves);
  const signed = Buffer.concat([Buffer.from("canopy-batch-v1\0log-1\0"), root]);
  const signature = encodeBase64Url(sign(null, signed, privateKey));
  const batch = { root: encodeHex(root), size, index, path: treePath(leaves, index).map(encodeHex), signature, key_id };
  return { witness: completeWitness(statement, { entry: { ...unhashed, entry_hash }, batch }), key: didKeyOf(key) };
}

// RFC 9162 §2.1.1 and §2.1.3.1, recursively as written there.
function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (leaves.length === 1 && first !== undefined) return first;
  const half = split(leaves.length);
  return sha256(Buffer.concat([Buffer.of(1), treeHash(leaves.slice(0, half)), treeHash(leaves.slice(half))]));
}

function treePath(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (leaves.length === 1) return [];
  const half = split(leaves.length);
  return index < half
    ? [...treePath(leaves.slice(0, half), index), treeHash(leaves.slice(half))]
    : [...treePath(leaves.slice(half), index - half), treeHash(leaves.slice(0, half))];
}

function split(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

test("a witness verifies alone at every place of every batch size", () => {
  for (let size = 1; size <= 17; size += 1) {
    for (let index = 0; index < size; index += size > 9 ? 4 : 1) {
      const { witness, key } = sample(size, index);
      assert.deepEqual(
        verifyWitness(witness, key, tools),
        { valid: true, log_id: "log-1", seq: 7 },
        `${index}/${size}`,
      );
    }
  }
});

test("a witness survives being written and read as JSON", () => {
  const { witness, key } = sample(3, 1);
  assert.equal(verifyWitness(JSON.parse(JSON.stringify(witness, null, 2)), key, tools).valid, true);
});

test("a witness with any member changed, removed or added does not verify", () => {
  const { witness, key } = sample(5, 2);
  const places = [...everyPlace(witness, [])];
  assert.ok(places.length > 30);
  for (const place of places) {
    for (const change of changes(place.value)) {
      const changed = withChange(witness, place.path, change);
      assert.equal(verifyWitness(changed, key, tools).valid, false, place.path.join("."));
    }
  }
});

test("no flipped bit in the text of a witness leaves it valid", () => {
  const { witness, key } = sample(4, 3);
  const text = Buffer.from(JSON.stringify(witness));
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.nat(7), (at, bit) => {
      const flipped = Buffer.from(text);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      let parsed: unknown;
      try {
        parsed = JSON.parse(flipped.toString("utf8"));
      } catch {
        return;
      }
      assert.equal(verifyWitness(parsed, key, tools).valid, false);
    }),
    { numRuns: 500 },
  );
});

test("another key does not verify it, and the problem is named", () => {
  const { witness } = sample(2, 0);
  const other = sample(2, 0);
  const result = verifyWitness(witness, other.key, tools);
  assert.deepEqual(result, { valid: false, problems: ["key", "signature"] });
});

test("each kind of damage has its own name", () => {
  const { witness, key } = sample(2, 0);
  const problems = (changed: unknown): unknown => {
    const result = verifyWitness(changed, key, tools);
    return result.valid ? [] : result.problems;
  };
  assert.deepEqual(problems({ ...witness, findings_hash: "00".repeat(32) }), ["entry_hash"]);
  assert.deepEqual(problems(withChange(witness, ["batch", "path", "0"], `R:${"0".repeat(64)}`)), ["batch_path"]);
  assert.deepEqual(problems(withChange(witness, ["batch", "signature"], "A".repeat(86))), ["signature"]);
  for (const malformed of [null, 1, "x", [], {}, { ...witness, entry: [] }, { ...witness, batch: null }]) {
    assert.deepEqual(problems(malformed), ["malformed"]);
  }
  assert.deepEqual(problems({ ...witness, extra: undefined }), ["malformed"]);
});

test("a correctly signed entry that says other things than its statement is refused", () => {
  const lies: readonly JsonObject[] = [
    { decision: "ALLOW" },
    { avid: "AVID-2" },
    { payload_commitment: "c1".repeat(32) },
    { timestamp: "2026-01-01T00:00:01Z" },
    { policy_snapshot: { policy_hash: "sha256:other", rules_hash: "sha256:r" } },
    { policy_snapshot: { policy_hash: "sha256:p", rules_hash: "sha256:other" } },
    { policy_snapshot: null },
  ];
  for (const lie of lies) {
    const { witness, key } = sample(1, 0, (entry) => ({ ...entry, ...lie }));
    assert.deepEqual(verifyWitness(witness, key, tools), { valid: false, problems: ["inconsistent"] });
  }
});

test("a disclosed action is checked against its commitment", () => {
  const disclosed = { salt: "5a".repeat(32), action_type: "execute_shell", payload: { command: "ls" }, cwd: null };
  const { salt, ...action } = disclosed;
  const commitment = encodeHex(hmac(Buffer.from(salt, "hex"), Buffer.from(canonicalJson(action))));
  assert.ok(isCommitted(commitment, disclosed, hmac));
  assert.ok(!isCommitted(commitment, { ...disclosed, payload: { command: "ls " } }, hmac));
  assert.ok(!isCommitted(commitment, { ...disclosed, salt: "5b".repeat(32) }, hmac));
  assert.ok(!isCommitted(commitment, { ...disclosed, salt: "zz" }, hmac));
});

function* everyPlace(
  value: JsonValue,
  path: readonly string[],
): Generator<{ path: readonly string[]; value: JsonValue }> {
  if (path.length > 0) yield { path, value };
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) yield* everyPlace(member, [...path, name]);
}

const REMOVED = Symbol("removed");
const ADDED = Symbol("added");

function changes(value: JsonValue): readonly (JsonValue | symbol)[] {
  const other: readonly JsonValue[] =
    typeof value === "string" ? [`${value}x`, value.slice(1), value.replace(/[0-9a-f]/, "e7")] : [];
  const number: readonly JsonValue[] = typeof value === "number" ? [value + 1, value + 0.5, `${value}`] : [];
  const candidates = [...other, ...number, null, true, {}, [], REMOVED, ADDED];
  return candidates.filter((candidate) => candidate !== value);
}

function withChange(value: JsonValue, path: readonly string[], change: JsonValue | symbol): JsonValue {
  const [name, ...rest] = path;
  if (name === undefined || typeof value !== "object" || value === null) throw new Error("no such place");
  const entries = Object.entries(value).flatMap(([member, old]): [string, JsonValue][] => {
    if (member !== name) return [[member, old]];
    if (rest.length > 0) return [[member, withChange(old, rest, change)]];
    if (change === ADDED)
      return [
        [member, old],
        [`${member}_`, old],
      ];
    return typeof change === "symbol" ? [] : [[member, change]];
  });
  return isJsonObject(value) ? Object.fromEntries(entries) : entries.map(([, member]) => member);
}
