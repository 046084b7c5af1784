// The files of vectors/absence, which verifiers in other languages are held to as well, and the sample in the document.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { encodeHex } from "../../identity/hex.ts";
import { verifySignature } from "../../runtime/crypto.ts";
import { leafHash, merkleTree } from "../merkle.ts";
import { parseTrustPolicy } from "../tlog/trust-policy.ts";
import { indexKey } from "./index-key.ts";
import { readIndexedLine, termsOfLine } from "./indexed-line.ts";
import { parseIndexProof } from "./index-proof.ts";
import { formatRunRecord, parseRunRecord } from "./run-record.ts";
import { recordsAfter } from "./run-plan.ts";
import { verifyIndexProof } from "./verify-index-proof.ts";

const ROOT = fileURLToPath(new URL("../../../../../", import.meta.url));
const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

function file(name: string): Uint8Array {
  return readFileSync(`${ROOT}vectors/absence/${name}`);
}

function parsed(name: string): JsonValue {
  const value: JsonValue = JSON.parse(Buffer.from(file(name)).toString());
  return value;
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  assert.ok(Array.isArray(value));
  const list: readonly JsonValue[] = value;
  return list.filter((item): item is JsonObject => isJsonObject(item));
}

function text(value: JsonValue | undefined): string {
  assert.ok(typeof value === "string");
  return value;
}

test("every proof of the vectors gets the verdict that stands beside it", () => {
  const manifest = objects(parsed("manifest.json"));
  assert.ok(manifest.length > 50);
  for (const each of manifest) {
    const { trust } = each;
    const policy =
      trust === null ? null : parseTrustPolicy(Buffer.from(file(`trust/${text(trust)}`)).toString(), sha256);
    const result = verifyIndexProof(file(text(each["file"])), policy, { sha256, verifySignature });
    assert.equal(result.verdict, each["verdict"], `${text(each["file"])}: ${result.reason}`);
    const { found } = result;
    assert.deepEqual(found?.matching.map(({ index }) => index) ?? null, each["matching"]);
    assert.deepEqual(found?.uncertain.map(({ index }) => index) ?? null, each["uncertain"]);
    if (found !== null) {
      const { covered, unresolved, silence_s } = found;
      assert.deepEqual({ covered, unresolved, silence_s }, each["limits"]);
    }
  }
  const verdicts = new Set(manifest.map(({ verdict }) => verdict));
  assert.deepEqual(verdicts, new Set(["valid", "false", "untrusted", "invalid", "unusable"]));
});

test("the steps of the index are as they stand in the vectors", () => {
  const steps = parsed("steps.json");
  assert.ok(isJsonObject(steps));
  for (const { line, time, odd, keys } of objects(steps["lines"])) {
    const read = readIndexedLine(Buffer.from(text(line)));
    assert.deepEqual([read.time, read.odd], [time, odd]);
    assert.deepEqual(
      termsOfLine(read).map((term) => ({ ...term, key: encodeHex(indexKey(term, sha256)) })),
      keys,
    );
  }
  const records = steps["records"];
  assert.ok(Array.isArray(records));
  const leaves = records.map((record) => {
    const value: JsonValue = JSON.parse(text(record));
    const read = parseRunRecord(value);
    assert.ok(read !== null);
    assert.equal(formatRunRecord(read), record);
    return leafHash(Buffer.from(text(record)), sha256);
  });
  assert.equal(leaves.length, recordsAfter(20));
  assert.equal(encodeHex(merkleTree(leaves, sha256).root), steps["root"]);
});

test("the document's sample is that of the vectors", () => {
  const page = readFileSync(`${ROOT}docs/absence-proofs.md`, "utf8");
  const key = indexKey({ field: "action_type", tenant: "", values: ["execute_shell"] }, sha256);
  assert.ok(page.includes(encodeHex(key)));
  const first = parseIndexProof(file("absent.json")).runs[0];
  assert.ok(first !== undefined && first.shown !== "skipped" && first.shown.kind === "absent");
  const { left, right } = first.shown;
  assert.ok(left !== null && right !== null);
  assert.ok(page.includes(`leaves ${left.index} and ${right.index} of ${first.record.keys}`));
});
