// Rules whose last day is past or near: what they forbade is allowed from then on, and nobody is told.

import { counted } from "../../counted.ts";
import type { RuleSource } from "../check.ts";
import type { ProblemList } from "../problem.ts";

const SOON_MS = 30 * 86_400_000;

/** Report rules that have expired, or will within 30 days. */
export function reportExpired(rules: readonly RuleSource[], now_ms: number, problems: ProblemList): void {
  for (const rule of rules) {
    if (rule.expires === null || rule.expires.at_ms - now_ms > SOON_MS) continue;
    const { day, at_ms } = rule.expires;
    if (at_ms <= now_ms) {
      const message = `rule ${rule.id} expired with ${day}: it decides nothing any more`;
      problems.report("error", "expired", rule, { message, fix: "drop it, or give it a later day" });
    } else {
      const days = Math.ceil((at_ms - now_ms) / 86_400_000);
      const message = `rule ${rule.id} expires with ${day}, in ${counted(days, "day")}`;
      problems.report("warning", "expired", rule, { message });
    }
  }
}
