// What a log keeps beside it, read only: records and policies, on the machine that wrote the log or on another one that
// has a copy of the sidecar and of the home's `payload.key`. Nothing is made, locked or changed.

import type { KeyObject } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CanopyError } from "../core/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { sha256Hex } from "./chain-host.ts";
import { readAt, realFileSystem, type FileSystem } from "./file-system.ts";
import { readWhole } from "./owner-file.ts";
import { openBlock, parsePayloadRef, type PayloadRef } from "./payload-store.ts";
import { resourceKeys, unwrapSubjectKey } from "./subject-keys.ts";

/** Why a record can't be read. */
export type MissingRecord =
  /** The entry names none. */
  | "no_record"
  /** The home has no `payload.key`. */
  | "no_key"
  /** The home's `payload.key` is not the one that wrote the log. */
  | "wrong_key"
  /** The subject's key was destroyed. */
  | "erased"
  /** The subject's key is not in the sidecar, and no erasure is noted. */
  | "key_lost"
  /** Its day's file is not in the sidecar: expired, or not copied. */
  | "day_gone"
  /** The block is cut, changed, or of another log; or the entry doesn't say by its hash which block is its own. */
  | "damaged"
  /** The block is one of this log, and not the one that was written for the entry. */
  | "misplaced";

/** A record, or why there is none. */
export type KeptRecord = { readonly content: JsonObject } | { readonly missing: MissingRecord };

/** The bytes of a policy, or why there are none. */
export type KeptPolicy = { readonly bytes: Uint8Array } | { readonly missing: "no_policy" | "policy_changed" };

interface Block {
  readonly place: string;
  readonly contents: readonly JsonValue[] | MissingRecord;
}

/** Stands for what is no regular file, or too large to be one of ours. */
const UNUSABLE: unique symbol = Symbol("unusable");

const MAX_KEYS = 4096;
const MAX_DAYS_OPEN = 8;

/** The records and policies of one log, for reading. Close it. */
export class KeptRecords {
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #master: Buffer | null;
  readonly #keys = new Map<string, KeyObject | MissingRecord>();
  readonly #days = new Map<string, number | typeof UNUSABLE | null>();
  #resources: { readonly logId: string; readonly keyOf: (place: string) => string } | null = null;
  /** Entries of one batch share a block: the last one is kept open. */
  #block: Block = { place: "", contents: "damaged" };

  /** `log` is the path of the log, `home` the folder that holds `payload.key`. Throws the system's error. */
  constructor(log: string, home: string, fs: FileSystem = realFileSystem) {
    this.#fs = fs;
    this.#folder = `${log}.d`;
    const master = readWhole(fs, join(home, "payload.key"));
    this.#master = master?.length === 32 ? master : null;
  }

  /** The record of an entry. Cost: a read and a decryption for each batch of entries; none for its others. */
  record(entry: LedgerEntry): KeptRecord {
    if (entry["payload_ref"] === undefined) return { missing: "no_record" };
    const ref = parsePayloadRef(entry["payload_ref"]);
    if (ref === null) return { missing: "damaged" };
    const place = `${ref.day}:${ref.offset}:${ref.length}:${ref.hash}:${entry.log_id}`;
    if (this.#block.place !== place) this.#block = { place, contents: this.#readBlock(ref, entry.log_id) };
    const { contents } = this.#block;
    if (typeof contents === "string") return { missing: contents };
    const content = contents[ref.index];
    return isJsonObject(content) ? { content } : { missing: "damaged" };
  }

  /** The policy of a hash, `sha256:<hex>`, if what is kept still has it. */
  policy(hash: string): KeptPolicy {
    const digits = /^sha256:([0-9a-f]{64})$/.exec(hash)?.[1];
    if (digits === undefined) return { missing: "no_policy" };
    const bytes = this.#read("policies", digits);
    if (bytes === null) return { missing: "no_policy" };
    return bytes !== UNUSABLE && sha256Hex(bytes) === digits ? { bytes } : { missing: "policy_changed" };
  }

  /** The hashes of all that is kept beside the log under `policies`; none when that folder is missing. */
  policyHashes(): readonly string[] {
    try {
      const names = readdirSync(join(this.#folder, "policies"));
      return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).map((digits) => `sha256:${digits}`);
    } catch {
      return [];
    }
  }

  /** The name of a place in a log, as `Ledger.resourceKey` gave it. Empty without the home's `payload.key`. */
  resourceKey(logId: string, place: string): string {
    if (this.#master === null) return "";
    if (this.#resources?.logId !== logId) this.#resources = { logId, keyOf: resourceKeys(this.#master, logId) };
    return this.#resources.keyOf(place);
  }

  close(): void {
    for (const fd of this.#days.values()) this.#closeDay(fd);
    this.#days.clear();
    this.#keys.clear();
  }

  #readBlock(ref: PayloadRef, logId: string): Block["contents"] {
    const fd = this.#dayFile(ref.day);
    if (fd === UNUSABLE) return "damaged";
    if (fd === null) return this.#master === null ? "no_key" : "day_gone";
    let missing: MissingRecord | null = null;
    const keyOf = (tag: Buffer, id: Buffer): KeyObject | null => {
      const key = this.#keyOf(tag, id);
      if (typeof key !== "string") return key;
      missing = key;
      return null;
    };
    try {
      const tools = { keyOf, logId: Buffer.from(logId) };
      return openBlock(readAt(this.#fs, fd, ref.offset, ref.length), ref, tools) ?? missing ?? "key_lost";
    } catch (error) {
      return error instanceof CanopyError && error.code === "LEDGER_REFUSED" ? "misplaced" : "damaged";
    }
  }

  #dayFile(day: string): number | typeof UNUSABLE | null {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    const path = join(this.#folder, "payloads", `${day}.bin`);
    const fd = usable(() => (this.#fs.statusAt(path) === null ? null : this.#fs.open(path, "read")));
    const [oldest] = this.#days;
    if (this.#days.size >= MAX_DAYS_OPEN && oldest !== undefined) {
      this.#days.delete(oldest[0]);
      this.#closeDay(oldest[1]);
    }
    this.#days.set(day, fd);
    return fd;
  }

  #closeDay(fd: number | typeof UNUSABLE | null): void {
    if (typeof fd === "number") this.#fs.close(fd);
  }

  #read(...names: readonly string[]): Buffer | typeof UNUSABLE | null {
    return usable(() => readWhole(this.#fs, join(this.#folder, ...names)));
  }

  #keyOf(tag: Buffer, id: Buffer): KeyObject | MissingRecord {
    if (this.#master === null) return "no_key";
    const name = `${tag.toString("hex")} ${id.toString("hex")}`;
    let key = this.#keys.get(name);
    if (key === undefined) {
      key = this.#readKey(tag, id, this.#master);
      if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
      this.#keys.set(name, key);
    }
    return key;
  }

  #readKey(tag: Buffer, id: Buffer, master: Buffer): KeyObject | MissingRecord {
    const wrapped = this.#read("payloads", "keys", `${tag.toString("hex")}.key`);
    // It was not put there by who destroys keys.
    if (wrapped === UNUSABLE) return "key_lost";
    // Another key of the same subject was made after the one that is asked for had been destroyed.
    if (wrapped !== null && !wrapped.subarray(0, 8).equals(id)) return "erased";
    if (wrapped === null) return this.#isErased(tag) ? "erased" : "key_lost";
    try {
      return unwrapSubjectKey(wrapped, tag, master).key;
    } catch {
      return "wrong_key";
    }
  }

  #isErased(tag: Buffer): boolean {
    const erased = this.#read("payloads", "erased");
    return erased !== null && erased !== UNUSABLE && erased.toString("latin1").includes(`${tag.toString("hex")} `);
  }
}

function usable<Found>(read: () => Found): Found | typeof UNUSABLE {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError || (error instanceof CanopyError && error.code === "FILE_UNUSABLE"))
      return UNUSABLE;
    throw error;
  }
}
