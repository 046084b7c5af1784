// Signs each batch's Merkle root and keeps it in the sidecar: `proofs.jsonl`, one line a batch.
//
//   {"first":<seq>,"size":<entries>,"root":"<hex>","signature":"<base64url>","key_id":"…"}      first … first+size-1
//   {"first":…,"size":…,"head":"<entry hash>","root":…, …, "recovered":true}     a tail that was found unsigned
//
// A path is not kept: it follows from the entry hashes of the batch. The lines are not synced: a batch without one is
// signed again at the next open, and every later root covers it through the chain.

import { batchLeaf, batchMessage } from "../ledger/batch-proof.ts";
import { inclusionPath, merkleTree } from "../ledger/merkle.ts";
import type { BatchProof, Signer } from "../ledger/ports.ts";
import { readAt, writeAll, type FileSystem } from "./file-system.ts";
import { nodeSha256 } from "./tlog/node-sha256.ts";

const NO_PROOFS: readonly BatchProof[] = [];

/** A line of `proofs.jsonl`. */
export interface BatchRecord {
  readonly first: number;
  readonly size: number;
  readonly root: string;
  readonly signature: string;
  readonly key_id: string;
  readonly recovered?: true;
}

/** The signer of one log's batches, and the file they are kept in. */
export class BatchSigner {
  readonly #fs: FileSystem;
  readonly #fd: number;
  readonly #signer: Signer;

  constructor(fs: FileSystem, path: string, signer: Signer) {
    this.#fs = fs;
    this.#fd = fs.open(path, "append");
    this.#signer = signer;
    try {
      const size = fs.statusOf(this.#fd).size;
      if (size > 0 && readAt(fs, this.#fd, size - 1, 1)[0] !== LINE_FEED) writeAll(fs, this.#fd, Buffer.from("\n"));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Sign a batch of entry hashes and keep the record. Cost: one signature, about two SHA-256 an entry, one write.
   * Throws the system's error when the record can't be written.
   */
  sign(logId: string, firstSeq: number, hashes: readonly string[], recovered = false): readonly BatchProof[] {
    if (hashes.length === 0) return NO_PROOFS;
    const leaves = hashes.map((entryHash) => batchLeaf(entryHash, nodeSha256));
    const tree = merkleTree(leaves, nodeSha256);
    const root = toHex(tree.root);
    const signature = Buffer.from(this.#signer.sign(batchMessage(logId, tree.root))).toString("base64url");
    const key_id = this.#signer.key_id;
    const record = { first: firstSeq, size: hashes.length, root, signature, key_id };
    const line = JSON.stringify(recovered ? { ...record, recovered: true } : record);
    writeAll(this.#fs, this.#fd, Buffer.from(`${line}\n`));
    // Each node stands in many paths; it is spelled once.
    const spelled = new Map<Uint8Array, string>();
    const spell = (node: Uint8Array): string => {
      let text = spelled.get(node);
      if (text === undefined) {
        text = toHex(node);
        spelled.set(node, text);
      }
      return text;
    };
    return hashes.map((_, index) => {
      const path = inclusionPath(tree, index).map(spell);
      return { root, size: hashes.length, index, path, signature, key_id };
    });
  }

  /**
   * The highest `seq`, up to that of the log's last entry, that the newest records cover, or 0: what reaches beyond is of
   * entries that the log no longer has. Cost: reads the last 64 KiB.
   */
  signedThrough(tail: number): number {
    const size = this.#fs.statusOf(this.#fd).size;
    const from = Math.max(0, size - TAIL_BYTES);
    const lines = readAt(this.#fs, this.#fd, from, size - from)
      .toString("utf8")
      .split("\n");
    let through = 0;
    for (const line of from > 0 ? lines.slice(1) : lines) {
      const record = parseBatchRecord(line);
      const last = record === null ? 0 : record.first + record.size - 1;
      if (last <= tail) through = Math.max(through, last);
    }
    return through;
  }

  close(): void {
    this.#fs.close(this.#fd);
  }
}

const LINE_FEED = 10;
const TAIL_BYTES = 65_536;

/** A line of `proofs.jsonl`, or null when it isn't one. */
export function parseBatchRecord(line: string): BatchRecord | null {
  try {
    const value: unknown = JSON.parse(line);
    return isBatchRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isBatchRecord(value: unknown): value is BatchRecord {
  if (typeof value !== "object" || value === null) return false;
  const { first, size, root, signature, key_id } = Object.assign(Object.create(null), value);
  const texts = typeof root === "string" && typeof signature === "string" && typeof key_id === "string";
  return Number.isSafeInteger(first) && Number.isSafeInteger(size) && first > 0 && size > 0 && texts;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
