// Evidence for one key in one run: that no entry has it, or which do, all of them.
//
//   absent   the two neighbours that the key lies between, at adjacent places of the run's tree; at either end, one
//   present  the key's own leaf, and its whole list

import { encodeHex } from "../../identity/hex.ts";
import { hashBytes } from "../chain.ts";
import { leafHash, verifyInclusion, type Sha256 } from "../merkle.ts";
import { inclusionProof, type NodeReader } from "../tlog/tree.ts";
import { compareKeys } from "./index-key.ts";
import { leafData, listHash, type RunRow } from "./index-run.ts";

/** A leaf of a run's tree, and the path that shows where it stands. */
export interface LeafProof {
  readonly index: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly count: number;
  /** 32 bytes. */
  readonly list: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** Evidence for a key in a run. */
export type KeyEvidence =
  | { readonly kind: "absent"; readonly left: LeafProof | null; readonly right: LeafProof | null }
  | {
      readonly kind: "present";
      readonly index: number;
      readonly entries: readonly number[];
      readonly path: readonly Uint8Array[];
    };

/** A run as its record commits to it. */
export interface CommittedRun {
  readonly first: number;
  readonly end: number;
  /** Size of its tree. */
  readonly keys: number;
  /** Root of its tree, hex. */
  readonly root: string;
}

/** A run that evidence can be taken from. */
export interface RunContent {
  readonly size: number;
  /** Index of the first row whose key is not before `key`; `size` when there is none. */
  search(key: Uint8Array): number;
  row(index: number): RunRow;
  readonly node: NodeReader;
}

/** The evidence for a key in a run. Cost: about 2 log2(size) hashes read for each leaf shown. */
export function proveKey(run: RunContent, key: Uint8Array, sha256: Sha256): KeyEvidence {
  const at = run.search(key);
  const pathOf = (index: number): readonly Uint8Array[] => inclusionProof(index, run.size, run.node, sha256);
  const row = at < run.size ? run.row(at) : null;
  if (row !== null && compareKeys(row.key, key) === 0) {
    return { kind: "present", index: at, entries: row.entries, path: pathOf(at) };
  }
  const leaf = (index: number): LeafProof | null => {
    if (index < 0 || index >= run.size) return null;
    const { key, entries } = run.row(index);
    return { index, key, count: entries.length, list: listHash(entries, sha256), path: pathOf(index) };
  };
  return { kind: "absent", left: leaf(at - 1), right: leaf(at) };
}

/**
 * What evidence shows: the indexes of all entries of the run that have the key, none when it is absent; or a text that
 * says why it shows nothing. Cost: log2(keys) hashes a leaf, and one over the list.
 */
export function entriesShown(
  evidence: KeyEvidence,
  key: Uint8Array,
  run: CommittedRun,
  sha256: Sha256,
): readonly number[] | string {
  switch (evidence.kind) {
    case "absent":
      return absenceProblem(evidence, key, run, sha256) ?? [];
    case "present":
      return presenceProblem(evidence, key, run, sha256) ?? evidence.entries;
    default: {
      const never: never = evidence;
      return never;
    }
  }
}

function absenceProblem(
  { left, right }: Extract<KeyEvidence, { kind: "absent" }>,
  key: Uint8Array,
  run: CommittedRun,
  sha256: Sha256,
): string | null {
  if (left === null && right === null) {
    const empty = run.keys === 0 && encodeHex(sha256(new Uint8Array(0))) === run.root;
    return empty ? null : "only a run without keys has no neighbours to show";
  }
  const next = left === null ? 0 : left.index + 1;
  if (right === null ? next !== run.keys : right.index !== next) return "the neighbours are not adjacent in the run";
  if (left !== null && compareKeys(left.key, key) >= 0) return "the left neighbour is not before the key";
  if (right !== null && compareKeys(right.key, key) <= 0) return "the right neighbour is not after the key";
  for (const leaf of [left, right]) {
    if (leaf !== null && !stands(leafData(leaf.key, leaf.count, leaf.list), leaf, run, sha256)) {
      return "a neighbour is not in the run's tree";
    }
  }
  return null;
}

function presenceProblem(
  evidence: Extract<KeyEvidence, { kind: "present" }>,
  key: Uint8Array,
  run: CommittedRun,
  sha256: Sha256,
): string | null {
  const { entries } = evidence;
  if (entries.length === 0) return "a key that is present has entries";
  if (entries.some((entry, at) => entry < run.first || entry >= run.end || entry <= (entries[at - 1] ?? -1))) {
    return "a list must be ascending and lie within its run";
  }
  const data = leafData(key, entries.length, listHash(entries, sha256));
  return stands(data, evidence, run, sha256) ? null : "the key with this list is not in the run's tree";
}

function stands(
  data: Uint8Array,
  { index, path }: { readonly index: number; readonly path: readonly Uint8Array[] },
  run: CommittedRun,
  sha256: Sha256,
): boolean {
  return verifyInclusion(leafHash(data, sha256), { index, size: run.keys, path, root: hashBytes(run.root) }, sha256);
}
