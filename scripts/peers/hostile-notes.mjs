// Notes and trust policies, well made and badly; and a signature that only some verifiers would take.
import { hash, sign } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { dist, key, ORIGIN, raw, secret, SEED, seeded, VKEY } from "./hostile-parts.mjs";

const { cosignedMessage, formatCosignature } = await dist("ledger/tlog/cosignature.js");
const { formatVerifierKey, verifierKey } = await dist("ledger/tlog/verifier-key.js");
const { sha256 } = await dist("runtime/crypto.js");

function cosigner(seed, name) {
  const { secret: own, raw: point } = seeded(seed);
  return { own, key: verifierKey(name, "cosignature-v1", point, sha256) };
}
const W1 = cosigner(21, "w1.example");
const W2 = cosigner(22, "w2.example");
const AUDITOR = cosigner(23, "auditor.example");

function cosigned(body, { own, key: of }, time) {
  const signature = sign(null, cosignedMessage(body, time), own);
  return formatCosignature({ name: of.name, key_id: of.key_id, time, signature });
}

const mostly = (usual, ...others) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const noteBody = fc
  .record({
    origin: fc.constantFrom(ORIGIN, ORIGIN, ORIGIN, "other"),
    size: mostly("7", "0", "1", "07", "9007199254740991", "9007199254740992", "1e3", "-1", "１"),
    root: mostly(Buffer.alloc(32, 1).toString("base64"), hashOfNothing(), "AA==", "AB==", "", "!"),
    more: mostly("", "extension\n", "\n", "\u0085\n"),
  })
  .map(({ origin, size, root: of, more }) => `${origin}\n${size}\n${of}\n${more}`);

function hashOfNothing() {
  return hash("sha256", "", "base64");
}

const policyText = fc
  .record({
    quorum: fc.constantFrom("none", "none", "w1", "g", "g", "w9"),
    group: mostly(
      "group g any w1 w2",
      "group g all w1 w2",
      "group g 2 w1 w2",
      "group g 3 w1 w2",
      "group g 1 w1 w1",
      "# none",
    ),
    auditor: fc.boolean(),
    more: mostly(
      "",
      "\t \n",
      "log\n",
      "\u00a0\n",
      "quorum none\n",
      `witness x ${VKEY}\n`,
      `log ${VKEY}\n`,
      "#\u0001\n",
    ),
  })
  .map(({ quorum, group, auditor, more }) =>
    [
      `log ${VKEY}`,
      `witness w1 ${formatVerifierKey(W1.key)} https://w1.example/`,
      `witness w2 ${formatVerifierKey(W2.key)}`,
      ...(auditor ? [`index-auditor ${formatVerifierKey(AUDITOR.key)}`] : []),
      group,
      `quorum ${quorum}`,
      more,
    ].join("\n"),
  );

const signatureLie = fc.constantFrom("good", "good", "good", "bad", "short", "other name", "twice", "stranger");
const INSERTS = [
  " ",
  "\u00a0",
  "\u2028",
  "\u3000",
  "\ufeff",
  "\u0000",
  "\u007f",
  "\u0085",
  "\t",
  "\r",
  "\n",
  "=",
  "+",
  "😀",
  "\u001f",
];

function signaturesOf(body, { lie, by, time }) {
  const log = { name: key.name, key_id: key.key_id, bytes: sign(null, Buffer.from(body), secret) };
  const all = [log, ...by.map((of) => cosigned(body, of, time))];
  if (lie === "bad")
    all[all.length - 1] = { ...all.at(-1), bytes: all.at(-1).bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) };
  if (lie === "short") all[all.length - 1] = { ...all.at(-1), bytes: all.at(-1).bytes.slice(1) };
  if (lie === "other name") all[0] = { ...log, name: "other" };
  if (lie === "twice") all.push(all.at(-1));
  if (lie === "stranger") all.unshift({ name: "x", key_id: "00000000", bytes: Uint8Array.of(1) });
  return all
    .map(
      ({ name, key_id, bytes }) =>
        `— ${name} ${Buffer.concat([Buffer.from(key_id, "hex"), bytes]).toString("base64")}\n`,
    )
    .join("");
}

/** Notes and the policies that they are judged by: `{kind: "note", policy, note}`. */
export const noteFile = fc
  .record({
    body: noteBody,
    policy: policyText,
    signed: fc.record({
      lie: signatureLie,
      by: fc.subarray([W1, W2, AUDITOR]),
      time: fc.constantFrom(0, 1_795_000_000, 2 ** 53 - 1),
    }),
    at: fc.nat(),
    insert: mostly("", ...INSERTS),
    intoPolicy: fc.boolean(),
  })
  .map(({ body, policy, signed, at, insert, intoPolicy }) => {
    const put = (text) => text.slice(0, at % (text.length + 1)) + insert + text.slice(at % (text.length + 1));
    const note = `${body}\n${signaturesOf(body, signed)}`;
    return { kind: "note", policy: intoPolicy ? put(policy) : policy, note: intoPolicy ? note : put(note) };
  });

// ---- signatures that fit after multiplication by the cofactor only

/** A signature of that message by the key whose R has a part of small order. */
export function twistedSignature(message) {
  const { Point } = ed25519;
  const order8 = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
  const scalar = ed25519.utils.getExtendedPublicKey(Buffer.alloc(32, SEED)).scalar;
  const nonce = 12345n;
  const r = Point.BASE.multiply(nonce).add(order8).toBytes();
  const digest = Buffer.from(hash("sha512", Buffer.concat([r, raw, message]), "hex"), "hex");
  const k = Point.Fn.create(BigInt(`0x${Buffer.from(digest).reverse().toString("hex")}`));
  const s = Point.Fn.create(nonce + k * scalar);
  return Buffer.concat([r, Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse()]);
}

/** The key of `VKEY` as a host's verifier takes it. */
export const PUBLIC_KEY = { kind: "ed25519-pub", bytes: raw };
