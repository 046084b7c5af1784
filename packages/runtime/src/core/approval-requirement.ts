// What an approval must be like: how many approvers, who, within what time. Rules carry it; a decision joins it.

import { CanopyError } from "./errors.ts";
import { isJsonObject, type JsonValue } from "./json.ts";

/** Whom an approver must be: someone with a role, or one approver by name or key id. */
export type ApproverTest = { readonly role: string } | { readonly approver: string };

/** A set of approvers: `count` distinct ones must each pass one of the tests. */
export interface ApproverSet {
  readonly any: readonly ApproverTest[];
  readonly count: number;
  /** The rules that ask for it. */
  readonly rule_refs: readonly string[];
}

/** What an approval must be like. */
export interface ApprovalRequirement {
  /** How many distinct approvers at least. */
  readonly count: number;
  /** Until when after the decision an answer is taken; null: as the runtime is set. */
  readonly within_ms: number | null;
  /** Whether the person for whom the agent acts may not be among the approvers. The agent itself never may. */
  readonly not_requester: boolean;
  /** Whether each approver must say why. */
  readonly reason_required: boolean;
  /** Every one of these sets must be met. */
  readonly by: readonly ApproverSet[];
}

/** The strictest of several requirements: the highest count, the shortest time, every set. Null when there are none. */
export function joinRequirements(requirements: readonly ApprovalRequirement[]): ApprovalRequirement | null {
  const [first, ...others] = requirements;
  if (first === undefined) return null;
  return others.reduce(stricterRequirement, first);
}

function stricterRequirement(left: ApprovalRequirement, right: ApprovalRequirement): ApprovalRequirement {
  return {
    count: Math.max(left.count, right.count),
    within_ms: shorter(left.within_ms, right.within_ms),
    not_requester: left.not_requester || right.not_requester,
    reason_required: left.reason_required || right.reason_required,
    by: joinSets([...left.by, ...right.by]),
  };
}

function shorter(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.min(left, right);
}

// The same approvers asked for by several rules are one set with the highest count.
function joinSets(sets: readonly ApproverSet[]): readonly ApproverSet[] {
  const joined = new Map<string, ApproverSet>();
  for (const set of sets) {
    const key = JSON.stringify(set.any);
    const known = joined.get(key);
    const rule_refs = [...new Set([...(known?.rule_refs ?? []), ...set.rule_refs])];
    joined.set(key, { any: set.any, count: Math.max(known?.count ?? 0, set.count), rule_refs });
  }
  return [...joined.values()];
}

/**
 * A requirement as an entry keeps it.
 *
 * @throws {CanopyError} `APPROVAL_REFUSED` when it can't be read: then nothing can be shown to meet it.
 */
export function parseRequirement(value: JsonValue | undefined): ApprovalRequirement {
  const { count, within_ms, not_requester, reason_required, by } = isJsonObject(value) ? value : {};
  const sets: readonly JsonValue[] | null = Array.isArray(by) ? by : null;
  const isTime = within_ms === null || typeof within_ms === "number";
  if (typeof count !== "number" || !isTime || sets === null) throw unreadable();
  return {
    count,
    within_ms,
    // What can't be read as false is not false.
    not_requester: not_requester !== false,
    reason_required: reason_required !== false,
    by: sets.map(parseSet),
  };
}

function parseSet(value: JsonValue): ApproverSet {
  const { any, count, rule_refs } = isJsonObject(value) ? value : {};
  if (typeof count !== "number" || !Array.isArray(any)) throw unreadable();
  const refs: readonly JsonValue[] = Array.isArray(rule_refs) ? rule_refs : [];
  const tests: readonly JsonValue[] = any;
  return { any: tests.map(parseTest), count, rule_refs: refs.filter((ref) => typeof ref === "string") };
}

function parseTest(value: JsonValue): ApproverTest {
  const { role, approver } = isJsonObject(value) ? value : {};
  if (typeof role === "string") return { role };
  if (typeof approver === "string") return { approver };
  throw unreadable();
}

function unreadable(): CanopyError {
  return new CanopyError("APPROVAL_REFUSED", "what the approval must be like can't be read from the decision's entry");
}
