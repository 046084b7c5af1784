// Title X: shared resources. Large compute, very many recipients, many machines at once.

import type { Effect } from "../effects/effect.ts";
import { ask, effectRule, liftedBy, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";

/** Units of compute (GPUs, nodes, workers) up to which a job passes. */
export const MOST_COMPUTE_UNITS = 8;
/** Recipients from which a send is a load on others, beside what Title IV says of it. */
export const MANY_RECIPIENTS = 100;
/** Machines, containers or accounts that may be made at once. */
export const MOST_CREATED_UNITS = 10;

const OVERRIDE = "agent_ctx['high_compute_authorized'] = True";

/** Sustainability and Shared Resources: large compute, bulk sends and mass creation ask. */
export const sustainability: Rule = effectRule({
  layer: "civil_code",
  id: "Title X",
  title: "Sustainability and Shared Resources",
  display: "Title X — Sustainability and Shared Resources",
  reads: "large compute, sends to very many, and mass creation, by declared verb or by command",
  judges: ["compute.heavy", "message.send", "infra.change"],
  default: `REQUIRE_APPROVAL above ${MOST_COMPUTE_UNITS} compute units, ${MANY_RECIPIENTS} recipients or ${MOST_CREATED_UNITS} created units`,
  override_key: "high_compute_authorized",
  revision: 1,
  judgeEffect: (effect, input) => {
    const judgement = input.agent.high_compute_authorized ? null : judge(effect);
    return judgement === null ? null : liftedBy(OVERRIDE, judgement);
  },
  judgeAction: judgeVerb,
});

function judge(effect: Effect): Judgement | null {
  switch (effect.kind) {
    case "compute.heavy":
      return effect.quantity === null || !(effect.quantity <= MOST_COMPUTE_UNITS)
        ? ask("asks for large compute", effect.what, "medium")
        : null;
    case "message.send":
      return effect.recipients !== null && effect.recipients > MANY_RECIPIENTS
        ? ask("sends to very many recipients", `${effect.recipients} recipients`, "medium")
        : null;
    case "infra.change":
      return effect.count !== null && effect.count > MOST_CREATED_UNITS
        ? ask("creates many units at once", `${effect.count} × ${effect.operation}`, "medium")
        : null;
    default:
      return null;
  }
}

function judgeVerb({ action, effects, agent }: RuleInput): readonly Judgement[] {
  if (action.verb !== "compute" || agent.high_compute_authorized) return [];
  if (effects.some((effect) => effect.kind === "compute.heavy")) return [];
  return [liftedBy(OVERRIDE, ask("asks for compute of an unknown size", action.action_type, "medium"))];
}
