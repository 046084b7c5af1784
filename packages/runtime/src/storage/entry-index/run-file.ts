// The file of a run: its rows in order, cut into blocks of 256, so that a key is found, and its path made, by reading
// two blocks. A cache: it follows from the log's lines, is never synced, and is checked before it is merged on.
//
//   "CIX1" ‖ row … ‖ block … ‖ footer ‖ length of the footer, u32 ‖ SHA-256 of all before
//   row    = key (32) ‖ count of entries, u32 ‖ each entry's index less that of the run's first, u32
//   block  = first key (32) ‖ offset of its first row, u64 ‖ tree hash of its 256 rows (32; zeros when it has fewer)
//   footer = JSON {"keys","blocks","root","stretch"}                                   numbers are big-endian

import { createHash, type Hash } from "node:crypto";
import { closeSync, fstatSync, readSync, renameSync, writeSync } from "node:fs";
import { isCount, isJsonObject, type JsonValue } from "../../core/json.ts";
import { encodeHex } from "../../identity/hex.ts";
import { isHash } from "../../ledger/chain.ts";
import { compareKeys } from "../../ledger/entry-index/index-key.ts";
import { rowHash, type RunRow } from "../../ledger/entry-index/index-run.ts";
import type { Stretch } from "../../ledger/entry-index/stretch.ts";
import { nodeHash } from "../../ledger/merkle.ts";
import { TreeFrontier, type NodeReader } from "../../ledger/tlog/tree.ts";
import { nodeSha256 as sha256 } from "../tlog/node-sha256.ts";
import { IndexDamaged } from "./index-damaged.ts";
import { openIndexFile } from "./open-index-file.ts";

/** A run's footer: what its record says, but for the level. */
export interface RunFooter {
  readonly keys: number;
  /** Hex. */
  readonly root: string;
  readonly stretch: Stretch;
}

/** A block as read, with its leaf hashes. */
interface Block {
  readonly index: number;
  readonly rows: readonly RunRow[];
  readonly hashes: readonly Uint8Array[];
}

const MAGIC = Buffer.from("CIX1");
const BLOCK_ROWS = 256;
const BLOCK_LEVEL = 8;
const BLOCK_BYTES = 72;
const WRITE_BYTES = 1_048_576;
const READ_BYTES = 1_048_576;
const MAX_FOOTER = 4096;

/** Writes a run's file, row by row, aside; `finish` puts it in its place. Memory: 1 MiB and the largest row. */
export class RunFileWriter {
  readonly #path: string;
  readonly #first: number;
  readonly #fd: number;
  readonly #digest: Hash = createHash("sha256");
  readonly #tree = TreeFrontier.at(0, noNode, sha256);
  readonly #blocks: Buffer[] = [];
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #written = 0;

  /** `first` is the index of the first entry of the run's stretch. */
  constructor(path: string, first: number) {
    this.#path = path;
    this.#first = first;
    this.#fd = openIndexFile(`${path}.new`, "anew");
    this.#put(MAGIC);
  }

  /** Add the next row. Cost: three SHA-256. */
  add(row: RunRow): void {
    if (this.#tree.size % BLOCK_ROWS === 0) this.#beginBlock(row.key);
    this.#tree.append(rowHash(row, sha256), (level, index, hash) => {
      if (level === BLOCK_LEVEL) this.#blocks[index]?.set(hash, 40);
    });
    this.#put(rowBytes(row, this.#first));
  }

  /** Write the end, rename, and give what the record says. */
  finish(stretch: Stretch): RunFooter {
    const footer = { keys: this.#tree.size, root: encodeHex(this.#tree.root()), stretch };
    const blocks = this.#blocks.length;
    for (const block of this.#blocks) this.#put(block);
    const text = Buffer.from(JSON.stringify({ ...footer, blocks }));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    this.#put(Buffer.concat([text, length]));
    this.#flush();
    writeWhole(this.#fd, this.#digest.digest());
    closeSync(this.#fd);
    renameSync(`${this.#path}.new`, this.#path);
    return footer;
  }

  /** Give up; the file aside stays and is written over. */
  abandon(): void {
    closeSync(this.#fd);
  }

  #beginBlock(key: Uint8Array): void {
    const block = Buffer.alloc(BLOCK_BYTES);
    block.set(key);
    block.writeBigUInt64BE(BigInt(this.#written), 32);
    this.#blocks.push(block);
  }

  #put(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    this.#written += bytes.length;
    if (this.#pendingBytes >= WRITE_BYTES) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pending);
    this.#digest.update(bytes);
    writeWhole(this.#fd, bytes);
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

/** Reads a run's file. Throws `IndexDamaged` when it is missing or is none. */
export class RunFile {
  readonly #fd: number;
  readonly #first: number;
  readonly #blocks: Buffer;
  readonly #rowsEnd: number;
  readonly footer: RunFooter;
  #block: Block | null = null;

  private constructor(fd: number) {
    this.#fd = fd;
    const size = fstatSync(fd).size;
    const length = readExact(fd, size - 36, 4).readUInt32BE();
    if (length > MAX_FOOTER) throw new IndexDamaged("a run's footer is too long");
    const { footer, blocks } = parseFooter(readExact(fd, size - 36 - length, length).toString());
    this.footer = footer;
    this.#first = footer.stretch.first;
    this.#rowsEnd = size - 36 - length - blocks * BLOCK_BYTES;
    this.#blocks = readExact(fd, this.#rowsEnd, blocks * BLOCK_BYTES);
    if (blocks !== Math.ceil(footer.keys / BLOCK_ROWS)) throw new IndexDamaged("a run's blocks don't hold its keys");
  }

  /** Open a run's file; reads its end. */
  static open(path: string): RunFile {
    let fd: number | null = null;
    try {
      fd = openIndexFile(path, "read");
      return new RunFile(fd);
    } catch (cause) {
      if (fd !== null) closeSync(fd);
      throw new IndexDamaged(`the file of a run can't be read: ${path}`, cause);
    }
  }

  /** How many keys it has. */
  get size(): number {
    return this.footer.keys;
  }

  /** Whether the file is as it was written. Cost: one pass at the speed of SHA-256. */
  isWhole(): boolean {
    const size = fstatSync(this.#fd).size;
    const digest = createHash("sha256");
    for (let at = 0; at < size - 32; at += READ_BYTES) {
      digest.update(readExact(this.#fd, at, Math.min(READ_BYTES, size - 32 - at)));
    }
    return digest.digest().equals(readExact(this.#fd, size - 32, 32));
  }

  /** All rows in order. Memory: one block. */
  *rows(): Generator<RunRow, void, void> {
    for (let index = 0; index * BLOCK_BYTES < this.#blocks.length; index += 1) yield* this.#readRows(index);
  }

  /** The row at an index. Cost: reading one block. */
  row(index: number): RunRow {
    const row = this.#blockAt(Math.floor(index / BLOCK_ROWS)).rows[index % BLOCK_ROWS];
    if (row === undefined) throw new IndexDamaged("a run has no such row");
    return row;
  }

  /** Index of the first row whose key is not before `key`; `size` when there is none. Cost: reading one block. */
  search(key: Uint8Array): number {
    let low = 0;
    let high = this.#blocks.length / BLOCK_BYTES;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (compareKeys(this.#blocks.subarray(middle * BLOCK_BYTES), key) <= 0) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const within = this.#blockAt(low - 1).rows.findIndex((row) => compareKeys(row.key, key) >= 0);
    return within < 0 ? Math.min(low * BLOCK_ROWS, this.size) : (low - 1) * BLOCK_ROWS + within;
  }

  /** Hashes of complete subtrees (tree.ts). Cost: reading one block below level 8; above, one hash a block below it. */
  readonly node: NodeReader = (level, index) => {
    if (level < BLOCK_LEVEL) {
      const perBlock = 2 ** (BLOCK_LEVEL - level);
      const { hashes } = this.#blockAt(Math.floor(index / perBlock));
      return subtree(hashes, (index % perBlock) * 2 ** level, 2 ** level);
    }
    const blocks = 2 ** (level - BLOCK_LEVEL);
    const hashes: Uint8Array[] = [];
    for (let at = index * blocks; at < (index + 1) * blocks; at += 1) {
      hashes.push(this.#blocks.subarray(at * BLOCK_BYTES + 40, (at + 1) * BLOCK_BYTES));
    }
    return subtree(hashes, 0, blocks);
  };

  close(): void {
    closeSync(this.#fd);
  }

  #blockAt(index: number): Block {
    if (this.#block?.index === index) return this.#block;
    const rows = this.#readRows(index);
    const block = { index, rows, hashes: rows.map((row) => rowHash(row, sha256)) };
    this.#block = block;
    return block;
  }

  #readRows(index: number): readonly RunRow[] {
    const start = this.#offsetOf(index);
    const bytes = readExact(this.#fd, start, this.#offsetOf(index + 1) - start);
    const rows: RunRow[] = [];
    for (let at = 0; at < bytes.length;) {
      const count = bytes.readUInt32BE(at + 32);
      const entries: number[] = [];
      const end = at + 36 + 4 * count;
      for (let each = at + 36; each < end; each += 4) entries.push(this.#first + bytes.readUInt32BE(each));
      rows.push({ key: bytes.subarray(at, at + 32), entries });
      at = end;
    }
    return rows;
  }

  #offsetOf(block: number): number {
    if ((block + 1) * BLOCK_BYTES > this.#blocks.length) return this.#rowsEnd;
    return Number(this.#blocks.readBigUInt64BE(block * BLOCK_BYTES + 32));
  }
}

function rowBytes({ key, entries }: RunRow, first: number): Buffer {
  const bytes = Buffer.allocUnsafe(36 + 4 * entries.length);
  bytes.set(key);
  bytes.writeUInt32BE(entries.length, 32);
  for (let at = 0; at < entries.length; at += 1) bytes.writeUInt32BE((entries[at] ?? 0) - first, 36 + 4 * at);
  return bytes;
}

/** The tree hash of `count` leaves, a power of two. */
function subtree(hashes: readonly Uint8Array[], start: number, count: number): Uint8Array {
  if (count > 1) {
    const half = count / 2;
    return nodeHash(subtree(hashes, start, half), subtree(hashes, start + half, half), sha256);
  }
  const hash = hashes[start];
  if (hash === undefined) throw new IndexDamaged("a run has no such subtree");
  return hash;
}

function parseFooter(text: string): { readonly footer: RunFooter; readonly blocks: number } {
  const value: JsonValue = JSON.parse(text);
  if (!isJsonObject(value)) throw new IndexDamaged("a run's footer is no object");
  const { keys, blocks, root, stretch } = value;
  if (!isCount(keys) || !isCount(blocks) || !isHash(root) || !isJsonObject(stretch)) {
    throw new IndexDamaged("a run's footer is not as it was written");
  }
  const number = (name: string): number => {
    const count = stretch[name];
    if (!isCount(count)) throw new IndexDamaged("a run's footer is not as it was written");
    return count;
  };
  const timeOrNull = (name: string): number | null => (stretch[name] === null ? null : number(name));
  const { resource_key } = stretch;
  return {
    blocks,
    footer: {
      keys,
      root,
      stretch: {
        first: number("first"),
        end: number("end"),
        oldest: timeOrNull("oldest"),
        newest: timeOrNull("newest"),
        longest_gap_s: number("longest_gap_s"),
        undated: number("undated"),
        odd: number("odd"),
        unresolved: number("unresolved"),
        resource_key: typeof resource_key === "string" ? resource_key : null,
        last: timeOrNull("last"),
      },
    },
  };
}

function readExact(fd: number, at: number, count: number): Buffer {
  if (at < 0 || count < 0) throw new IndexDamaged("a file of the index is too short");
  const bytes = Buffer.allocUnsafe(count);
  let read = 0;
  while (read < count) {
    const got = readSync(fd, bytes, read, count - read, at + read);
    if (got === 0) throw new IndexDamaged("a file of the index is too short");
    read += got;
  }
  return bytes;
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function noNode(): Uint8Array {
  throw new IndexDamaged("an empty run has no nodes");
}
