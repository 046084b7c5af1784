// The run list on disk: each record as its canonical JSON in a row of 384 bytes (padded with spaces, ended by a line
// feed), and the list's complete subtrees in one file for each level, 32 bytes each.
//
//   tlog/index/records        row 0, row 1, …
//   tlog/index/nodes-<level>  hash 0, hash 1, …
//
// Caches: never synced; what they hold is compared with a root that stands in the log.

import { closeSync, fstatSync, ftruncateSync, readdirSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { JsonValue } from "../../core/json.ts";
import { formatRunRecord, parseRunRecord, type RunRecord } from "../../ledger/entry-index/run-record.ts";
import { leafHash } from "../../ledger/merkle.ts";
import { inclusionProof, treeRoot, TreeFrontier, type NodeReader } from "../../ledger/tlog/tree.ts";
import { nodeSha256 as sha256 } from "../tlog/node-sha256.ts";
import { IndexDamaged } from "./index-damaged.ts";
import { openIndexFile, type IndexFileMode } from "./open-index-file.ts";

const ROW_BYTES = 384;
const HASH_BYTES = 32;

/** The run list of a folder. Throws `IndexDamaged` when its files are too short or hold something else. */
export class RunList {
  readonly #folder: string;
  readonly #mode: IndexFileMode;
  readonly #files = new Map<string, number>();
  #tree: TreeFrontier | null = null;
  #size: number;

  private constructor(folder: string, mode: IndexFileMode, size: number) {
    this.#folder = folder;
    this.#mode = mode;
    this.#size = size;
  }

  /** For reading the first `size` records, beside a process that may be adding more. */
  static read(folder: string, size: number): RunList {
    return new RunList(folder, "read", size);
  }

  /** For adding after the first `size` records; what stands after them is cut off. */
  static write(folder: string, size: number): RunList {
    const list = new RunList(folder, "append", size);
    try {
      list.#cut();
      list.#tree = TreeFrontier.at(size, list.node, sha256);
      return list;
    } catch (error) {
      list.close();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Root of the whole list, or of its first `size` records. Cost: log2(size) reads. */
  root(size: number = this.#size): Uint8Array {
    return treeRoot(size, this.node, sha256);
  }

  /** The record at a position. Cost: one read. */
  record(position: number): RunRecord {
    if (position >= this.#size) throw new IndexDamaged("the run list has no such record");
    const text = this.#read("records", position * ROW_BYTES, ROW_BYTES)
      .toString()
      .trimEnd();
    const record = parseRunRecord(parsed(text));
    if (record === null) throw new IndexDamaged("a row of the run list is no record");
    return record;
  }

  /** The path of a record in the list of the first `size` records. */
  path(position: number, size: number): readonly Uint8Array[] {
    return inclusionProof(position, size, this.node, sha256);
  }

  /** Add a record. */
  append(record: RunRecord): void {
    const text = formatRunRecord(record);
    writeWhole(this.#file("records"), Buffer.from(`${text.padEnd(ROW_BYTES - 1)}\n`));
    this.#tree?.append(leafHash(Buffer.from(text), sha256), (level, _, hash) => {
      writeWhole(this.#file(`nodes-${level}`), Buffer.from(hash));
    });
    this.#size += 1;
  }

  /** Hashes of the list's complete subtrees. */
  readonly node: NodeReader = (level, index) => this.#read(`nodes-${level}`, index * HASH_BYTES, HASH_BYTES);

  close(): void {
    for (const fd of this.#files.values()) closeSync(fd);
    this.#files.clear();
  }

  #cut(): void {
    const records = this.#file("records");
    if (fstatSync(records).size < this.#size * ROW_BYTES) throw new IndexDamaged("the run list is too short");
    ftruncateSync(records, this.#size * ROW_BYTES);
    for (const name of readdirSync(this.#folder)) {
      const level = /^nodes-(\d+)$/u.exec(name)?.[1];
      if (level === undefined) continue;
      const count = Math.floor(this.#size / 2 ** Number(level));
      const fd = this.#file(name);
      if (fstatSync(fd).size > count * HASH_BYTES) ftruncateSync(fd, count * HASH_BYTES);
    }
  }

  #file(name: string): number {
    let fd = this.#files.get(name);
    if (fd === undefined) {
      fd = openIndexFile(join(this.#folder, name), this.#mode);
      this.#files.set(name, fd);
    }
    return fd;
  }

  #read(name: string, at: number, count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count);
    let read = 0;
    while (read < count) {
      const got = readSync(this.#file(name), bytes, read, count - read, at + read);
      if (got === 0) throw new IndexDamaged("a file of the run list is too short");
      read += got;
    }
    return bytes;
  }
}

function parsed(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return null;
  }
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
