// Whether lines follow from one another, as they are read: what is signed must be the log's own history, and the head that
// the home keeps vouches for nothing but the last line and, through the chain, for all before it.

import { GENESIS, HASH_PREFIX, SUFFIX_BYTES } from "../../ledger/chain.ts";
import { readForeign } from "../../ledger/foreign-json.ts";
import { sha256Hex } from "../chain-host.ts";
import { tryParseEntry } from "../parse-entry.ts";

const HASH_CHARACTERS = 64;

/** The chain of one log, from a place on. */
export class LineChain {
  /** `entry_hash` of the line before; the genesis hash at the beginning of a segment; null when nothing follows. */
  #before: string | null;
  /** The last hash of the segment before; null: not known. */
  #closed: string | null = null;
  #isFirst: boolean;
  #into: Buffer = Buffer.alloc(4096);

  /** `before` is the hash of the line before the place; `isFirst` says that a segment begins there. */
  constructor(before: string | null, isFirst: boolean) {
    this.#before = isFirst ? GENESIS : before;
    this.#isFirst = isFirst;
  }

  /** The hash of the last line, or of the one before the place; null when nothing follows. */
  get hash(): string | null {
    return this.#before;
  }

  /** The next line begins another segment. */
  nextSegment(): void {
    this.#closed = this.#before;
    this.#before = GENESIS;
    this.#isFirst = true;
  }

  /** Whether a line (without line feed) follows. After one that doesn't, none does. Cost: one SHA-256 over a line of ours. */
  take(line: Buffer): boolean {
    const before = this.#before;
    this.#before =
      before === null || !this.#continues(line) ? null : (this.#ownHash(line, before) ?? foreignHash(line, before));
    this.#isFirst = false;
    return this.#before !== null;
  }

  /** The first line of a segment names the last of the one before. */
  #continues(line: Buffer): boolean {
    if (!this.#isFirst || this.#closed === null) return true;
    const entry = tryParseEntry(line.toString("utf8"));
    return entry?.event === "log_rotated" && entry["previous_head"] === this.#closed;
  }

  /** The hash of a line in the form that we write; null when it is in another, or doesn't follow. */
  #ownHash(line: Buffer, before: string): string | null {
    const cut = line.length - SUFFIX_BYTES;
    if (cut <= 0 || line.toString("latin1", cut, cut + HASH_PREFIX.length) !== HASH_PREFIX) return null;
    const length = HASH_CHARACTERS + cut + 1;
    if (this.#into.length < length) this.#into = Buffer.alloc(2 * length);
    this.#into.write(before, 0, "latin1");
    line.copy(this.#into, HASH_CHARACTERS, 0, cut);
    this.#into[length - 1] = CLOSING_BRACE;
    const hash = sha256Hex(this.#into.subarray(0, length));
    return line.toString("latin1", cut + HASH_PREFIX.length, line.length) === `${hash}"}` ? hash : null;
  }
}

const CLOSING_BRACE = 0x7d;

/** The hash of another writer's line that follows from `before`, or null: ours are written in one form only. */
function foreignHash(line: Buffer, before: string): string | null {
  const text = line.toString("utf8");
  if (tryParseEntry(text) !== null) return null;
  const read = readForeign(text);
  if (typeof read === "string" || read.canonical === null || read.prev_hash !== before) return null;
  return sha256Hex(before + read.canonical) === read.entry_hash ? read.entry_hash : null;
}
