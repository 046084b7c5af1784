// Lines that follow a known end, held back until a batch MAC after them shows that a process of this home wrote them. What
// no MAC covers is nobody's: it is never learned of, and its followers cut it off.

import type { VisitedEntry } from "../ledger/verify.ts";
import type { BatchMac } from "./batch-mac.ts";

/** A place in a file where the vouched part ends. */
export interface VouchedEnd {
  /** Bytes from where it was begun to look, up to the end of the line without its line feed. */
  readonly bytes: number;
  readonly entries: number;
  readonly hash: string;
}

interface Held {
  readonly entry: VisitedEntry;
  readonly line: Buffer;
  readonly prevHash: string;
}

/** More than any batch has: as many without a MAC that holds are not this home's. */
const MAX_HELD = 512;
const MAX_HELD_BYTES = 268_435_456;

/** Takes lines of a verified chain, in order. */
export class VouchedLines {
  readonly #mac: BatchMac;
  readonly #visit: ((entry: VisitedEntry) => void) | null;
  #held: Held[] = [];
  #heldBytes = 0;
  #last: string;
  #seen = 0;
  #end: VouchedEnd;
  #isForeign = false;

  /** `after` is the hash of the line before the first. Without `visit` lines are only counted, however many come. */
  constructor(mac: BatchMac, after: string, visit: ((entry: VisitedEntry) => void) | null) {
    this.#mac = mac;
    this.#visit = visit;
    this.#last = after;
    this.#end = { bytes: 0, entries: 0, hash: after };
  }

  /** Whether a line came that is none of ours, or so many without a MAC that holds: there is no use in going on. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  /** Take the next line. Cost: a copy; a MAC every few hundred lines. */
  take(entry: VisitedEntry): void {
    if (this.#isForeign) return;
    // No process of ours writes another form: what means the same to a chain may not be seen by whoever looks for bytes.
    if (!entry.raw) {
      this.#isForeign = true;
      return;
    }
    const line = Buffer.from(entry.line);
    this.#held.push({ entry, line, prevHash: this.#last });
    this.#heldBytes += line.length;
    this.#last = entry.hash;
    if (this.#held.length < MAX_HELD && this.#heldBytes < MAX_HELD_BYTES) return;
    if (this.#settle() > 0) return;
    // Where nothing is learned, a MAC that comes later still covers them.
    if (this.#visit === null) this.#drop(this.#held.length);
    else this.#isForeign = true;
  }

  /** How far what was taken is vouched for. */
  end(): VouchedEnd {
    this.#settle();
    return this.#end;
  }

  /** Let the lines go that the newest MAC that holds covers; returns how many. */
  #settle(): number {
    const newest = this.#held.findLastIndex(({ line, prevHash }) => this.#mac.isOn(line, prevHash));
    const last = this.#held[newest];
    if (last === undefined) return 0;
    for (const { entry, line } of this.#held.slice(0, newest + 1)) this.#visit?.({ ...entry, line });
    const { offset, hash } = last.entry;
    this.#drop(newest + 1);
    this.#end = { bytes: offset + last.line.length, entries: this.#seen, hash };
    return newest + 1;
  }

  #drop(count: number): void {
    for (const { line } of this.#held.slice(0, count)) this.#heldBytes -= line.length;
    this.#held = this.#held.slice(count);
    this.#seen += count;
  }
}
