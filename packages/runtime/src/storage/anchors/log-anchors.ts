// The anchors of an open log as its ledger has them. Where only the home remembers, nothing is loaded before the first
// checkpoint.

import { errorText } from "../../core/errors.ts";
import { isOwnOverruled } from "./anchor-options.ts";
import type { AnchorsChecked } from "./check-anchors.ts";
import type { LedgerAnchors } from "./ledger-anchors.ts";
import type { LedgerPart, LogOfAnchors } from "./open-log-anchors.ts";

/** How long a closing log waits for its anchors. */
const FLUSH_MS = 3000;

/** Asks and tells the anchors of one log. */
export class LogAnchors {
  readonly #log: LogOfAnchors;
  #replace: AnchorsChecked["replace"] = new Map();
  #ledger: LedgerPart | null = null;
  #opening: Promise<LedgerAnchors | null> | null = null;
  #newest: string | null = null;

  constructor(log: LogOfAnchors) {
    this.#log = log;
  }

  /** Compare the log with what its anchors keep; gives entries to record. Throws as `checkAnchors`. */
  async check(): Promise<AnchorsChecked["entries"]> {
    const { anchors, witnesses = null } = this.#log.options;
    if (anchors.length === 0 && witnesses === null && !isOwnOverruled(this.#log.options)) return [];
    const { askAnchors } = await import("./open-log-anchors.ts");
    const { entries, replace } = await askAnchors(this.#log);
    this.#replace = replace;
    return entries;
  }

  /** The ledger that they serve; before the first checkpoint. */
  serve(ledger: LedgerPart): void {
    this.#ledger = ledger;
  }

  /** A new checkpoint. Returns at once; never throws. */
  offer(note: string): void {
    this.#newest = note;
    void this.#tell();
  }

  /** Bring the newest checkpoint to every anchor, as far as they answer, and let go. Takes some seconds at most. */
  async close(): Promise<void> {
    const anchors = await this.#opening;
    await anchors?.flush(FLUSH_MS);
    anchors?.close();
  }

  async #tell(): Promise<void> {
    this.#opening ??= this.#open();
    const anchors = await this.#opening;
    if (this.#newest !== null) anchors?.offer(this.#newest);
    this.#newest = null;
  }

  async #open(): Promise<LedgerAnchors | null> {
    if (this.#ledger === null) return null;
    try {
      const { openLogAnchors } = await import("./open-log-anchors.ts");
      return await openLogAnchors(this.#log, this.#replace, this.#ledger);
    } catch (error) {
      await this.#sayUnusable(error);
      return null;
    }
  }

  async #sayUnusable(error: unknown): Promise<void> {
    const { unreachableEntry } = await import("./check-anchors.ts");
    const now = this.#log.now();
    const text = errorText(error);
    const outage = { anchor: "all", error: text, since: new Date(now).toISOString(), size: 0 };
    await this.#ledger?.record(unreachableEntry(outage, now)).catch(() => undefined);
  }
}
