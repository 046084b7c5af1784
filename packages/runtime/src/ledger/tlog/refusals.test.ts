// What parsers of this folder say of what they refuse: people read it, so each sentence is held to the case it is for.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { CanopyError } from "../../core/errors.ts";
import { encodeBase64 } from "../../identity/base64.ts";
import { isKeyName, parseNote, parseSignatureLines, formatNote, type NoteSignature } from "./note.ts";
import { openCheckpoint, parseCheckpoint, parseSize, readCheckpoint } from "./checkpoint.ts";
import {
  cosignedMessage,
  cosignedTree,
  formatCosignature,
  parseCosignature,
  verifyCosignature,
} from "./cosignature.ts";
import { parseRotation } from "./rotation-entry.ts";
import { entryBundle, parseEntryBundle, parseTilePath, tileNodes, tilePath } from "./tile.ts";
import { formatTlogProof, parseTlogProof } from "./tlog-proof.ts";
import { TreeFrontier } from "./tree.ts";
import { parseTrustPolicy } from "./trust-policy.ts";
import { mustBeTrusted, quorumOf, type CheckpointTrust } from "./trusted-checkpoint.ts";
import { formatVerifierKey, parseVerifierKey, verifierKey } from "./verifier-key.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

/** Points of the curve, so that they can be keys. */
const POINTS = [
  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
].map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));
const [ONE = new Uint8Array(), OTHER = new Uint8Array()] = POINTS;
const LOG = verifierKey("example.com/log", "ed25519", ONE, sha256);
const WITNESS = verifierKey("example.com/w", "cosignature-v1", OTHER, sha256);
const [LOG_TEXT, WITNESS_TEXT] = [LOG, WITNESS].map(formatVerifierKey);

/** The message that something is refused with, its place where it has one; the code and the fix are held to the others'. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof CanopyError) return `${error.message}${error.at === null ? "" : ` (${error.at})`}`;
    return String(error);
  }
  return "nothing was refused";
}

function held(cases: readonly (readonly [() => unknown, string])[], prefix: string): void {
  for (const [act, expected] of cases) assert.equal(refusal(act), prefix + expected);
}

const SIGNATURE = "— a /////wAAAAA=";
const LONG_NAME = "a".repeat(512);

test("a note is refused with what a note is", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "a note is a text, an empty line, and signature lines"],
    ["a\n", "a note is a text, an empty line, and signature lines"],
    [`a\n\n${SIGNATURE}`, "a signature line must end in a line feed"],
    ["a\n\n", "a signature line must end in a line feed"],
    [`a\n\n${`${SIGNATURE}\n`.repeat(101)}`, "a note has at most 100 signatures"],
    [`a\n\n${SIGNATURE}\n— b\n`, "a signature line is `— <name> <base64>` (line 4)"],
    ["a\nb\n\nx\n", "a signature line is `— <name> <base64>` (line 4)"],
    [`a\n\nx${SIGNATURE}\n`, "a signature line is `— <name> <base64>` (line 3)"],
    [`a\n\n${SIGNATURE}x y\n`, "a signature line is `— <name> <base64>` (line 3)"],
    ["a\n\n— a+b /////wAAAAA=\n", "a key's name has no white space and no `+` (line 3)"],
    ["a\n\n— a\u00a0b /////wAAAAA=\n", "a key's name has no white space and no `+` (line 3)"],
    ["a\n\n— a /////w==\n", "a signature is base64 of a key id and some bytes (line 3)"],
    ["a\n\n— a /////wA=A\n", "a signature line is `— <name> <base64>` (line 3)"],
    ["a\n\n— a /////wAAAAB=\n", "a signature is base64 of a key id and some bytes (line 3)"],
    [`a\ud800\n\n${SIGNATURE}\n`, "a note must be valid Unicode"],
    ["a".repeat(1_048_577), "a note has at most 1048576 bytes"],
    ["é".repeat(524_289), "a note has at most 1048576 bytes"],
    ["é".repeat(524_288), "a note is a text, an empty line, and signature lines"],
    ...["\0", "\t", "\u000b", "\r", "\u001f"].map(
      (control) => [`a${control}\n\n${SIGNATURE}\n`, "a note has no control characters but line feeds"] as const,
    ),
  ];
  held(
    cases.map(([note, expected]) => [() => parseNote(note), expected]),
    "not a signed note: ",
  );
  assert.equal(parseNote(`a\n\n${`${SIGNATURE}\n`.repeat(100)}`).signatures.length, 100);
  assert.deepEqual(parseNote(`a\n\nb\n\n${SIGNATURE}\n`).text, "a\n\nb\n");
  const lines: readonly (readonly [string, string])[] = [
    [SIGNATURE, "a signature line must end in a line feed"],
    [`${SIGNATURE}\n`.repeat(101), "a note has at most 100 signatures"],
    [`${SIGNATURE}\nx\n`, "a signature line is `— <name> <base64>` (line 2)"],
    ["\r\n", "a note has no control characters but line feeds"],
  ];
  held(
    lines.map(([text, expected]) => [() => parseSignatureLines(text), expected]),
    "not a signed note: ",
  );
  assert.equal(parseSignatureLines(`${SIGNATURE}\n`.repeat(100)).length, 100);
  const one: NoteSignature = { name: "a", key_id: "ffffffff", bytes: new Uint8Array(1) };
  assert.equal(
    refusal(() => formatNote("a\n\n— b /////wAAAAA=\n", [one])),
    "nothing was refused",
  );
  const form = "not a signed note: the text must end in a line feed, and each signature have a name without spaces";
  assert.equal(
    refusal(() => formatNote("a\n\n— b /////wAAAAA=", [one])),
    form,
  );
  assert.throws(() => parseNote(""), {
    code: "INVALID_NOTE",
    fix: "give the file as it was written: a signed note as c2sp.org/signed-note describes it",
  });
});

test("names of keys are 1 to 512 characters without white space, controls and plus signs", () => {
  for (const name of ["a", LONG_NAME, "é", "example.com/log", "-"]) assert.equal(isKeyName(name), true, name);
  for (const name of ["", `${LONG_NAME}a`, "a b", "a+b", "a\n", "a\u2003", "\ud800", "a\u0001"]) {
    assert.equal(isKeyName(name), false, JSON.stringify(name));
  }
});

function verify(): boolean {
  return false;
}

test("a checkpoint is refused with what a checkpoint is", () => {
  const root = encodeBase64(new Uint8Array(32));
  const sized = "its second line must be a size: decimal, no leading zeros, at most 2^53 - 1";
  const rooted = "its third line must be a root: base64 of 32 bytes";
  const lines = "it must have three lines or more, none of them empty";
  const cases: readonly (readonly [string, string])[] = [
    ["", "its text must end in a line feed"],
    [`o\n3\n${root}`, "its text must end in a line feed"],
    [`\n3\n${root}\n`, lines],
    [`o\n3\n${root}\n\n`, lines],
    [`o\n3\n${root}\nx\n\ny\n`, lines],
    ...["", "03", "-1", "+1", "1.5", "9007199254740992", "10000000000000000", "1 "].map(
      (size) => [`o\n${size}\n${root}\n`, sized] as const,
    ),
    ["o\n3\n\n", rooted],
    ["o\n3\n", rooted],
    [`o\n3\n${encodeBase64(new Uint8Array(31))}\n`, rooted],
    [`o\n3\n${encodeBase64(new Uint8Array(33))}\n`, rooted],
    ["o\n3\n!\n", rooted],
    [`o\n0\n${root}\n`, "a log of size 0 has the root of the empty tree"],
  ];
  const prefix = "not a checkpoint to rely on: ";
  held(
    cases.map(([text, expected]) => [() => parseCheckpoint(text), expected]),
    prefix,
  );
  assert.deepEqual([parseSize("0"), parseSize("9007199254740991"), parseSize("")], [0, Number.MAX_SAFE_INTEGER, null]);
  const note = (origin: string): string => `${origin}\n3\n${root}\n\n${SIGNATURE}\n`;
  const opened: readonly (readonly [() => unknown, string])[] = [
    [() => openCheckpoint(note("o"), [], verify), "it is of `o` and not signed by any key"],
    [() => openCheckpoint(note("o"), LOG, verify), `it is of \`o\` and not signed by example.com/log+${LOG.key_id}`],
    [
      () => openCheckpoint(note("o"), [LOG, WITNESS], verify),
      `it is of \`o\` and not signed by example.com/log+${LOG.key_id}, example.com/w+${WITNESS.key_id}`,
    ],
    [() => openCheckpoint(note("a b"), [], verify), "it is of `an origin with spaces` and not signed by any key"],
    [
      () => openCheckpoint(note("o".repeat(200)), [], verify),
      `it is of \`${"o".repeat(128)}\` and not signed by any key`,
    ],
  ];
  held(opened, prefix);
  const claimed = formatNote(`o\n3\n${root}\n`, [{ name: LOG.name, key_id: LOG.key_id, bytes: new Uint8Array(64) }]);
  held(
    [[() => openCheckpoint(claimed, LOG, verify), `its signature by ${LOG.name}+${LOG.key_id} does not hold`]],
    prefix,
  );
  // One that holds, of a key that is not the origin's.
  assert.equal(
    refusal(() => openCheckpoint(claimed, LOG, () => true)),
    `${prefix}it is of \`o\` and not signed by ${LOG.name}+${LOG.key_id}`,
  );
  assert.throws(() => readCheckpoint(note("o").replace("3", "x")), {
    code: "INVALID_CHECKPOINT",
    fix: "compare the log's name and its verifier key with what its operator published",
  });
});

test("a verifier key is refused with what a verifier key is", () => {
  const form = "it must be `<name>+<8 hex digits>+<base64>`";
  const { name, key_id: id } = LOG;
  const encoded = encodeBase64(Uint8Array.of(1, ...ONE));
  const parse = (text: string) => (): unknown => parseVerifierKey(text, sha256);
  const named = "its name must be 1 to 512 characters without white space and `+`";
  const cases: readonly (readonly [() => unknown, string])[] = [
    [parse(""), form],
    [parse(`x${LOG_TEXT} y`), form],
    [parse(`${name}+ABCDEF01+${encoded}`), form],
    [parse(`${name}+${id.slice(1)}+${encoded}`), form],
    [parse(`${name}+${id}+${encoded.slice(0, -1)}!`), form],
    [parse(`${name}+00000000+${encoded}`), `its id must be \`${id}\` for that name and key, not \`00000000\``],
    [parse(`a b+${id}+${encoded}`), named],
    [
      parse(`${name}+${id}+${encodeBase64(Uint8Array.of(2, ...ONE))}`),
      "its type must be 1 (Ed25519), 4 (cosignature/v1) or 6 (ML-DSA-44)",
    ],
    [parse(`${name}+${id}+${encodeBase64(Uint8Array.of(1, ...ONE.slice(1)))}`), "an ed25519 key has 32 bytes"],
    [parse(`${name}+${id}+${encodeBase64(Uint8Array.of(6, ...ONE))}`), "an ml-dsa-44 key has 1312 bytes"],
    [
      parse(`${name}+${id}+${encodeBase64(Uint8Array.of(4, ...new Uint8Array(32)))}`),
      "its bytes must be a point that is safe to use",
    ],
    [() => verifierKey("", "ed25519", ONE, sha256), named],
  ];
  held(cases, "not a verifier key: ");
  assert.deepEqual(parseVerifierKey(` ${LOG_TEXT}\n`, sha256), LOG);
  const large = verifierKey("m", "ml-dsa-44", new Uint8Array(1312), sha256);
  assert.deepEqual([large.ed25519, parseVerifierKey(formatVerifierKey(large), sha256)], [null, large]);
  assert.throws(parse(""), {
    code: "INVALID_KEY",
    fix: "give the line as its owner printed it (`canopy keys --vkey --log LOG`)",
  });
});

test("a trust policy is refused at its line with what was expected there", () => {
  const other = formatVerifierKey(verifierKey("x", "ed25519", OTHER, sha256));
  const cases: readonly (readonly [string, string])[] = [
    ["", "it must have one `quorum` line; `quorum none` asks for no cosignature (line 1)"],
    ["x".repeat(1_048_577), "it must have at most 1048576 characters (line 1)"],
    ["# x\n\nquorum none\r", "lines must have no control characters but tabs (line 3)"],
    [`# \u007f`, "lines must have no control characters but tabs (line 1)"],
    [`quorum ${"n".repeat(4097)}`, "an item has at most 4096 characters (line 1)"],
    [`quorum ${"n".repeat(4096)}`, "the quorum must be defined above it (line 1)"],
    ["\nlogs", "a line must begin with `log`, `witness`, `group`, `quorum`, `index-auditor` or `#` (line 2)"],
    ["log", "a log is `log <vkey> [<url>]` (line 1)"],
    [`log ${LOG_TEXT} https://a b`, "a log is `log <vkey> [<url>]` (line 1)"],
    [`log ${WITNESS_TEXT}`, "a log's key must be of type 1 (Ed25519) (line 1)"],
    [`log ${LOG_TEXT} a`, "a url must be http or https (line 1)"],
    [`log ${LOG_TEXT} ftp://a`, "a url must be http or https (line 1)"],
    [`log ${LOG_TEXT} xhttps://a`, "a url must be http or https (line 1)"],
    ["witness w", "a log witness is `witness <name> <vkey> [<url>]` (line 1)"],
    [`witness w ${WITNESS_TEXT} https://a b`, "a log witness is `witness <name> <vkey> [<url>]` (line 1)"],
    [`witness w ${LOG_TEXT}`, "a log witness's key must be of type 4 (cosignature/v1) (line 1)"],
    [`witness none ${WITNESS_TEXT}`, "names must differ, and none be `none` (line 1)"],
    [`witness w ${WITNESS_TEXT}\nwitness w ${WITNESS_TEXT}`, "names must differ, and none be `none` (line 2)"],
    [
      `witness w ${WITNESS_TEXT}\nlog ${other}`,
      "a public key must stand in one line only; this one is a witness too (line 2)",
    ],
    [`log ${LOG_TEXT}\nlog ${LOG_TEXT}`, "a public key must stand in one line only; this one is a log too (line 2)"],
    [
      `index-auditor ${WITNESS_TEXT}\nwitness w ${WITNESS_TEXT}`,
      "a public key must stand in one line only; this one is a index-auditor too (line 2)",
    ],
    ["group g any", "a group is `group <name> all|any|<k> <name>…` (line 1)"],
    ["group g any w", "a group's members must be defined above it (line 1)"],
    [`witness w ${WITNESS_TEXT}\ngroup g any w w`, "a name must be a member of one group only, and once (line 2)"],
    [`witness w ${WITNESS_TEXT}\ngroup w any w`, "names must differ, and none be `none` (line 2)"],
    ...["0", "2", "some", "01", "1x", "x1", "1.0"].map(
      (count) =>
        [
          `witness w ${WITNESS_TEXT}\ngroup g ${count} w`,
          "a group's count must be `all`, `any`, or 1 to the number of members (line 2)",
        ] as const,
    ),
    ["quorum", "a quorum is `quorum <name>` or `quorum none` (line 1)"],
    ["quorum none none", "a quorum is `quorum <name>` or `quorum none` (line 1)"],
    ["quorum none\nquorum none", "there must be one `quorum` line only (line 2)"],
    ["quorum w", "the quorum must be defined above it (line 1)"],
    ["index-auditor", "an index auditor is `index-auditor <vkey>` (line 1)"],
    [`index-auditor ${WITNESS_TEXT} x`, "an index auditor is `index-auditor <vkey>` (line 1)"],
    [`index-auditor ${LOG_TEXT}`, "an index auditor's key must be of type 4 (line 1)"],
    ["log x", "not a verifier key: it must be `<name>+<8 hex digits>+<base64>` (line 1)"],
  ];
  held(
    cases.map(([text, expected]) => [() => parseTrustPolicy(text, sha256), expected]),
    "not a trust policy: ",
  );
  assert.throws(() => parseTrustPolicy("", sha256), {
    code: "INVALID_TRUST",
    fix: "write it as c2sp.org/tlog-policy describes it, with verifier keys as their owners published them",
  });
  const text = `#x\n \t \n\tlog  ${LOG_TEXT}\thttp://a/ \nwitness w ${WITNESS_TEXT} https://b\ngroup g 1 w\nquorum g\n`;
  assert.deepEqual(parseTrustPolicy(text, sha256), {
    logs: [{ key: LOG, url: "http://a/" }],
    witnesses: [{ name: "w", key: WITNESS, url: "https://b" }],
    groups: [{ name: "g", threshold: 1, members: ["w"] }],
    quorum: "g",
    index_auditors: [],
  });
  const groups = [
    { name: "g", threshold: 2, members: ["a", "b", "c"] },
    { name: "h", threshold: 1, members: ["g", "d"] },
  ];
  const quorum = (names: readonly string[], of = "h"): string => {
    return quorumOf({ logs: [], witnesses: [], index_auditors: [], groups, quorum: of }, names);
  };
  assert.deepEqual(
    [quorum([]), quorum(["a"]), quorum(["a", "a"]), quorum(["d"])],
    ["missing", "missing", "missing", "reached"],
  );
  assert.deepEqual(
    [quorum(["a", "c"]), quorum(["a", "c"], "b"), quorum(["b"], "b")],
    ["reached", "missing", "reached"],
  );
  assert.equal(quorum([], "none"), "none");
  const fix = "give the log's verifier key as its operator published it, with --vkey or in a trust policy with --trust";
  for (const state of ["bad_signature", "unknown_key", "quorum_missing", "retired_key"] as const) {
    const code = state === "bad_signature" ? "INVALID_CHECKPOINT" : "NOT_TRUSTED";
    const checkpoint = { origin: "o", size: 1, root: new Uint8Array(32) };
    const judged: CheckpointTrust =
      state === "retired_key" ? { state, reason: "why", checkpoint } : { state, reason: "why" };
    assert.throws(() => mustBeTrusted(judged), {
      code,
      message: "the checkpoint is not trusted: why",
      fix,
    });
  }
});

test("a proof file is refused with what a proof file is", () => {
  const root = encodeBase64(new Uint8Array(32));
  const first = "c2sp.org/tlog-proof@v1";
  const proof = (...lines: readonly string[]): string => `${[first, ...lines].join("\n")}\n\nnote\n`;
  const empty = "a checkpoint must stand after an empty line";
  const indexed = "it must have a line `index <decimal>`";
  const hashed = "its path must be base64 of 32 bytes a line";
  const cases: readonly (readonly [string, string])[] = [
    ["", empty],
    [`${first}\nindex 1\n`, empty],
    [`${first}\nindex 1\n\n`, empty],
    [`x${proof("index 1")}`, "its first line must be `c2sp.org/tlog-proof@v1`"],
    [proof(), indexed],
    [proof("index"), indexed],
    [proof("index 01"), indexed],
    [proof("index -1"), indexed],
    [proof("xindex 1"), indexed],
    [proof("extra AA==", "extra AA=="), indexed],
    [proof("extra !", "index 1"), "its extra data must be base64"],
    [proof("index 1", ...Array.from({ length: 65 }, () => root)), "its path must have at most 64 hashes"],
    [proof("index 1", root, "AA=="), hashed],
    [proof("index 1", "!"), hashed],
    ["x".repeat(2_097_153), "it must have at most 2097152 characters"],
    ["x".repeat(2_097_152), empty],
  ];
  held(
    cases.map(([text, expected]) => [() => parseTlogProof(text), expected]),
    "not a proof file: ",
  );
  assert.equal(parseTlogProof(proof("index 1", ...Array.from({ length: 64 }, () => root))).path.length, 64);
  const made = formatTlogProof({ index: 3, path: [new Uint8Array(32)], checkpoint: "note\n", extra: Uint8Array.of(1) });
  assert.equal(made, `${first}\nextra AQ==\nindex 3\n${root}\n\nnote\n`);
  assert.deepEqual(parseTlogProof(made).extra, Uint8Array.of(1));
  assert.deepEqual(Object.keys(parseTlogProof(proof("index 0"))), ["index", "path", "checkpoint"]);
  assert.throws(() => parseTlogProof(""), {
    code: "INVALID_PROOF",
    fix: "give the file as it was written: c2sp.org/tlog-proof describes it",
  });
});

/** Eight bytes of these last hex digits. */
function u64(text: string): string {
  return text.padStart(16, "0");
}

test("a cosignature is refused with what is wrong with it", () => {
  const time = 2 ** 40 + 5;
  const line = formatCosignature({ name: "w", key_id: "01020304", time, signature: new Uint8Array(64).fill(9) });
  assert.deepEqual(parseCosignature(line), {
    name: "w",
    key_id: "01020304",
    time,
    signature: new Uint8Array(64).fill(9),
  });
  assert.equal(parseCosignature({ ...line, bytes: line.bytes.slice(1) }), null);
  assert.equal(parseCosignature(line, "ml-dsa-44"), null);
  assert.equal(parseCosignature({ ...line, bytes: new Uint8Array(2428) }, "ml-dsa-44")?.signature.length, 2420);
  assert.equal(parseCosignature({ ...line, bytes: line.bytes.with(0, 1) }), null, "a time beyond 2^53");
  assert.equal(Buffer.from(cosignedMessage("o\n", 7)).toString(), "cosignature/v1\ntime 7\no\n");
  for (const bad of [-1, 1.5, 2 ** 53]) {
    assert.equal(
      refusal(() => cosignedMessage("o\n", bad)),
      `RangeError: a cosignature's time must be seconds, not ${bad}`,
    );
  }
  const checkpoint = { origin: "o", size: 258, root: new Uint8Array(32).fill(3) };
  const tree = cosignedTree("w", checkpoint, 259);
  const expected = `${Buffer.from("subtree/v1\n\0").toString("hex")}0177${u64("103")}016f${u64("")}${u64("102")}${"03".repeat(32)}`;
  assert.equal(Buffer.from(tree ?? []).toString("hex"), expected);
  const [fits, long] = ["n".repeat(255), "n".repeat(256)];
  assert.ok(cosignedTree(fits, { ...checkpoint, origin: fits }, 1) !== null);
  assert.equal(cosignedTree(long, checkpoint, 1), null);
  assert.equal(cosignedTree("w", { ...checkpoint, origin: long }, 1), null);
  const who = `${WITNESS.name}+${WITNESS.key_id}`;
  const note = (signatures: readonly NoteSignature[]) => (): unknown =>
    verifyCosignature({ text: "o\n", signatures }, WITNESS, { verifySignature: () => false });
  const claim = { name: WITNESS.name, key_id: WITNESS.key_id, bytes: line.bytes };
  held(
    [
      [note([]), `not cosigned by ${who}`],
      [note([{ ...claim, key_id: "00000000" }]), `not cosigned by ${who}`],
      [note([claim]), `its cosignature by ${who} does not hold`],
      [note([{ ...claim, bytes: new Uint8Array(3) }]), `its cosignature by ${who} does not hold`],
    ],
    "",
  );
  assert.throws(note([]), {
    code: "INVALID_CHECKPOINT",
    fix: "compare the log witness's verifier key with what its operator published",
  });
  const two = [claim, { ...claim, bytes: claim.bytes.with(7, 9) }];
  const good = verifyCosignature({ text: "o\n", signatures: two }, WITNESS, { verifySignature: () => true });
  assert.deepEqual(good, { name: WITNESS.name, time: time + 4 });
});

test("a rotation is read where its entry is wholly in that form", () => {
  const statement = {
    type: "canopy-key-rotation-v1",
    old_key: "did:key:a",
    new_key: "did:key:b",
    rotated_at: "2026-01-01T00:00:00Z",
  };
  const rotation = { statement, old_signature: "x", new_signature: "y" };
  const read = (change: Readonly<Record<string, string | number>>): unknown =>
    parseRotation({ rotation: { ...rotation, statement: { ...statement, ...change } } });
  assert.deepEqual(parseRotation({ rotation }), rotation);
  const more = [{ purpose: "checkpoint" }, { purpose: "signing" }, { origin: "o" }, { purpose: "signing", origin: "" }];
  for (const change of more) {
    assert.deepEqual(read(change), { ...rotation, statement: { ...statement, ...change } });
  }
  for (const rotated_at of ["2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.123456789Z"]) {
    assert.ok(read({ rotated_at }) !== null, rotated_at);
  }
  const times = [
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00.1234567890Z",
    "x2026-01-01T00:00:00Z",
  ];
  const wrong: readonly Readonly<Record<string, string | number>>[] = [
    { type: "canopy-key-rotation-v2" },
    { old_key: 1 },
    { new_key: 1 },
    { rotated_at: 1 },
    { purpose: "other" },
    { purpose: 1 },
    { origin: 1 },
    { more: "x" },
    ...[...times, "2026-01-01T00:00:00Zx", "2026-1-01T00:00:00Z", "2026-01-01 00:00:00Z"].map((rotated_at) => ({
      rotated_at,
    })),
  ];
  for (const change of wrong) assert.equal(read(change), null, JSON.stringify(change));
  const { old_signature: _old, ...short } = rotation;
  const entries = [
    {},
    { rotation: null },
    { rotation: "x" },
    { rotation: [] },
    { rotation: short },
    { rotation: { ...rotation, more: 1 } },
    { rotation: { ...rotation, old_signature: 1 } },
    { rotation: { ...rotation, new_signature: 1 } },
    { rotation: { ...rotation, statement: null } },
    { rotation: { ...rotation, statement: "x" } },
  ];
  for (const entry of entries) assert.equal(parseRotation(entry), null, JSON.stringify(entry));
});

test("what no tile, bundle or tree can hold is refused with what was expected", () => {
  const full = tileNodes(10, (_level, _index, width) => new Uint8Array(32 * Math.max(width, 256)), sha256);
  const cut = tileNodes(10, () => new Uint8Array(9 * 32), sha256);
  const frontier = TreeFrontier.at(6, () => new Uint8Array(32), sha256);
  const cases: readonly (readonly [() => unknown, string])[] = [
    [() => full(0, 10), "a tree of 10 has no node 10 at level 0"],
    [() => full(1, 5), "a tree of 10 has no node 5 at level 1"],
    [() => full(3, 1), "a tree of 10 has no node 1 at level 3"],
    [() => cut(0, 9), "tile 0 of level 0 is too short"],
    [() => cut(1, 4), "tile 0 of level 0 is too short"],
    [() => tilePath(0, -1), "a tile's index must be 0 or more, not -1"],
    [() => tilePath(0, 1.5), "a tile's index must be 0 or more, not 1.5"],
    [() => tilePath(0, 0, 257), "a tile's width must be 1 to 256, not 257"],
    [() => tilePath(0, 0, 0), "a tile's width must be 1 to 256, not 0"],
    [() => entryBundle(Array.from({ length: 257 }, () => new Uint8Array(1))), "a bundle holds at most 256 entries"],
    [() => entryBundle([new Uint8Array(65_536)]), "an entry of a bundle has at most 65535 bytes"],
    ...[-1, 1.5, 2 ** 53].map(
      (size) =>
        [
          () => TreeFrontier.at(size, () => new Uint8Array(32), sha256),
          `a tree's size must be 0 to 2^53 - 1, not ${size}`,
        ] as const,
    ),
    [() => frontier.appendSubtree(2, new Uint8Array(32)), "no subtree of level 2 begins at 6"],
    [() => frontier.appendSubtree(-1, new Uint8Array(32)), "no subtree of level -1 begins at 6"],
    [() => frontier.appendSubtree(0.5, new Uint8Array(32)), "no subtree of level 0.5 begins at 6"],
  ];
  held(cases, "RangeError: ");
  const filled = TreeFrontier.at(Number.MAX_SAFE_INTEGER, () => new Uint8Array(32), sha256);
  assert.match(
    refusal(() => filled.append(new Uint8Array(32))),
    /^RangeError: a tree's size must be 0 to 2\^53 - 1/u,
  );
  assert.equal(full(0, 9).length, 32);
  frontier.appendSubtree(1, new Uint8Array(32));
  assert.equal(frontier.size, 8);
  const copy = frontier.copy();
  copy.append(new Uint8Array(32));
  assert.deepEqual([frontier.size, copy.size, frontier.root().length], [8, 9, 32]);
  const bundle = entryBundle([new Uint8Array(65_535), new Uint8Array(0), Uint8Array.of(7)]);
  assert.deepEqual(
    parseEntryBundle(bundle, 3)?.map(({ length }) => length),
    [65_535, 0, 1],
  );
  for (const [bytes, count] of [
    [Uint8Array.of(0), 1],
    [Uint8Array.of(0, 2, 7), 1],
    [Uint8Array.of(1, 0, 7), 1],
    [Uint8Array.of(0, 0), 0],
    [Uint8Array.of(0, 5, 7, 7), 2],
  ] as const)
    assert.equal(parseEntryBundle(bytes, count), null);
  assert.deepEqual(parseTilePath("tile/63/000.p/255"), { level: 63, index: 0, width: 255 });
  assert.deepEqual(parseTilePath("tile/entries/x001/000"), { level: "entries", index: 1000, width: 256 });
  for (const path of [
    "xtile/0/000",
    "tile/0/000x",
    "tile/0/000.p/257",
    "tile/0/x00/000",
    "tile/entriesx/000",
    "tile/0/000.p/",
  ])
    assert.equal(parseTilePath(path), null, path);
});
