// `approval`: what an approval must be like, beside something that asks.
//
//   approval = { by: test | [ test, … ], count, within: duration, not_requester, reason_required }
//   test     = { role: text } | { approver: text }

import type { ApproverTest } from "../../approval-requirement.ts";
import type { LocatedEntry } from "../parse.ts";
import { readMap } from "../members.ts";
import { readDuration, readInteger } from "../quantities.ts";
import type { ValueReader } from "../rule-values.ts";
import type { RuleKey } from "./rule-key.ts";

/** What an approval of what a rule asks must be like. */
export interface RuleApproval {
  /** Each approver must pass one of these; empty: anybody whose votes count. */
  readonly by: readonly ApproverTest[];
  readonly count: number;
  readonly within_ms: number | null;
  readonly not_requester: boolean;
  readonly reason_required: boolean;
}

/** What an approval of what a rule asks must be like; null: as the runtime is set. */
export interface ApprovalPart {
  readonly approval: RuleApproval | null;
}

const KEYS = { known: ["by", "count", "within", "not_requester", "reason_required"], of: "`approval`" };
const TEST_KEYS = { known: ["role", "approver"], of: "an entry of `by`" };
const ASKING = [
  "require_approval",
  "require_approval_if",
  "require_approval_regex",
  "require_approval_effects",
  "allow_if",
];
/** As many as an approval may hold votes. */
const MAX_COUNT = 64;

/** What an approval must be like. */
export const approvalKey: RuleKey<ApprovalPart> = {
  names: ["approval"],
  read: (members, values) => {
    const entry = members.get("approval");
    if (entry === undefined) return { approval: null };
    if (!ASKING.some((name) => asks(members.get(name)))) {
      const message = "`approval` stands beside nothing that asks for one";
      values.problems.refuse("no_effect", entry, message, "add `require_approval: true`");
    }
    return { approval: readApproval(entry, values) };
  },
};

function asks(entry: LocatedEntry | undefined): boolean {
  return entry !== undefined && !(entry.value.kind === "boolean" && !entry.value.value);
}

function readApproval({ value }: LocatedEntry, values: ValueReader): RuleApproval | null {
  const members = readMap(value, KEYS, values.problems);
  if (members === null) return null;
  const not_requester = members.get("not_requester");
  return {
    by: readBy(members.get("by"), values),
    count: readInteger(members.get("count"), { least: 1, most: MAX_COUNT }, values.problems) ?? 1,
    within_ms: readDuration(members.get("within"), values.problems),
    not_requester: not_requester === undefined || values.flag(not_requester),
    reason_required: values.flag(members.get("reason_required")),
  };
}

function readBy(entry: LocatedEntry | undefined, values: ValueReader): readonly ApproverTest[] {
  if (entry === undefined) return [];
  const items = entry.value.kind === "list" ? values.list(entry, MAX_COUNT) : [entry.value];
  return items.flatMap((item): readonly ApproverTest[] => {
    const members = readMap(item, TEST_KEYS, values.problems);
    if (members === null) return [];
    const role = members.get("role");
    const approver = members.get("approver");
    if (role !== undefined && approver !== undefined) {
      values.problems.refuse("unknown_key", approver, "an entry of `by` has both `role` and `approver`", "list two");
    }
    if (role !== undefined) return [{ role: values.text(role) ?? "" }];
    return approver === undefined ? [] : [{ approver: values.text(approver) ?? "" }];
  });
}
