import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { parseStrictJson } from "../../core/strict-json.ts";
import { sha256, verifySignature } from "../../runtime/crypto.ts";
import { parseTrustPolicy, trustKeys, type TrustPolicy } from "../tlog/trust-policy.ts";
import { checkIndexProof } from "./check-index-proof.ts";

const tools = { sha256, verifySignature };
const folder = new URL("../../../../../vectors/absence/", import.meta.url);

interface Case {
  readonly file: string;
  readonly trust: string | null;
  readonly verdict: string;
}

const cases: readonly Case[] = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));

function proofIn(file: string): JsonObject | null {
  try {
    const value = parseStrictJson(readFileSync(new URL(file, folder), "utf8"));
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function trustIn(file: string | null): TrustPolicy | null {
  return file === null ? null : parseTrustPolicy(readFileSync(new URL(`trust/${file}`, folder), "utf8"), sha256);
}

test("inside a bundle a proof is valid exactly when it is alone, and a false one is invalid", () => {
  assert.ok(cases.length > 20);
  for (const { file, trust, verdict } of cases) {
    const proof = proofIn(file);
    if (proof === null) continue;
    const { state, says, not_claimed } = checkIndexProof(proof, trustIn(trust), tools);
    assert.equal(state === "valid", verdict === "valid", file);
    if (verdict === "false") assert.equal(state, "invalid", file);
    if (state === "valid") {
      assert.ok(not_claimed.some((text) => text.startsWith("cannot see ungoverned calls")));
      assert.match(says, /^(?:no entry has|exactly the entries shown have) /u);
    }
  }
});

test("a proof that nobody trusted signed is untrusted, and says so, when the rest of it holds", () => {
  const [good] = cases.filter(({ verdict, trust }) => verdict === "valid" && trust !== null);
  const proof = good === undefined ? null : proofIn(good.file);
  assert.ok(proof);
  for (const trust of [null, trustKeys([])]) assert.equal(checkIndexProof(proof, trust, tools).state, "untrusted");
});
