// The anchors of one open log: told of each new checkpoint, off every decision's path.

import type { EntryDraft } from "../../ledger/ports.ts";
import { systemEntry, timestampOf } from "../system-entry.ts";
import type { AnchorConflict } from "./anchor-conflict.ts";
import type { AnchorMemory } from "./anchor-memory.ts";
import { AnchorTarget, type AnchoredLog } from "./anchor-target.ts";
import { unreachableEntry } from "./check-anchors.ts";
import type { CheckpointAnchor } from "./checkpoint-anchor.ts";
import { notePlace } from "./note-place.ts";
import { PublishLane, type LanePauses, type LaneReport, type LaneTarget } from "./publish-lane.ts";
import { withinTime } from "./within-time.ts";

/** A short outage is nobody's concern: the second failure in a row is recorded. */
const RECORDED_FAILURE = 2;

/** What the anchors of a log work with. */
export interface LedgerAnchorsOptions {
  readonly log: AnchoredLog;
  readonly anchors: readonly CheckpointAnchor[];
  /** Other places that checkpoints go to: log witnesses. */
  readonly others: readonly (LaneTarget & { readonly close: () => void })[];
  readonly memory: AnchorMemory;
  /** Whose note the next checkpoint takes the place of; see `checkAnchors`. */
  readonly replace: ReadonlyMap<string, { readonly kept: string | null }>;
  /** Appends an entry of the ledger's own. */
  readonly record: (entry: EntryDraft) => Promise<unknown>;
  /** Told when an anchor keeps what the log does not continue. */
  readonly onConflict: (conflict: AnchorConflict) => Promise<void>;
  readonly now: () => number;
  readonly pauses?: LanePauses;
}

/** Publishes checkpoints to all anchors of a log, each at its own pace. */
export class LedgerAnchors {
  readonly #options: LedgerAnchorsOptions;
  readonly #lanes: readonly PublishLane[];
  /** Anchors whose note is still to be replaced. */
  readonly #replaced: Set<string>;

  constructor(options: LedgerAnchorsOptions) {
    this.#options = options;
    const { anchors, others, log, onConflict, replace, pauses } = options;
    this.#replaced = new Set(replace.keys());
    const targets = anchors.map(
      (anchor) => new AnchorTarget(anchor, log, onConflict, replace.get(anchor.name) ?? null),
    );
    const report: LaneReport = {
      reached: (name, note) => this.#reached(name, note),
      failed: (name, error, failures) => this.#failed(name, error, failures),
    };
    this.#lanes = [...targets, ...others].map((target) => new PublishLane(target, report, pauses));
  }

  /** A new checkpoint. Returns at once. */
  offer(note: string): void {
    for (const lane of this.#lanes) lane.offer(note);
  }

  /** Wait until every anchor has the newest checkpoint or failed once more, but not longer than that. */
  async flush(timeoutMs: number): Promise<void> {
    await withinTime(timeoutMs, Promise.all(this.#lanes.map((lane) => lane.flush()))).catch(() => undefined);
  }

  /** Give up what is not published, and let go of connections. */
  close(): void {
    for (const lane of this.#lanes) lane.close();
    for (const anchor of this.#options.anchors) anchor.close();
    for (const other of this.#options.others) other.close();
  }

  async #reached(name: string, note: string): Promise<void> {
    const { memory, now } = this.#options;
    const known = await memory.read(name);
    const given = notePlace(note)?.size ?? 0;
    // What took the place of another history counts from now on, however much shorter it is.
    const size = this.#replaced.delete(name) ? given : Math.max(known.size, given);
    const published_at = new Date(now()).toISOString();
    await memory.write({ anchor: name, size, published_at, failing_since: null, error: null, recorded: false });
    if (!known.recorded) return;
    const reason = "an anchor can be reached again, and has the newest checkpoint";
    const entry = systemEntry("anchor_reached", timestampOf(now()), reason);
    await this.#record({ ...entry, anchor: name, since: known.failing_since, anchor_size: size });
  }

  async #failed(name: string, error: string, failures: number): Promise<void> {
    const { memory, now } = this.#options;
    const known = await memory.read(name);
    const since = known.failing_since ?? new Date(now()).toISOString();
    const isDue = !known.recorded && failures >= RECORDED_FAILURE;
    await memory.write({ ...known, failing_since: since, error, recorded: known.recorded || isDue });
    if (isDue) await this.#record(unreachableEntry({ anchor: name, error, since, size: known.size }, now()));
  }

  async #record(entry: EntryDraft): Promise<void> {
    try {
      await this.#options.record(entry);
    } catch {
      // A log that can't be appended to says so to whoever decides.
    }
  }
}
