import assert from "node:assert/strict";
import { generateKeyPairSync, hash, sign, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { CanopyError } from "../../core/errors.ts";
import { verifyMlDsa44, verifySignature } from "../../runtime/crypto.ts";
import { formatCheckpoint, openCheckpoint, parseCheckpoint, readCheckpoint } from "./checkpoint.ts";
import {
  cosignatureState,
  cosignedMessage,
  formatCosignature,
  parseCosignature,
  verifyCosignature,
} from "./cosignature.ts";
import { formatNote, MAX_NOTE_BYTES, parseNote, parseSignatureLines } from "./note.ts";
import { parseTrustPolicy } from "./trust-policy.ts";
import { cosignedEnough } from "./trusted-checkpoint.ts";
import {
  formatVerifierKey,
  noteSignatureState,
  parseVerifierKey,
  verifierKey,
  type NoteAlgorithm,
} from "./verifier-key.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

interface NoteCase {
  readonly name: string;
  readonly note: string;
  readonly vkeys: readonly string[];
  readonly expect: "malformed" | readonly string[];
}

interface KeyCase {
  readonly name: string;
  readonly vkey: string;
  readonly expect: string;
}

function lines(name: string): readonly string[] {
  return readFileSync(new URL(`../../../../../vectors/tlog/${name}`, import.meta.url), "utf8")
    .trim()
    .split("\n");
}

function noteCases(): readonly NoteCase[] {
  return lines("notes.jsonl").map((line): NoteCase => JSON.parse(line));
}

function keyCases(): readonly KeyCase[] {
  return lines("verifier-keys.jsonl").map((line): KeyCase => JSON.parse(line));
}

function makeKey(
  name: string,
  algorithm: NoteAlgorithm,
): { readonly key: ReturnType<typeof verifierKey>; readonly secret: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Uint8Array.from(Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url"));
  return { key: verifierKey(name, algorithm, raw, sha256), secret: privateKey };
}

test("public notes are read, and their signatures judged, as they should be", () => {
  const cases = noteCases();
  assert.ok(cases.length >= 30);
  for (const { name, note, vkeys, expect } of cases) {
    if (expect === "malformed") {
      assert.throws(() => parseNote(note), { code: "INVALID_NOTE" }, name);
      continue;
    }
    const parsed = parseNote(note);
    const states = vkeys.map((vkey) => {
      const key = parseVerifierKey(vkey, sha256);
      return key.algorithm === "ed25519"
        ? noteSignatureState(parsed, key, verifySignature)
        : cosignatureState(parsed, key, { verifySignature }).state;
    });
    assert.deepEqual(states, expect, name);
    assert.equal(formatNote(parsed.text, parsed.signatures), note, name);
  }
});

test("public verifier keys are read and written back, and no mangled one is taken", () => {
  for (const { name, vkey, expect } of keyCases()) {
    if (expect === "refuse") {
      assert.throws(() => parseVerifierKey(vkey, sha256), { code: "INVALID_KEY" }, name);
    } else {
      const key = parseVerifierKey(vkey, sha256);
      assert.deepEqual([key.algorithm, formatVerifierKey(key)], [expect, vkey], name);
    }
  }
});

test("keys of small order are no verifier keys, whatever their id", () => {
  for (const first of [0, 1]) {
    const point = new Uint8Array(32);
    point[0] = first;
    const id = Buffer.from(sha256(Uint8Array.of(...Buffer.from("x\n"), 1, ...point))).toString("hex", 0, 4);
    const vkey = `x+${id}+${Buffer.from([1, ...point]).toString("base64")}`;
    assert.throws(() => parseVerifierKey(vkey, sha256), { code: "INVALID_KEY" });
  }
});

test("what an ML-DSA-44 key signs counts for nothing where it can't be checked", () => {
  const key = verifierKey("example.org/w", "ml-dsa-44", new Uint8Array(1312).fill(7), sha256);
  assert.deepEqual(parseVerifierKey(formatVerifierKey(key), sha256), key);
  const body = formatCheckpoint({ origin: "a", size: 1, root: new Uint8Array(32) });
  const note = parseNote(formatNote(body, [{ name: key.name, key_id: key.key_id, bytes: new Uint8Array(2428) }]));
  for (const tools of [{ verifySignature }, { verifySignature, verifyMlDsa44: () => null }]) {
    assert.deepEqual(cosignatureState(note, key, tools), { state: "unchecked", time: null });
    assert.throws(() => verifyCosignature(note, key, tools), /can't be checked here/u);
    const policy = parseTrustPolicy(`witness w ${formatVerifierKey(key)}\nquorum w\n`, sha256);
    const { ok, quorum, names, unchecked, reason } = cosignedEnough(note, policy, tools);
    assert.deepEqual([ok, quorum, names, unchecked.length], [false, "missing", [], 1]);
    assert.match(reason ?? "", /can't be checked here \(ML-DSA-44\)/u);
  }
});

interface CosignatureCase {
  readonly name: string;
  readonly vkey: string;
  readonly note: string;
  readonly expect: "good" | "bad" | "malformed" | "absent";
}

test("ML-DSA-44 cosignatures are checked where this Node can, over name, time, origin, size and root", () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const canCheck = verifyMlDsa44(new Uint8Array(1312), new Uint8Array(0), new Uint8Array(2420)) !== null;
  assert.ok(canCheck || major < 24 || (major === 24 && minor < 6), "this Node has ML-DSA-44");
  const cases = lines("cosignatures-ml-dsa-44.jsonl").map((line): CosignatureCase => JSON.parse(line));
  assert.ok(cases.length >= 10);
  for (const { name, vkey, note, expect } of cases) {
    const tools = { verifySignature, verifyMlDsa44 };
    const { state } = cosignatureState(parseNote(note), parseVerifierKey(vkey, sha256), tools);
    // What no such signature can be needs no checking.
    const known = { good: null, bad: null, malformed: "bad", absent: "absent" }[expect];
    assert.equal(state, known ?? (canCheck ? expect : "unchecked"), name);
  }
});

test("a note that is over a limit or not text is refused, and none crashes the reader", () => {
  const line = "— a AAAAAAAAAAA=\n";
  assert.equal(
    parseNote(`${"x".repeat(MAX_NOTE_BYTES - 2 - Buffer.byteLength(line))}\n\n${line}`).signatures.length,
    1,
  );
  const hostile = [
    "",
    "\n",
    "\n\n",
    `\ud800\n\n${line}`,
    `${"x".repeat(MAX_NOTE_BYTES)}\n\n${line}`,
    `${"ä".repeat(MAX_NOTE_BYTES / 2)}\n\n${line}`,
    `a\n\n— ${"n".repeat(513)} AAAAAAAAAAA=\n`,
    `a\n\n— \u2003 AAAAAAAAAAA=\n`,
    `a\n\n— \u0085x AAAAAAAAAAA=\n`,
    `a\n\n— a  AAAAAAAAAAA=\n`,
    `a\n\n— a AAAAAAAAAAA= \n`,
    `a\n\n—\u00a0a AAAAAAAAAAA=\n`,
  ];
  for (const note of hostile) assert.throws(() => parseNote(note), { code: "INVALID_NOTE" }, note.slice(0, 40));
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom("\n", "— ", "a", " ", "AAAAAAAAAAA=", "+")),
      (text, parts) => {
        for (const note of [text, parts.join(""), `${text}\n\n${parts.join("")}`]) {
          try {
            const { text, signatures } = parseNote(note);
            assert.equal(formatNote(text, signatures), note);
          } catch (error) {
            assert.ok(error instanceof CanopyError && error.code === "INVALID_NOTE");
          }
        }
      },
    ),
  );
});

test("the text of a note ends at its last empty line", () => {
  const { text, signatures } = parseNote("a\n\n— b AAAAAAAAAAA=\n\n— c AAAAAAAAAAA=\n");
  assert.equal(text, "a\n\n— b AAAAAAAAAAA=\n");
  assert.deepEqual(
    signatures.map(({ name }) => name),
    ["c"],
  );
});

test("a note isn't written whose text or names would read back otherwise", () => {
  const bytes = new Uint8Array(4);
  assert.throws(() => formatNote("no line feed", [{ name: "a", key_id: "00000000", bytes }]), { code: "INVALID_NOTE" });
  assert.throws(() => formatNote("a\n", [{ name: "a b", key_id: "00000000", bytes }]), { code: "INVALID_NOTE" });
  assert.throws(() => formatNote("a\n", []), { code: "INVALID_NOTE" });
  assert.deepEqual(parseSignatureLines("— a /////wAAAAA=\n")[0], { name: "a", key_id: "ffffffff", bytes });
  assert.throws(() => parseSignatureLines("— a /////wAAAAA="), { code: "INVALID_NOTE" });
});

test("a checkpoint is read back as written, and a wrong spelling of it is none", () => {
  const root = new Uint8Array(32).fill(9);
  const checkpoint = { origin: "canopy/0123", size: Number.MAX_SAFE_INTEGER, root };
  const text = formatCheckpoint(checkpoint);
  assert.deepEqual(parseCheckpoint(text), checkpoint);
  assert.deepEqual(parseCheckpoint(`${text}an extension\n`), checkpoint);
  const base64 = Buffer.from(root).toString("base64");
  const wrong = [
    "",
    "\n",
    `o\n5\n${base64}`,
    `\n5\n${base64}\n`,
    `o\n05\n${base64}\n`,
    `o\n+5\n${base64}\n`,
    `o\n-5\n${base64}\n`,
    `o\n5.0\n${base64}\n`,
    `o\n9007199254740992\n${base64}\n`,
    `o\n99999999999999999999\n${base64}\n`,
    `o\n5\n${base64.slice(0, -1)}\n`,
    `o\n5\n${base64.replaceAll("=", "")}\n`,
    `o\n5\n${Buffer.from(new Uint8Array(31)).toString("base64")}\n`,
    `o\n5\n${base64}\n\nextension\n`,
    `o\n0\n${base64}\n`,
  ];
  for (const one of wrong) assert.throws(() => parseCheckpoint(one), { code: "INVALID_CHECKPOINT" }, one);
});

test("a checkpoint is opened by the key of its origin alone, a retired one too, and not when any known signature is bad", () => {
  const { key, secret } = makeKey("canopy/abc", "ed25519");
  const { key: next } = makeKey("canopy/abc", "ed25519");
  const { key: other, secret: otherSecret } = makeKey("canopy/other", "ed25519");
  const body = formatCheckpoint({ origin: "canopy/abc", size: 3, root: new Uint8Array(32) });
  const line = { name: key.name, key_id: key.key_id, bytes: sign(null, Buffer.from(body), secret) };
  const otherLine = { name: other.name, key_id: other.key_id, bytes: sign(null, Buffer.from(body), otherSecret) };
  const note = formatNote(body, [line]);
  assert.equal(openCheckpoint(note, key, verifySignature).size, 3);
  assert.equal(openCheckpoint(note, [next, key], verifySignature).size, 3);
  assert.equal(readCheckpoint(note).checkpoint.origin, "canopy/abc");
  const refused = { code: "INVALID_CHECKPOINT" };
  assert.throws(() => openCheckpoint(note, next, verifySignature), refused);
  assert.throws(() => openCheckpoint(note, [], verifySignature), refused);
  assert.throws(() => openCheckpoint(formatNote(body, [otherLine]), [key, other], verifySignature), refused);
  const bad = { ...line, bytes: sign(null, Buffer.from(`${body} `), secret) };
  assert.throws(() => openCheckpoint(formatNote(body, [line, bad]), key, verifySignature), refused);
  assert.throws(() => openCheckpoint(note.replace("\n3\n", "\n4\n"), key, verifySignature), refused);
});

test("a checkpoint that a key of another origin signed is no checkpoint of the log", () => {
  const [database] = noteCases().filter(({ name }) => name === "a checkpoint of the Go checksum database");
  assert.ok(database);
  const key = parseVerifierKey(database.vkeys[0] ?? "", sha256);
  assert.equal(noteSignatureState(parseNote(database.note), key, verifySignature), "good");
  assert.throws(() => openCheckpoint(database.note, key, verifySignature), { code: "INVALID_CHECKPOINT" });
});

test("a cosignature says its time, and holds for no other time, text or kind of key", () => {
  const { key, secret } = makeKey("example.org/w1", "cosignature-v1");
  const body = formatCheckpoint({ origin: "canopy/abc", size: 3, root: new Uint8Array(32) });
  const time = 4_294_967_301;
  const signature = sign(null, cosignedMessage(body, time), secret);
  const line = formatCosignature({ name: key.name, key_id: key.key_id, time, signature });
  const note = parseNote(formatNote(body, [line]));
  assert.equal(Buffer.from(cosignedMessage(body, time)).toString(), `cosignature/v1\ntime 4294967301\n${body}`);
  assert.deepEqual(verifyCosignature(note, key, { verifySignature }), { name: "example.org/w1", time });
  assert.deepEqual(parseCosignature(line)?.time, time);
  const later = formatCosignature({ name: key.name, key_id: key.key_id, time: time + 1, signature });
  for (const signatures of [[later], [line, later], [{ ...line, bytes: signature }]]) {
    assert.equal(cosignatureState({ ...note, signatures }, key, { verifySignature }).state, "bad");
  }
  assert.equal(cosignatureState({ ...note, text: `${body}x\n` }, key, { verifySignature }).state, "bad");
  assert.throws(() => verifyCosignature({ ...note, signatures: [] }, key, { verifySignature }), /not cosigned/u);
  assert.equal(noteSignatureState(note, key, verifySignature), "bad");
  const tooLate = { ...line, bytes: Uint8Array.from(line.bytes).fill(255, 0, 8) };
  assert.equal(parseCosignature(tooLate), null);
});
