// A finding is one rule's verdict, with what it saw. All findings of all layers are joined: the strictest wins.

/** The verdict on an action. */
export type Verdict = "ALLOW" | "REQUIRE_APPROVAL" | "DENY";

/** How grave a finding is. */
export type Severity = "low" | "medium" | "high" | "critical";

/** The four layers, in the order in which ties are settled. */
export type Layer = "constitution" | "civil_code" | "firewall" | "policy";

/** The layers in order. */
export const LAYERS: readonly Layer[] = ["constitution", "civil_code", "firewall", "policy"];

/** One rule's verdict. Findings are data: they are returned, stored and hashed as they are. */
export interface Finding {
  readonly layer: Layer;
  /** `Art.0`, `Title II`, `firewall:<rule>`, `policy:<rule id>`. */
  readonly rule_ref: string;
  /** ALLOW findings are notes, or a policy's grant; they never lower another finding. */
  readonly decision: Verdict;
  readonly severity: Severity;
  /** One line for a person. */
  readonly reason: string;
  /** The documented `agent_ctx` setting that would lift this finding, where there is one. */
  readonly override_key?: string;
  /** What was seen, short: a path, a host, a program. Never a secret's value. */
  readonly evidence?: readonly string[];
  /** Present when the rule is only tried: it decides nothing, whatever it would say. */
  readonly mode?: "warn" | "shadow";
  /** What a rule that is only tried would say. */
  readonly would?: Exclude<Verdict, "ALLOW">;
}

const VERDICT_RANK: Readonly<Record<Verdict, number>> = { ALLOW: 0, REQUIRE_APPROVAL: 1, DENY: 2 };
const SEVERITY_RANK: Readonly<Record<Severity, number>> = { low: 0, medium: 1, high: 2, critical: 3 };

/** The stricter of two verdicts: DENY over REQUIRE_APPROVAL over ALLOW. Commutative, associative, idempotent. */
export function stricter(left: Verdict, right: Verdict): Verdict {
  return VERDICT_RANK[left] >= VERDICT_RANK[right] ? left : right;
}

/** The graver of two severities. */
export function graver(left: Severity, right: Severity): Severity {
  return SEVERITY_RANK[left] >= SEVERITY_RANK[right] ? left : right;
}
