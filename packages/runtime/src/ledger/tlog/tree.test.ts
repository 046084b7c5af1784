import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { leafHash, merkleTree, verifyInclusion } from "../merkle.ts";
import {
  consistencyProof,
  inclusionProof,
  nodesOfRange,
  treeRoot,
  TreeFrontier,
  verifyConsistency,
  type NodeReader,
} from "./tree.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

interface Vector {
  readonly name: string;
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

// The definitions of RFC 9162 §2.1, word for word and slow.
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function mth(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return only;
  const k = split(leaves.length);
  return sha256(Uint8Array.of(1, ...mth(leaves.slice(0, k)), ...mth(leaves.slice(k))));
}

function path(m: number, leaves: readonly Uint8Array[]): readonly Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...path(m, leaves.slice(0, k)), mth(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), mth(leaves.slice(0, k))];
}

function subproof(m: number, leaves: readonly Uint8Array[], known: boolean): readonly Uint8Array[] {
  if (m === leaves.length) return known ? [] : [mth(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), known), mth(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), mth(leaves.slice(0, k))];
}

function leavesOf(count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`), sha256));
}

// Nodes as a log that appends keeps them.
function stored(leaves: readonly Uint8Array[]): { readonly nodes: NodeReader; readonly frontier: TreeFrontier } {
  const kept = new Map<string, Uint8Array>();
  const nodes: NodeReader = (level, index) => {
    const found = kept.get(`${level}/${index}`);
    if (found === undefined) throw new Error(`no node ${level}/${index}`);
    return found;
  };
  const frontier = TreeFrontier.at(0, nodes, sha256);
  for (const leaf of leaves) {
    frontier.append(leaf, (level, index, value) => {
      assert.equal(kept.has(`${level}/${index}`), false, "a node is said once");
      kept.set(`${level}/${index}`, value);
    });
  }
  return { nodes, frontier };
}

test("the public consistency proofs hold exactly when they should", () => {
  const file = new URL("../../../../../vectors/merkle/rfc6962-consistency.jsonl", import.meta.url);
  const lines = readFileSync(file, "utf8").trim().split("\n");
  assert.equal(lines.length, 98);
  for (const line of lines) {
    const vector: Vector = JSON.parse(line);
    const proof = {
      from: vector.size1,
      to: vector.size2,
      fromRoot: Buffer.from(vector.root1, "base64"),
      toRoot: Buffer.from(vector.root2, "base64"),
      path: (vector.proof ?? []).map((text) => Buffer.from(text, "base64")),
    };
    assert.equal(verifyConsistency(proof, sha256), !vector.wantErr, vector.name);
  }
});

test("roots, inclusion and consistency proofs are those of the RFC's definitions, at every size", () => {
  const leaves = leavesOf(70);
  const { nodes, frontier } = stored(leaves);
  for (let size = 0; size <= leaves.length; size += 1) {
    const first = leaves.slice(0, size);
    assert.deepEqual(treeRoot(size, nodes, sha256), mth(first));
    assert.deepEqual(merkleTree(first, sha256).root, mth(first));
    assert.deepEqual(TreeFrontier.at(size, nodes, sha256).root(), mth(first));
    for (let index = 0; index < size; index += 1) {
      assert.deepEqual(inclusionProof(index, size, nodes, sha256), path(index, first));
    }
    for (let from = 1; from <= size; from += 1) {
      assert.deepEqual(consistencyProof(from, size, nodes, sha256), subproof(from, first, true));
    }
  }
  assert.deepEqual(frontier.root(), mth(leaves));
  assert.equal(frontier.size, 70);
});

test("a tree that is continued from stored nodes is the tree that was never left", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 300 }), (before, after) => {
      const leaves = leavesOf(before + after);
      const { nodes, frontier } = stored(leaves);
      const continued = TreeFrontier.at(before, nodes, sha256);
      for (const leaf of leaves.slice(before)) continued.append(leaf);
      assert.deepEqual(continued.root(), frontier.root());
    }),
    { numRuns: 20 },
  );
});

test("every proof made verifies, and one changed in any way does not", () => {
  const leaves = leavesOf(300);
  const { nodes } = stored(leaves);
  const sizes = fc.integer({ min: 1, max: 300 });
  fc.assert(
    fc.property(sizes, sizes, fc.tuple(fc.nat(), fc.nat(), fc.nat()), (a, b, how) => {
      const [from, to] = a <= b ? [a, b] : [b, a];
      const toRoot = treeRoot(to, nodes, sha256);
      const inclusion = { index: from - 1, size: to, path: inclusionProof(from - 1, to, nodes, sha256), root: toRoot };
      const leaf = leaves[from - 1] ?? new Uint8Array();
      assert.equal(verifyInclusion(leaf, inclusion, sha256), true);
      assert.equal(verifyInclusion(leaf, { ...inclusion, path: mutated(inclusion.path, how) }, sha256), false);
      const fromRoot = treeRoot(from, nodes, sha256);
      const proof = { from, to, fromRoot, toRoot, path: consistencyProof(from, to, nodes, sha256) };
      assert.equal(verifyConsistency(proof, sha256), true);
      assert.equal(verifyConsistency({ ...proof, path: mutated(proof.path, how) }, sha256), false);
      if (from < to) assert.equal(verifyConsistency({ ...proof, fromRoot: toRoot }, sha256), false);
    }),
  );
});

function mutated(
  path: readonly Uint8Array[],
  [at, bit, change]: readonly [number, number, number],
): readonly Uint8Array[] {
  const copy = path.map((one) => Uint8Array.from(one));
  if (copy.length === 0) return [new Uint8Array(32)];
  const index = at % copy.length;
  const hit = copy[index] ?? new Uint8Array(32);
  switch (change % 5) {
    case 0:
      hit[bit % 32] = (hit[bit % 32] ?? 0) ^ (1 << (bit % 8));
      return copy;
    case 1:
      return copy.toSpliced(index, 1);
    case 2:
      return copy.toSpliced(index, 0, hit);
    case 3:
      return copy.with(index, hit.subarray(1));
    default:
      return [...copy, new Uint8Array(32)];
  }
}

test("sizes up to 2^53 - 1 are handled exactly, and no node is asked for twice as deep as it must be", () => {
  const size = Number.MAX_SAFE_INTEGER;
  let reads = 0;
  const nodes: NodeReader = (level, index) => {
    reads += 1;
    assert.ok((index + 1) * 2 ** level <= size);
    return sha256(Buffer.from(`${level}/${index}`));
  };
  assert.equal(nodesOfRange(0, size).length, 53);
  assert.equal(
    nodesOfRange(0, size).reduce((sum, { level }) => sum + 2 ** level, 0),
    size,
  );
  for (const index of [0, 1, 2 ** 31, 2 ** 32 + 5, 2 ** 52, size - 1]) {
    reads = 0;
    const path = inclusionProof(index, size, nodes, sha256);
    assert.ok(path.length <= 53 && reads <= 2 * 53);
    // Nodes here are made up, so only the shape of the proof can be told.
    const proof = { index, size, path, root: new Uint8Array(32) };
    assert.equal(verifyInclusion(new Uint8Array(32), proof, sha256), false);
  }
  for (const from of [1, 2 ** 32, 2 ** 32 + 1, 2 ** 52 + 7, size - 1]) {
    assert.ok(consistencyProof(from, size, nodes, sha256).length <= 54);
  }
});

test("what is no size or no leaf of the tree is refused", () => {
  const { nodes } = stored(leavesOf(4));
  for (const bad of [-1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    assert.throws(() => treeRoot(bad, nodes, sha256), RangeError);
    assert.throws(() => inclusionProof(bad, 4, nodes, sha256), RangeError);
    assert.throws(() => consistencyProof(1, bad, nodes, sha256), RangeError);
    const root = new Uint8Array(32);
    assert.equal(verifyConsistency({ from: bad, to: 4, fromRoot: root, toRoot: root, path: [root] }, sha256), false);
    assert.equal(verifyConsistency({ from: 1, to: bad, fromRoot: root, toRoot: root, path: [root] }, sha256), false);
  }
  assert.throws(() => inclusionProof(4, 4, nodes, sha256), RangeError);
  assert.throws(() => consistencyProof(4, 3, nodes, sha256), RangeError);
});
