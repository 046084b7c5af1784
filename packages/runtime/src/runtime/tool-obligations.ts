// What a governed call does about its obligations before it is begun. An obligation that nobody here can meet stops it.

import type { Obligation } from "../core/decision.ts";
import { isJsonObject, type JsonValue } from "../core/json.ts";
import { CanopyPermissionError, type RefusedDecision } from "./permission-error.ts";

/** Somebody is to be told of a call that is about to run. */
export interface ObligedNotice {
  /** Whom to tell, as the policy writes it: a channel, an address. */
  readonly to: string;
  readonly rule_refs: readonly string[];
  readonly authorization_id: string | null;
  readonly action_digest: string;
}

/** How the integrator meets obligations that safeTool can't meet alone. */
export interface ObligationOptions {
  /** Tells somebody that a call is about to run. The call waits for it, and does not run when it fails. */
  readonly on_notify?: (notice: ObligedNotice) => Promise<void> | void;
  /** Runs in place of the tool where a dry run is required: it must change nothing. */
  readonly dry_run?: (...args: never[]) => unknown;
  /** Says that the tool resolves each host once, and connects to no other address and none that isn't public. */
  readonly pins_addresses?: boolean;
}

/** A decision with what it obliges to. */
export interface ObligingDecision extends RefusedDecision {
  readonly action_digest: string;
  readonly obligations?: readonly Obligation[];
}

/** How the call is to run. */
export interface MetObligations {
  /** Whether `dry_run` runs in place of the tool. */
  readonly dry: boolean;
}

/**
 * Meet what must be met before a call is begun.
 *
 * @throws {CanopyPermissionError} when an obligation can't be met; then nothing has run.
 */
export async function meetObligations(
  decision: ObligingDecision,
  payload: JsonValue,
  options: ObligationOptions,
): Promise<MetObligations> {
  let dry = false;
  const notices: ObligedNotice[] = [];
  for (const { type, detail } of decision.obligations ?? []) {
    switch (type) {
      case "limit_output":
      case "redact":
        // Met on what the tool gives back.
        break;
      case "require_dry_run":
        if (saysDryRun(payload)) break;
        if (options.dry_run === undefined)
          throw unmet(decision, type, "give safeTool `dry_run`, or call it with dry_run: true");
        dry = true;
        break;
      case "pin_addresses":
        // Of a host that the decision saw, the executor is told; of hosts that nobody saw, the integrator must answer.
        if (detail["host"] !== null || options.pins_addresses === true) break;
        throw unmet(decision, type, "pin addresses in the tool, and give safeTool pins_addresses: true");
      case "notify":
        notices.push(noticeOf(decision, detail));
        break;
      default:
        throw unmet(decision, type, "use a version of canopy-runtime that knows it");
    }
  }
  for (const notice of notices) await notify(notice, decision, options);
  return { dry };
}

function saysDryRun(payload: JsonValue): boolean {
  return isJsonObject(payload) && Object.hasOwn(payload, "dry_run") && payload["dry_run"] === true;
}

async function notify(notice: ObligedNotice, decision: ObligingDecision, options: ObligationOptions): Promise<void> {
  if (options.on_notify === undefined) throw unmet(decision, "notify", "give safeTool `on_notify`");
  try {
    await options.on_notify(notice);
  } catch (cause) {
    throw unmet(decision, "notify", "see to what on_notify does", cause);
  }
}

function noticeOf({ authorization_id, action_digest }: ObligingDecision, detail: Obligation["detail"]): ObligedNotice {
  const { to, rule_refs } = detail;
  const refs: readonly JsonValue[] = Array.isArray(rule_refs) ? rule_refs : [];
  return {
    to: typeof to === "string" ? to : "",
    rule_refs: refs.filter((ref) => typeof ref === "string"),
    authorization_id,
    action_digest,
  };
}

function unmet(decision: ObligingDecision, type: string, fix: string, cause?: unknown): CanopyPermissionError {
  const reason = `the obligation ${type} can't be met, so the action does not run`;
  return new CanopyPermissionError(
    { ...decision, decision: "DENY", reason },
    cause === undefined ? { fix } : { fix, cause },
  );
}
