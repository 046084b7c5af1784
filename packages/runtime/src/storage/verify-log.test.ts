import assert from "node:assert/strict";
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { CanopyError } from "../core/errors.ts";
import type { Signer } from "../ledger/ports.ts";
import { openFileLedger } from "./file-ledger.ts";
import { HashChainAuditLog } from "./hash-chain-audit-log.ts";
import { verifyLog } from "./verify-log.ts";

const VECTORS = new URL("../../../../vectors/audit/", import.meta.url);
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };

function keys(keyId: string): ((message: Uint8Array, signature: string) => boolean) | null {
  if (keyId !== "k") return null;
  return (message, signature) => verify(null, message, publicKey, Buffer.from(signature, "base64url"));
}

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "canopy-verify-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function write(path: string, home: string, count: number, rotateBytes: number | null): Promise<void> {
  const ledger = await openFileLedger({ path, home, signer, clock: { now: () => 0 }, index: false, rotateBytes });
  for (let at = 0; at < count; at += 5) {
    const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", trace_id: `t${at % 2}` };
    await Promise.all(Array.from({ length: 5 }, () => ledger.append({ entry })));
  }
  await ledger.close();
}

interface Vector {
  readonly file: string;
  readonly strict_should: string;
  readonly strict_valid: boolean | null;
  readonly strict_first_bad_line: number | null;
  readonly strict_failure: string | null;
}

test("every vector log gets the result its manifest asks for", async () => {
  const { files }: { readonly files: readonly Vector[] } = JSON.parse(
    readFileSync(new URL("manifest.json", VECTORS), "utf8"),
  );
  const base = await verifyLog(fileURLToPath(new URL("base-24.log", VECTORS)));
  assert.equal(base.entries, 24);
  for (const vector of files) {
    const path = fileURLToPath(new URL(vector.file, VECTORS));
    if (vector.strict_valid === null) {
      await assert.rejects(verifyLog(path), (error) => error instanceof CanopyError && error.code === "FILE_UNUSABLE");
      continue;
    }
    const result = await verifyLog(path);
    const got = [vector.file, result.valid, result.first_bad_line, result.failure];
    assert.deepEqual(got, [vector.file, vector.strict_valid, vector.strict_first_bad_line, vector.strict_failure]);
    assert.equal(result.anchored, false);
    assert.equal(result.signatures, "not checked");
    if (vector.strict_should === "reject-with-anchor") {
      const anchored = await verifyLog(path, { anchor: { entries: 24, head: base.head ?? "" } });
      assert.equal(anchored.valid, false);
      assert.equal(anchored.failure, vector.file === "truncate-tail.log" ? "shrunk" : "checkpoint");
    }
  }
});

test("a missing file, a folder and a device are unusable, never valid", async (t) => {
  for (const path of [join(folder(t), "none"), folder(t), "/dev/null"]) {
    await assert.rejects(verifyLog(path), (error) => error instanceof CanopyError && error.code === "FILE_UNUSABLE");
  }
});

test("our log verifies across segments, with its signatures and its home's head", async (t) => {
  const made = folder(t);
  const path = join(made, "audit.log");
  const home = join(made, "home");
  await write(path, home, 100, 4000);
  const result = await verifyLog(path, { home, signatures: keys });
  assert.deepEqual(result.warnings, []);
  assert.equal(result.valid, true);
  assert.equal(result.anchored, true);
  assert.equal(result.entries, 100 + readdirSync(`${path}.d/segments`).length);
  assert.deepEqual(result.signatures, {
    batches: 20 + readdirSync(`${path}.d/segments`).length,
    entries: result.entries,
    unknown_key: null,
  });
  // In another home the signatures can't be checked, and nothing is said of them; the log's own home has every key.
  const unknown = await verifyLog(path, { signatures: () => null });
  assert.deepEqual([unknown.valid, unknown.failure], [true, null]);
  assert.match(unknown.warnings.join(), /a key that this home doesn't have/);
  assert.ok(unknown.signatures !== "not checked" && unknown.signatures.entries === 0);
  assert.ok(unknown.signatures.unknown_key !== null);
  // The home that wrote it lost its keys: nothing can be judged, so nothing is found wrong, and nothing vouched for.
  const keyless = await verifyLog(path, { home, signatures: () => null });
  assert.deepEqual([keyless.failure, keyless.signatures], [null, unknown.signatures]);
});

test("a changed line, a missing end, a lost segment and a forged proof are each named", async (t) => {
  const made = folder(t);
  const path = join(made, "audit.log");
  const home = join(made, "home");
  await write(path, home, 60, 4000);
  const segment = join(`${path}.d/segments`, "000002.log");
  const [whole, second, proofs] = [readFileSync(path), readFileSync(segment), readFileSync(`${path}.d/proofs.jsonl`)];

  writeFileSync(segment, second.toString("utf8").replace('"trace_id":"t', '"trace_id":"T'));
  const edited = await verifyLog(path);
  assert.deepEqual([edited.failure, edited.first_bad_line, edited.segment], ["entry_hash", 2, "000002.log"]);
  writeFileSync(segment, second.subarray(0, second.subarray(0, -2).lastIndexOf(10) + 1));
  assert.equal((await verifyLog(path)).failure, "segment");
  rmSync(segment);
  const lost = await verifyLog(path);
  assert.equal(lost.valid, true);
  assert.match(lost.warnings.join(), /segment 000002\.log/);
  writeFileSync(segment, second);

  truncateSync(path, whole.subarray(0, -2).lastIndexOf(10) + 1);
  const cut = await verifyLog(path, { home });
  assert.equal(cut.failure, "shrunk");
  assert.equal((await verifyLog(path)).valid, true);
  assert.equal((await verifyLog(path, { signatures: keys })).failure, "signature");
  writeFileSync(path, whole);

  writeFileSync(
    `${path}.d/proofs.jsonl`,
    proofs
      .toString("utf8")
      .replace('"signature":"A', '"signature":"B')
      .replace(/"signature":"[^B]/, '"signature":"B'),
  );
  assert.equal((await verifyLog(path, { signatures: keys })).failure, "signature");
  rmSync(`${path}.d/proofs.jsonl`);
  assert.match((await verifyLog(path, { signatures: keys })).warnings.join(), /in no signed batch/);
});

test("the seed's facade verifies, iterates and finds a trace", async (t) => {
  const made = folder(t);
  const path = join(made, "audit.log");
  await write(path, join(made, "home"), 10, null);
  const log = new HashChainAuditLog(path);
  assert.equal(await log.verifyIntegrity(), true);
  assert.equal([...log.iterEntries()].length, 10);
  assert.equal(log.getTrace("t1").length, 5);
  copyFileSync(fileURLToPath(new URL("edit-decision.log", VECTORS)), path);
  assert.equal(await log.verifyIntegrity(), false);
});
