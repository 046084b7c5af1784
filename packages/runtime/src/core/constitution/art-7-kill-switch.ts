// Art.7: the kill switch. A stopped agent does nothing, and anything unclear reads as stopped.

import type { AgentContext } from "../agent-context.ts";
import { deny, effectRule, type Judgement } from "../effect-rule.ts";
import type { JsonValue } from "../json.ts";
import type { Rule, RuleInput } from "../rule.ts";

const RUNNING: ReadonlySet<string> = new Set(["", "active", "running", "ok", "idle"]);

/** Sovereign Kill Switch: fails closed on every value but absent, null and `false`, and on every unknown status. */
export const killSwitch: Rule = effectRule({
  layer: "constitution",
  id: "Art.7",
  title: "Sovereign Kill Switch",
  display: "Art.7",
  reads: "agent_ctx.kill_switch, agent_ctx.status, and the kill switches recorded in the ledger",
  judges: [],
  default: "DENY everything while engaged",
  override_key: null,
  revision: 1,
  judgeAction: judge,
});

function judge({ agent, facts }: RuleInput): readonly Judgement[] {
  const judgements: Judgement[] = [];
  if (agent.kill_switch !== null && agent.kill_switch !== false) {
    judgements.push(deny("the agent's kill switch is engaged", "agent_ctx.kill_switch"));
  }
  if (!isRunning(agent.status)) judgements.push(deny("the agent's status is not a running one", statusText(agent)));
  if (facts.kill_switch !== null) {
    const { scope, since } = facts.kill_switch;
    judgements.push(deny(`a kill switch for ${scope === "all" ? "all agents" : `this ${scope}`} is engaged`, since));
  }
  return judgements;
}

function isRunning(status: JsonValue): boolean {
  if (status === null) return true;
  return typeof status === "string" && RUNNING.has(status.trim().toLowerCase());
}

function statusText(agent: AgentContext): string {
  return typeof agent.status === "string" ? agent.status : "agent_ctx.status";
}
