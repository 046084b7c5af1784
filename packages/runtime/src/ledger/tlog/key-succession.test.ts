import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { test } from "node:test";
import type { JsonObject } from "../../core/json.ts";
import { encodeBase64Url } from "../../identity/base64.ts";
import { didKeyOf, parsePublicKey, type PublicKey } from "../../identity/public-key.ts";
import { rotationBytes, type RotationStatement } from "../../identity/rotation.ts";
import { sha256, verifySignature } from "../../runtime/crypto.ts";
import { encodeHex } from "../../identity/hex.ts";
import { formatCheckpoint } from "./checkpoint.ts";
import { KeySuccession } from "./key-succession.ts";
import { formatNote } from "./note.ts";
import { trustKeys, type TrustPolicy } from "./trust-policy.ts";
import { verifierKey, type VerifierKey } from "./verifier-key.ts";

const ORIGIN = "example.com/log";
const LOG_ID = "0123456789abcdef0123456789abcdef";
const tools = { sha256, verifySignature };

interface TestKey {
  readonly secret: KeyObject;
  readonly public_key: PublicKey;
  readonly did: string;
  readonly key: VerifierKey;
}

function testKey(seed: number): TestKey {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seed)]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const public_key = parsePublicKey(createPublicKey(secret).export({ format: "pem", type: "spki" }).toString());
  const key = verifierKey(ORIGIN, "ed25519", public_key.bytes, sha256);
  return { secret, public_key, did: didKeyOf(public_key), key };
}

const [a, b, c, stranger] = [testKey(1), testKey(2), testKey(3), testKey(4)];

function rotation(
  old: TestKey,
  fresh: TestKey,
  change: Partial<RotationStatement> = {},
  signers: readonly [TestKey, TestKey] = [old, fresh],
): JsonObject {
  const statement: RotationStatement = {
    type: "canopy-key-rotation-v1",
    old_key: old.did,
    new_key: fresh.did,
    rotated_at: "2026-01-01T00:00:00.000Z",
    purpose: "checkpoint",
    origin: ORIGIN,
    ...change,
  };
  const signed = signers.map(({ secret }) => encodeBase64Url(sign(null, rotationBytes(statement), secret)));
  const [old_signature = "", new_signature = ""] = signed;
  const body = { statement: { ...statement }, old_signature, new_signature };
  return { event: "key_rotated", action_type: "ledger", log_id: LOG_ID, rotation: body };
}

function note(size: number, by: TestKey, origin = ORIGIN): string {
  const body = formatCheckpoint({ origin, size, root: sha256(Uint8Array.of(size)) });
  const { name, key_id } = verifierKey(origin, "ed25519", by.public_key.bytes, sha256);
  return formatNote(body, [{ name, key_id, bytes: sign(null, Buffer.from(body), by.secret) }]);
}

function after(entries: readonly (readonly [number, JsonObject])[], policy: TrustPolicy = trustKeys([a.key])) {
  const succession = new KeySuccession(policy, tools);
  const followed = entries.map(([index, entry]) => succession.saw(index, entry, LOG_ID));
  const stateOf = (size: number, by: TestKey, origin = ORIGIN): string =>
    succession.judge(note(size, by, origin)).state;
  return { succession, followed, stateOf };
}

test("a checkpoint by the new key is trusted by who knows the old one, from the entry on, and the old one until then", () => {
  const { stateOf, followed, succession } = after([[10, rotation(a, b)]]);
  assert.deepEqual(followed, [true]);
  assert.deepEqual([stateOf(10, a), stateOf(11, a)], ["trusted", "retired_key"]);
  assert.deepEqual([stateOf(10, b), stateOf(11, b), stateOf(99, b)], ["unknown_key", "trusted", "trusted"]);
  assert.deepEqual(
    succession.stepsTo(b.key).map(({ index }) => index),
    [10],
  );
  assert.throws(() => succession.open(note(11, a)), /was replaced before, by entry 10/u);
});

test("keys are followed over many rotations, and each counts for its time alone", () => {
  const { stateOf, succession } = after([
    [3, rotation(a, b)],
    [7, rotation(b, c)],
  ]);
  const table = [3, 4, 7, 8].map((size) =>
    [a, b, c].map((key) => (stateOf(size, key) === "trusted" ? "x" : "-")).join(""),
  );
  assert.deepEqual(table, ["x--", "-x-", "-x-", "--x"]);
  assert.equal(succession.stepsTo(c.key).length, 2);
});

test("who was given the new key only doesn't get the old one back", () => {
  const { stateOf, followed } = after([[5, rotation(a, b)]], trustKeys([b.key]));
  assert.deepEqual(followed, [false]);
  assert.deepEqual([stateOf(9, b), stateOf(4, a)], ["trusted", "unknown_key"]);
});

test("forged, one-sided, replayed, foreign and misshapen rotations are passed over", () => {
  const good = rotation(a, b);
  const inner = JSON.parse(JSON.stringify(good["rotation"]));
  const bad: Readonly<Record<string, JsonObject>> = {
    "signed by neither": rotation(a, b, {}, [stranger, stranger]),
    "signed by the old key only": rotation(a, b, {}, [a, a]),
    "signed by the new key only": rotation(a, b, {}, [b, b]),
    "signatures the wrong way round": rotation(a, b, {}, [b, a]),
    "of another origin": rotation(a, b, { origin: "example.com/other" }),
    "of a signing key": rotation(a, b, { purpose: "signing" }),
    "to itself": rotation(a, a),
    "from a stranger": rotation(stranger, b),
    "of another log": { ...good, log_id: "f".repeat(32) },
    "of no log": { event: "key_rotated", action_type: "ledger", rotation: inner },
    "not the ledger's": { ...good, action_type: "shell" },
    "another event": { ...good, event: "authorize_action" },
    "a statement changed": { ...good, rotation: { ...inner, statement: { ...inner.statement, new_key: c.did } } },
    "a statement with more": { ...good, rotation: { ...inner, statement: { ...inner.statement, more: 1 } } },
    "a rotation with more": { ...good, rotation: { ...inner, more: 1 } },
    "a time that is none": rotation(a, b, { rotated_at: "soon" }),
    "a new key in another spelling": rotation(a, b, { new_key: b.did.slice("did:key:".length) }),
    "a new key of another kind": rotation(a, b, {
      new_key: "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv",
    }),
    "a new key in hex": rotation(a, b, { new_key: `ed25519:${encodeHex(b.public_key.bytes)}` }),
    "no rotation": { event: "key_rotated", action_type: "ledger", log_id: LOG_ID },
  };
  for (const [name, entry] of Object.entries(bad)) {
    const { followed, stateOf } = after([[5, entry]]);
    assert.deepEqual([name, ...followed], [name, false]);
    assert.deepEqual([name, stateOf(9, b), stateOf(9, a)], [name, "unknown_key", "trusted"]);
  }
  const { origin: _, ...unnamed } = inner.statement;
  assert.deepEqual(after([[5, { ...good, rotation: { ...inner, statement: unnamed } }]]).followed, [false]);
});

test("a key has one successor, the first, and a key that was replaced never comes back", () => {
  const twice = after([
    [5, rotation(a, b)],
    [6, rotation(a, c)],
    [7, rotation(a, b)],
  ]);
  assert.deepEqual(twice.followed, [true, false, false]);
  assert.deepEqual([twice.stateOf(9, b), twice.stateOf(9, c)], ["trusted", "unknown_key"]);
  const back = after([
    [5, rotation(a, b)],
    [6, rotation(b, a)],
  ]);
  assert.deepEqual(back.followed, [true, false]);
  assert.deepEqual([back.stateOf(9, a), back.stateOf(9, b)], ["retired_key", "trusted"]);
});

test("a log can't make the key of its log witness or auditor its own", () => {
  const witness = verifierKey("w.example", "cosignature-v1", b.public_key.bytes, sha256);
  const watched: TrustPolicy = { ...trustKeys([a.key]), witnesses: [{ name: "w", key: witness, url: null }] };
  assert.deepEqual(after([[5, rotation(a, b)]], watched).followed, [false]);
  const audited: TrustPolicy = { ...trustKeys([a.key]), index_auditors: [witness] };
  assert.deepEqual(after([[5, rotation(a, b)]], audited).followed, [false]);
});

test("a rotation of one log changes nothing for the others of a trust policy", () => {
  const other = "example.com/other";
  const policy = trustKeys([a.key, verifierKey(other, "ed25519", a.public_key.bytes, sha256)]);
  const { stateOf } = after([[5, rotation(a, b)]], policy);
  assert.deepEqual([stateOf(9, a, other), stateOf(9, b, other)], ["trusted", "unknown_key"]);
  assert.deepEqual([stateOf(9, a), stateOf(9, b)], ["retired_key", "trusted"]);
});
