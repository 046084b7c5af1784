// A question about the entries of a log, in the language of a policy's conditions over the names of an entry.

import { CanopyError } from "../../core/errors.ts";
import { Budget } from "../../core/policy/budget.ts";
import { compileCel, type CelCondition } from "../../core/policy/cel/condition.ts";
import { emptyView } from "../../core/policy/cel/view.ts";
import type { EntryFilter } from "../../storage/entry-filter.ts";
import type { LedgerEntry } from "../../ledger/ports.ts";
import { zoneOffsets } from "../time-zones.ts";
import { entryEnvironment, type CurrentEntry, type EntryDetails } from "./entry-environment.ts";
import { narrowed } from "./narrow.ts";

/** Whether a question holds of an entry, or why that can't be said. */
export type Answer = boolean | { readonly undecided: string };

const NOTHING: LedgerEntry = { seq: 0, log_id: "", prev_hash: "", entry_hash: "", event: "", timestamp: "" };
/** Units of work for one entry. */
const BUDGET = 1_000_000;

/** A compiled question. */
export class EntryCondition {
  /** Every entry of which it can hold passes this filter. */
  readonly filter: EntryFilter;
  /** Whether it names what only the encrypted records hold. */
  readonly readsRecords: boolean;
  readonly #condition: CelCondition;
  readonly #current: CurrentEntry;

  /**
   * @param now_ms what `now` is, milliseconds since 1970.
   * @throws {CanopyError} `USAGE` with the place when it is no condition over an entry.
   */
  constructor(source: string, now_ms: number) {
    this.#current = { entry: NOTHING, details: null, now_ms };
    const compiled = compileCel(source, { expects: "bool", environment: entryEnvironment(this.#current) });
    if (!("condition" in compiled)) throw refused(source, compiled);
    this.#condition = compiled.condition;
    this.filter = narrowed(compiled.condition.ast);
    this.readsRecords = compiled.condition.reads.some((name) => name === "payload" || name === "ctx");
  }

  /** Whether it reads effects, of which an entry alone has only the kinds. */
  get readsEffects(): boolean {
    return this.#condition.reads.includes("effects");
  }

  /** Ask it of an entry; `details` where its record is known. Total. Cost: counted, bounded. */
  holds(entry: LedgerEntry, details: EntryDetails | null): Answer {
    if (details === null && this.readsRecords) return { undecided: "its record is not known" };
    this.#current.entry = entry;
    this.#current.details = details;
    const { now_ms } = this.#current;
    const view = {
      ...emptyView(new Budget(BUDGET)),
      effects: details?.effects ?? [],
      zoneOffset: (zone: string): number | null => zoneOffsets([zone], now_ms)[zone] ?? null,
    };
    const result = this.#condition.evaluate(view);
    return "value" in result ? result.value === true : { undecided: result.error.message };
  }
}

function refused(
  source: string,
  { problem, start, fix }: { problem: string; start: number; fix?: string },
): CanopyError {
  const place = `character ${start + 1}`;
  return new CanopyError("USAGE", `the condition \`${source}\` can't be used: ${problem}, at ${place}`, {
    at: place,
    fix: fix ?? "docs/reports.md lists the names of an entry; text stands in quotes",
  });
}
