import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inclusionPath, leafHash, merkleTree, nodeHash, verifyInclusion } from "./merkle.ts";

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

test("a path that is too long, or holds what is no hash, proves nothing, even where the root would fit", () => {
  const leaf = leafHash(Uint8Array.of(1), sha256);
  const long = new Uint8Array(33).fill(7);
  const beside = { index: 0, size: 2, path: [long], root: nodeHash(leaf, long, sha256) };
  assert.equal(verifyInclusion(leaf, beside, sha256), false);
  const sibling = leafHash(Uint8Array.of(2), sha256);
  const above = { index: 0, size: 1, path: [sibling], root: nodeHash(sibling, leaf, sha256) };
  assert.equal(verifyInclusion(leaf, above, sha256), false);
  assert.equal(verifyInclusion(leaf, { ...above, size: 2, root: nodeHash(leaf, sibling, sha256) }, sha256), true);
  assert.equal(verifyInclusion(long, { index: 0, size: 1, path: [], root: long }, sha256), false);
  assert.equal(verifyInclusion(leaf, { index: 1, size: 1, path: [], root: leaf }, sha256), false);
  assert.equal(verifyInclusion(leaf, { index: 0.5, size: 1, path: [], root: leaf }, sha256), false);
});

test("the hash of a node is over both sides, in their order, however long they are", () => {
  for (const [left, right] of [
    [3, 5],
    [32, 5],
    [5, 32],
    [32, 32],
    [0, 1],
  ] as const) {
    const [a, b] = [new Uint8Array(left).fill(1), new Uint8Array(right).fill(2)];
    assert.deepEqual(Buffer.from(nodeHash(a, b, sha256)), Buffer.from(sha256(Uint8Array.of(1, ...a, ...b))));
  }
});
