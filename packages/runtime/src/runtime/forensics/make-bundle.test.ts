import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../../core/errors.ts";
import type { BundleVerdict } from "../../ledger/evidence/bundle-verdict.ts";
import { verifyBundle } from "../../ledger/evidence/verify-bundle.ts";
import { formatCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { formatNote } from "../../ledger/tlog/note.ts";
import { trustKeys } from "../../ledger/tlog/trust-policy.ts";
import { verifierKey, type VerifierKey } from "../../ledger/tlog/verifier-key.ts";
import { TlogReader } from "../../storage/tlog/tlog-reader.ts";
import { sha256, verifySignature } from "../crypto.ts";
import { createRuntime } from "../create-runtime.ts";
import { openSigner } from "../signer.ts";
import { makeBundle, selectEntries, type BundleRequest } from "./index.ts";

interface World {
  readonly log: string;
  readonly home: string;
  readonly key: VerifierKey;
}

const ORIGIN = "example.com/audit";

// Thirteen calls of two traces, and a checkpoint over them as the runtime would have signed it.
async function world(t: TestContext): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-bundle-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [log, home] = [join(folder, "audit.log"), join(folder, "home")];
  const runtime = createRuntime({ env: {}, audit_log_path: log, home });
  for (let n = 0; n < 13; n += 1) {
    const agent_ctx = { public_key: "agent-1", trace_id: n % 3 === 0 ? "t-1" : "t-2" };
    await runtime.authorize(agent_ctx, "shell", { command: n === 6 ? "rm -rf /" : `echo ${n}` });
  }
  await runtime.openIncident({ trace_id: "t-1", agent_avid: "AVID-1", description: "odd" });
  await runtime.close();
  const key = await sealed(log, home);
  return { log, home, key };
}

async function sealed(log: string, home: string): Promise<VerifierKey> {
  const signer = openSigner(home, "checkpoint");
  const key = verifierKey(ORIGIN, "ed25519", signer.public_key.bytes, sha256);
  const reader = await TlogReader.open(log, { strict: true });
  const text = formatCheckpoint({ origin: ORIGIN, size: reader.size, root: reader.rootAt() });
  reader.close();
  const signature = { name: key.name, key_id: key.key_id, bytes: signer.sign(new TextEncoder().encode(text)) };
  rmSync(join(`${log}.d`, "tlog"), { recursive: true, force: true });
  mkdirSync(join(`${log}.d`, "tlog"));
  writeFileSync(join(`${log}.d`, "tlog", "checkpoint"), formatNote(text, [signature]));
  return key;
}

async function bundleOf({ log, home }: World, asked: Partial<BundleRequest>): Promise<string> {
  const request = { indexes: [], home, made_at: "2026-01-01T00:00:00Z", about: {}, proofs: [], reports: [], ...asked };
  let text = "";
  await makeBundle(log, request, (more) => (text += more));
  return text;
}

const checkProof = () => ({ state: "valid", says: "", not_claimed: [], checkpoint: null }) as const;

function startSha256() {
  const hash = createHash("sha256");
  return { update: (bytes: Uint8Array): void => void hash.update(bytes), digest: () => hash.digest() };
}

function verdictOf(bundle: string, key: VerifierKey | null): BundleVerdict {
  const trust = key === null ? null : trustKeys([key]);
  return verifyBundle(Buffer.from(bundle), { trust, checkProof }, { sha256, verifySignature, startSha256 });
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    return error instanceof CanopyError ? error.code : "other";
  }
}

test("a bundle of what is asked for verifies under the log's key, with its policies, and alone it does not", async (t) => {
  const made = await world(t);
  const { indexes, incidents } = await selectEntries(made.log, { trace_id: "t-1" });
  assert.equal(incidents.length, 1);
  const bundle = await bundleOf(made, { indexes, reports: [{ format: "md", text: "# what" }] });
  const verdict = verdictOf(bundle, made.key);
  assert.deepEqual([verdict.verdict, verdict.reason], ["valid", null]);
  assert.deepEqual([verdict.entries, verdict.reports, verdict.policies_missing], [indexes.length, 1, 0]);
  assert.equal(verdict.policies.length, 1);
  assert.equal(verdictOf(bundle, null).verdict, "untrusted");
  const other = verifierKey(ORIGIN, "ed25519", openSigner(join(made.home, "x"), "checkpoint").public_key.bytes, sha256);
  assert.notEqual(verdictOf(bundle, other).verdict, "valid");
});

test("the same log and request make the same bytes, whatever order the entries are asked in", async (t) => {
  const made = await world(t);
  const [first, again] = [
    await bundleOf(made, { indexes: [1, 5, 9] }),
    await bundleOf(made, { indexes: [9, 1, 5, 5] }),
  ];
  assert.equal(first, again);
  assert.equal(verdictOf(await bundleOf(made, { indexes: [0] }), made.key).verdict, "valid");
});

test("entries newer than the checkpoint are left out, and nothing but such is refused", async (t) => {
  const made = await world(t);
  const size = readFileSync(made.log, "utf8").trimEnd().split("\n").length;
  const request = { home: made.home, made_at: "", about: {}, proofs: [], reports: [] };
  const runtime = createRuntime({ env: {}, audit_log_path: made.log, home: made.home, tlog: false });
  await runtime.authorize({ public_key: "agent-1" }, "shell", { command: "ls" });
  await runtime.close();
  const some = await makeBundle(made.log, { ...request, indexes: [0, size] }, () => undefined);
  assert.deepEqual([some.entries, some.left_out, some.size, some.cosigned], [1, 1, size, false]);
  assert.equal(await refusal(bundleOf(made, { indexes: [size] })), "INVALID_CHECKPOINT");
  assert.equal(await refusal(bundleOf(made, { indexes: [] })), "INVALID_CHECKPOINT");
});

test("from a log that was changed, cut or written anew no bundle is made", async (t) => {
  const made = await world(t);
  const whole = readFileSync(made.log, "utf8");
  writeFileSync(made.log, whole.replace('"decision":"DENY"', '"decision":"ALLOW"'));
  assert.notEqual(await refusal(bundleOf(made, { indexes: [0, 1, 2, 3, 4, 5, 6, 7] })), "done");
  writeFileSync(made.log, `${whole.split("\n").slice(0, 3).join("\n")}\n`);
  assert.equal(await refusal(bundleOf(made, { indexes: [0] })), "INVALID_CHECKPOINT");
  writeFileSync(made.log, whole.replaceAll("t-2", "t-3"));
  assert.equal(await refusal(bundleOf(made, { indexes: [0] })), "INVALID_CHECKPOINT");
});

test("a log without a checkpoint makes none, and says how to get one", async (t) => {
  const made = await world(t);
  rmSync(join(`${made.log}.d`, "tlog"), { recursive: true });
  assert.equal(await refusal(bundleOf(made, { indexes: [0] })), "INVALID_CHECKPOINT");
});

test("a policy that isn't kept any more is counted, a changed one is not put in", async (t) => {
  const made = await world(t);
  const policies = join(`${made.log}.d`, "policies");
  for (const name of readdirSync(policies)) appendFileSync(join(policies, name), "# more\n");
  const verdict = verdictOf(await bundleOf(made, { indexes: [1] }), made.key);
  assert.deepEqual([verdict.verdict, verdict.policies.length, verdict.policies_missing], ["valid", 0, 1]);
});
