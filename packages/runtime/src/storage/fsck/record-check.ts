// Whether the records that entries name are there: present, erased, expired, lost as recorded, or missing.

import type { LedgerEntry } from "../../ledger/ports.ts";
import { KeptRecords } from "../kept-records.ts";
import { parsePayloadRef } from "../payload-store.ts";
import type { ProblemBook, RecordCounts } from "./fsck-report.ts";

interface Doubt {
  readonly hash: string;
  readonly day: string;
  readonly place: string;
  readonly why: "day_gone" | "damaged" | "misplaced";
}

/** Checks records as their entries come by. */
export class RecordCheck {
  readonly #records: KeptRecords;
  readonly #problems: ProblemBook;
  readonly #doubts: Doubt[] = [];
  readonly #expired = new Set<string>();
  readonly #lost = new Set<string>();
  readonly #counts = { present: 0, erased: 0, expired: 0, lost: 0, unchecked: 0 };

  constructor(log: string, home: string, problems: ProblemBook) {
    this.#records = new KeptRecords(log, home);
    this.#problems = problems;
  }

  /** An entry. Cost: a read and a decryption for each batch of records. */
  saw(entry: LedgerEntry, place: string): void {
    for (const day of textsOf(entry, "records_expired", "days")) this.#expired.add(day);
    for (const hash of textsOf(entry, "ledger_recovery", "payload_lost")) this.#lost.add(hash);
    const record = this.#records.record(entry);
    if ("content" in record) {
      this.#counts.present += 1;
      return;
    }
    switch (record.missing) {
      case "erased":
        this.#counts.erased += 1;
        return;
      case "no_key":
      case "wrong_key":
        this.#counts.unchecked += 1;
        return;
      case "key_lost":
        this.#problems.add("record_key_lost", place, "its subject's key is gone, and no erasure is noted");
        return;
      case "day_gone":
      case "damaged":
      case "misplaced": {
        const day = parsePayloadRef(entry["payload_ref"])?.day ?? "";
        this.#doubts.push({ hash: entry.entry_hash, day, place, why: record.missing });
        return;
      }
      case "no_record":
        return;
      default: {
        const never: never = record.missing;
        return never;
      }
    }
  }

  /** The counts, once every entry was seen: only now is it known what was recorded as lost or expired. */
  finish(): RecordCounts {
    for (const { hash, day, place, why } of this.#doubts) {
      if (this.#lost.has(hash)) this.#counts.lost += 1;
      else if (why === "day_gone" && this.#expired.has(day)) this.#counts.expired += 1;
      else if (why === "day_gone")
        this.#problems.add("record_lost", place, `the file of ${day} is gone, and no expiry is recorded`);
      else if (why === "misplaced")
        this.#problems.add("record_misplaced", place, "another entry's record stands in the place of its own");
      else this.#problems.add("record_damaged", place, "its block is cut, changed, or of another log");
    }
    return this.#counts;
  }

  close(): void {
    this.#records.close();
  }
}

function textsOf(entry: LedgerEntry, event: string, member: string): readonly string[] {
  const list = entry.event === event ? entry[member] : null;
  return Array.isArray(list) ? list.filter((each): each is string => typeof each === "string") : [];
}
