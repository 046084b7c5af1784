// The tree of the whole log (RFC 9162 §2.1), read and grown through its complete subtrees.
//
//   node(level, index) = root of the 2^level leaves from index · 2^level on; stored in tiles, never changes
//   root of n leaves   = the complete subtrees of n's binary digits, folded from the right
//
//   n = 7 = 4 + 2 + 1:   root = H( node(2,0), H( node(1,2), node(0,6) ) )
//
// Sizes go up to 2^53 - 1, so nothing here shifts bits.

import { nodeHash, sameBytes, type Sha256 } from "../merkle.ts";

/** The hash of the complete subtree of 2^level leaves at that index, from the left; throws when it has none. */
export type NodeReader = (level: number, index: number) => Uint8Array;

/** Called with each subtree that became complete; level 0 is the leaf itself. */
export type NodeVisitor = (level: number, index: number, hash: Uint8Array) => void;

/** Two sizes of one log, their roots, and the hashes that should show that the first is a prefix of the second. */
export interface ConsistencyProof {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: Uint8Array;
  readonly toRoot: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** A complete subtree, by its place. */
export interface NodePlace {
  readonly level: number;
  readonly index: number;
}

/** The right edge of a growing tree: one hash for each binary digit of its size. */
export class TreeFrontier {
  readonly #sha256: Sha256;
  readonly #hashes: Uint8Array[];
  #size: number;

  private constructor(size: number, hashes: Uint8Array[], sha256: Sha256) {
    this.#size = size;
    this.#hashes = hashes;
    this.#sha256 = sha256;
  }

  /** The frontier of a tree of that size. Cost: log2(size) reads. */
  static at(size: number, nodes: NodeReader, sha256: Sha256): TreeFrontier {
    checkSize(size);
    return new TreeFrontier(
      size,
      nodesOfRange(0, size).map(({ level, index }) => nodes(level, index)),
      sha256,
    );
  }

  /** The same tree, to be grown in another way. */
  copy(): TreeFrontier {
    return new TreeFrontier(this.#size, [...this.#hashes], this.#sha256);
  }

  /** How many leaves there are. */
  get size(): number {
    return this.#size;
  }

  /** Append one leaf hash. Cost: one node hash on average, log2(size) at most. */
  append(leaf: Uint8Array, visit?: NodeVisitor): void {
    this.appendSubtree(0, leaf, visit);
  }

  /**
   * Append the root of a complete subtree of 2^level leaves. Cost: as `append`.
   *
   * @throws {RangeError} when the tree's end is no place for one of that level, or it would grow over 2^53 - 1 leaves.
   */
  appendSubtree(level: number, root: Uint8Array, visit?: NodeVisitor): void {
    let index = this.#size / 2 ** level;
    if (!Number.isInteger(index) || !Number.isInteger(level) || level < 0) {
      throw new RangeError(`no subtree of level ${level} begins at ${this.#size}`);
    }
    const grown = this.#size + 2 ** level;
    checkSize(grown);
    let hash = root;
    let at = level;
    visit?.(at, index, hash);
    while (index % 2 === 1) {
      const left = this.#hashes.pop();
      if (left === undefined) throw new RangeError("the frontier lost a hash");
      hash = nodeHash(left, hash, this.#sha256);
      index = (index - 1) / 2;
      at += 1;
      visit?.(at, index, hash);
    }
    this.#hashes.push(hash);
    this.#size = grown;
  }

  /** The root as of now. Cost: at most log2(size) hashes. */
  root(): Uint8Array {
    return foldRight(this.#hashes, this.#sha256);
  }
}

/** The root of the first `size` leaves. Cost: log2(size) reads and hashes. */
export function treeRoot(size: number, nodes: NodeReader, sha256: Sha256): Uint8Array {
  checkSize(size);
  return rangeRoot(0, size, nodes, sha256);
}

/**
 * The sibling hashes of a leaf in the tree of the first `size` leaves, from the leaf up. Cost: about 2 log2(size) reads.
 *
 * @throws {RangeError} when there is no such leaf.
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.1
 */
export function inclusionProof(index: number, size: number, nodes: NodeReader, sha256: Sha256): readonly Uint8Array[] {
  checkSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new RangeError(`leaf ${index} is not in a tree of ${size}`);
  }
  const path: Uint8Array[] = [];
  let begin = 0;
  let end = size;
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin);
    if (index < middle) {
      path.push(rangeRoot(middle, end, nodes, sha256));
      end = middle;
    } else {
      path.push(rangeRoot(begin, middle, nodes, sha256));
      begin = middle;
    }
  }
  return path.reverse();
}

/**
 * The hashes that show that the tree of `from` leaves is a prefix of the tree of `to` leaves. Empty when `from` is 0 or
 * `to`: then there is nothing to show. Cost: about 2 log2(to) reads.
 *
 * @throws {RangeError} when `from` is larger than `to`.
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4.1
 */
export function consistencyProof(from: number, to: number, nodes: NodeReader, sha256: Sha256): readonly Uint8Array[] {
  checkSize(from);
  checkSize(to);
  if (from > to) throw new RangeError(`a tree of ${from} is no prefix of one of ${to}`);
  if (from === 0 || from === to) return [];
  const path: Uint8Array[] = [];
  let begin = 0;
  let end = to;
  // INVARIANT: begin < from <= end, and the old tree ends inside this range.
  while (from !== end) {
    const middle = begin + splitOf(end - begin);
    if (from <= middle) {
      path.push(rangeRoot(middle, end, nodes, sha256));
      end = middle;
    } else {
      path.push(rangeRoot(begin, middle, nodes, sha256));
      begin = middle;
    }
  }
  // The verifier knows the old root; any other complete subtree that ends where the old tree ends it must be told.
  if (begin !== 0) path.push(rangeRoot(begin, end, nodes, sha256));
  return path.reverse();
}

/**
 * Whether a consistency proof holds. From the empty tree none does: it is a prefix of everything, so it shows nothing.
 * Cost: two hashes for each element of the path.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4.2
 */
export function verifyConsistency(proof: ConsistencyProof, sha256: Sha256): boolean {
  const { from, to, fromRoot, toRoot } = proof;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 1 || from > to) return false;
  if (from === to) return proof.path.length === 0 && sameBytes(fromRoot, toRoot);
  if (fromRoot.length !== 32 || toRoot.length !== 32) return false;
  return isPrefix(proof, isPowerOfTwo(from) ? [fromRoot, ...proof.path] : proof.path, sha256);
}

function isPrefix(proof: ConsistencyProof, path: readonly Uint8Array[], sha256: Sha256): boolean {
  const [first, ...rest] = path;
  if (first?.length !== 32) return false;
  let position = proof.from - 1;
  let last = proof.to - 1;
  while (position % 2 === 1) {
    position = (position - 1) / 2;
    last = Math.floor(last / 2);
  }
  let old = first;
  let now = first;
  for (const hash of rest) {
    if (last === 0 || hash.length !== 32) return false;
    if (position % 2 === 1 || position === last) {
      old = nodeHash(hash, old, sha256);
      now = nodeHash(hash, now, sha256);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      now = nodeHash(now, hash, sha256);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(old, proof.fromRoot) && sameBytes(now, proof.toRoot);
}

/** The complete subtrees that make up the leaves from `begin` to before `end`, largest first; `begin` must be aligned. */
export function nodesOfRange(begin: number, end: number): readonly NodePlace[] {
  const places: NodePlace[] = [];
  let at = begin;
  while (at < end) {
    const level = floorLog2(end - at);
    places.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return places;
}

function rangeRoot(begin: number, end: number, nodes: NodeReader, sha256: Sha256): Uint8Array {
  return foldRight(
    nodesOfRange(begin, end).map(({ level, index }) => nodes(level, index)),
    sha256,
  );
}

function foldRight(hashes: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  const last = hashes.at(-1);
  if (last === undefined) return sha256(new Uint8Array(0));
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right, sha256), last);
}

/** The largest power of two below n; n is at least 2. */
function splitOf(n: number): number {
  return 2 ** floorLog2(n - 1);
}

/** Math.log2 rounds near 2^53, so its answer is corrected by exact powers. */
function floorLog2(n: number): number {
  const guess = Math.floor(Math.log2(n));
  return 2 ** guess > n ? guess - 1 : guess;
}

function isPowerOfTwo(n: number): boolean {
  return 2 ** floorLog2(n) === n;
}

function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`a tree's size must be 0 to 2^53 - 1, not ${size}`);
}
