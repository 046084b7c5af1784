// What becomes of findings before they are told: those of rules that are only tried, and those that are too many.

import type { Finding, Verdict } from "../finding.ts";
import { graver } from "../finding.ts";

/** The most findings of a policy that one evaluation tells. */
export const MAX_FINDINGS = 64;

/** The finding of a rule that warns or is in shadow: what it would say, deciding nothing. A grant tells nothing then. */
export function onlyTried(mode: "enforce" | "warn" | "shadow", finding: Finding | null): Finding | null {
  if (finding === null || mode === "enforce") return finding;
  const { decision: would } = finding;
  if (would === "ALLOW") return null;
  const reason = finding.reason.replace(
    / (denies|asks for approval): /,
    (_, does: string) => ` would ${WOULD[does]}: `,
  );
  return { ...finding, decision: "ALLOW", reason, mode, would };
}

const WOULD: Readonly<Record<string, string>> = { denies: "deny", "asks for approval": "ask for approval" };

/**
 * At most `MAX_FINDINGS`: the strictest, in their order, and one more that says how many others there are, and stands
 * for the strictest of them.
 */
export function capFindings(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= MAX_FINDINGS) return findings;
  const ranked = findings.map((finding, index) => ({ finding, index }));
  ranked.sort((left, right) => rank(right.finding) - rank(left.finding) || left.index - right.index);
  const kept = ranked.slice(0, MAX_FINDINGS).sort((left, right) => left.index - right.index);
  const others = ranked.slice(MAX_FINDINGS).map(({ finding }) => finding);
  const [strictest] = others;
  if (strictest === undefined) return findings;
  const severity = others.map((finding) => finding.severity).reduce(graver);
  const reason = `policy has ${others.length} more findings, none stricter than those told`;
  const { evidence: _evidence, ...rest } = strictest;
  return [...kept.map(({ finding }) => finding), { ...rest, rule_ref: "policy:engine", severity, reason }];
}

const RANK: Readonly<Record<Verdict, number>> = { ALLOW: 0, REQUIRE_APPROVAL: 2, DENY: 4 };

// What is in force comes before what only would be.
function rank({ decision, would }: Finding): number {
  return would === undefined ? RANK[decision] + 1 : RANK[would] / 4;
}
