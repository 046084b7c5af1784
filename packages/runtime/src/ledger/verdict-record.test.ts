import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, hash, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseApproval, voteBytes, type Vote } from "../approvals/vote.ts";
import { judgeVotes, type VoteQuestion } from "../approvals/judge-votes.ts";
import { checkApproved, checkAttest, checkBegin, checkPending, executionState } from "../approvals/execution-state.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { encodeBase64Url } from "../identity/base64.ts";
import { didKeyOf, parsePublicKey, spkiOf, type PublicKey } from "../identity/public-key.ts";
import { trustFrom } from "../runtime/check-included.ts";
import { sha256, startSha256, verifySignature } from "../runtime/crypto.ts";
import { damagedJson, damagedText } from "./damaged.fixture.test.ts";
import { readIndexedLine, termsOfLine } from "./entry-index/indexed-line.ts";
import { parseRunRecord } from "./entry-index/run-record.ts";
import { verifyIndexProof } from "./entry-index/verify-index-proof.ts";
import { prepareEntry } from "./entry.ts";
import { checkIndexProof } from "./evidence/check-index-proof.ts";
import { verifyBundle } from "./evidence/verify-bundle.ts";
import { readForeign } from "./foreign-json.ts";
import { readCheckpoint } from "./tlog/checkpoint.ts";
import { entryData } from "./tlog/entry-data.ts";
import { parseNote } from "./tlog/note.ts";
import { parseRotation } from "./tlog/rotation-entry.ts";
import { answerTo, openRecord } from "./record.fixture.test.ts";
import { parseTilePath } from "./tlog/tile.ts";
import { parseTlogProof, verifyTlogProof } from "./tlog/tlog-proof.ts";
import { parseTrustPolicy } from "./tlog/trust-policy.ts";
import { openTrusted } from "./tlog/trusted-checkpoint.ts";
import { parseVerifierKey } from "./tlog/verifier-key.ts";
import { ChainVerifier } from "./verify.ts";

// What the verifiers say of documents damaged in thousands of small ways, whole: verdict, reason and place. The other
// tests ask whether what is false is refused; this one keeps each answer from moving unseen. After a change that is
// meant, `npm run golden` writes the record anew.

const VECTORS = new URL("../../../../vectors/", import.meta.url);
const RECORD = new URL("record/verdicts.txt", VECTORS);
const tools = { sha256, verifySignature, startSha256 };
const { record, finish } = openRecord(RECORD);

function text(name: string): string {
  return readFileSync(new URL(name, VECTORS), "utf8");
}

function parsed(line: string): JsonObject {
  const value: JsonValue = JSON.parse(line);
  assert.ok(isJsonObject(value));
  return value;
}

interface ProofCase {
  readonly file: string;
  readonly trust: string | null;
  readonly verdict: string;
}

const proofCases: readonly ProofCase[] = JSON.parse(text("absence/manifest.json"));
for (const { file, trust, verdict } of proofCases) {
  if (verdict !== "valid" && verdict !== "false") continue;
  const policy = trust === null ? null : parseTrustPolicy(text(`absence/trust/${trust}`), sha256);
  const damaged = (): readonly JsonValue[] => {
    const proof = parsed(text(`absence/${file}`));
    return [proof, ...damagedJson(proof, 400)];
  };
  record(`the proof ${file}`, damaged, (proof) => verifyIndexProof(Buffer.from(JSON.stringify(proof)), policy, tools));
}

const BUNDLES = ["valid", "rotated", "rotated-cosigned", "cosigned", "foreign"];
interface BundleCase {
  readonly file: string;
  readonly trust: { readonly policy: string } | { readonly vkeys: readonly string[] } | null;
}
const bundles: { readonly cases: readonly BundleCase[] } = JSON.parse(text("evidence/manifest.json"));
for (const name of BUNDLES) {
  const found = bundles.cases.find(({ file }) => file === `${name}.canopy-evidence`);
  assert.ok(found);
  const trust = found.trust === null ? null : trustFrom(found.trust);
  record(
    `the bundle ${name}`,
    () => {
      const lines = text(`evidence/${found.file}`).trimEnd().split("\n").slice(0, -1);
      return lines.flatMap((line, index) =>
        damagedJson(parsed(line), Math.ceil(400 / lines.length)).map((made) =>
          sealed(lines.toSpliced(index, 1, JSON.stringify(made))),
        ),
      );
    },
    (bundle) => verifyBundle(bundle, { trust, checkProof: (proof) => checkIndexProof(proof, trust, tools) }, tools),
  );
}

// Its last line says what the others add up to.
function sealed(lines: readonly string[]): Uint8Array {
  const body = lines.map((line) => `${line}\n`).join("");
  const end = { kind: "end", lines: lines.length, sha256: hash("sha256", body) };
  return Buffer.from(`${body}${JSON.stringify(end)}\n`);
}

const host = {
  sha256: (bytes: Uint8Array): string => hash("sha256", bytes, "hex"),
  latin1: (bytes: Uint8Array, start: number, end: number): string =>
    new TextDecoder("latin1").decode(bytes.subarray(start, end)),
  allocate: (sizeBytes: number): Uint8Array => Buffer.allocUnsafe(sizeBytes),
  lineFeed: (bytes: Uint8Array, from: number): number => bytes.indexOf(10, from),
};

for (const [file, count] of [
  ["base-24.log", 3],
  ["hard-values.log", 4],
  ["mixed-200.log", 4],
] as const) {
  const lines = (): readonly string[] => text(`audit/${file}`).split("\n").slice(0, count);
  const damaged = (): readonly string[] =>
    lines().flatMap((line, index) => [
      ...damagedJson(parsed(line), 60).map(
        (made) => `${lines().toSpliced(index, 1, JSON.stringify(made)).join("\n")}\n`,
      ),
      ...damagedText(line, 80).map((made) => `${lines().toSpliced(index, 1, made).join("\n")}\n`),
    ]);
  for (const strict of [true, false]) {
    record(`${file}, ${strict ? "strict" : "as it comes"}`, damaged, (log) => {
      const bytes = Buffer.from(log);
      const verifier = new ChainVerifier(host, { strict });
      for (let from = 0; from < bytes.length; from += 1024) {
        const part = bytes.subarray(from, from + 1024);
        verifier.room().set(part);
        if (!verifier.filled(part.length)) break;
      }
      return verifier.end();
    });
  }
  record(`entries of ${file} as others write them`, () => lines().flatMap((line) => damagedText(line)), readForeign);
}

const indexed = (): readonly JsonValue[] =>
  text("absence/audit.log")
    .trimEnd()
    .split("\n")
    .filter((_, index) => index % 8 === 0)
    .flatMap((line) => damagedJson(parsed(line), 60));
record("entries of absence/audit.log for the index", indexed, (entry) => {
  const line = readIndexedLine(Buffer.from(JSON.stringify(entry)));
  return { line, terms: termsOfLine(line) };
});
record("entries of absence/audit.log as drafts", indexed, (entry) =>
  isJsonObject(entry) ? [prepareEntry(entry, "log", true), prepareEntry(entry, "log", false)] : null,
);
record("entries of absence/audit.log as rotations", indexed, (entry) =>
  isJsonObject(entry) ? parseRotation(entry) : null,
);
const run = { level: 1, number: 2, entries: 4, first: 8, keys: 3, root: "a".repeat(64), before: 7 };
record("a record of a run", () => damagedJson(run), parseRunRecord);

interface TlogCase {
  readonly name: string;
  readonly note: string;
  readonly vkeys: readonly string[];
  readonly proof: string;
  readonly entry: string;
  readonly trust: string;
  readonly policy: string;
  readonly vkey: string;
  readonly expect: unknown;
}
function cases(name: string, isWanted: (one: TlogCase) => boolean): readonly TlogCase[] {
  const all = text(`tlog/${name}.jsonl`).trimEnd().split("\n");
  return all.map((line): TlogCase => JSON.parse(line)).filter(isWanted);
}

for (const { name, proof, entry, trust } of cases("proofs", ({ expect }) => expect === "valid")) {
  const policy = parseTrustPolicy(trust, sha256);
  record(
    `the inclusion proof: ${name}`,
    () => damagedText(proof),
    (made) => verifyTlogProof(parseTlogProof(made), entryData(Buffer.from(entry), sha256), policy, tools),
  );
  const note = proof.slice(proof.indexOf("\n\n") + 2);
  record(
    `its checkpoint: ${name}`,
    () => damagedText(note),
    (made) => [readCheckpoint(made), openTrusted(made, policy, tools)],
  );
  record(
    `its trust policy: ${name}`,
    () => damagedText(trust),
    (made) => parseTrustPolicy(made, sha256),
  );
}
for (const { name, note } of cases("notes", ({ expect }) => expect !== "malformed").slice(0, 6)) {
  record(`the note: ${name}`, () => damagedText(note, 200), parseNote);
}
for (const { name, policy } of cases("trust-policies", ({ expect }) => expect === "ok")) {
  record(
    `the trust policy: ${name}`,
    () => damagedText(policy, 200),
    (made) => parseTrustPolicy(made, sha256),
  );
}
for (const { name, vkey } of cases("verifier-keys", ({ expect }) => expect !== "refuse").slice(0, 3)) {
  record(
    `the verifier key: ${name}`,
    () => damagedText(vkey),
    (made) => parseVerifierKey(made, sha256),
  );
}
const paths = [
  "tile/0/000",
  "tile/3/x001/x234/067.p/8",
  "tile/entries/x001/000",
  "tile/entries/012.p/255",
  "tile/63/255",
];
record("paths of tiles", () => paths.flatMap((path) => damagedText(path)), parseTilePath);

const seedDer = Buffer.from(`302e020100300506032b657004220420${"07".repeat(32)}`, "hex");
const secret = createPrivateKey({ key: seedDer, format: "der", type: "pkcs8" });
const approver = parsePublicKey(createPublicKey(secret).export({ format: "pem", type: "spki" }).toString());
const voteTools = {
  sha256,
  verifySignature: (key: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean =>
    verify(null, bytes, createPublicKey({ key: Buffer.from(spkiOf(key)), format: "der", type: "spki" }), signature),
};
const vote: Vote = {
  type: "canopy-vote-v1",
  log_id: "log-1",
  authorization_id: "1".repeat(64),
  action_digest: "sha256:aa",
  verdict: "APPROVED",
  approver: "alice",
  key: didKeyOf(approver),
  reason: "seen",
  nonce: "n-1",
  issued_at: "2026-01-01T00:09:00.000Z",
  expires_at: "2026-01-01T00:14:00.000Z",
};
const question: VoteQuestion = {
  log_id: "log-1",
  authorization_id: "1".repeat(64),
  action_digest: "sha256:aa",
  agent_avid: "AVID-agent",
  trusted: [approver],
  required: 1,
  reason_required: true,
  requester: ["bob"],
  now: "2026-01-01T00:10:00.000Z",
};
record(
  "votes",
  () => damagedJson({ votes: [signedVote({ ...vote })] }, 600),
  (made) => judgeVotes(parseApproval(made), question, voteTools),
);
record(
  "votes that were signed as they are",
  () => damagedJson({ ...vote }, 600),
  (made) => judgeVotes(parseApproval({ votes: [signedVote(made)] }), question, voteTools),
);

// A signature over whatever stands there, where it can be signed at all.
function signedVote(made: JsonValue): JsonObject {
  const bytes = answerTo(() =>
    Buffer.from(voteBytes({ ...vote, ...(isJsonObject(made) ? made : {}) })).toString("hex"),
  );
  return { vote: made, signature: encodeBase64Url(sign(null, Buffer.from(JSON.parse(bytes), "hex"), secret)) };
}

const decided: JsonObject = {
  event: "authorize_action",
  entry_hash: "1".repeat(64),
  seq: 4,
  decision: "REQUIRE_APPROVAL",
  timestamp: "2026-01-01T00:00:00Z",
  expires_at: "2026-01-01T00:15:00.000Z",
  action_digest: "sha256:aa",
  avid: "AVID-agent",
};
const step = (event: string, more: JsonObject = {}): JsonObject => ({
  event,
  authorization_id: "1".repeat(64),
  ...more,
});
const again = { decision: "ALLOW", expires_at: "2026-01-01T00:20:00.000Z" };
const lives: readonly (readonly JsonObject[])[] = [
  [],
  [step("approval_granted")],
  [step("approval_granted"), step("reauthorized", again)],
  [step("approval_granted"), step("reauthorized", again), step("tool_start")],
  [step("tool_start"), step("tool_result"), step("tool_start")],
  [step("approval_rejected"), step("approval_granted")],
  [step("approval_granted"), step("approval_skipped")],
  [step("approval_granted"), step("reauthorized", { decision: "DENY" }), step("tool_start")],
];
const later = { seq: 9, timestamp: "2026-01-01T00:18:00Z" };
const moments = ["2026-01-01T00:01:00.000Z", "2026-01-01T00:17:00.000Z", "2026-01-01T00:20:00.000Z"];
for (const [number, life] of lives.entries()) {
  for (const decision of ["REQUIRE_APPROVAL", "ALLOW", "DENY"]) {
    const damaged = (): readonly JsonValue[] => damagedJson([{ ...decided, decision }, ...life], 120);
    record(`life ${number} of ${decision}`, damaged, (made) => {
      const list: readonly JsonValue[] = Array.isArray(made) ? made : [];
      const history = list.filter(isJsonObject);
      const id = "1".repeat(64);
      const each = moments.flatMap((now, index) =>
        [checkApproved, checkBegin, checkPending].map((check) =>
          answerTo(() => check(id, history, { now, last: index === 1 ? later : null })),
        ),
      );
      return [answerTo(() => executionState(id, history)), answerTo(() => checkAttest(id, history)), ...each];
    });
  }
}

finish();
