// Merkle tree of RFC 9162 (§2.1) over a batch, with inclusion proofs.
//
//   leaf = SHA-256(0x00 ‖ data)        node = SHA-256(0x01 ‖ left ‖ right)        empty tree = SHA-256("")
//
// A tree of n leaves splits at the largest power of two below n.

/** SHA-256 of bytes: 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** The hash of one leaf. */
export function leafHash(data: Uint8Array, sha256: Sha256): Uint8Array {
  const input = new Uint8Array(1 + data.length);
  input.set(data, 1);
  return sha256(input);
}

// What the hash of a node is taken over: filled again and again, as there is one for each leaf of a log.
const nodeInput = new Uint8Array(65);
nodeInput[0] = 1;

/** The hash over two neighbouring subtrees. */
export function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  if (left.length === 32 && right.length === 32) {
    nodeInput.set(left, 1);
    nodeInput.set(right, 33);
    return sha256(nodeInput);
  }
  const input = new Uint8Array(1 + left.length + right.length);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 1 + left.length);
  return sha256(input);
}

/** A tree's levels, from the leaves up; the last holds the root alone. A node without a sibling moves up as it is. */
export interface MerkleTree {
  readonly levels: readonly (readonly Uint8Array[])[];
  readonly root: Uint8Array;
}

/** Build the tree over leaf hashes. Cost: n - 1 hashes. */
export function merkleTree(leaves: readonly Uint8Array[], sha256: Sha256): MerkleTree {
  const levels: (readonly Uint8Array[])[] = [leaves];
  let level = leaves;
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index];
      const right = level[index + 1];
      if (left !== undefined) next.push(right === undefined ? left : nodeHash(left, right, sha256));
    }
    levels.push(next);
    level = next;
  }
  return { levels, root: level[0] ?? sha256(new Uint8Array(0)) };
}

/** The sibling hashes of one leaf, from the leaf up. Cost: log2(n). */
export function inclusionPath(tree: MerkleTree, index: number): readonly Uint8Array[] {
  const path: Uint8Array[] = [];
  let position = index;
  for (const level of tree.levels) {
    const sibling = level[position ^ 1];
    if (level.length > 1 && sibling !== undefined) path.push(sibling);
    position = Math.floor(position / 2);
  }
  return path;
}

/** The claim that a leaf stands at an index of a tree of that size and root. */
export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/**
 * Whether an inclusion proof holds (RFC 9162 §2.1.3.2). Cost: one hash for each element of the path.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2
 */
export function verifyInclusion(leaf: Uint8Array, proof: InclusionProof, sha256: Sha256): boolean {
  const { index, size, path, root } = proof;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (leaf.length !== 32) return false;
  let position = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0 || sibling.length !== 32) return false;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash, sha256);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling, sha256);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(hash, root);
}

/** Whether two byte strings are the same. Only public values pass here, so it needn't take constant time. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
