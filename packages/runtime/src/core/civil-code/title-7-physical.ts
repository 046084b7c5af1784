// Title VII: things that move, heat, open or cut. Each action is granted by name.

import { effectsOf } from "../effects/effect.ts";
import { ask, deny, effectRule, liftedBy, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";

const OVERRIDE = "agent_ctx['physical_actions'] = ['...']";

/** Physical Systems and Actuators: denied; asks when other physical actions are granted; passes when named. */
export const physical: Rule = effectRule({
  layer: "civil_code",
  id: "Title VII",
  title: "Physical Systems and Actuators",
  display: "Title VII — Physical Systems and Actuators",
  reads: "physical acts, by declared verb or by device",
  judges: ["physical.act"],
  default: "DENY; REQUIRE_APPROVAL when agent_ctx.physical_actions is a list without this action",
  override_key: "physical_actions",
  revision: 1,
  judgeAction: judge,
});

function judge({ action, effects, agent }: RuleInput): readonly Judgement[] {
  const acts = effectsOf(effects, "physical.act");
  if (acts.length === 0 && action.verb !== "physical") return [];
  const names = [action.action_type, action.raw_action_type].map(fold);
  if (agent.physical_actions?.some((granted) => names.includes(fold(granted))) === true) return [];
  const device = acts[0]?.device ?? action.action_type;
  return agent.physical_actions === null
    ? [liftedBy(OVERRIDE, deny("acts on the physical world", device))]
    : [liftedBy(OVERRIDE, ask("acts on the physical world beyond the actions granted", device))];
}

function fold(name: string): string {
  return name.trim().toLowerCase();
}
