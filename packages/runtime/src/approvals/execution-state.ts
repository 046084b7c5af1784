// The life of one authorization, told by its ledger entries alone:
//
//   authorize_action ALLOW ─────────────────────────────► tool_start ► tool_result
//   authorize_action REQUIRE_APPROVAL ─► approval_granted ► reauthorized ALLOW ─► tool_start ► tool_result
//                                    └─► approval_rejected, approval_skipped, reauthorized DENY: the end
//   authorize_action DENY: the end
//
// Each check is judged under the ledger's lock, so of many callers exactly one passes.
// INVARIANT: nothing starts twice, nothing starts that was denied, rejected, skipped or is past its time.

import { CanopyError } from "../core/errors.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { sortableInstant } from "./instant.ts";

/** Where an authorization stands. */
export type ExecutionStatus =
  | "denied"
  | "pending"
  | "approved"
  | "rejected"
  | "skipped"
  | "allowed"
  | "started"
  | "finished";

/** What the entries of an authorization say. */
export interface ExecutionState {
  readonly status: ExecutionStatus;
  /** Until when the standing permission, or the wait for an approval, holds; null when neither. RFC 3339, sortable. */
  readonly until: string | null;
  /** The decision's own entry. */
  readonly decided: JsonObject;
  /** The newest time in the entries: no honest clock is earlier. */
  readonly newest: string;
}

/** When something is judged: the clock's time (RFC 3339 with milliseconds), and the newest entry of the whole log. */
export interface Moment {
  readonly now: string;
  readonly last: JsonObject | null;
}

/**
 * Read the state from the history of an authorization, in the ledger's order.
 *
 * @throws {CanopyError} `UNKNOWN_AUTHORIZATION` when the history holds no decision of that id.
 */
export function executionState(authorization_id: string, history: readonly JsonObject[]): ExecutionState {
  const decided = history.find((entry) => entry["entry_hash"] === authorization_id);
  if (decided?.["event"] !== "authorize_action") throw unknown();
  let state = decidedState(decided);
  for (const entry of history) {
    if (entry["authorization_id"] === authorization_id) state = afterEntry(state, entry);
  }
  return state;
}

/**
 * Whether an execution may start now.
 *
 * @throws {CanopyError} `ALREADY_EXECUTED`, `NOT_ALLOWED`, `APPROVAL_REQUIRED`, `EXPIRED`, `UNKNOWN_AUTHORIZATION`.
 */
export function checkBegin(authorization_id: string, history: readonly JsonObject[], moment: Moment): void {
  const state = executionState(authorization_id, history);
  const { status } = state;
  switch (status) {
    case "started":
    case "finished":
      throw new CanopyError("ALREADY_EXECUTED", "the authorization has been executed already", {
        fix: "authorize the action again for another execution",
      });
    case "denied":
    case "rejected":
    case "skipped":
      throw new CanopyError("NOT_ALLOWED", `the authorization is ${status}, expected ALLOW`);
    case "pending":
    case "approved":
      throw new CanopyError("APPROVAL_REQUIRED", "the authorization waits for an approval, expected ALLOW", {
        fix: "get an approval and hand it to reauthorize",
      });
    case "allowed":
      checkTime(state, moment, "authorization");
      return;
    default:
      throw unreachable(status);
  }
}

/**
 * Whether a result may be attested: once, and only for an execution that was begun.
 *
 * @throws {CanopyError} `NOT_ALLOWED` when nothing was begun, `ALREADY_EXECUTED` when a result stands already, `UNKNOWN_AUTHORIZATION`.
 */
export function checkAttest(authorization_id: string, history: readonly JsonObject[]): void {
  const { status } = executionState(authorization_id, history);
  if (status === "started") return;
  if (status === "finished") throw new CanopyError("ALREADY_EXECUTED", "the execution has a result already");
  throw new CanopyError("NOT_ALLOWED", "only an execution that was begun has a result", { fix: "call begin first" });
}

/**
 * Whether an answer to a request for approval is still taken.
 *
 * @throws {CanopyError} `APPROVAL_REFUSED` when no approval is asked for, or it was answered; `EXPIRED`; `UNKNOWN_AUTHORIZATION`.
 */
export function checkPending(authorization_id: string, history: readonly JsonObject[], moment: Moment): void {
  const state = executionState(authorization_id, history);
  const { status } = state;
  if (status !== "pending") {
    throw new CanopyError("APPROVAL_REFUSED", `an approval lifts REQUIRE_APPROVAL only, and once; this is ${status}`);
  }
  checkTime(state, moment, "request for approval");
}

/**
 * Whether a recorded approval may be turned into permission: once.
 *
 * @throws {CanopyError} `APPROVAL_REFUSED`, `EXPIRED`, `UNKNOWN_AUTHORIZATION`.
 */
export function checkApproved(authorization_id: string, history: readonly JsonObject[], moment: Moment): void {
  const state = executionState(authorization_id, history);
  const { status } = state;
  if (status !== "approved") {
    throw new CanopyError("APPROVAL_REFUSED", `an approval is used once; the authorization is ${status} already`);
  }
  checkTime(state, moment, "request for approval");
}

function decidedState(decided: JsonObject): ExecutionState {
  const newest = sortableInstant(decided["timestamp"]) ?? "";
  switch (decided["decision"]) {
    case "ALLOW":
      return { status: "allowed", until: sortableInstant(decided["expires_at"]), decided, newest };
    case "REQUIRE_APPROVAL":
      return { status: "pending", until: sortableInstant(decided["approval_expires_at"]), decided, newest };
    default:
      return { status: "denied", until: null, decided, newest };
  }
}

function afterEntry(state: ExecutionState, entry: JsonObject): ExecutionState {
  const time = sortableInstant(entry["timestamp"]);
  const newest = time !== null && time > state.newest ? time : state.newest;
  return { ...state, newest, ...transition(state, entry) };
}

// What is not in the picture above changes nothing: an entry that comes too late can't revive what has ended.
function transition({ status }: ExecutionState, entry: JsonObject): Partial<ExecutionState> {
  switch (entry["event"]) {
    case "approval_granted":
      return status === "pending" ? { status: "approved" } : {};
    case "approval_rejected":
      return isOpen(status) ? { status: "rejected", until: null } : {};
    case "approval_skipped":
      return isOpen(status) ? { status: "skipped", until: null } : {};
    case "reauthorized":
      return status === "approved" ? reauthorized(entry["decision"], entry["expires_at"]) : {};
    case "tool_start":
      return status === "finished" ? {} : { status: "started" };
    case "tool_result":
      return { status: "finished" };
    default:
      return {};
  }
}

function reauthorized(decision: JsonValue | undefined, expires_at: JsonValue | undefined): Partial<ExecutionState> {
  if (decision !== "ALLOW") return { status: "denied", until: null };
  return { status: "allowed", until: sortableInstant(expires_at) };
}

function isOpen(status: ExecutionStatus): boolean {
  return status === "pending" || status === "approved" || status === "allowed";
}

function checkTime({ until, newest, decided }: ExecutionState, { now, last }: Moment, what: string): void {
  // A clock behind the entries would make what has expired good again.
  if (now < newest) {
    throw new CanopyError("EXPIRED", `the clock is behind the log, so the ${what} can't be shown to be in time`, {
      fix: "set the clock, then authorize the action again",
    });
  }
  if (until === null || now >= until || shownAfter(decided, last) >= until) {
    throw new CanopyError("EXPIRED", `the ${what} is past its time`, { fix: "authorize the action again" });
  }
}

// Only what was written after the decision shows that time has passed since: an earlier entry may be of a clock that
// was ahead and has been set right. Empty, and so before every time, when nothing shows it.
function shownAfter(decided: JsonObject, last: JsonObject | null): string {
  if (last === null) return "";
  const [a, b] = [last["seq"], decided["seq"]];
  const isAfter = typeof a === "number" && typeof b === "number" && a > b;
  return (isAfter ? sortableInstant(last["timestamp"]) : null) ?? "";
}

function unknown(): CanopyError {
  return new CanopyError("UNKNOWN_AUTHORIZATION", "this log knows no authorization of that id", {
    fix: "give the authorization_id of a decision that was recorded in this log",
  });
}

function unreachable(status: never): CanopyError {
  return new CanopyError("NOT_ALLOWED", `the authorization is in an unknown state \`${String(status)}\``);
}
