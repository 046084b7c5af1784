// Disputed identity: a name whose owner has proven its key, used by somebody who only says that it is theirs.

import { ask, effectRule, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";

/** An asserted claim of an identity that was proven in this log asks. */
export const identity: Rule = effectRule({
  layer: "firewall",
  id: "firewall:identity",
  title: "Disputed identity",
  display: null,
  reads: "whether this agent's key was proven in this log, and is only asserted by this call",
  judges: [],
  default: "REQUIRE_APPROVAL for an asserted claim of a proven identity",
  override_key: null,
  revision: 1,
  judgeAction: judge,
});

function judge({ facts }: RuleInput): readonly Judgement[] {
  if (facts.identity_disputed !== true) return [];
  return [ask("this agent's key was proven before, and is only asserted by this call", "agent_ctx.public_key", "high")];
}
