import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { parseAgentContext } from "../core/agent-context.ts";
import { CanopyError, type ErrorCode } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { decodeBase58, encodeBase58 } from "./base58.ts";
import { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from "./base64.ts";
import { compressP256, isEd25519Point } from "./curve.ts";
import { decodeHex, encodeHex } from "./hex.ts";
import { avidOfText, createIdentify, identify } from "./identify.ts";
import { checkPossession, possessionBytes, type PossessionChallenge, type VerifySignature } from "./possession.ts";
import { didKeyOf, looksLikeKey, parsePublicKey, spkiOf } from "./public-key.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const verifySignature: VerifySignature = (key, bytes, signature) => {
  const object = createPublicKey({ key: Buffer.from(spkiOf(key)), format: "der", type: "spki" });
  return key.kind === "ed25519-pub"
    ? verify(null, bytes, object, signature)
    : verify("sha256", bytes, { key: object, dsaEncoding: "ieee-p1363" }, signature);
};

function keyPair(kind: "ed25519" | "p256"): { publicKey: KeyObject; privateKey: KeyObject } {
  return kind === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function pemOf(key: KeyObject): string {
  return key.export({ format: "pem", type: "spki" }).toString();
}

function jwkOf(key: KeyObject): Record<string, unknown> {
  return { ...key.export({ format: "jwk" }) };
}

function refused(act: () => unknown, code: ErrorCode): void {
  assert.throws(act, (error) => error instanceof CanopyError && error.code === code && !error.message.includes("\n"));
}

function identityOf(context: JsonObject): string {
  return identify(parseAgentContext(context), { sha256 }).avid;
}

for (const kind of ["ed25519", "p256"] as const) {
  test(`a ${kind} key has one AVID in every accepted form`, () => {
    for (let round = 0; round < 8; round += 1) {
      const { publicKey } = keyPair(kind);
      const key = parsePublicKey(pemOf(publicKey));
      const jwk = jwkOf(publicKey);
      const forms = [
        pemOf(publicKey),
        pemOf(publicKey).trimEnd(),
        pemOf(publicKey).replaceAll("\n", "\r\n"),
        `\n  ${pemOf(publicKey)}\n`,
        JSON.stringify(jwk),
        JSON.stringify({ use: "sig", kid: "k-1", key_ops: ["verify"], ...jwk }, null, 2),
        didKeyOf(key),
        didKeyOf(key).slice("did:key:".length),
        `${kind}:${encodeHex(key.bytes)}`,
      ];
      const avids = new Set(forms.map((form) => avidOfText(form, sha256)));
      assert.equal(avids.size, 1);
      assert.match([...avids].join(""), /^AVID-[0-9a-f]{64}$/);
      assert.equal(
        pemOf(createPublicKey({ key: Buffer.from(spkiOf(key)), format: "der", type: "spki" })).length > 0,
        true,
      );
    }
  });

  test(`a changed character in a ${kind} key never gives an opaque identity`, () => {
    const { publicKey } = keyPair(kind);
    const key = parsePublicKey(pemOf(publicKey));
    const avid = avidOfText(pemOf(publicKey), sha256);
    for (const form of [pemOf(publicKey).trim(), JSON.stringify(jwkOf(publicKey)), didKeyOf(key)]) {
      const characters = fc.constantFrom(
        "0",
        "9",
        "a",
        "z",
        "A",
        "Z",
        "-",
        "=",
        "+",
        "/",
        " ",
        "{",
        "}",
        '"',
        ":",
        ",",
        "\u200b",
      );
      fc.assert(
        fc.property(fc.nat(form.length - 1), characters, (at, character) => {
          const changed = form.slice(0, at) + character + form.slice(at + 1);
          if (changed === form || !looksLikeKey(changed)) return;
          try {
            const other = parsePublicKey(changed);
            assert.ok(changed.startsWith("{") || avidOfText(changed, sha256) !== avid);
            assert.ok(other.bytes.length === key.bytes.length);
          } catch (error) {
            assert.ok(error instanceof CanopyError && error.code === "INVALID_KEY");
          }
        }),
      );
    }
  });

  test(`possession of a ${kind} key is proven by a signature over this challenge alone`, () => {
    const { publicKey, privateKey } = keyPair(kind);
    const issued: PossessionChallenge = {
      type: "canopy-possession-v1",
      avid: avidOfText(pemOf(publicKey), sha256),
      audience: "log-1",
      nonce: "bm9uY2Utbm9uY2Utbm9u",
      expires_at: "2026-01-01T00:05:00.000Z",
    };
    const signed = (challenge: PossessionChallenge): string => {
      const bytes = possessionBytes(challenge);
      return encodeBase64Url(
        kind === "ed25519"
          ? sign(null, bytes, privateKey)
          : sign("sha256", bytes, { key: privateKey, dsaEncoding: "ieee-p1363" }),
      );
    };
    const check = { issued, public_key: pemOf(publicKey), signature: signed(issued), now: "2026-01-01T00:04:59.999Z" };
    const tools = { sha256, verifySignature };
    assert.deepEqual(checkPossession(check, tools), { proven: true, avid: issued.avid });
    const late = checkPossession({ ...check, now: issued.expires_at }, tools);
    assert.deepEqual(late, { proven: false, reason: "expired" });
    const other = checkPossession({ ...check, public_key: pemOf(keyPair(kind).publicKey) }, tools);
    assert.deepEqual(other, { proven: false, reason: "other_key" });
    for (const change of [{ audience: "log-2" }, { nonce: "x" }, { expires_at: "2026-01-01T00:06:00.000Z" }]) {
      const replayed = checkPossession({ ...check, issued: { ...issued, ...change } }, tools);
      assert.deepEqual(replayed, { proven: false, reason: "bad_signature" });
    }
    for (const signature of ["", "AA", `${check.signature}=`, check.signature.slice(1)]) {
      assert.equal(checkPossession({ ...check, signature }, tools).proven, false);
    }
  });
}

test("what means to be a key and is none is refused, never taken as an opaque id", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const ed = keyPair("ed25519");
  const privatePem = ed.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const zeros = "0".repeat(64);
  const hostile = [
    "-----BEGIN PUBLIC KEY-----",
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    `agent ${pemOf(ed.publicKey)}`,
    pemOf(ed.publicKey) + pemOf(ed.publicKey),
    pemOf(rsa.publicKey),
    pemOf(p384.publicKey),
    privatePem,
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    "did:key:",
    "did:key:z6Mk",
    "DID:KEY:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    "\u200bdid:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",
    "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
    "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ0",
    `did:key:z${"1".repeat(4000)}`,
    "{",
    "{}",
    '{"kty":"RSA","n":"AQAB","e":"AQAB"}',
    JSON.stringify(jwkOf(ed.privateKey)),
    JSON.stringify({ ...jwkOf(ed.publicKey), crv: "X25519" }),
    JSON.stringify({ ...jwkOf(ed.publicKey), x: `${String(jwkOf(ed.publicKey)["x"])}=` }),
    JSON.stringify(jwkOf(ed.publicKey)).replace("{", '{"x":"AAAA",'),
    JSON.stringify(jwkOf(ed.publicKey)).replace("{", '{"\\u0078":"AAAA",'),
    '{"kty":"oct","k":"AAAA"}',
    `ed25519:${zeros}`,
    `ed25519:01${zeros.slice(2)}`,
    `ed25519:ed${"f".repeat(60)}7f`,
    `ed25519:ec${"f".repeat(60)}7f`,
    "ed25519:26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "ed25519:c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ed25519:c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ed25519:abcd",
    `ED25519:${zeros}`,
    `p256:02${"f".repeat(64)}`,
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ agent@host",
  ];
  for (const text of hostile) {
    assert.ok(looksLikeKey(text), text);
    refused(() => avidOfText(text, sha256), "INVALID_KEY");
  }
});

test("a private key that was given by mistake is not repeated in the error", () => {
  const jwk = jwkOf(keyPair("ed25519").privateKey);
  assert.throws(
    () => parsePublicKey(JSON.stringify(jwk)),
    (error) => error instanceof CanopyError && !`${error.message}${error.fix}`.includes(String(jwk["d"])),
  );
});

test("opaque ids are kept exactly: lookalikes, case and white space are other agents", () => {
  const pairs = [
    ["agent", "agent "],
    ["agent", "Agent"],
    ["e\u0301xecute", "\u00e9xecute"],
    ["execute_shell\u00a0", "execute_shell"],
    ["\u202dALLOW\u202c", "ALLOW"],
    ["\u0130", "i"],
    ["pk-agent-001", "pk-agent-001\0"],
  ] as const;
  for (const [left, right] of pairs) assert.notEqual(avidOfText(left, sha256), avidOfText(right, sha256));
});

const text = fc.string({ unit: "binary", maxLength: 24 });

test("two ids never share an AVID, and lone surrogates are refused", () => {
  fc.assert(
    fc.property(text, text, (left, right) => {
      fc.pre(left !== right && !looksLikeKey(left) && !looksLikeKey(right));
      assert.notEqual(avidOfText(left, sha256), avidOfText(right, sha256));
    }),
  );
  refused(() => avidOfText("agent-\ud800", sha256), "INVALID_CONTEXT");
  refused(() => avidOfText("\udc00agent", sha256), "INVALID_CONTEXT");
  refused(() => avidOfText("a".repeat(4097), sha256), "INVALID_CONTEXT");
});

test("the AVID of an opaque id is the documented hash", () => {
  const expected = createHash("sha256").update("canopy-avid-v2\0opaque\0pk-agent-001").digest("hex");
  assert.equal(avidOfText("pk-agent-001", sha256), `AVID-${expected}`);
});

test("settings, traces and times in the context don't change the AVID", () => {
  const avid = identityOf({ public_key: "pk-agent-001" });
  const others: readonly JsonObject[] = [
    { trace_id: "t-1" },
    { created_at: "2026-01-01T00:00:00Z" },
    { spending_limit: 100, autonomous_mode: true },
    { avid },
    { avid: "" },
    { avid: null },
  ];
  for (const context of others) assert.equal(identityOf({ public_key: "pk-agent-001", ...context }), avid);
});

test("a JWK may be given as an object", () => {
  const jwk = jwkOf(keyPair("ed25519").publicKey);
  const avid = avidOfText(JSON.stringify(jwk), sha256);
  assert.equal(identityOf({ public_key: JSON.parse(JSON.stringify({ ...jwk, kid: "k" })) }), avid);
  refused(() => identityOf({ public_key: {} }), "INVALID_KEY");
  refused(() => identityOf({ public_key: ["k"] }), "INVALID_CONTEXT");
});

test("a claimed avid must be the computed one", () => {
  const other = identityOf({ public_key: "pk-other" });
  for (const avid of [other, "x", other.toLowerCase(), ` ${other}`, 0, false, {}, [other]]) {
    refused(() => identityOf({ public_key: "pk-agent-001", avid }), "INVALID_CONTEXT");
  }
});

test("the remembering form answers as the plain one does, also for refusals and claimed avids", () => {
  const remembering = createIdentify({ sha256, isProven: (_, agent) => agent.session_id === "s-1" });
  for (let round = 0; round < 3; round += 1) {
    const agent = parseAgentContext({ public_key: "pk-agent-001", session_id: round === 1 ? "s-1" : "s-2" });
    const { avid } = identify(agent, { sha256 });
    assert.deepEqual(remembering(agent), { avid, identity: round === 1 ? "proven" : "asserted" });
    refused(() => remembering(parseAgentContext({ public_key: "pk-agent-001", avid: "x" })), "INVALID_CONTEXT");
    refused(() => remembering(parseAgentContext({ public_key: "did:key:z6Mk" })), "INVALID_KEY");
  }
});

test("texts and bytes of base58, base64 and hex are one to one, and other spellings are refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      assert.deepEqual(decodeHex(encodeHex(bytes)), bytes);
      assert.equal(encodeHex(bytes), Buffer.from(bytes).toString("hex"));
      assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
      assert.equal(encodeBase64(bytes), Buffer.from(bytes).toString("base64"));
      assert.deepEqual(decodeBase64Url(encodeBase64Url(bytes)), bytes);
      assert.equal(encodeBase64Url(bytes), Buffer.from(bytes).toString("base64url"));
      assert.deepEqual(decodeBase58(encodeBase58(bytes)), bytes);
    }),
  );
  for (const text of ["AB==", "A", "A===", "AA=A", "AA", "A-==", "AA== "]) assert.equal(decodeBase64(text), null, text);
  for (const text of ["AB", "A", "AA==", "A+", "A/", "A "]) assert.equal(decodeBase64Url(text), null, text);
  for (const text of ["0", "O", "I", "l", "1".repeat(129)]) assert.equal(decodeBase58(text), null, text);
  for (const text of ["A0", "0", "0g"]) assert.equal(decodeHex(text), null, text);
});

test("curve points agree with the host's library, and bytes that are none are refused", () => {
  for (let round = 0; round < 16; round += 1) {
    const ed = keyPair("ed25519").publicKey.export({ format: "der", type: "spki" }).subarray(-32);
    assert.ok(isEd25519Point(ed));
    const point = keyPair("p256").publicKey.export({ format: "der", type: "spki" }).subarray(-65);
    const compressed = compressP256(point);
    assert.ok(compressed !== null);
    assert.deepEqual(compressP256(compressed), compressed);
    const key = createPublicKey({
      key: Buffer.from(spkiOf({ kind: "p256-pub", bytes: compressed })),
      format: "der",
      type: "spki",
    });
    assert.equal(key.asymmetricKeyDetails?.namedCurve, "prime256v1");
    point[64] = (point[64] ?? 0) ^ 1;
    assert.equal(compressP256(point), null);
  }
  const onCurve = Array.from({ length: 200 }, (_, seed) => isEd25519Point(sha256(Uint8Array.of(seed))));
  const share = onCurve.filter(Boolean).length;
  assert.ok(share > 60 && share < 140, `${share} of 200 random texts are points, about half must be`);
});
