import assert from "node:assert/strict";
import { generateKeyPairSync, hash, sign, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { CanopyError } from "../../core/errors.ts";
import { verifySignature } from "../../runtime/crypto.ts";
import { merkleTree, inclusionPath, leafHash } from "../merkle.ts";
import { formatCheckpoint } from "./checkpoint.ts";
import { entryData } from "./entry-data.ts";
import { cosignedMessage, formatCosignature } from "./cosignature.ts";
import { formatNote, parseNote, type NoteSignature } from "./note.ts";
import { formatTlogProof, parseTlogProof, verifyTlogProof } from "./tlog-proof.ts";
import { parseTrustPolicy, trustKeys } from "./trust-policy.ts";
import { cosignedEnough, openTrusted } from "./trusted-checkpoint.ts";
import { formatVerifierKey, verifierKey, type NoteAlgorithm, type VerifierKey } from "./verifier-key.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");
const tools = { sha256, verifySignature };

interface Signer {
  readonly key: VerifierKey;
  readonly vkey: string;
  readonly secret: KeyObject;
}

function signer(name: string, algorithm: NoteAlgorithm): Signer {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Uint8Array.from(Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url"));
  const key = verifierKey(name, algorithm, raw, sha256);
  return { key, vkey: formatVerifierKey(key), secret: privateKey };
}

const log = signer("canopy/abc", "ed25519");
const [x1, x2, x3, y1, y2, y3, auditor] = ["x1", "x2", "x3", "y1", "y2", "y3", "auditor"].map((name) =>
  signer(`example.org/${name}`, "cosignature-v1"),
);
assert.ok(x1 && x2 && x3 && y1 && y2 && y3 && auditor);

const entries = ["a", "b", "c", "d", "e"].map((text) => Buffer.from(text));
const tree = merkleTree(
  entries.map((entry) => leafHash(entry, sha256)),
  sha256,
);
const body = formatCheckpoint({ origin: "canopy/abc", size: 5, root: tree.root });

function line({ key, secret }: Signer, text = body, time = 1_700_000_000): NoteSignature {
  const { name, key_id } = key;
  if (key.algorithm === "ed25519") return { name, key_id, bytes: sign(null, Buffer.from(text), secret) };
  const signature = sign(null, cosignedMessage(text, time), secret);
  return formatCosignature({ name, key_id, time, signature });
}

const GROUPS = `
# the example of tlog-policy, two levels of groups
log ${log.vkey} https://log.example.org/
witness X1 ${x1.vkey}
\twitness X2\t${x2.vkey}
witness X3 ${x3.vkey} https://x3.example.org/
group X-witnesses 2 X1 X2 X3
witness Y1 ${y1.vkey}
witness Y2 ${y2.vkey}
witness Y3 ${y3.vkey}
group Y-witnesses any Y1 Y2 Y3
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
index-auditor ${auditor.vkey}
`;

interface ProofCase {
  readonly name: string;
  readonly proof: string;
  readonly entry: string;
  readonly trust: string;
  readonly expect: "valid" | "invalid" | "malformed";
}

interface PolicyCase {
  readonly name: string;
  readonly policy: string;
  readonly expect: "ok" | "refuse";
}

function vectorLines(name: string): readonly string[] {
  return readFileSync(new URL(`../../../../../vectors/tlog/${name}`, import.meta.url), "utf8")
    .trim()
    .split("\n");
}

test("the proof files and trust policies among the vectors are taken and refused as they should be", () => {
  for (const text of vectorLines("proofs.jsonl")) {
    const { name, proof, entry, trust, expect }: ProofCase = JSON.parse(text);
    const policy = parseTrustPolicy(trust, sha256);
    if (expect === "malformed") {
      assert.throws(() => parseTlogProof(proof), { code: "INVALID_PROOF" }, name);
    } else {
      const verdict = verifyTlogProof(parseTlogProof(proof), entryData(Buffer.from(entry), sha256), policy, tools);
      assert.equal(verdict.valid ? "valid" : verdict.verdict, expect, name);
    }
  }
  for (const text of vectorLines("trust-policies.jsonl")) {
    const { name, policy, expect }: PolicyCase = JSON.parse(text);
    if (expect === "ok") assert.ok(parseTrustPolicy(policy, sha256), name);
    else assert.throws(() => parseTrustPolicy(policy, sha256), { code: "INVALID_TRUST" }, name);
  }
});

test("a quorum of groups is reached by the log witnesses that it names, and by none twice", () => {
  const policy = parseTrustPolicy(GROUPS, sha256);
  const cases = [
    [[x1, x2, y3], true],
    [[x1, x2, x3, y1, y2, y3], true],
    [[x1, x2, x3], false],
    [[x1, y1, y2, y3], false],
    [[x1, x1, y1], false],
    [[auditor, x1, y1], false],
    [[], false],
  ] as const;
  for (const [signers, reached] of cases) {
    const note = parseNote(formatNote(body, [line(log), ...signers.map((one) => line(one))]));
    const verdict = cosignedEnough(note, policy, tools);
    assert.deepEqual([verdict.ok, verdict.quorum], [reached, reached ? "reached" : "missing"]);
    assert.equal(verdict.index_audited.length, signers.some((one) => one === auditor) ? 1 : 0);
  }
});

test("a bad signature of a known key refuses the note, that of an unknown key is passed over", () => {
  const policy = parseTrustPolicy(GROUPS, sha256);
  const good = [line(log), line(x1), line(x2), line(y1)];
  const opened = openTrusted(formatNote(body, good), policy, tools);
  assert.deepEqual([opened.names, opened.checkpoint.size, opened.key.name], [["X1", "X2", "Y1"], 5, "canopy/abc"]);
  const stranger = signer("example.org/x1", "cosignature-v1");
  assert.equal(openTrusted(formatNote(body, [...good, line(stranger)]), policy, tools).names.length, 3);
  const other = formatCheckpoint({ origin: "canopy/abc", size: 4, root: tree.root });
  for (const bad of [line(log, other), line(y3, other), line(auditor, other)]) {
    assert.throws(() => openTrusted(formatNote(body, [...good, bad]), policy, tools), { code: "INVALID_CHECKPOINT" });
  }
  assert.throws(() => openTrusted(formatNote(body, good.slice(1)), policy, tools), { code: "NOT_TRUSTED" });
  assert.throws(
    () => openTrusted(formatNote(body, good.slice(0, 3)), policy, tools),
    /quorum `X-and-Y` is not reached/u,
  );
});

test("with `quorum none` and with keys alone nothing is asked of log witnesses, and that is said", () => {
  for (const policy of [parseTrustPolicy(`log ${log.vkey}\nquorum none`, sha256), trustKeys([log.key])]) {
    const opened = openTrusted(formatNote(body, [line(log)]), policy, tools);
    assert.deepEqual([opened.ok, opened.quorum, opened.names], [true, "none", []]);
  }
  assert.throws(() => openTrusted(formatNote(body, [line(log)]), trustKeys([]), tools), { code: "NOT_TRUSTED" });
});

test("a policy with a mistake is refused with its line", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["", 1],
    [`log ${log.vkey}\n`, 1],
    ["quorum none\nquorum none\n", 2],
    ["quorum X\n", 1],
    [`quorum X1\nwitness X1 ${x1.vkey}\n`, 1],
    [`witness X1 ${x1.vkey}\nwitness X1 ${x2.vkey}\nquorum none\n`, 2],
    [`witness X1 ${x1.vkey}\nwitness X2 ${x1.vkey}\nquorum none\n`, 2],
    [`witness none ${x1.vkey}\nquorum none\n`, 1],
    [`witness X1 ${log.vkey}\nquorum none\n`, 1],
    [`witness X1 ${x1.vkey} https://a.example/ more\nquorum none\n`, 1],
    [`witness X1 ${x1.vkey} file:///etc/passwd\nquorum none\n`, 1],
    [`witness X1\nquorum none\n`, 1],
    [`log ${log.vkey}\nlog ${log.vkey}\nquorum none\n`, 2],
    [`log ${x1.vkey}\nquorum none\n`, 1],
    [`witness X1 ${x1.vkey}\nindex-auditor ${x1.vkey}\nquorum none\n`, 2],
    [`index-auditor ${log.vkey}\nquorum none\n`, 1],
    [`index-auditor\nquorum none\n`, 1],
    [`witness X1 ${x1.vkey}\ngroup g 0 X1\nquorum g\n`, 2],
    [`witness X1 ${x1.vkey}\ngroup g 2 X1\nquorum g\n`, 2],
    [`witness X1 ${x1.vkey}\ngroup g 01 X1\nquorum g\n`, 2],
    [`witness X1 ${x1.vkey}\ngroup g any\nquorum g\n`, 2],
    [`witness X1 ${x1.vkey}\ngroup g any X1 X1\nquorum g\n`, 2],
    [`witness X1 ${x1.vkey}\ngroup g any X1\ngroup h any X1\nquorum g\n`, 3],
    [`witness X1 ${x1.vkey}\ngroup g any g\nquorum g\n`, 2],
    [`group g any none\nquorum g\n`, 1],
    [`witness X1 ${x1.vkey}\r\nquorum none\r\n`, 1],
    [`witness X1 ${x1.vkey.replace("+", "+0")}\nquorum none\n`, 1],
    ["policy 1\nquorum none\n", 1],
    ["quorum none\n\u0000\n", 2],
    [`quorum ${"n".repeat(5000)}`, 1],
    ["quorum\n", 1],
  ];
  for (const [text, at] of cases) {
    assert.throws(() => parseTrustPolicy(text, sha256), { code: "INVALID_TRUST", at: `line ${at}` }, text);
  }
});

test("no text makes the reader of policies throw anything else", () => {
  const words = fc.constantFrom(
    "log",
    "witness",
    "group",
    "quorum",
    "none",
    "any",
    "all",
    "1",
    "X",
    "Y",
    x1.vkey,
    log.vkey,
    "\n",
    "#",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(words).map((list) => list.join(" ")),
      ),
      (text) => {
        try {
          assert.ok(parseTrustPolicy(text, sha256).quorum !== "");
        } catch (error) {
          assert.ok(error instanceof CanopyError && error.code === "INVALID_TRUST");
        }
      },
    ),
  );
});

test("a proof file is read back as written, and shows its entry at its index and nothing else", () => {
  const policy = trustKeys([log.key]);
  const checkpoint = formatNote(body, [line(log)]);
  for (const [index, entry] of entries.entries()) {
    const proof = {
      index,
      path: inclusionPath(tree, index).map((one) => Uint8Array.from(one)),
      checkpoint,
      extra: Uint8Array.of(1, 2, 3),
    };
    const parsed = parseTlogProof(formatTlogProof(proof));
    assert.deepEqual(parsed, proof);
    const verdict = verifyTlogProof(parsed, entry, policy, tools);
    assert.ok(verdict.valid && verdict.trusted.checkpoint.size === 5);
    assert.equal(verifyTlogProof(parsed, Buffer.from("z"), policy, tools).valid, false);
    assert.equal(verifyTlogProof({ ...parsed, index: (index + 1) % 5 }, entry, policy, tools).valid, false);
    assert.equal(verifyTlogProof(parsed, entry, trustKeys([]), tools).valid, false);
    assert.equal(verifyTlogProof({ ...parsed, checkpoint: "nothing" }, entry, policy, tools).valid, false);
  }
});

test("the spellings of proof files are those of C2SP tlog-proof", () => {
  const h1 = sha256(Buffer.from("hash1"));
  const base64 = Buffer.from(h1).toString("base64");
  const text = `c2sp.org/tlog-proof@v1\nextra ${Buffer.from("extra information").toString("base64")}\nindex 10\n${base64}\n\ncheckpoint data\n`;
  assert.deepEqual(parseTlogProof(text), {
    index: 10,
    path: [Uint8Array.from(h1)],
    checkpoint: "checkpoint data\n",
    extra: Uint8Array.from(Buffer.from("extra information")),
  });
  assert.equal(formatTlogProof({ index: 0, path: [], checkpoint: "c\n" }), "c2sp.org/tlog-proof@v1\nindex 0\n\nc\n");
  const wrong = [
    "",
    "wrong-header\nindex 0\n\ncheckpoint\n",
    "c2sp.org/tlog-proof@v1\nextra !!notbase64!!\nindex 0\n\ncheckpoint\n",
    "c2sp.org/tlog-proof@v1\n\n\ncheckpoint\n",
    "c2sp.org/tlog-proof@v1\nindex notanumber\n\ncheckpoint\n",
    "c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n",
    "c2sp.org/tlog-proof@v1\nindex 05\n\ncheckpoint\n",
    "c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\ncheckpoint\n",
    `c2sp.org/tlog-proof@v1\nindex 0\n${Buffer.alloc(64).toString("base64")}\n\ncheckpoint\n`,
    `c2sp.org/tlog-proof@v1\nindex 0\n${`${base64}\n`.repeat(65)}\ncheckpoint\n`,
    `c2sp.org/tlog-proof@v1\nindex 0\n${base64}\n`,
    "c2sp.org/tlog-proof@v1\nindex 0\n\n",
    "c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\ncheckpoint\n",
    `c2sp.org/tlog-proof@v1\nindex 0\n${"a".repeat(3_000_000)}\n\nc\n`,
  ];
  for (const one of wrong) assert.throws(() => parseTlogProof(one), { code: "INVALID_PROOF" }, one.slice(0, 60));
});
