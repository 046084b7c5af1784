// The recorded kill switch: engaged and released by entries, read before each decision and again at each start.
//
//   scope = `all` | `tenant:<id>` | `agent:<avid>`; one that can't be read counts as `all`

import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { Clock, EntryDraft, Ledger, LedgerEntry } from "../ledger/ports.ts";
import { entryTimestamp } from "../ledger/entry-timestamp.ts";
import { agentAvid } from "./agent-avid.ts";

/** Whom a switch may concern. */
export interface KillSwitchSubject {
  readonly avid: string;
  readonly tenant_id: string | null;
}

/** What a switch stops. */
export type KillSwitchScope = "all" | "tenant" | "agent";

/** The scope of a `kill_switch` entry. A scope that can't be read must not free anybody: it stops all. */
export function killSwitchScope(entry: LedgerEntry): KillSwitchScope {
  const scope = entry["scope"];
  if (typeof scope !== "string") return "all";
  return scope.startsWith("agent:") ? "agent" : scope.startsWith("tenant:") ? "tenant" : "all";
}

/** The oldest engaged switch that concerns an agent, or null. Cost: the switches in force, usually none. */
export function engagedSwitch(ledger: Ledger, subject: KillSwitchSubject): LedgerEntry | null {
  return ledger.killSwitches().find((entry) => concerns(entry, subject)) ?? null;
}

/**
 * What refuses to record that an agent may act once a switch stops it: one that was set since the facts were gathered.
 * Throws `KILL_SWITCH`.
 */
export function unlessStopped(subject: KillSwitchSubject): (stops: readonly LedgerEntry[]) => void {
  return (stops) => {
    const engaged = stops.find((entry) => concerns(entry, subject));
    if (engaged !== undefined) throw stoppedError(engaged);
  };
}

/** Whose entry it is. */
export function subjectOf({ avid, tenant_id }: JsonObject): KillSwitchSubject {
  return { avid: typeof avid === "string" ? avid : "", tenant_id: typeof tenant_id === "string" ? tenant_id : null };
}

/** The refusal of what a switch stops. */
export function stoppedError(engaged: LedgerEntry): CanopyError {
  return new CanopyError("KILL_SWITCH", `the kill switch is engaged since ${engaged.timestamp}`, {
    fix: "whoever engaged it must release it; then authorize the action again",
  });
}

/** A change of a kill switch. */
export interface KillSwitchChange {
  /** `all`, `tenant:<id>` or `agent:<avid>`; a public key or id stands for the AVID that is made from it. */
  readonly scope: string;
  readonly engaged: boolean;
  /** One line for people; stands in the log. */
  readonly reason: string;
  /** Who did it. */
  readonly by: string;
}

/**
 * The scope that is meant, with the agent's AVID. One that concerns nobody must not be taken for a stop: it is refused.
 *
 * @throws {CanopyError} `INVALID_REQUEST`, `INVALID_KEY`, `INVALID_CONTEXT`.
 */
export function scopeMeant(scope: string): string {
  if (!/^(?:all|(?:tenant|agent):[^\p{C}*]+)$/u.test(scope)) {
    throw new CanopyError("INVALID_REQUEST", "the scope of a kill switch must be all, tenant:<id> or agent:<avid>", {
      fix: "name one tenant or agent, without patterns, or `all`",
    });
  }
  return scope.startsWith("agent:") ? `agent:${agentAvid(scope.slice("agent:".length))}` : scope;
}

/**
 * Engage or release a kill switch, durably.
 *
 * @returns the `entry_hash` of its entry.
 * @throws {CanopyError} `LEDGER_UNAVAILABLE`, or as `scopeMeant`.
 */
export async function setKillSwitch(
  change: KillSwitchChange,
  parts: { readonly ledger: Ledger; readonly clock: Clock; readonly key_id: string },
): Promise<string> {
  const { engaged, reason, by } = change;
  const scope = scopeMeant(change.scope);
  const entry: EntryDraft = {
    event: "kill_switch",
    timestamp: entryTimestamp(new Date(parts.clock.now()).toISOString()),
    avid: scope.startsWith("agent:") ? scope.slice("agent:".length) : "",
    action_type: "kill_switch",
    decision: engaged ? "ENGAGED" : "RELEASED",
    reason,
    severity: "critical",
    layers: {},
    witness: null,
    scope,
    engaged,
    by,
    key_id: parts.key_id,
    ...(scope.startsWith("tenant:") ? { tenant_id: scope.slice("tenant:".length) } : {}),
  };
  return (await parts.ledger.append({ entry })).entry.entry_hash;
}

function concerns(entry: LedgerEntry, { avid, tenant_id }: KillSwitchSubject): boolean {
  switch (killSwitchScope(entry)) {
    case "agent":
      return entry["scope"] === `agent:${avid}`;
    case "tenant":
      return tenant_id !== null && entry["scope"] === `tenant:${tenant_id}`;
    default:
      return true;
  }
}
