// Title VI: taking resources for oneself. Mining, by whatever name the program runs.

import { deny, effectRule, liftedBy } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

const OVERRIDE = "agent_ctx['mining_authorized'] = True";

/** Resource Accumulation: mining of currency is denied unless it is authorized. */
export const resources: Rule = effectRule({
  layer: "civil_code",
  id: "Title VI",
  title: "Resource Accumulation",
  display: "Title VI — Resource Accumulation",
  reads: "mining, by declared verb or by program",
  judges: ["mining.run"],
  default: "DENY",
  override_key: "mining_authorized",
  revision: 1,
  judgeAction: ({ action, effects, agent }) => {
    if (agent.mining_authorized) return [];
    const mining = effects.find((effect) => effect.kind === "mining.run");
    if (mining === undefined && action.verb !== "mining") return [];
    return [liftedBy(OVERRIDE, deny("mines currency", mining?.via ?? action.action_type, "high"))];
  },
});
