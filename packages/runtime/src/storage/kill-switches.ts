// The kill switches in force, as the log says: the newest `kill_switch` entry of each scope, if it engages.

import type { LedgerEntry } from "../ledger/ports.ts";

/** What the lines of such entries hold; nowhere else can these bytes stand outside a nested object. */
export const KILL_SWITCH_EVENT = '"event":"kill_switch"';

/** The state of all kill switches. Entries are fed in the log's order. */
export class KillSwitches {
  readonly #newest = new Map<string, LedgerEntry>();
  #engaged: readonly LedgerEntry[] = [];

  /** Learn of an entry. `scope` is `all`, `tenant:<id>` or `agent:<avid>`; a missing one counts as `all`. */
  learn(entry: LedgerEntry): void {
    if (entry.event !== "kill_switch") return;
    const scope = typeof entry["scope"] === "string" ? entry["scope"] : "all";
    this.#newest.delete(scope);
    this.#newest.set(scope, entry);
    this.#engaged = [...this.#newest.values()].filter(isEngaged);
  }

  /** The entries that engage, oldest first. Cost: constant. */
  engaged(): readonly LedgerEntry[] {
    return this.#engaged;
  }
}

/** Whether an entry engages. Anything but a plain `false` does: a switch that can't be understood stops. */
export function isEngaged(entry: LedgerEntry): boolean {
  return entry["engaged"] !== false;
}
