// Checking the signed batches of a log while its chain is being verified: `proofs.jsonl` against the entry hashes.
//
// Records stand nearly in the log's order (processes write them side by side), so a window of recent hashes is enough
// and memory stays flat. A later signed batch covers everything before it through the chain, so entries in no batch
// matter only at the end. Batches of entries that the log went on without, on the record, count for nothing.

import { hashBytes } from "../ledger/chain.ts";
import { AbandonedBatches } from "./abandoned-batches.ts";
import { acceptedLoss, type AcceptedLoss } from "./accepted-loss.ts";
import { batchLeaf, batchMessage } from "../ledger/batch-proof.ts";
import { merkleTree } from "../ledger/merkle.ts";
import { parseBatchRecord, type BatchRecord } from "./batch-signer.ts";
import { readAt, type FileSystem } from "./file-system.ts";
import { nodeSha256 } from "./tlog/node-sha256.ts";

/** The check of a key's signatures (base64url), or null when the key is not known. */
export type KeyLookup = (keyId: string) => SignedBy | null;

type SignedBy = (message: Uint8Array, signature: string) => boolean;

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
  /** Batches of entries that the log no longer has, and `seq` of the newest entry by which that was accepted; null: none. */
  readonly abandoned: { readonly batches: number; readonly seq: number } | null;
}

/** A record, and where its line ends in the file. */
interface PlacedRecord extends BatchRecord {
  readonly last: number;
  readonly end: number;
}

const WINDOW = 131_072;
const CHUNK_BYTES = 1_048_576;
const EVERYTHING = { known: Number.POSITIVE_INFINITY, any: Number.POSITIVE_INFINITY };

/** An audit, fed with entries in the log's order. */
export class SignatureAudit {
  readonly #fs: FileSystem;
  readonly #fd: number | null;
  readonly #keys: KeyLookup;
  readonly #logId: string;
  readonly #window: string[] = Array.from({ length: WINDOW }, () => "");
  readonly #firstSeq: number;
  readonly #records: Generator<PlacedRecord, void, void>;
  readonly #abandoned = new AbandonedBatches();
  #seq: number;
  #next: PlacedRecord | null = null;
  #through = 0;
  /** The same of batches by any key. */
  #anyThrough = 0;
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

  /** The next entry. Cost: a search of its line, plus one signature check for each batch that ends. */
  saw(entryHash: string, line: Uint8Array): void {
    this.#seq += 1;
    this.#window[this.#seq % WINDOW] = entryHash;
    const accepted = acceptedLoss(line);
    if (accepted !== null) this.#accept(accepted);
    while (this.#next !== null && this.#badSeq === null) {
      if (this.#next.last <= this.#seq) this.#check(this.#next);
      // It is of entries that never come, and others stand behind it that do.
      else if (this.#abandoned.explains(this.#next)) this.#other(this.#next, this.#keys(this.#next.key_id));
      else return;
      this.#advance();
    }
  }

  /** The result, once every entry was seen. A batch beyond them is a fault, unless the log `grew` meanwhile. */
  finish(grew: boolean): AuditResult {
    // Where it was stopped at a fault, what may have covered an entry after it was not looked at.
    const reach = this.#badSeq === null ? { known: this.#through, any: this.#anyThrough } : EVERYTHING;
    const unexplained = this.#abandoned.unexplained(reach);
    if (unexplained !== null) {
      const { batches, covered, through } = unexplained.before;
      this.batches = batches;
      this.covered = covered;
      this.#through = through;
      this.#badSeq = unexplained.first;
    }
    if (!grew && this.#next !== null && this.#badSeq === null) this.#badSeq = this.#next.first;
    const unsigned = Math.max(0, this.#seq - Math.max(this.#through, this.#firstSeq - 1));
    const abandoned = this.#badSeq === null ? this.#abandoned.told : null;
    return { bad_seq: this.#badSeq, unsigned, unknown: this.#unknown, abandoned };
  }

  close(): void {
    if (this.#fd !== null) this.#fs.close(this.#fd);
  }

  #advance(): void {
    const { value } = this.#records.next();
    this.#next = value ?? null;
  }

  #check(record: PlacedRecord): void {
    const { first, last, size } = record;
    if (first < this.#firstSeq || first <= this.#seq - WINDOW) return;
    const leaves: Uint8Array[] = [];
    for (let seq = first; seq <= last; seq += 1) {
      leaves.push(batchLeaf(this.#window[seq % WINDOW] ?? "", nodeSha256));
    }
    const check = this.#keys(record.key_id);
    if (Buffer.compare(merkleTree(leaves, nodeSha256).root, hashBytes(record.root)) !== 0) {
      this.#other(record, check);
      return;
    }
    this.#anyThrough = Math.max(this.#anyThrough, last);
    // Whose key isn't known may be anybody's: a copy of a log in another home, or a forger's. It covers nothing.
    if (check === null) {
      this.#unknown ??= { key_id: record.key_id, seq: first };
      return;
    }
    if (!this.#isSigned(record, check)) {
      this.#badSeq = first;
      return;
    }
    this.batches += 1;
    this.covered += size;
    this.#through = Math.max(this.#through, last);
  }

  /** A batch of other entries than those that stand here. */
  #other(record: PlacedRecord, check: SignedBy | null): void {
    if (check !== null && !this.#isSigned(record, check)) {
      this.#badSeq = record.first;
      return;
    }
    const before = { batches: this.batches, covered: this.covered, through: this.#through };
    this.#abandoned.add({ batch: record, isKnown: check !== null, before });
  }

  #isSigned({ root, signature }: PlacedRecord, check: SignedBy): boolean {
    return check(batchMessage(this.#logId, hashBytes(root)), signature);
  }

  #accept({ head, left, known, proofsBytes }: AcceptedLoss): void {
    const end = head === null ? left : this.#seqOf(head);
    const from = end === null || known <= end ? 1 : end + 1;
    this.#abandoned.accept({ seq: this.#seq, from, proofsBytes });
  }

  /** The `seq` of an entry that came a moment ago; that of the last but one when it did not. */
  #seqOf(entryHash: string): number {
    const oldest = Math.max(this.#firstSeq, this.#seq - WINDOW + 1);
    for (let seq = this.#seq - 1; seq >= oldest; seq -= 1) {
      if (this.#window[seq % WINDOW] === entryHash) return seq;
    }
    return this.#seq - 1;
  }

  *#read(): Generator<PlacedRecord, void, void> {
    if (this.#fd === null) return;
    let rest = "";
    let end = 0;
    for (let at = 0; ;) {
      const chunk = readAt(this.#fs, this.#fd, at, CHUNK_BYTES);
      if (chunk.length === 0) return;
      at += chunk.length;
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        end += line.length + 1;
        const record = parseBatchRecord(line);
        if (record !== null) yield { ...record, last: record.first + record.size - 1, end };
      }
    }
  }
}
