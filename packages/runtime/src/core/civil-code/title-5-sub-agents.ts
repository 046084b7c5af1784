// Title V: new agents. They may never hold more than the one that makes them.

import { effectsOf, type AgentSpawn } from "../effects/effect.ts";
import { ask, deny, effectRule, liftedBy, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";

const OVERRIDE = "agent_ctx['can_spawn_agents'] = True";
const PERMISSION_MEMBERS = ["requested_permissions", "permissions"] as const;

/** Sub-agent Creation and Delegation: asks; permissions beyond the agent's own are denied. */
export const subAgents: Rule = effectRule({
  layer: "civil_code",
  id: "Title V",
  title: "Sub-agent Creation and Delegation",
  display: "Title V — Sub-agent Creation and Delegation",
  reads: "new agents and delegations, and the permissions asked for them, against agent_ctx.permissions",
  judges: ["agent.spawn"],
  default: "REQUIRE_APPROVAL; DENY for permissions that the agent doesn't hold itself",
  override_key: "can_spawn_agents",
  revision: 1,
  judgeAction: judge,
});

function judge(input: RuleInput): readonly Judgement[] {
  const { action, effects, agent } = input;
  const spawned = effectsOf(effects, "agent.spawn");
  if (spawned.length === 0 && action.verb !== "spawn") return [];
  const judgements = spawned.flatMap((spawn) => judgePermissions(input, spawn));
  if (agent.can_spawn_agents) return judgements;
  return [liftedBy(OVERRIDE, ask("creates or instructs another agent", action.action_type, "medium")), ...judgements];
}

function judgePermissions({ action, agent }: RuleInput, { requested }: AgentSpawn): readonly Judgement[] {
  if (requested === null) {
    const asked = PERMISSION_MEMBERS.some((member) => (action.members[member] ?? null) !== null);
    return asked ? [ask("the permissions for the new agent are not a list of names", action.action_type)] : [];
  }
  if (requested.length === 0) return [];
  if (agent.permissions === null) {
    return [
      ask("the agent's own permissions are not known, so those asked for can't be checked", requested.join(", ")),
    ];
  }
  const held = new Set(agent.permissions);
  const beyond = requested.filter((permission) => !held.has(permission));
  if (beyond.length === 0) return [];
  return [deny("the new agent would hold permissions that its maker doesn't", beyond.join(", "), "high")];
}
