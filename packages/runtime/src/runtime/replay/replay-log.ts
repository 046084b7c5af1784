// Replaying a log: every recorded decision is made again from what was recorded of it and the policy that was kept, and
// compared byte for byte. docs/replay.md says what that shows and what it doesn't.

import { isJsonObject } from "../../core/json.ts";
import { KeptRecords } from "../../storage/kept-records.ts";
import { realFileSystem } from "../../storage/file-system.ts";
import { logOf, segmentFiles } from "../../storage/segment-files.ts";
import { verifyLog, type VerifyResult } from "../../storage/verify-log.ts";
import { homeOf } from "../home.ts";
import type { LedgerEntry } from "../../ledger/ports.ts";
import { differenceOf } from "./derive-entry.ts";
import type { Difference } from "./first-difference.ts";
import { KeptEngines, type MissingPolicy } from "./kept-engines.ts";
import {
  readDecisions,
  type DecisionFilter,
  type LogItem,
  type MissingRequest,
  type OtherEntry,
} from "./read-decisions.ts";
import { ReplayedHistory, type HistoryChecked } from "./replayed-history.ts";
import { refuseInvalid } from "./refuse-invalid.ts";

/** Why a decision could not be made again; never counted as the same. */
export type NotReplayable = MissingRequest | MissingPolicy;

/** One decision of a log, made again. */
export interface ReplayedDecision {
  /** The id of the decision; that of a decision made again after an approval is the first one's. */
  readonly authorization_id: string;
  readonly entry: LedgerEntry;
  readonly outcome: "same" | "different" | "not_replayable";
  /** What differs first; null unless the outcome is `different`. */
  readonly difference: Difference | null;
  /** Null unless the outcome is `not_replayable`. */
  readonly why: NotReplayable | null;
  /** The version of the engine that decided, when its rules or version are not this one's; else null. */
  readonly other_engine: string | null;
}

/** How a whole log was replayed. */
export interface ReplaySummary {
  readonly path: string;
  /** Whether the chain holds. Of a log that doesn't, the entries before the first bad line were replayed. */
  readonly verification: VerifyResult;
  /** Decisions that were meant: the sum of the next three. */
  readonly decisions: number;
  readonly same: number;
  readonly different: number;
  readonly not_replayable: number;
  /** How many for each reason. */
  readonly reasons: Readonly<Partial<Record<NotReplayable, number>>>;
  /** How many for each version, of decisions made by another engine than this one. */
  readonly other_engines: Readonly<Record<string, number>>;
  /** How many policies the decisions were made with. */
  readonly policies: number;
  /** Whether what was recorded of budgets, rates, marks and labels was compared with what the entries before say. */
  readonly history: HistoryChecked;
  readonly not_decisions: Readonly<Record<OtherEntry, number>>;
}

/** How a log is replayed. */
export interface ReplayOptions extends DecisionFilter {
  /** The folder that holds `payload.key`; default CANOPY_HOME. */
  readonly home?: string;
  /** End with the first decision that differs. */
  readonly stopAtFirst?: boolean;
  /** Told first whether the chain holds. Without it, a log whose chain doesn't is refused. */
  readonly verified?: (verification: VerifyResult) => void;
  /** Told from time to time how many characters were verified and then replayed, and of how many. */
  readonly progress?: (done: number, total: number) => void;
}

/**
 * Verify a log, then make each of its recorded decisions again, in order. Gives one item for each, and at the end the
 * summary. Reads only: the log may be written meanwhile, and what is written later is not seen.
 *
 * Cost: about 0.1 ms a decision, in constant memory.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when the log can't be read; `LEDGER_REFUSED` when its chain doesn't hold and
 *   nobody is `verified` told.
 */
export async function* replayLog(
  path: string,
  options: ReplayOptions = {},
): AsyncGenerator<ReplayedDecision, ReplaySummary, void> {
  const { home = homeOf(process.env, process.cwd()), verified = refuseInvalid, progress = () => undefined } = options;
  let total = 0;
  const verification = await verifyLog(path, {
    home,
    progress: (done, all) => {
      total = all;
      progress(done, 2 * all);
    },
  });
  verified(verification);
  const kept = new KeptRecords(logOf(verification.path), home);
  const tally = new Tally(verification);
  const engines = new KeptEngines(kept);
  const missing: string[] = [];
  segmentFiles(realFileSystem, verification.path, missing);
  const history = new ReplayedHistory(engines.longestWindowMs(), missing.length === 0);
  try {
    const read = (done: number): void => progress(total + done, 2 * total);
    for await (const item of readDecisions(verification, { kept, filter: options, all: false, progress: read })) {
      if (item.kind === "other" || item.kind === "passed") {
        if (item.kind === "other") tally.sawOther(item.other);
        if (item.entry !== null) history.learn(item.entry);
        continue;
      }
      const replayed = replay(item, engines, history);
      history.learn(item.entry);
      tally.saw(replayed);
      yield replayed;
      if (options.stopAtFirst === true && replayed.outcome === "different") break;
    }
  } finally {
    kept.close();
  }
  return tally.summary(history.checked);
}

type Decision = Exclude<LogItem, { readonly kind: "other" | "passed" }>;

function replay(item: Decision, engines: KeptEngines, history: ReplayedHistory): ReplayedDecision {
  const { entry } = item;
  const { authorization_id } = entry;
  const id = typeof authorization_id === "string" ? authorization_id : entry.entry_hash;
  const base = { authorization_id: id, entry, difference: null, why: null, other_engine: null };
  if (item.kind === "unknown") return { ...base, outcome: "not_replayable", why: item.why };
  const found = engines.engineFor(entry["policy_snapshot"], entry["identity"]);
  if (typeof found === "string") return { ...base, outcome: "not_replayable", why: found };
  const { engine, other_engine } = found;
  const difference = history.difference(item, engine) ?? differenceOf(item, engine);
  return { ...base, outcome: difference === null ? "same" : "different", difference, other_engine };
}

/** Counts what went by. */
class Tally {
  readonly #verification: VerifyResult;
  readonly #outcomes = { same: 0, different: 0, not_replayable: 0 };
  readonly #reasons: Partial<Record<NotReplayable, number>> = {};
  readonly #engines = new Map<string, number>();
  readonly #policies = new Set<string>();
  readonly #others = { refusals: 0, follow_ups: 0, ledger_notes: 0, foreign: 0, other: 0 };

  constructor(verification: VerifyResult) {
    this.#verification = verification;
  }

  saw({ outcome, why, other_engine, entry }: ReplayedDecision): void {
    this.#outcomes[outcome] += 1;
    if (why !== null) this.#reasons[why] = (this.#reasons[why] ?? 0) + 1;
    if (other_engine !== null) this.#engines.set(other_engine, (this.#engines.get(other_engine) ?? 0) + 1);
    const snapshot = entry["policy_snapshot"];
    const hash = isJsonObject(snapshot) ? snapshot["policy_hash"] : undefined;
    if (typeof hash === "string") this.#policies.add(hash);
  }

  sawOther(kind: OtherEntry): void {
    this.#others[kind] += 1;
  }

  summary(history: HistoryChecked): ReplaySummary {
    const { same, different, not_replayable } = this.#outcomes;
    return {
      path: this.#verification.path,
      verification: this.#verification,
      decisions: same + different + not_replayable,
      ...this.#outcomes,
      reasons: { ...this.#reasons },
      other_engines: Object.fromEntries(this.#engines),
      policies: this.#policies.size,
      history,
      not_decisions: { ...this.#others },
    };
  }
}
