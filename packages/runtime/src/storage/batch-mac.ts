// The MAC of a batch, in its last line: it shows that a process of this home wrote the line, and so all before it.
//
//   {"action_type":…,"seq":17,"seq_mac":"<32 hex>","severity":…,"entry_hash":"<64 hex>"}
//
//   seq_mac = first 32 hex digits of HMAC-SHA-256( K, prev_hash ‖ the line without `,"seq_mac":"…"` and `,"entry_hash":"…"` )
//   K       = HMAC-SHA-256( payload.key, "canopy-batch-mac-v1" ‖ 0x00 ‖ log_id )
//
// The chain alone needs no key, so lines that chain may be anybody's. A batch is one write and is answered only when it
// stands whole: lines after the last MAC that holds are what a crash left of a batch nobody was answered, or forged.

import { MAC_MEMBER } from "../ledger/entry.ts";
import { SUFFIX_BYTES } from "../ledger/chain.ts";

const { hash } = process.getBuiltinModule("node:crypto");

const BLOCK = 64;
const SCRATCH_BYTES = 65_536;
const MAC_DIGITS = 32;
const NAME = Buffer.from(`,"${MAC_MEMBER}":"`);
const QUOTE = 0x22;
const CLOSING_BRACE = 0x7d;

/** Makes and checks the MACs of one log's batches. */
export class BatchMac {
  /** The key's inner block, then what is hashed after it. `createHmac` would cost five times as much (RFC 2104, section 2). */
  #inner: Buffer;
  readonly #outer: Buffer;

  /** `key` has at most 64 bytes. */
  constructor(key: Buffer) {
    this.#inner = Buffer.alloc(SCRATCH_BYTES, 0x36);
    this.#outer = Buffer.alloc(BLOCK + 32, 0x5c);
    for (const [index, byte] of key.entries()) {
      this.#inner[index] = byte ^ 0x36;
      this.#outer[index] = byte ^ 0x5c;
    }
  }

  /** The MAC of a text: `prev_hash`, then the entry without MAC and hash. Cost: a hash over it, and one over 96 bytes. */
  of(text: string): string {
    // A UTF-16 unit has at most three bytes.
    this.#makeRoom(text.length * 3);
    return this.#finish(this.#inner.write(text, BLOCK));
  }

  /** Whether a line of ours ends a batch of this home. `prevHash` is the hash of the line before. Cost: as `of`. */
  isOn(line: Buffer, prevHash: string): boolean {
    const at = line.indexOf(NAME);
    const from = at + NAME.length;
    const to = from + MAC_DIGITS;
    const end = line.length - SUFFIX_BYTES;
    if (at < 0 || to >= end || line[to] !== QUOTE) return false;
    this.#makeRoom(prevHash.length + line.length);
    const inner = this.#inner;
    let length = BLOCK + inner.write(prevHash, BLOCK, "latin1");
    length += line.copy(inner, length, 0, at);
    length += line.copy(inner, length, to + 1, end);
    inner[length] = CLOSING_BRACE;
    return this.#finish(length + 1 - BLOCK) === line.toString("latin1", from, to);
  }

  #makeRoom(bytes: number): void {
    if (BLOCK + bytes < this.#inner.length) return;
    const larger = Buffer.alloc(BLOCK + bytes + 1);
    this.#inner.copy(larger, 0, 0, BLOCK);
    this.#inner = larger;
  }

  #finish(length: number): string {
    this.#outer.write(hash("sha256", this.#inner.subarray(0, BLOCK + length), "hex"), BLOCK, "hex");
    return hash("sha256", this.#outer, "hex").slice(0, MAC_DIGITS);
  }
}

/** Whether a line says that it ends a batch, whoever wrote it. */
export function hasBatchMac(line: Buffer): boolean {
  return line.includes(NAME);
}
