// Title VIII: not attacking others. Testing tools may be authorized, attacks may not.

import type { Effect } from "../effects/effect.ts";
import { ask, deny, effectRule, liftedBy, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";

const OVERRIDE = "agent_ctx['security_testing_authorized'] = True";

/** Non-Aggression and Security: attacks are denied; scanners and testing tools ask. */
export const security: Rule = effectRule({
  layer: "civil_code",
  id: "Title VIII",
  title: "Non-Aggression and Security",
  display: "Title VIII — Non-Aggression and Security",
  reads: "security tools and attacks, by declared verb or by program",
  judges: ["security.use"],
  default: "DENY for attacks, which nothing lifts; REQUIRE_APPROVAL for scanners and testing tools",
  override_key: "security_testing_authorized",
  revision: 1,
  judgeEffect: judge,
});

function judge(effect: Effect, { agent }: RuleInput): Judgement | null {
  if (effect.kind !== "security.use") return null;
  if (effect.level === "attack") return deny("attacks a system or the people who use it", effect.tool);
  if (agent.security_testing_authorized) return null;
  return liftedBy(OVERRIDE, ask("uses a security testing tool", effect.tool));
}
