import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { tools } from "./tools.ts";

const NOTES = fileURLToPath(new URL("../../../../vectors/tlog/notes.jsonl", import.meta.url));
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

interface Signed {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

function ours({ key, message, signature }: Signed): boolean {
  return tools.verifySignature({ kind: "ed25519-pub", bytes: Uint8Array.from(key) }, message, signature);
}

function nodes({ key, message, signature }: Signed): boolean {
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI, key]), format: "der", type: "spki" });
  return verify(null, message, publicKey, signature);
}

function madeWith(seed: Uint8Array, message: Uint8Array): Signed {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
  const key = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(SPKI.length);
  return { key, message, signature: sign(null, message, privateKey) };
}

describe("the page's cryptography", () => {
  it("takes what was signed, and nothing that was changed, as Node does", () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(seed, bytes, fc.nat(63), fc.nat(7), (from, message, at, bit) => {
        const signed = madeWith(from, message);
        assert.equal(ours(signed), true);
        const signature = Uint8Array.from(signed.signature);
        signature[at] = (signature[at] ?? 0) ^ (1 << bit);
        assert.equal(ours({ ...signed, signature }), false);
        assert.equal(ours({ ...signed, message: Uint8Array.of(...message, 0) }), false);
      }),
      { numRuns: 20 },
    );
  });

  it("says the same of every Ed25519 signature of the vectors, those made to divide verifiers too", () => {
    let refused = 0;
    for (const line of readFileSync(NOTES, "utf8").trimEnd().split("\n")) {
      const { name, note, vkeys, expect } = JSON.parse(line);
      for (const [index, vkey] of expect === "malformed" ? [] : vkeys.entries()) {
        const typed = Buffer.from(vkey.split("+").slice(2).join("+"), "base64");
        const own = `— ${vkey.split("+")[0]} `;
        const found = note.split("\n").find((each: string) => each.startsWith(own));
        if (typed[0] !== 1 || found === undefined || expect[index] === "absent") continue;
        const signature = Uint8Array.from(Buffer.from(found.slice(own.length), "base64").subarray(4));
        const message = Buffer.from(`${note.slice(0, note.lastIndexOf("\n\n"))}\n`);
        const signed = { key: Uint8Array.from(typed.subarray(1)), message, signature };
        assert.equal(ours(signed), nodes(signed), name);
        if (!ours(signed)) refused += 1;
      }
    }
    assert.ok(refused > 3);
  });
});
