import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inclusionPath, leafHash, merkleTree, verifyInclusion } from "./merkle.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

interface Vector {
  readonly name: string;
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, "base64");
}

test("the public inclusion proofs hold exactly when they should", () => {
  const file = new URL("../../../../vectors/merkle/rfc6962-inclusion.jsonl", import.meta.url);
  const lines = readFileSync(file, "utf8").trim().split("\n");
  assert.equal(lines.length, 98);
  for (const line of lines) {
    const vector: Vector = JSON.parse(line);
    const proof = {
      index: vector.leafIdx,
      size: vector.treeSize,
      path: (vector.proof ?? []).map(bytes),
      root: bytes(vector.root),
    };
    assert.equal(verifyInclusion(bytes(vector.leafHash), proof, sha256), !vector.wantErr, vector.name);
  }
});

test("every leaf of every size proves, and no leaf proves at another index", () => {
  for (let size = 1; size <= 33; size += 1) {
    const leaves = Array.from({ length: size }, (_, index) => leafHash(Uint8Array.of(index), sha256));
    const tree = merkleTree(leaves, sha256);
    for (const [index, leaf] of leaves.entries()) {
      const proof = { index, size, path: inclusionPath(tree, index), root: tree.root };
      assert.equal(verifyInclusion(leaf, proof, sha256), true);
      for (let other = 0; other < size; other += 1) {
        if (other !== index) assert.equal(verifyInclusion(leaf, { ...proof, index: other }, sha256), false);
      }
    }
  }
});
