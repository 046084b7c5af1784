// Checking the signed batches of a log while its chain is being verified: `proofs.jsonl` against the entry hashes.
//
// Records stand nearly in the log's order (processes write them side by side), so a window of recent hashes is enough
// and memory stays flat. A later signed batch covers everything before it through the chain, so entries in no batch
// matter only at the end.

import { hashBytes } from "../ledger/chain.ts";
import { batchLeaf, batchMessage } from "../ledger/batch-proof.ts";
import { merkleTree } from "../ledger/merkle.ts";
import { parseBatchRecord, type BatchRecord } from "./batch-signer.ts";
import { readAt, type FileSystem } from "./file-system.ts";
import { nodeSha256 } from "./tlog/node-sha256.ts";

/** The check of a key's signatures (base64url), or null when the key is not known. */
export type KeyLookup = (keyId: string) => ((message: Uint8Array, signature: string) => boolean) | null;

/** A batch by a key that isn't known. */
export interface UnknownBatch {
  readonly key_id: string;
  /** `seq` of its first entry. */
  readonly seq: number;
}

/** How an audit ended. */
export interface AuditResult {
  /** `seq` of the first entry of the first batch that doesn't hold, or null. */
  readonly bad_seq: number | null;
  /** Entries at the end that no batch covers. */
  readonly unsigned: number;
  /** The first batch that was not checked because its key isn't known, or null. */
  readonly unknown: UnknownBatch | null;
}

const WINDOW = 131_072;
const CHUNK_BYTES = 1_048_576;

/** An audit, fed with entry hashes in the log's order. */
export class SignatureAudit {
  readonly #fs: FileSystem;
  readonly #fd: number | null;
  readonly #keys: KeyLookup;
  readonly #logId: string;
  readonly #window: string[] = Array.from({ length: WINDOW }, () => "");
  readonly #firstSeq: number;
  readonly #records: Generator<BatchRecord, void, void>;
  #seq: number;
  #next: BatchRecord | null = null;
  #through = 0;
  #badSeq: number | null = null;
  #unknown: UnknownBatch | null = null;
  /** Batches that held. */
  batches = 0;
  /** Entries in them. */
  covered = 0;

  constructor(
    fs: FileSystem,
    path: string,
    keys: KeyLookup,
    log: { readonly logId: string; readonly firstSeq: number },
  ) {
    this.#fs = fs;
    this.#fd = fs.statusAt(path) === null ? null : fs.open(path, "read");
    this.#keys = keys;
    this.#logId = log.logId;
    this.#firstSeq = log.firstSeq;
    this.#seq = this.#firstSeq - 1;
    this.#records = this.#read();
    this.#advance();
  }

  /** The next entry's hash. Cost: constant, plus one signature check for each batch that ends. */
  saw(entryHash: string): void {
    this.#seq += 1;
    this.#window[this.#seq % WINDOW] = entryHash;
    while (this.#next !== null && lastOf(this.#next) <= this.#seq && this.#badSeq === null) {
      this.#check(this.#next);
      this.#advance();
    }
  }

  /** The result, once every entry was seen. A batch beyond them is a fault, unless the log `grew` meanwhile. */
  finish(grew: boolean): AuditResult {
    if (!grew && this.#next !== null && this.#badSeq === null) this.#badSeq = this.#next.first;
    const unsigned = Math.max(0, this.#seq - Math.max(this.#through, this.#firstSeq - 1));
    return { bad_seq: this.#badSeq, unsigned, unknown: this.#unknown };
  }

  close(): void {
    if (this.#fd !== null) this.#fs.close(this.#fd);
  }

  #advance(): void {
    const { value } = this.#records.next();
    this.#next = value ?? null;
  }

  #check(record: BatchRecord): void {
    const last = lastOf(record);
    if (record.first < this.#firstSeq || record.first <= this.#seq - WINDOW) return;
    const leaves: Uint8Array[] = [];
    for (let seq = record.first; seq <= last; seq += 1) {
      leaves.push(batchLeaf(this.#window[seq % WINDOW] ?? "", nodeSha256));
    }
    const root = merkleTree(leaves, nodeSha256).root;
    const sameRoot = Buffer.compare(root, hashBytes(record.root)) === 0;
    const check = this.#keys(record.key_id);
    // Whose key isn't known may be anybody's: a copy of a log in another home, or a forger's. It covers nothing.
    if (sameRoot && check === null) {
      this.#unknown ??= { key_id: record.key_id, seq: record.first };
      return;
    }
    if (!sameRoot || check === null || !check(batchMessage(this.#logId, root), record.signature)) {
      this.#badSeq = record.first;
      return;
    }
    this.batches += 1;
    this.covered += record.size;
    this.#through = Math.max(this.#through, last);
  }

  *#read(): Generator<BatchRecord, void, void> {
    if (this.#fd === null) return;
    let rest = "";
    for (let at = 0; ;) {
      const chunk = readAt(this.#fs, this.#fd, at, CHUNK_BYTES);
      if (chunk.length === 0) return;
      at += chunk.length;
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const record = parseBatchRecord(line);
        if (record !== null) yield record;
      }
    }
  }
}

function lastOf(record: BatchRecord): number {
  return record.first + record.size - 1;
}
