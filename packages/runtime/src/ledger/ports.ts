// The ports of the runtime: what the shell needs from the outside, as small interfaces.

import type { JsonObject } from "../core/json.ts";
import type { StateFacts, StateQuery } from "../core/policy/state/state-facts.ts";

/** Current time. Injected, so that tests and replay own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

/** Random bytes for salts and ids. */
export interface Randomness {
  bytes(count: number): Uint8Array;
}

/** The runtime's signing key. */
export interface Signer {
  /** Stable id of the public key, as it stands in entries and witnesses. */
  readonly key_id: string;
  readonly algorithm: "Ed25519";
  sign(bytes: Uint8Array): Uint8Array;
}

/** How much an acknowledged append survives: `sync` power loss, `batch` a crash of the process and, within a second, power loss, `none` nothing. */
export type Durability = "sync" | "batch" | "none";

/** An entry before it is chained: the reference's members and ours, without `prev_hash`, `entry_hash`, `seq`, `log_id`. */
export interface EntryDraft extends JsonObject {
  readonly event: string;
  readonly timestamp: string;
}

/** A recorded entry, as parsed from its line. */
export interface LedgerEntry extends EntryDraft {
  readonly seq: number;
  readonly log_id: string;
  readonly prev_hash: string;
  readonly entry_hash: string;
}

/** What is kept encrypted beside the log for one entry: the action, the facts, the salt, the findings' evidence. */
export interface PayloadRecord {
  /** Whose data it is (an AVID); one cipher per subject and batch, so that a subject can be erased. */
  readonly subject: string;
  /** Plain JSON data. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** Answers what a policy asks of the ledger's history, as of a time. */
export type StateReader = (query: StateQuery, now_ms: number) => StateFacts;

/** What an append puts into the log, and beside it. */
export interface AppendContent {
  readonly entry: EntryDraft;
  readonly record?: PayloadRecord;
}

/** What one append asks for. */
export interface AppendRequest extends AppendContent {
  /**
   * For an entry that rests on the state: reads it as it stands at this entry's place in the log, and gives what is to
   * be appended instead, or null when what it gave last still holds. Called at least once before the append, and again
   * under the lock when others came first. Pure and quick; a `CanopyError` refuses the append.
   */
  readonly renew?: (state: StateReader) => AppendContent | null;
  /**
   * A condition on the history of one authorization (or of one `request_id`), judged under the lock: it gets every
   * entry whose `entry_hash`, `authorization_id` or `request_id` is `authorization_id`, in order, and throws a `CanopyError` to refuse
   * the append. Nothing can come between the check and the append, in this or another process.
   * `last` is the newest entry of the whole log, whoever wrote it: it tells how late it must be at least.
   */
  readonly guard?: {
    readonly authorization_id: string;
    readonly check: (history: readonly LedgerEntry[], last: LedgerEntry | null) => void;
  };
  /**
   * Judged under the lock with the kill switches in force there, whoever set them: throws a `CanopyError` to refuse the
   * append. Cheap: nothing is read.
   */
  readonly admit?: (stops: readonly LedgerEntry[]) => void;
}

/** Signed membership of an entry in its batch: RFC 9162 leaf hash over the entry hash's 32 bytes, and its path to the signed root. */
export interface BatchProof {
  readonly root: string;
  readonly size: number;
  readonly index: number;
  /** Sibling hashes from leaf to root, hex. */
  readonly path: readonly string[];
  /** Base64url Ed25519 signature over `canopy-batch-v1` ‖ 0x00 ‖ log_id ‖ 0x00 ‖ root (32 bytes). */
  readonly signature: string;
  readonly key_id: string;
}

/** What an acknowledged append gives back. */
export interface AppendReceipt {
  readonly entry: LedgerEntry;
  readonly durability: Durability;
  readonly batch: BatchProof;
}

/** The ledger as the runtime uses it. An append that rejects has not happened, or is not promised; nothing may run on it. */
export interface Ledger {
  readonly log_id: string;
  /** Absolute paths that governance protects: the log, its sidecar, its head file. */
  readonly governance: readonly string[];
  append(request: AppendRequest): Promise<AppendReceipt>;
  /** Every entry whose `entry_hash`, `authorization_id` or `request_id` is the id, in order; reads what other processes wrote too. */
  historyOf(authorization_id: string): Promise<readonly LedgerEntry[]>;
  /**
   * Resolves once an entry that stands in the log, and its record, are as durable as an append that was answered: whoever
   * wrote it may still be waiting for that. @throws {CanopyError} `LEDGER_UNAVAILABLE`; then nothing may rest on it.
   */
  settled(entry: LedgerEntry): Promise<void>;
  /**
   * The decrypted record of an entry, or null when it was erased, lost or never kept. @throws {CanopyError} `LEDGER_REFUSED`
   * when what stands in its place is another entry's, `LEDGER_UNAVAILABLE` when it can't be read.
   */
  readRecord(entry_hash: string): Promise<JsonObject | null>;
  /** The newest `kill_switch` entry per scope that is engaged, from this and other processes, as of this call. Cheap. */
  killSwitches(): readonly LedgerEntry[];
  /**
   * Budgets, marks and labels, from this and other processes, as of this call. What others are writing at this very
   * moment may be missing: only `renew` of an append sees all of it. Cost: independent of the log's length, but for the
   * first question about a scope, which reads what stands in that scope's window.
   */
  state(query: StateQuery, now_ms: number): StateFacts;
  /** The name of a place in entries: an HMAC under a key of this log, so that the log shows no paths. 64 hex digits. */
  resourceKey(place: string): string;
  close(): Promise<void>;
}
