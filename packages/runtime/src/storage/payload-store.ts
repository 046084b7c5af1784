// Records kept encrypted beside the log: one file a day (UTC), `payloads/YYYY-MM-DD.bin`, of blocks:
//
//   "CPB1" ‖ length of the block (4, big-endian) ‖ subject tag (16) ‖ key id (8) ‖ iv (12) ‖ ciphertext ‖ GCM tag (16)
//
// The plaintext is a JSON list of contents, all of one subject and one batch; the first 32 bytes are authenticated
// with it, and so is the log id. An entry names its record by `payload_ref`: `<day>:<offset>:<length>:<index>:<hash>`,
// where the block stands and its SHA-256. Who can write the file can put any block of the same log at any place; a record
// is its entry's own only where the block has that hash, so nothing is read from one that hasn't.
//
// Blocks are written under the log's lock, before the log's lines, so the newest `payload_ref` of a day says where its
// file ends: what lies after it was never entered in the log, and is cut off before the next block is written.

import { createCipheriv, createDecipheriv, hash, type KeyObject } from "node:crypto";
import { join } from "node:path";
import { CanopyError } from "../core/errors.ts";
import { isJsonList, isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import type { PayloadRecord, Randomness } from "../ledger/ports.ts";
import { readAt, syncFile, writeAll, type FileSystem } from "./file-system.ts";
import { realHost, type Host } from "./host.ts";
import { systemRandomness } from "./randomness.ts";
import type { SubjectKeys } from "./subject-keys.ts";

const MAGIC = Buffer.from("CPB1");
const HEADER_BYTES = 44;
const AUTHENTICATED_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MAX_DAYS_KNOWN = 4;

/** A block as it is written, and its SHA-256 in hex. */
export interface SealedBlock {
  readonly bytes: Buffer;
  readonly hash: string;
}

/** A batch's records, encrypted, not yet placed. */
export interface SealedRecords {
  readonly blocks: readonly SealedBlock[];
  /** For each record given: its block and its index in it; null where none was given. */
  readonly seats: readonly ({ readonly block: number; readonly index: number } | null)[];
}

/** Where blocks were written: gives each record's `payload_ref`. */
export interface PlacedRecords {
  readonly refs: readonly (string | null)[];
  /** Cut off what was written, because the log's lines were not. */
  readonly undo: () => void;
}

/** A `payload_ref`, taken apart. */
export interface PayloadRef {
  readonly day: string;
  readonly offset: number;
  readonly length: number;
  readonly index: number;
  /** SHA-256 of the block, hex: the entry's own is the one that has it. */
  readonly hash: string;
}

const DAY_FILE = /^(\d{4}-\d{2}-\d{2})\.bin$/;
const REF = /^(\d{4}-\d{2}-\d{2}):(\d{1,15}):(\d{1,9}):(\d{1,6}):([0-9a-f]{64})$/;

/** Take a `payload_ref` apart; null when it isn't one: also one without a hash, which any block would fit. */
export function parsePayloadRef(text: JsonValue | undefined): PayloadRef | null {
  const [, day, offset, length, index, digits] = (typeof text === "string" ? REF.exec(text) : null) ?? [];
  if (day === undefined || digits === undefined) return null;
  return { day, offset: Number(offset), length: Number(length), index: Number(index), hash: digits };
}

/** Whose records a store keeps. */
export interface StoreOptions extends Partial<Pick<Host, "bytes">> {
  readonly logId: string;
}

/** The encrypted records of one log. */
export class PayloadStore {
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #keys: SubjectKeys;
  readonly #aad: Buffer;
  /** The process's own, never one that a caller chose: an IV that repeats under a key would give the records away. */
  readonly #randomness: Randomness;
  #day = "";
  #fd = -1;
  /** Open files of days that were written before this one. */
  #retired: number[] = [];
  /** Where each of the newest days' last entered block ends, as far as known. */
  readonly #ends = new Map<string, number>();

  /** `bytes` draws unguessable ones; by default the process's. */
  constructor(fs: FileSystem, folder: string, keys: SubjectKeys, { logId, bytes = realHost.bytes }: StoreOptions) {
    this.#fs = fs;
    this.#folder = folder;
    this.#keys = keys;
    this.#aad = Buffer.from(logId);
    this.#randomness = systemRandomness((block) => {
      block.set(bytes(block.length));
      return block;
    });
  }

  /**
   * Encrypt a batch's records, one cipher for each subject. INVARIANT: the subject of the last record has the last
   * block, so that the newest `payload_ref` in the log says where the day's file ends. Cost: about 7 µs a subject
   * and KiB, 1 µs of it the SHA-256 of its block.
   */
  seal(records: readonly (PayloadRecord | null)[]): SealedRecords {
    const bySubject = new Map<string, string[]>();
    const indexes = records.map((record) => {
      if (record === null) return 0;
      const texts = bySubject.get(record.subject) ?? [];
      bySubject.delete(record.subject);
      bySubject.set(record.subject, texts);
      return texts.push(JSON.stringify(record.content)) - 1;
    });
    const blockOf = new Map([...bySubject.keys()].map((subject, block) => [subject, block]));
    const blocks = [...bySubject].map(([subject, texts]): SealedBlock => {
      const bytes = this.#encrypt(subject, `[${texts.join(",")}]`);
      return { bytes, hash: hash("sha256", bytes, "hex") };
    });
    const seats = records.map((record, at) => {
      return record === null ? null : { block: blockOf.get(record.subject) ?? 0, index: indexes[at] ?? 0 };
    });
    return { blocks, seats };
  }

  /** Whether what was sealed can still be read: no subject has been erased since. Under the lock. */
  stillReadable(): boolean {
    return this.#keys.unchanged();
  }

  /**
   * Write sealed blocks at the end of the day's file. Under the lock. Cost: one status call and one write.
   * Throws the system's error; then nothing was written.
   */
  place(sealed: SealedRecords, nowMs: number): PlacedRecords {
    if (sealed.blocks.length === 0) return { refs: sealed.seats.map(() => null), undo: () => undefined };
    this.#useDay(new Date(nowMs).toISOString().slice(0, 10));
    const fd = this.#fd;
    const size = this.#fs.statusOf(fd).size;
    const end = this.#ends.get(this.#day) ?? size;
    const start = Math.min(end, size);
    if (size > start) this.#fs.truncate(fd, start);
    const [single] = sealed.blocks;
    const isSingle = sealed.blocks.length === 1 && single !== undefined;
    const bytes = isSingle ? single.bytes : Buffer.concat(sealed.blocks.map((block) => block.bytes));
    const undo = (): void => this.#fs.truncate(fd, start);
    try {
      writeAll(this.#fs, fd, bytes);
    } catch (error) {
      undo();
      throw error;
    }
    let at = start;
    const places = sealed.blocks.map((block) => {
      const { length } = block.bytes;
      at += length;
      return { hash: block.hash, place: `${this.#day}:${at - length}:${length}` };
    });
    const refs = sealed.seats.map((seat) => {
      const block = seat === null ? undefined : places[seat.block];
      return seat === null || block === undefined ? null : `${block.place}:${seat.index}:${block.hash}`;
    });
    return { refs, undo };
  }

  /** Learn from an entry, ours or another process's, where its day's file ends. */
  entered(ref: PayloadRef): void {
    this.#ends.set(ref.day, Math.max(this.#ends.get(ref.day) ?? 0, ref.offset + ref.length));
    if (this.#ends.size > MAX_DAYS_KNOWN) this.#ends.delete([...this.#ends.keys()].sort()[0] ?? "");
  }

  /** Cut off what no entry names from the day of the newest `payload_ref`. Under the lock. Returns the bytes cut. */
  eraseOrphans(newest: PayloadRef): number {
    this.#useDay(newest.day);
    this.entered(newest);
    const end = newest.offset + newest.length;
    const size = this.#fs.statusOf(this.#fd).size;
    if (size <= end) return 0;
    this.#fs.truncate(this.#fd, end);
    return size - end;
  }

  /** The descriptor whose sync makes the last placed blocks durable, or null when nothing was placed yet. */
  openFile(): number | null {
    return this.#fd < 0 ? null : this.#fd;
  }

  /**
   * The content of a record, of whom `of` says in words; null when its subject was erased or its day has expired.
   *
   * @throws {CanopyError} `LEDGER_UNAVAILABLE` when it should be there and isn't readable, `LEDGER_REFUSED` when another
   * entry's stands in its place.
   */
  read(ref: PayloadRef, of = "a record of the log"): JsonObject | null {
    const path = this.#pathOf(ref.day);
    if (this.#fs.statusAt(path) === null) return null;
    const fd = this.#fs.open(path, "read");
    try {
      return this.#decrypt(readAt(this.#fs, fd, ref.offset, ref.length), ref, of);
    } finally {
      this.#fs.close(fd);
    }
  }

  /** Whether a record's block is there and whole. Erased ones count as whole. */
  isWhole(ref: PayloadRef): boolean {
    try {
      return this.#fs.statusAt(this.#pathOf(ref.day)) !== null && (this.read(ref), true);
    } catch {
      return false;
    }
  }

  /** Sync the file of a record's day, whoever wrote it. Throws the system's error. */
  async sync({ day }: PayloadRef): Promise<void> {
    const path = this.#pathOf(day);
    // It may have expired since.
    if (this.#fs.statusAt(path) !== null) await syncFile(this.#fs, path);
  }

  /** Write what the day's file holds from an offset on again, and sync it: after a failed sync the disk may not have it. */
  rewrite(day: string, from: number): void {
    const fd = this.#fs.open(this.#pathOf(day), "update");
    try {
      const bytes = readAt(this.#fs, fd, from, Math.max(0, this.#fs.statusOf(fd).size - from));
      writeAll(this.#fs, fd, bytes, from);
      this.#fs.syncNow(fd);
    } finally {
      this.#fs.close(fd);
    }
  }

  /** Delete the days before one. Under the lock. Returns the days deleted. Cost: one look at the folder. */
  expireBefore(day: string): readonly string[] {
    const expired = this.#fs
      .list(this.#folder)
      .map((name) => DAY_FILE.exec(name)?.[1] ?? "9")
      .filter((found) => found < day && found !== this.#day)
      .sort();
    for (const found of expired) this.#fs.unlink(this.#pathOf(found));
    if (expired.length > 0) this.#fs.syncFolder(this.#folder);
    return expired;
  }

  /** Close the files of past days, but for those that are still to be synced. */
  closeRetired(unsynced: readonly (number | null)[]): void {
    for (const fd of this.#retired) if (!unsynced.includes(fd)) this.#fs.close(fd);
    this.#retired = this.#retired.filter((fd) => unsynced.includes(fd));
  }

  close(): void {
    if (this.#fd >= 0) this.#retired.push(this.#fd);
    this.#fd = -1;
    this.closeRetired([]);
  }

  #useDay(day: string): void {
    if (day === this.#day) return;
    const path = this.#pathOf(day);
    // An empty one was made by a process that may have ended before its name was durable.
    const isNew = (this.#fs.statusAt(path)?.size ?? 0) === 0;
    const fd = this.#fs.open(path, "append");
    try {
      if (isNew) this.#fs.syncFolder(this.#folder);
    } catch (error) {
      this.#fs.close(fd);
      throw error;
    }
    if (this.#fd >= 0) this.#retired.push(this.#fd);
    this.#fd = fd;
    this.#day = day;
  }

  #pathOf(day: string): string {
    return join(this.#folder, `${day}.bin`);
  }

  #encrypt(subject: string, plaintext: string): Buffer {
    const key = this.#keys.keyOf(subject);
    const iv = this.#randomness.bytes(IV_BYTES);
    const data = Buffer.from(plaintext);
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    MAGIC.copy(header, 0);
    header.writeUInt32BE(HEADER_BYTES + data.length + TAG_BYTES, 4);
    key.tag.copy(header, 8);
    key.id.copy(header, 24);
    header.set(iv, 32);
    const cipher = createCipheriv("aes-256-gcm", key.key, iv);
    cipher.setAAD(Buffer.concat([header.subarray(0, AUTHENTICATED_BYTES), this.#aad]));
    return Buffer.concat([header, cipher.update(data), cipher.final(), cipher.getAuthTag()]);
  }

  #decrypt(block: Buffer, ref: PayloadRef, of: string): JsonObject | null {
    const keyOf = (tag: Buffer, id: Buffer): KeyObject | null => this.#keys.find(tag, id)?.key ?? null;
    const contents = openBlock(block, ref, { keyOf, logId: this.#aad, of });
    if (contents === null) return null;
    const content = contents[ref.index];
    if (isJsonObject(content)) return content;
    throw unreadable("its block does not hold it");
  }
}

/** What opening a block needs. */
export interface BlockTools {
  /** The key of a subject's tag and a key's id; null when it has been destroyed. */
  readonly keyOf: (tag: Buffer, id: Buffer) => KeyObject | null;
  /** UTF-8 of the log's id. */
  readonly logId: Buffer;
  /** Whose record it is, in words. */
  readonly of?: string;
}

/**
 * The contents of the block that a reference names; null when its key has been destroyed. Cost: one SHA-256 and one
 * decryption.
 *
 * @throws {CanopyError} `LEDGER_UNAVAILABLE` when it is missing, damaged, or of another key or log; `LEDGER_REFUSED` when
 * it is a block of this log, and not the one that was written for the reference.
 */
export function openBlock(
  block: Buffer,
  { length, hash: expected }: Pick<PayloadRef, "length" | "hash">,
  { keyOf, logId, of }: BlockTools,
): readonly JsonValue[] | null {
  const whole = block.length === length && block.length > HEADER_BYTES + TAG_BYTES;
  if (!whole || !block.subarray(0, 4).equals(MAGIC)) throw unreadable("its block is missing or damaged");
  const isOwn = hash("sha256", block, "hex") === expected;
  const key = keyOf(block.subarray(8, 24), block.subarray(24, 32));
  if (key === null && isOwn) return null;
  if (key === null) throw unreadable("its block is not the one that was written");
  const contents = decryptBlock(block, key, logId);
  // That it decrypts only says that this home wrote it for this log, not for which entry.
  if (isOwn) return contents;
  throw notItsOwn("another entry's stands in its place", of);
}

function decryptBlock(block: Buffer, key: KeyObject, logId: Buffer): readonly JsonValue[] {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, block.subarray(32, HEADER_BYTES));
    decipher.setAAD(Buffer.concat([block.subarray(0, AUTHENTICATED_BYTES), logId]));
    decipher.setAuthTag(block.subarray(block.length - TAG_BYTES));
    const ciphertext = block.subarray(HEADER_BYTES, block.length - TAG_BYTES);
    const text = Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString("utf8");
    const contents: JsonValue = JSON.parse(text);
    if (isJsonList(contents)) return contents;
  } catch (error) {
    throw unreadable("its block does not decrypt", error);
  }
  throw unreadable("its block does not hold it");
}

/** What an entry names as its record can't be shown to be its own. */
export function unboundRecord(of: string): CanopyError {
  return notItsOwn("the entry doesn't say by its hash which one is its own", of);
}

function notItsOwn(why: string, of = "a record of the log"): CanopyError {
  return new CanopyError("LEDGER_REFUSED", `${of} is not used: ${why}`, {
    fix: "keep the log and its sidecar as evidence: `canopy ledger fsck` names the entries; then restore them from a copy",
  });
}

function unreadable(why: string, cause?: unknown): CanopyError {
  return new CanopyError("LEDGER_UNAVAILABLE", `a record of the log can't be read: ${why}`, {
    fix: "restore the folder `payloads` of the log's sidecar, and `payload.key` of CANOPY_HOME",
    ...(cause === undefined ? {} : { cause }),
  });
}
