// The keys that records are encrypted with: one for each subject, so that destroying it erases the subject's records.
//
//   <home>/payload.key              32 bytes, made on first use, mode 0600: wraps the subject keys
//   payloads/keys/<tag>.key         key id (8) ‖ iv (12) ‖ AES-256-GCM(key, 32) ‖ tag (16)
//   payloads/erased                 one line for each key destroyed; its size tells other processes to look again
//   tag = first 16 bytes of HMAC-SHA-256(payload.key, "canopy-subject-v1" ‖ 0x00 ‖ subject), hex
//   resource key = HMAC-SHA-256( K, place ), hex;  K = HMAC-SHA-256(payload.key, "canopy-resource-v1" ‖ 0x00 ‖ log_id)
//   key of batch MACs = HMAC-SHA-256(payload.key, "canopy-batch-mac-v1" ‖ 0x00 ‖ log_id); see batch-mac.ts
//
// A copy of the log's folder alone can't be read; neither can an erased subject, with or without `payload.key`.

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hash,
  type KeyObject,
} from "node:crypto";
import { join } from "node:path";
import { writeAll, type FileSystem } from "./file-system.ts";
import { realHost, type Host } from "./host.ts";
import { readOrCreate, readWhole } from "./owner-file.ts";

/** A subject's key in force. */
export interface SubjectKey {
  /** 16 bytes. */
  readonly tag: Buffer;
  /** 8 bytes; another key of the same subject has another id. */
  readonly id: Buffer;
  /** As an object: each cipher made from bytes would cost a thrown and caught error in Node, 20 µs. */
  readonly key: KeyObject;
}

const MAX_CACHED = 4096;
const WRAPPED_BYTES = 68;

const MAX_NAMED = 8192;

/** The key that names places in one log (K above), by the bytes of `payload.key`. */
export function resourceMaster(master: Buffer, logId: string): Buffer {
  return createHmac("sha256", master).update(`canopy-resource-v1\0${logId}`).digest();
}

/** Names places for one log (`Ledger.resourceKey`), by the bytes of `payload.key`. Cost: 2 µs; a look-up for one named lately. */
export function resourceKeys(master: Buffer, logId: string): (place: string) => string {
  const hmac = hmacBy(resourceMaster(master, logId));
  const named = new Map<string, string>();
  return (place) => {
    let made = named.get(place);
    if (made === undefined) {
      made = hmac(place);
      if (named.size >= MAX_NAMED) named.clear();
      named.set(place, made);
    }
    return made;
  };
}

const SCRATCH_BYTES = 4096;

// The same as `createHmac`, whose set-up costs four times as much as hashing a short text does (RFC 2104 section 2).
function hmacBy(key: Buffer): (text: string) => string {
  const inner = Buffer.alloc(SCRATCH_BYTES, 0x36);
  const outer = Buffer.alloc(96, 0x5c);
  for (let index = 0; index < key.length; index += 1) {
    inner[index] = (key[index] ?? 0) ^ 0x36;
    outer[index] = (key[index] ?? 0) ^ 0x5c;
  }
  return (text) => {
    // A character has at most three bytes.
    if (text.length * 3 > SCRATCH_BYTES - 64) return createHmac("sha256", key).update(text).digest("hex");
    const length = inner.write(text, 64);
    outer.write(hash("sha256", inner.subarray(0, 64 + length), "hex"), 64, "hex");
    return hash("sha256", outer, "hex");
  };
}

/** The subject keys of one log. */
export class SubjectKeys {
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #bytes: Host["bytes"];
  readonly #master: Buffer;
  readonly #erased: number;
  readonly #cache = new Map<string, SubjectKey>();
  #epoch: number;

  /** `folder` is the `payloads` folder; it and its `keys` folder exist. Throws the system's error. */
  constructor(fs: FileSystem, folder: string, home: string, { bytes }: Pick<Host, "bytes"> = realHost) {
    this.#fs = fs;
    this.#folder = folder;
    this.#bytes = bytes;
    this.#master = readOrCreate(fs, join(home, "payload.key"), () => bytes(32), bytes);
    if (this.#master.length !== 32) throw new Error("`payload.key` of CANOPY_HOME has the wrong length");
    this.#erased = fs.open(join(folder, "erased"), "append");
    this.#epoch = fs.statusOf(this.#erased).size;
  }

  /** The key of a subject, made on first use. Cost: a map look-up; the first time a file read, or two syncs. */
  keyOf(subject: string): SubjectKey {
    const cached = this.#cache.get(subject);
    if (cached !== undefined) return cached;
    const tag = this.#tagOf(subject);
    const bytes = this.#bytes;
    const make = (): Buffer => this.#wrap(bytes(8), bytes(32), tag);
    const wrapped = readOrCreate(this.#fs, this.#pathOf(tag), make, bytes);
    const key = unwrapSubjectKey(wrapped, tag, this.#master);
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
    this.#cache.set(subject, key);
    return key;
  }

  /** The key of that tag and id, or null when it has been destroyed. Throws when the file can't be unwrapped. */
  find(tag: Buffer, id: Buffer): SubjectKey | null {
    const wrapped = readWhole(this.#fs, this.#pathOf(tag));
    if (wrapped === null || !wrapped.subarray(0, 8).equals(id)) return null;
    return unwrapSubjectKey(wrapped, tag, this.#master);
  }

  /** Whether no key has been destroyed, by any process, since this was last asked. Cost: one status call. */
  unchanged(): boolean {
    const epoch = this.#fs.statusOf(this.#erased).size;
    if (epoch === this.#epoch) return true;
    this.#epoch = epoch;
    this.#cache.clear();
    return false;
  }

  /** Destroy a subject's key, durably. Under the log's lock. False when there was none. */
  destroy(subject: string, at: string): boolean {
    const tag = this.#tagOf(subject);
    const path = this.#pathOf(tag);
    this.#cache.delete(subject);
    if (this.#fs.statusAt(path) === null) return false;
    writeAll(this.#fs, this.#erased, Buffer.from(`${tag.toString("hex")} ${at}\n`));
    this.#fs.syncNow(this.#erased);
    const fd = this.#fs.open(path, "update");
    try {
      writeAll(this.#fs, fd, this.#bytes(WRAPPED_BYTES), 0);
      this.#fs.syncNow(fd);
    } finally {
      this.#fs.close(fd);
    }
    this.#fs.unlink(path);
    this.#fs.syncFolder(join(this.#folder, "keys"));
    return true;
  }

  /** Names places for one log (`Ledger.resourceKey`); another log of this home names them otherwise. */
  resourceKeys(logId: string): (place: string) => string {
    return resourceKeys(this.#master, logId);
  }

  /** The key of the MACs of a log's batches. */
  batchKey(logId: string): Buffer {
    return createHmac("sha256", this.#master).update(`canopy-batch-mac-v1\0${logId}`).digest();
  }

  /** What is published of the key that names places: whoever is shown the key can tell that it is that one. Hex. */
  resourceCommitment(logId: string): string {
    const key = resourceMaster(this.#master, logId);
    return createHash("sha256").update("canopy-resource-commit-v1\0").update(key).digest("hex");
  }

  close(): void {
    this.#cache.clear();
    this.#fs.close(this.#erased);
  }

  #tagOf(subject: string): Buffer {
    return createHmac("sha256", this.#master).update(`canopy-subject-v1\0${subject}`).digest().subarray(0, 16);
  }

  #pathOf(tag: Buffer): string {
    return join(this.#folder, "keys", `${tag.toString("hex")}.key`);
  }

  #wrap(id: Buffer, key: Buffer, tag: Buffer): Buffer {
    const iv = this.#bytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#master, iv);
    cipher.setAAD(Buffer.concat([tag, id]));
    return Buffer.concat([id, iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  }
}

/** The subject key in a key file, by the home's `payload.key`. Throws when it is not whole, or of another home. */
export function unwrapSubjectKey(wrapped: Buffer, tag: Buffer, master: Buffer): SubjectKey {
  if (wrapped.length !== WRAPPED_BYTES) throw new Error("a subject key file has the wrong length");
  const id = wrapped.subarray(0, 8);
  const decipher = createDecipheriv("aes-256-gcm", master, wrapped.subarray(8, 20));
  decipher.setAAD(Buffer.concat([tag, id]));
  decipher.setAuthTag(wrapped.subarray(52));
  const key = Buffer.concat([decipher.update(wrapped.subarray(20, 52)), decipher.final()]);
  return { tag, id, key: createSecretKey(key) };
}
