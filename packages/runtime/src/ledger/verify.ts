// Verifying a chain: bytes in, result out. The same code reads our logs and the reference's.
//
// A line of ours ends in `,"entry_hash":"<64 hex>"}`; what stands before it is what was hashed. Such a line is hashed
// where it lies: the previous hash is written over the 64 bytes before it (the end of the line that was just judged)
// and the comma before `"entry_hash"` becomes the closing brace, so that one SHA-256 call covers prefix and entry.
// Any other line, and any that fails so, is read strictly and re-rendered as the reference hashed it.
//
// With `strict` our own lines are read strictly too; without it their structure is taken from whoever hashed them.

import { GENESIS, HASH_PREFIX, SUFFIX_BYTES } from "./chain.ts";
import { readForeign, type ForeignEntry } from "./foreign-json.ts";

/** Why a log is not valid. `docs/ledger-format.md` describes each. */
export type ChainFailure =
  | "json"
  | "utf8"
  | "not_object"
  | "duplicate_key"
  | "genesis"
  | "prev_hash"
  | "entry_hash"
  | "too_long";

/** What the verifier needs of its host; each could be written in plain JavaScript, only slower. */
export interface ChainHost {
  /** SHA-256, 64 lower-case hex digits. */
  sha256(bytes: Uint8Array): string;
  /** Bytes as Latin-1 text; the bytes are of an `allocate`d buffer. */
  latin1(bytes: Uint8Array, start: number, end: number): string;
  /** A buffer to read into; `lineFeed` may be faster on its own. */
  allocate(sizeBytes: number): Uint8Array;
  /** The first line feed at or after `from`, or -1. */
  lineFeed(bytes: Uint8Array, from: number): number;
}

/** How a chain stands after the bytes seen so far. */
export interface ChainState {
  /** Entries judged good. */
  readonly entries: number;
  /** Physical lines seen, counting from 1; blank ones too. */
  readonly lines: number;
  /** Bytes up to the end of the last line judged good, its line feed included. */
  readonly bytes: number;
  /** `entry_hash` of the last good entry; the genesis hash before any. */
  readonly head: string;
  readonly failure: ChainFailure | null;
  /** The line that failed, or null. */
  readonly first_bad_line: number | null;
  /** Whether every line so far was in our form, hashed from its bytes. */
  readonly raw: boolean;
  /** The first line that no writer of ours leaves: blank, or spelled otherwise although its hash holds. Null: none. */
  readonly first_odd_line: number | null;
  /** Whether the last line has no line feed. */
  readonly is_open: boolean;
}

/** A good entry, as a visitor sees it. `line` (without line feed) is only lent for the call. */
export interface VisitedEntry {
  readonly hash: string;
  /** Where the line begins, counted from the first byte that was fed. */
  readonly offset: number;
  readonly line: Uint8Array;
  /** Its physical line, counting from 1. */
  readonly number: number;
  /** Whether it was hashed from its bytes: a line of ours that wasn't is not as it was written, though it means the same. */
  readonly raw: boolean;
}

/** Options of a verifier. */
export interface ChainOptions {
  readonly strict: boolean;
  /** The hash before the first line that is fed; genesis when absent. */
  readonly after?: string;
  readonly visit?: (entry: VisitedEntry) => void;
  /** How much is read at a time, in bytes; default 1 MiB. */
  readonly roomBytes?: number;
}

/** The longest line that is read, in bytes. */
export const MAX_LINE_BYTES = 67_108_864;

const SLACK = 64;
const FIRST_ROOM = 1_048_576;
const SUFFIX_START = new TextEncoder().encode(HASH_PREFIX);

/**
 * Verifies one file's chain, fed in pieces: write bytes into `room()`, tell with `filled(count)`, at the end `end()`.
 * Memory stays at about 1 MiB, or twice the longest line.
 */
export class ChainVerifier {
  readonly #host: ChainHost;
  readonly #options: ChainOptions;
  readonly #text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #roomBytes: number;
  #buffer: Uint8Array;
  /** Where the unjudged bytes begin and end. INVARIANT: `#start` >= SLACK. */
  #start = SLACK;
  #end = SLACK;
  #entries = 0;
  #lines = 0;
  #bytes = 0;
  #head: string;
  /** Where the head's digits stand in the buffer, or -1. */
  #headAt = -1;
  #failure: ChainFailure | null = null;
  #raw = true;
  #oddLine: number | null = null;
  #isOpen = false;

  constructor(host: ChainHost, options: ChainOptions) {
    this.#host = host;
    this.#options = options;
    this.#head = options.after ?? GENESIS;
    this.#roomBytes = options.roomBytes ?? FIRST_ROOM;
    this.#buffer = host.allocate(SLACK + this.#roomBytes);
  }

  /** How the chain stands. */
  state(): ChainState {
    return {
      entries: this.#entries,
      lines: this.#lines,
      bytes: this.#bytes,
      head: this.#head,
      failure: this.#failure,
      first_bad_line: this.#failure === null ? null : this.#lines,
      raw: this.#raw,
      first_odd_line: this.#oddLine,
      is_open: this.#isOpen,
    };
  }

  /** Where the next bytes go; at least a quarter of `roomBytes`. */
  room(): Uint8Array {
    const kept = this.#end - this.#start;
    if (this.#start > SLACK) {
      this.#buffer.copyWithin(SLACK, this.#start, this.#end);
      this.#headAt = -1;
      this.#start = SLACK;
      this.#end = SLACK + kept;
    }
    if (this.#buffer.length - this.#end < this.#roomBytes / 4) {
      const larger = this.#host.allocate(this.#buffer.length * 2);
      larger.set(this.#buffer.subarray(0, this.#end));
      this.#buffer = larger;
    }
    return this.#buffer.subarray(this.#end);
  }

  /** Judge what was written into `room()`. Returns whether it makes sense to go on. Cost: one SHA-256 a line. */
  filled(count: number): boolean {
    let from = this.#end;
    this.#end += count;
    while (this.#failure === null) {
      const lineEnd = this.#host.lineFeed(this.#buffer, from);
      if (lineEnd < 0 || lineEnd >= this.#end) break;
      this.#judge(this.#start, lineEnd);
      if (this.#failure === null) this.#bytes += lineEnd + 1 - this.#start;
      this.#start = lineEnd + 1;
      from = this.#start;
    }
    if (this.#failure === null && this.#end - this.#start > MAX_LINE_BYTES) {
      this.#lines += 1;
      this.#failure = "too_long";
    }
    return this.#failure === null;
  }

  /** Judge a last line that has no line feed, and give the result. */
  end(): ChainState {
    if (this.#failure === null && this.#end > this.#start) {
      this.#isOpen = true;
      this.#judge(this.#start, this.#end);
      if (this.#failure === null) this.#bytes += this.#end - this.#start;
    }
    this.#start = this.#end;
    return this.state();
  }

  #judge(start: number, end: number): void {
    this.#lines += 1;
    if (this.#judgeRaw(start, end)) return;
    this.#oddLine ??= this.#lines;
    const bytes = this.#buffer.subarray(start, end);
    if (isBlank(bytes)) return;
    this.#raw = false;
    const entry = this.#read(bytes);
    if (typeof entry === "string") {
      this.#failure = entry;
      return;
    }
    this.#failure = this.#judgeForeign(entry);
    if (this.#failure === null) this.#visit(this.#head, bytes, false);
  }

  /** Judge a line of ours from its bytes; false when it isn't one or its hash doesn't hold. */
  #judgeRaw(start: number, end: number): boolean {
    const buffer = this.#buffer;
    const cut = end - SUFFIX_BYTES;
    if (cut <= start || !this.#hasSuffix(cut) || buffer[end - 2] !== 0x22 || buffer[end - 1] !== 0x7d) return false;
    this.#putHeadBefore(start);
    buffer[cut] = 0x7d;
    const hash = this.#host.sha256(buffer.subarray(start - SLACK, cut + 1));
    buffer[cut] = 0x2c;
    if (this.#host.latin1(buffer, end - 66, end - 2) !== hash) return false;
    if (this.#options.strict && !this.#isCanonical(buffer.subarray(start, end))) return false;
    this.#accept(hash);
    this.#headAt = end - 66;
    if (this.#options.visit !== undefined) this.#visit(hash, buffer.subarray(start, end), true);
    return true;
  }

  /** Put the head into the 64 bytes before a line; when the line before is one of ours, it already stands three bytes off. */
  #putHeadBefore(start: number): void {
    if (this.#headAt === start - SLACK - 3) {
      this.#buffer.copyWithin(start - SLACK, start - SLACK - 3, start - 3);
    } else {
      for (let index = 0; index < SLACK; index += 1) this.#buffer[start - SLACK + index] = this.#head.charCodeAt(index);
    }
  }

  #hasSuffix(at: number): boolean {
    for (let index = 0; index < SUFFIX_START.length; index += 1) {
      if (this.#buffer[at + index] !== SUFFIX_START[index]) return false;
    }
    return true;
  }

  /** Whether a line whose bytes hash right is also what our writer would have written. */
  #isCanonical(bytes: Uint8Array): boolean {
    const entry = this.#read(bytes);
    if (typeof entry === "string" || entry.canonical === null || entry.prev_hash !== this.#head) return false;
    return `${entry.canonical.slice(0, -1)}${HASH_PREFIX}${entry.entry_hash ?? ""}"}` === this.#text.decode(bytes);
  }

  #read(bytes: Uint8Array): ForeignEntry | ChainFailure {
    let text: string;
    try {
      text = this.#text.decode(bytes);
    } catch {
      return "utf8";
    }
    return readForeign(text);
  }

  #judgeForeign(entry: ForeignEntry): ChainFailure | null {
    if (entry.prev_hash !== this.#head) return this.#entries === 0 ? "genesis" : "prev_hash";
    if (entry.canonical === null || entry.entry_hash === null) return "entry_hash";
    const hash = this.#host.sha256(encoder.encode(this.#head + entry.canonical));
    if (hash !== entry.entry_hash) return "entry_hash";
    this.#accept(hash);
    return null;
  }

  #accept(hash: string): void {
    this.#headAt = -1;
    this.#entries += 1;
    this.#head = hash;
  }

  #visit(hash: string, line: Uint8Array, raw: boolean): void {
    this.#options.visit?.({ hash, offset: this.#bytes, line, number: this.#lines, raw });
  }
}

const encoder = new TextEncoder();

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === 13 || byte === 10);
}
