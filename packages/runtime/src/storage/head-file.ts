// A head that was synced, kept in a file of fixed size and overwritten in place.
//
//   four slots of 256 bytes, of which the highest valid one counts: two that are synced, at each open, and two that are
//   written in turn after each batch; each holds
//   "canopy-head-v1 <log_id> <segment> <bytes> <seq> <hash> <first 16 hex digits of SHA-256 of all before>" … "\n"
//
// It is written after the log's sync and, but for the settled slots, not synced itself: it may lag behind the log, never
// lead it, and a power loss leaves at least a settled one. One stands in the
// sidecar (recovery starts there, and its write must succeed before an answer), one under CANOPY_HOME, outside the
// log's folder (a log that shrank, forked or was replaced is refused by it).

import { isHash } from "../ledger/chain.ts";
import { readAt, writeAll, type FileSystem } from "./file-system.ts";
import { readWhole } from "./owner-file.ts";

const { hash } = process.getBuiltinModule("node:crypto");

/** The end of a log as it was known to be durable. */
export interface Head {
  readonly log_id: string;
  /** The number of the segment file, from 1. */
  readonly segment: number;
  /** Size of that file, in bytes. */
  readonly bytes: number;
  /** `seq` of the last entry; 0 before any. */
  readonly seq: number;
  /** `entry_hash` of the last entry in that file; genesis before any. */
  readonly hash: string;
}

const SLOT_BYTES = 256;
const SLOTS = 4;
const SETTLED = 2;
const MAGIC = "canopy-head-v1";

/** A head file, kept open. */
export class HeadFile {
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #fd: number;
  /** The slots that are written in turn, as they were when they were looked at last, and what they say. */
  #seen: Buffer = Buffer.alloc(0);
  #turns: readonly (Head | null)[] = [];
  /** What was settled here last. */
  #settled: Buffer = Buffer.alloc(0);
  /** Each slot as it was read last, and what it says. */
  #read: readonly { readonly bytes: Buffer; readonly head: Head | null }[] = [];

  /** Opens or makes the file. Throws the system's error. */
  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.path = path;
    this.#fd = fs.open(path, "update");
  }

  /** The highest head that was written whole, or null. Cost: one small read, and a SHA-256 for each slot that has changed. */
  read(): Head | null {
    const bytes = readAt(this.#fs, this.#fd, 0, SLOTS * SLOT_BYTES);
    this.#read = Array.from({ length: SLOTS }, (_, slot) => {
      const now = bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
      const known = this.#read[slot];
      return known?.bytes.equals(now) === true ? known : { bytes: now, head: parseHeads(now) };
    });
    return this.#read.reduce((best: Head | null, { head }) => higher(best, head), null);
  }

  /**
   * Write a head over the lower of the slots that are written in turn, unless one of them is of a later one: another
   * process's sync may have come back sooner. `slot` is `headSlot(head)`. Cost: one read and one write. Throws the system's
   * error.
   */
  write(head: Head, slot: Buffer): void {
    const bytes = readAt(this.#fs, this.#fd, SETTLED * SLOT_BYTES, (SLOTS - SETTLED) * SLOT_BYTES);
    if (!bytes.equals(this.#seen))
      this.#turns = [parseHeads(bytes.subarray(0, SLOT_BYTES)), parseHeads(bytes.subarray(SLOT_BYTES))];
    const [first = null, second = null] = this.#turns;
    const isLater = (other: Head | null): boolean => other?.log_id === head.log_id && isAhead(other, head);
    this.#seen = bytes;
    if (isLater(first) || isLater(second)) return;
    const turn = first === null || (second !== null && isAhead(second, first)) ? 0 : 1;
    this.#put(slot, SETTLED + turn);
    this.#turns = turn === 0 ? [head, second] : [first, head];
    this.#seen = Buffer.alloc((SLOTS - SETTLED) * SLOT_BYTES);
    bytes.copy(this.#seen);
    slot.copy(this.#seen, turn * SLOT_BYTES);
  }

  /**
   * Write a head into the lower of the settled slots, and sync it. The higher one may be another process's, which ended
   * before its sync: it is made durable first, so that a power loss leaves one of them. Under the log's lock. Throws the
   * system's error.
   */
  settle(head: Head): void {
    const bytes = readAt(this.#fs, this.#fd, 0, SETTLED * SLOT_BYTES);
    const [first, second] = [parseHeads(bytes.subarray(0, SLOT_BYTES)), parseHeads(bytes.subarray(SLOT_BYTES))];
    const lower = first === null || (second !== null && isAhead(second, first)) ? 0 : 1;
    const higher = lower === 0 ? second : first;
    if (higher !== null && headSlot(higher).compare(this.#settled) !== 0) {
      // Written again, since a sync that failed may have let go of it.
      this.#put(headSlot(higher), 1 - lower);
      this.#fs.syncNow(this.#fd);
    }
    const slot = headSlot(head);
    this.#put(slot, lower);
    this.#fs.syncNow(this.#fd);
    this.#settled = slot;
  }

  /** Put a head in every slot, also over a later one, and sync it: the log was taken over as it is. */
  reset(head: Head): void {
    for (let slot = 0; slot < SLOTS; slot += 1) this.#put(headSlot(head), slot);
    this.#fs.syncNow(this.#fd);
  }

  close(): void {
    this.#fs.close(this.#fd);
  }

  #put(slot: Buffer, number: number): void {
    writeAll(this.#fs, this.#fd, slot, number * SLOT_BYTES);
  }
}

/** A head as the bytes of one slot. */
export function headSlot(head: Head): Buffer {
  const body = `${MAGIC} ${head.log_id} ${head.segment} ${head.bytes} ${head.seq} ${head.hash}`;
  return Buffer.from(`${`${body} ${checksum(body)}`.padEnd(SLOT_BYTES - 1)}\n`, "latin1");
}

/** The head that a file says, or null when there is none. Cost: one small read. Throws the system's error. */
export function readHead(fs: FileSystem, path: string): Head | null {
  const bytes = readWhole(fs, path);
  return bytes === null ? null : parseHeads(bytes);
}

/** The highest valid head in the bytes of a head file, or null. */
export function parseHeads(bytes: Buffer): Head | null {
  let best: Head | null = null;
  for (let at = 0; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES) {
    best = higher(best, parseSlot(bytes.toString("latin1", at, at + SLOT_BYTES)));
  }
  return best;
}

function higher(best: Head | null, head: Head | null): Head | null {
  return head !== null && (best === null || isAhead(head, best)) ? head : best;
}

function isAhead(a: Head, b: Head): boolean {
  return a.segment !== b.segment ? a.segment > b.segment : a.bytes > b.bytes;
}

function checksum(body: string): string {
  return hash("sha256", body, "hex").slice(0, 16);
}

function parseSlot(slot: string): Head | null {
  const [magic, log_id = "", segment, bytes, seq, head, sum] = slot.trimEnd().split(" ");
  const body = `${magic} ${log_id} ${segment} ${bytes} ${seq} ${head}`;
  if (magic !== MAGIC || sum !== checksum(body) || !isHash(head)) return null;
  const numbers = { segment: Number(segment), bytes: Number(bytes), seq: Number(seq) };
  if (!Object.values(numbers).every((number) => Number.isSafeInteger(number) && number >= 0)) return null;
  return { log_id, ...numbers, hash: head };
}
