// Which policy was in force when, as the log says it: an entry for each activation, and for each policy refused.
//
// All activations of a log share one `request_id`, so that the newest is found however long the log is.

import { CanopyError } from "../core/errors.ts";
import type { PolicySnapshot } from "../core/decision.ts";
import { entryTimestamp } from "../ledger/entry-timestamp.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import type { PolicyProblem } from "./policy-problem.ts";
import type { Clock, EntryDraft, Ledger, LedgerEntry } from "../ledger/ports.ts";

/** The `request_id` of every `policy_activated` entry. */
const ACTIVATIONS: string = sha256Hex("canopy-policy-activation-v1");

const MOST_TRIES = 16;

/** What made a policy be activated: a runtime that opened its log, a change of its file, or a call. */
export type PolicyTrigger = "open" | "watch" | "call";

/** A policy as its activation is recorded. */
export interface Activation {
  readonly snapshot: PolicySnapshot;
  readonly rule_count: number;
  /** The files that the policy includes, each with the hash of its bytes. */
  readonly included: readonly { readonly file: string; readonly hash: string }[];
  readonly trigger: PolicyTrigger;
  /** Who asked for it, as told by the caller; null when nobody did. */
  readonly by: string | null;
}

/** What recording an activation needs. */
export interface ActivationParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly key_id: string;
  /** The id of this runtime, as it stands in `tool_start` entries. */
  readonly executor_id: string;
}

/**
 * Record that a policy is in force from here on in this runtime. A runtime that opens its log records it only when the
 * log's newest activation was of another policy; without any activation, that is the bundled default.
 *
 * Cost: one look-up and one durable append.
 *
 * @throws {CanopyError} `LEDGER_UNAVAILABLE`; then it must not be used.
 */
export async function recordActivation(activation: Activation, parts: ActivationParts): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const newest = (await parts.ledger.historyOf(ACTIVATIONS)).at(-1) ?? null;
    const previous = newest === null ? null : textOf(newest["policy_hash"]);
    if (activation.trigger === "open" && isAsRecorded(activation.snapshot, previous)) return;
    try {
      await parts.ledger.append({
        entry: activationEntry(activation, previous, parts),
        guard: { authorization_id: ACTIVATIONS, check: (history) => checkNewest(history, newest) },
      });
      return;
    } catch (error) {
      const lost = error instanceof CanopyError && error.code === "IDEMPOTENCY_CONFLICT";
      if (!lost || tries === MOST_TRIES) throw error;
    }
  }
}

/** Record that an edited policy was refused: the problem's code and place, nothing of what it holds. */
export async function recordRejection(
  problem: PolicyProblem,
  in_force: PolicySnapshot,
  { trigger, by }: Pick<Activation, "trigger" | "by">,
  parts: ActivationParts,
): Promise<void> {
  await parts.ledger.append({
    entry: {
      ...policyEntry("policy_rejected", parts),
      decision: "REJECTED",
      reason: `an edited policy was not taken: ${problem.code}`,
      severity: "high",
      policy_file: in_force.policy_file,
      policy_hash: problem.policy_hash,
      policy_in_force: in_force.policy_hash,
      problem: { code: problem.code, file: problem.file, line: problem.line, col: problem.col },
      trigger,
      by,
    },
  });
}

// A log without any activation is one in which nobody has chosen a policy: the bundled default is in force.
function isAsRecorded({ policy_source, policy_hash }: PolicySnapshot, previous: string | null): boolean {
  return previous === null ? policy_source === "default" : previous === policy_hash;
}

function activationEntry(activation: Activation, previous: string | null, parts: ActivationParts): EntryDraft {
  const { snapshot, rule_count, included, trigger, by } = activation;
  return {
    ...policyEntry("policy_activated", parts),
    decision: "ACTIVATED",
    reason: "the policy is in force from here on in this runtime",
    severity: "medium",
    request_id: ACTIVATIONS,
    policy_snapshot: { ...snapshot },
    policy_hash: snapshot.policy_hash,
    previous_policy_hash: previous,
    rule_count,
    included: included.map((file) => ({ ...file })),
    trigger,
    by,
  };
}

function policyEntry(event: string, { clock, key_id, executor_id }: ActivationParts): EntryDraft {
  return {
    event,
    timestamp: entryTimestamp(new Date(clock.now()).toISOString()),
    avid: "",
    action_type: "policy",
    layers: {},
    witness: null,
    key_id,
    executor_id,
  };
}

// Two runtimes may activate at the same time: each entry names the one before it.
function checkNewest(history: readonly LedgerEntry[], newest: LedgerEntry | null): void {
  if (history.at(-1)?.entry_hash === newest?.entry_hash) return;
  throw new CanopyError("IDEMPOTENCY_CONFLICT", "another runtime activated a policy at the same time");
}

function textOf(value: EntryDraft[string] | undefined): string | null {
  return typeof value === "string" ? value : null;
}
