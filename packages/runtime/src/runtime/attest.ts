// Binding a result to its authorization: one `tool_result` entry for each execution that was begun.

import { checkAttest, executionState } from "../approvals/execution-state.ts";
import { CanopyError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import { decidedEntry, instant, type ExecutionParts } from "./begin.ts";
import { parseAuthorizationId, readDecisionRecord } from "./decision-record.ts";
import { followUpEntry, type FollowUp } from "./follow-up-entry.ts";
import type { Ledger, PayloadRecord } from "../ledger/ports.ts";
import { createResultHash, type ResultHash } from "./result-hash.ts";

/**
 * How an execution ended. `stream` results were hashed part by part while they ran; a `cancelled` one was stopped by
 * its consumer, which is no error of the tool.
 */
export type Outcome =
  | { readonly ok: true; readonly result?: unknown }
  | { readonly ok: false; readonly error: unknown }
  | { readonly stream: ResultHash; readonly ended: "ok" | "cancelled" }
  | { readonly stream: ResultHash; readonly ended: "error"; readonly error: unknown };

const MAX_ERROR_TEXT = 4096;
const ERROR_NAME = /^[A-Za-z_$][\w$.]{0,63}$/;

/**
 * Attest the result of an execution, once. The entry holds a salted hash; the text of an error goes to the encrypted record.
 *
 * @returns the `entry_hash` of the `tool_result` entry.
 * @throws {CanopyError} `UNKNOWN_AUTHORIZATION`, `NOT_ALLOWED` when nothing was begun, `ALREADY_EXECUTED` when a result
 *   stands already, `INVALID_ENTRY` for what is no outcome, `LEDGER_UNAVAILABLE`.
 */
export async function attest(authorization_id: unknown, outcome: Outcome, parts: ExecutionParts): Promise<string> {
  const id = parseAuthorizationId(authorization_id);
  checkOutcome(outcome);
  const { ledger, clock } = parts;
  const { salt } = await readDecisionRecord(ledger, id);
  const decided = await decidedEntry(ledger, id);
  const follow = { ...resultMembers(outcome, salt), executor_id: parts.executor_id, key_id: parts.key_id };
  const record = errorRecord(outcome, decided["avid"]);
  const receipt = await ledger.append({
    entry: followUpEntry(decided, "tool_result", instant(clock), follow),
    ...(record === null ? {} : { record }),
    guard: { authorization_id: id, check: (history) => checkAttest(id, history) },
  });
  parts.executor?.forget(id);
  return receipt.entry.entry_hash;
}

/**
 * Attest that the outcome of an execution is unknown, since its process ended before it told one. False when it has a
 * result, or was never begun. Throws as `attest`.
 */
export async function attestUnknown(authorization_id: unknown, parts: ExecutionParts): Promise<boolean> {
  const id = parseAuthorizationId(authorization_id);
  const { ledger, clock } = parts;
  const decided = await decidedEntry(ledger, id);
  const { status } = executionState(id, await ledger.historyOf(id));
  if (status !== "started") return false;
  await ledger.append({
    entry: followUpEntry(decided, "tool_result", instant(clock), {
      decision: "RESULT",
      reason: "UNKNOWN: the process ended before it told a result",
      severity: "medium",
      outcome: "unknown",
      key_id: parts.key_id,
    }),
    guard: { authorization_id: id, check: (history) => checkAttest(id, history) },
  });
  return true;
}

/** The hash that a streamed result of this authorization is to be fed to. Throws as `attest`. */
export async function openResultHash(ledger: Ledger, authorization_id: string): Promise<ResultHash> {
  const { salt } = await readDecisionRecord(ledger, parseAuthorizationId(authorization_id));
  return createResultHash(salt);
}

// From JavaScript anything may come; what says neither success nor failure must not be recorded as one of them.
function checkOutcome(outcome: unknown): void {
  const isObject = typeof outcome === "object" && outcome !== null;
  if (isObject && ("stream" in outcome || ("ok" in outcome && typeof outcome.ok === "boolean"))) return;
  throw new CanopyError("INVALID_ENTRY", "an outcome must say whether the execution went well", {
    fix: "give {ok: true, result} or {ok: false, error}",
  });
}

function resultMembers(outcome: Outcome, salt: string): FollowUp {
  const decision = "RESULT";
  if ("stream" in outcome) {
    const result = { result_hash: outcome.stream.digest("stream"), result_form: "stream", outcome: outcome.ended };
    if (outcome.ended !== "error") return { decision, ok: true, reason: `execution ${word(outcome.ended)}`, ...result };
    return { decision, ok: false, reason: "execution failed", error: errorName(outcome.error), ...result };
  }
  const hash = createResultHash(salt);
  if (!outcome.ok) {
    hash.add(errorText(outcome.error));
    const result = { result_hash: hash.digest("value"), result_form: "error", outcome: "error" };
    return { decision, ok: false, reason: "execution failed", error: errorName(outcome.error), ...result };
  }
  hash.add(outcome.result);
  const result = { result_hash: hash.digest("value"), result_form: "value", outcome: "ok" };
  return { decision, ok: true, reason: "execution succeeded", ...result };
}

function word(ended: "ok" | "cancelled"): string {
  return ended === "ok" ? "succeeded" : "was cancelled";
}

function errorRecord(outcome: Outcome, subject: JsonValue | undefined): PayloadRecord | null {
  if (typeof subject !== "string") return null;
  const failed = "stream" in outcome ? outcome.ended === "error" : !outcome.ok;
  return failed && "error" in outcome ? { subject, content: { error: errorText(outcome.error) } } : null;
}

// Only the class of an error stands in the log; its message may quote anything.
function errorName(error: unknown): string {
  const name = described(error)?.name ?? typeof error;
  return ERROR_NAME.test(name) ? name : "Error";
}

function errorText(error: unknown): string {
  const known = described(error);
  const text = known === null ? `thrown ${typeof error}` : `${known.name}: ${known.message}`;
  // Through UTF-8 and back, so that lone surrogates can't make the record unwritable.
  return Buffer.from(text.slice(0, MAX_ERROR_TEXT)).toString();
}

// What a tool throws is hostile too: reading its members may itself throw.
function described(error: unknown): { readonly name: string; readonly message: string } | null {
  try {
    if (!(error instanceof Error)) return null;
    const [name, message]: readonly unknown[] = [error.name, error.message];
    return { name: typeof name === "string" ? name : "Error", message: typeof message === "string" ? message : "" };
  } catch {
    return { name: "Error", message: "an error that can't be read" };
  }
}
