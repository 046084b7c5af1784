// What is said and recorded when a log is not what an anchor vouches for.

import { counted } from "../../core/counted.ts";
import { CanopyError } from "../../core/errors.ts";
import type { EntryDraft, LedgerEntry } from "../../ledger/ports.ts";
import { systemEntry, timestampOf } from "../system-entry.ts";
import type { Standing } from "./standing.ts";

/** The event that no decision may follow: every process that reads it in its log takes none any more. */
export const CONFLICT_EVENT = "anchor_conflict";

/** What an anchor keeps, and what the log is instead. Roots are hex. */
export interface AnchorConflict {
  readonly anchor: string;
  /** `set_back`: it keeps less than this home gave it. `refused`: a log witness says so. */
  readonly standing: Exclude<Standing, "consistent"> | "set_back" | "refused";
  readonly anchor_size: number;
  /** With `set_back`: what it keeps now. */
  readonly kept_size?: number;
  readonly anchor_root: string | null;
  readonly log_size: number | null;
  /** The root of the log at the anchor's size, where it has so many entries. */
  readonly log_root: string | null;
}

/** `LEDGER_REFUSED`: which anchor says what of the log, and how to go on. */
export function conflictError(log: string, conflict: AnchorConflict): CanopyError {
  return new CanopyError("LEDGER_REFUSED", `the log \`${log}\` ${describe(conflict)}`, {
    at: log,
    fix:
      conflict.standing === "refused"
        ? "compare copies of the log with `canopy verify`; a log witness never forgets, so a new start needs another log_origin"
        : `restore the log, or what the anchor kept; to go on with it as it is: canopy ledger accept-rollback ${log} --anchor ${conflict.anchor} --reason TEXT`,
  });
}

/** The same, when another process found it and recorded it. */
export function recordedConflictError(log: string, entry: LedgerEntry): CanopyError {
  const anchor = typeof entry["anchor"] === "string" ? entry["anchor"] : "unknown";
  const message = `the log \`${log}\` takes no more entries: the anchor \`${anchor}\` keeps another history of it (entry ${entry.seq})`;
  return new CanopyError("LEDGER_REFUSED", message, {
    at: log,
    fix: "stop what uses the log and run `canopy anchors check` on it",
  });
}

function describe({ standing, anchor, anchor_size, log_size, kept_size }: AnchorConflict): string {
  switch (standing) {
    case "rolled_back":
      return `was rolled back: the anchor \`${anchor}\` keeps a checkpoint of ${counted(anchor_size, "entry", "entries")}, and it has ${log_size}`;
    case "forked":
      return `is not the one that the anchor \`${anchor}\` knows: they differ within ${counted(anchor_size, "entry", "entries")}`;
    case "set_back":
      return `can't be compared: the anchor \`${anchor}\` kept a checkpoint of ${counted(anchor_size, "entry", "entries")}, and keeps ${kept_size === 0 ? "none" : `one of ${kept_size}`} now`;
    case "refused":
      return `is not the one that the log witness \`${anchor}\` knows, at ${counted(anchor_size, "entry", "entries")}`;
    default: {
      const never: never = standing;
      return never;
    }
  }
}

/** The entry of a conflict that came up while the log was in use. */
export function conflictEntry(conflict: AnchorConflict, nowMs: number): EntryDraft {
  const reason = "an anchor keeps a checkpoint that this log does not continue; no decision is taken any more";
  return { ...systemEntry(CONFLICT_EVENT, timestampOf(nowMs), reason), severity: "critical", ...conflict };
}

/** Why someone goes on with a log that an anchor does not vouch for. */
export interface AcceptedRollback {
  /** Names of the anchors whose word is overruled. */
  readonly anchors: readonly string[];
  readonly reason: string;
}

/** What is recorded of an acceptance besides the conflict. */
export interface AcceptedAs {
  readonly accepted_reason: string;
  /** Size of the log's `proofs.jsonl` now: the batches in it may be of entries that are gone. */
  readonly proofs_bytes: number;
}

/** The entry that a rollback was accepted. */
export function acceptedEntry(conflict: AnchorConflict, as: AcceptedAs, nowMs: number): EntryDraft {
  const reason = "the log goes on although an anchor keeps a checkpoint that it does not continue: this was accepted";
  const entry = systemEntry("rollback_accepted", timestampOf(nowMs), reason);
  return { ...entry, severity: "critical", ...conflict, ...as };
}
