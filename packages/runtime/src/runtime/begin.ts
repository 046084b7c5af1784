// The durable, once-only start of an execution. Nothing may run before this has answered.

import { checkBegin } from "../approvals/execution-state.ts";
import { CanopyError } from "../core/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { parseAuthorizationId, readDecisionRecord } from "./decision-record.ts";
import type { Executor } from "./executor.ts";
import { followUpEntry } from "./follow-up-entry.ts";
import { engagedSwitch, stoppedError, subjectOf } from "./kill-switch.ts";
import type { Clock, Ledger, LedgerEntry } from "../ledger/ports.ts";

/** What the steps after a decision work with. */
export interface ExecutionParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** The signing key's id, as it stands in every entry. */
  readonly key_id: string;
  /** Which process runs it, so that the next open can tell whether it is still there. */
  readonly executor_id: string;
  /** Remembers what was begun, so that the next open can tell what died. */
  readonly executor?: Executor;
}

/** A begun execution. */
export interface Begun {
  readonly authorization_id: string;
  /** The `entry_hash` of the `tool_start` entry. */
  readonly start_id: string;
}

/**
 * Begin the execution of an authorized action: append `tool_start`, durably, once.
 *
 * `digest` is that of the action about to run; all of verdict, digest, expiry and kill switch are judged, the last
 * three under the lock of the append, so that of many processes exactly one begins.
 *
 * @throws {CanopyError} `UNKNOWN_AUTHORIZATION`, `DIGEST_MISMATCH`, `ALREADY_EXECUTED`, `NOT_ALLOWED`,
 *   `APPROVAL_REQUIRED`, `EXPIRED`, `KILL_SWITCH`, `LEDGER_UNAVAILABLE`; then nothing may run.
 */
export async function begin(authorization_id: unknown, digest: unknown, parts: ExecutionParts): Promise<Begun> {
  const id = parseAuthorizationId(authorization_id);
  const { ledger, clock } = parts;
  const { action_digest } = await readDecisionRecord(ledger, id);
  if (digest !== action_digest) {
    throw new CanopyError("DIGEST_MISMATCH", "the action about to run is not the action that was decided", {
      fix: "authorize the action as it is now",
    });
  }
  const history = await ledger.historyOf(id);
  const decided = decidedIn(history, id);
  // What was reserved is known once it is allowed; an approval may still be on its way.
  if (decided["decision"] !== "ALLOW") checkBegin(id, history, { now: instant(clock), last: null });
  // Noted before it is begun: a note without a start is harmless, a start without a note would never be missed.
  await parts.executor?.note(id);
  const receipt = await ledger.append({
    entry: followUpEntry(decided, "tool_start", instant(clock), {
      decision: "BEGIN",
      reason: "execution started",
      executor_id: parts.executor_id,
      key_id: parts.key_id,
      ...spentMembers(history),
    }),
    guard: {
      authorization_id: id,
      check: (all, last) => {
        checkBegin(id, all, { now: instant(clock), last });
        checkKillSwitches(ledger, decided);
      },
    },
  });
  return { authorization_id: id, start_id: receipt.entry.entry_hash };
}

/**
 * The entry of a decision.
 *
 * @throws {CanopyError} `UNKNOWN_AUTHORIZATION`.
 */
export async function decidedEntry(ledger: Ledger, authorization_id: string): Promise<LedgerEntry> {
  return decidedIn(await ledger.historyOf(authorization_id), authorization_id);
}

/** What a start spends of counters: what its permission has reserved. Marks and labels are set by the permission itself. */
function spentMembers(history: readonly LedgerEntry[]): JsonObject {
  const deltas = history.findLast((entry) => entry["counter_deltas"] !== undefined)?.["counter_deltas"];
  if (!Array.isArray(deltas)) return {};
  const counters: readonly JsonValue[] = deltas.filter((delta: JsonValue) => isJsonObject(delta) && "counter" in delta);
  return counters.length === 0 ? {} : { counter_deltas: counters };
}

function decidedIn(history: readonly LedgerEntry[], authorization_id: string): LedgerEntry {
  const decided = history.find((entry) => entry.entry_hash === authorization_id);
  if (decided?.event === "authorize_action") return decided;
  throw new CanopyError("UNKNOWN_AUTHORIZATION", "this log knows no authorization of that id");
}

/** The time of a clock as RFC 3339 with milliseconds. */
export function instant(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}

/** Refuse when a recorded kill switch concerns the decision's agent. Throws `KILL_SWITCH`. */
export function checkKillSwitches(ledger: Ledger, decided: JsonObject): void {
  const engaged = engagedSwitch(ledger, subjectOf(decided));
  if (engaged !== null) throw stoppedError(engaged);
}
