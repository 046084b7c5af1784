// One batch: written under the lock, made durable after it, then answered.
//
//   renewed ─ records encrypted ─ lock ─ follow ─ guards ─ renewed, where others came first ─ records written ─ lines
//   written ─ unlock ─ sync both, sign meanwhile ─ not poisoned? ─ synced head into the sidecar (must succeed) ─ head under
//   CANOPY_HOME ─ answer

import { CanopyError } from "../core/errors.ts";
import { sealedMembers, sealEntry, type PreparedEntry } from "../ledger/entry.ts";
import { renewAll, restsOnState } from "./batch-state.ts";
import type { AppendReceipt, AppendRequest, BatchProof, Clock, Durability, LedgerEntry } from "../ledger/ports.ts";
import { sha256Hex } from "./chain-host.ts";
import { headSlot, type Head } from "./head-file.ts";
import type { LogFile } from "./log-file.ts";
import type { LogState } from "./log-state.ts";
import type { PlacedRecords, SealedRecords } from "./payload-store.ts";
import { allSynced } from "./poison.ts";

/** An append that waits for its batch. */
export interface PendingAppend {
  readonly request: AppendRequest;
  readonly prepared: PreparedEntry;
  /** Something that must happen under the lock, before anything is written. */
  readonly underLock?: () => void;
  readonly resolve: (receipt: AppendReceipt) => void;
  readonly reject: (error: unknown) => void;
}

/** A batch whose records are encrypted, as the state was when that was done. */
export interface SealedBatch {
  readonly appends: readonly PendingAppend[];
  /** Null where they are encrypted under the lock. */
  readonly records: SealedRecords | null;
  /** `StateStore.version` when it was sealed; null when none of it rests on the state. */
  readonly version: number | null;
  /** Whether its appends were renewed as of that version. */
  readonly isRenewed: boolean;
}

/** A batch whose lines stand in the log, not yet durable. */
export interface WrittenBatch {
  readonly appends: readonly PendingAppend[];
  readonly entries: readonly LedgerEntry[];
  readonly firstSeq: number;
  readonly head: Head;
  /** Descriptors to sync. */
  readonly log: LogFile;
  readonly records: number | null;
}

/** What a batch writer needs besides the log. */
export interface WriterOptions {
  readonly clock: Clock;
  readonly durability: Durability;
}

/** Writes batches, one at a time. */
export class BatchWriter {
  readonly #state: LogState;
  readonly #options: WriterOptions;
  /** Whether others wrote while the last batch that rests on the state waited for the lock. */
  #isContended = false;

  constructor(state: LogState, options: WriterOptions) {
    this.#state = state;
    this.#options = options;
  }

  /** Renew what rests on the state, as far as it is known, and encrypt a batch's records. Before the lock. */
  seal(batch: readonly PendingAppend[]): SealedBatch {
    const { states, parts } = this.#state;
    if (!batch.some(restsOnState)) {
      return { appends: batch, records: this.#sealRecords(batch), version: null, isRenewed: true };
    }
    const { version } = states;
    // What others are about to change needn't be judged twice.
    if (this.#isContended) return { appends: batch, records: null, version, isRenewed: false };
    let isRenewed = true;
    const appends = renewAll(batch, states, parts.logId, () => {
      // Only under the lock is it known what it rests on: then it is asked again.
      isRenewed = false;
      return true;
    });
    return { appends, records: this.#sealRecords(appends), version, isRenewed };
  }

  /**
   * Write a batch. Under the lock, log followed. Appends whose guard refuses are answered here and left out; null when
   * none remains. Throws when nothing of the batch was written.
   */
  write(batch: SealedBatch): WrittenBatch | null {
    const { payloads, poison } = this.#state.parts;
    if (poison.isSet()) throw poisoned();
    const appends = this.#renew(batch);
    if (appends.length === 0) return null;
    const isReadable = payloads.stillReadable();
    const asSealed = isReadable && appends === batch.appends;
    const sealed = (asSealed ? batch.records : null) ?? this.#sealRecords(appends);
    const placed = payloads.place(sealed, this.#options.clock.now());
    try {
      return this.#writeLines(appends, placed, sealed.blocks.length > 0);
    } catch (error) {
      placed.undo();
      throw error;
    }
  }

  /** Sync a written batch; both files at once. */
  async sync(written: WrittenBatch): Promise<void> {
    const { fs, poison } = this.#state.parts;
    const syncs = [fs.sync(written.log.fd)];
    if (written.records !== null) syncs.push(fs.sync(written.records));
    await allSynced(syncs, poison);
  }

  /** Sign a written batch's root and keep it. */
  sign(written: WrittenBatch): readonly BatchProof[] {
    const hashes = written.entries.map((entry) => entry.entry_hash);
    return this.#state.parts.proofs.sign(this.#state.parts.logId, written.firstSeq, hashes);
  }

  /** Note a synced head. @throws when the log is poisoned, or a head can't be written: then nothing may be answered. */
  advance(head: Head): void {
    const { poison, synced, home } = this.#state.parts;
    if (poison.isSet()) throw poisoned();
    const slot = headSlot(head);
    synced.write(head, slot);
    home.write(head, slot);
  }

  /** Answer everyone in a batch. */
  answer(written: WrittenBatch, proofs: readonly BatchProof[]): void {
    for (const [index, append] of written.appends.entries()) {
      const entry = written.entries[index];
      const batch = proofs[index];
      if (entry !== undefined && batch !== undefined) {
        append.resolve({ entry, durability: this.#options.durability, batch });
      }
    }
  }

  /** What is to be written: the appends that are admitted, as the state is now. The batch's own list when nothing changed. */
  #renew({ appends, version, isRenewed }: SealedBatch): readonly PendingAppend[] {
    const admitted = appends.filter((append) => this.#admit(append));
    const isWhole = admitted.length === appends.length;
    const { states, parts } = this.#state;
    if (version === null) return isWhole ? appends : admitted;
    this.#isContended = states.version !== version;
    if (isWhole && isRenewed && !this.#isContended) return appends;
    const renewed = renewAll(admitted, states, parts.logId, (append, error) => {
      append.reject(error);
      return false;
    });
    const isSame = renewed.length === appends.length && renewed.every((append, index) => append === appends[index]);
    return isSame ? appends : renewed;
  }

  #sealRecords(appends: readonly PendingAppend[]): SealedRecords {
    return this.#state.parts.payloads.seal(appends.map((append) => append.request.record ?? null));
  }

  #admit(append: PendingAppend): boolean {
    const { guard, admit } = append.request;
    try {
      append.underLock?.();
      admit?.(this.#state.followedSwitches());
      if (guard !== undefined) guard.check(this.#state.history(guard.authorization_id), this.#state.last());
      return true;
    } catch (error) {
      append.reject(error);
      return false;
    }
  }

  #writeLines(appends: readonly PendingAppend[], placed: PlacedRecords, hasRecords: boolean): WrittenBatch {
    const { log, parts } = this.#state;
    const firstSeq = log.tail.seq + 1;
    const start = log.tail.bytes;
    let prevHash = log.tail.hash;
    let text = "";
    const entries: LedgerEntry[] = [];
    const lengths: number[] = [];
    const mac = (line: string): string => parts.mac.of(line);
    for (const [index, append] of appends.entries()) {
      const seat = { prevHash, seq: firstSeq + index, payloadRef: placed.refs[index] ?? null };
      const isLast = index === appends.length - 1;
      const sealed = sealEntry(append.prepared, isLast ? { ...seat, mac } : seat, sha256Hex);
      entries.push(sealedMembers(append.request.entry, append.prepared, seat, sealed));
      lengths.push(Buffer.byteLength(sealed.line));
      text += sealed.line;
      prevHash = sealed.entryHash;
    }
    log.append(text, entries.length, prevHash);
    let offset = start;
    for (const [index, entry] of entries.entries()) {
      const length = lengths[index] ?? 0;
      this.#state.wrote(entry, { segment: log.segment, offset, length: length - 1 });
      offset += length;
    }
    const records = hasRecords ? parts.payloads.openFile() : null;
    return { appends, entries, firstSeq, head: this.#state.head(), log, records };
  }
}

function poisoned(): CanopyError {
  return new CanopyError(
    "LEDGER_UNAVAILABLE",
    "the log could not be synced, and is not usable until it has recovered",
    {
      fix: "see to the disk; then try again, or open the log anew",
    },
  );
}
