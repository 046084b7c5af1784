// Erasing a subject: its key is destroyed, so that none of its records can be read again, and that is recorded.

import { CanopyError } from "../core/errors.ts";
import type { Settings } from "./config.ts";
import { openMaintenanceLedger } from "./maintenance-ledger.ts";

/** An erasure as recorded. */
export interface ErasedSubject {
  readonly subject: string;
  /** The `records_erased` entry. */
  readonly entry_hash: string;
  readonly seq: number;
}

const MAX_SUBJECT = 1024;

/**
 * Destroy the key of a subject's records in the log in force, on the record. The log's lines stay as they are: they
 * name the agent and its verdicts, and hold nothing else of it but hashes whose salts are gone.
 *
 * @throws {CanopyError} `INVALID_REQUEST` when the subject can't be one; else as `openMaintenanceLedger`.
 */
export async function eraseSubject(settings: Settings, subject: string): Promise<ErasedSubject> {
  if (subject.trim() === "" || subject.length > MAX_SUBJECT) {
    throw new CanopyError("INVALID_REQUEST", `a subject must be an AVID of 1 to ${MAX_SUBJECT} characters`);
  }
  const { ledger } = await openMaintenanceLedger(settings);
  try {
    const { entry } = await ledger.erase(subject);
    return { subject, entry_hash: entry.entry_hash, seq: entry.seq };
  } finally {
    await ledger.close();
  }
}
