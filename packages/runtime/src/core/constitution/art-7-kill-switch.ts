// Art.7: the kill switch. A stopped agent does nothing, and anything unclear reads as stopped.

import type { AgentContext } from "../agent-context.ts";
import { deny, effectRule, type Judgement } from "../effect-rule.ts";
import { foldName } from "../effects/text.ts";
import type { JsonValue } from "../json.ts";
import type { Rule, RuleInput } from "../rule.ts";
import { wordSet } from "../word-set.ts";

const RUNNING: ReadonlySet<string> = new Set(["", "active", "running", "ok", "idle"]);

// A stop must not fail for how its member is spelt (`killSwitch`, `KILL-SWITCH`, `Status`), nor for the word chosen.
const SWITCHES: ReadonlySet<string> = names("killswitch killswitchengaged emergencystop estop");
const FLAGS: ReadonlySet<string> = names(
  "suspended issuspended disabled isdisabled revoked isrevoked paused ispaused halted stop stopped terminated killed blocked isblocked banned isbanned frozen deactivated quarantined decommissioned locked islocked",
);
const STATUSES: ReadonlySet<string> = names("status agentstatus killswitchstatus");
const STATES: ReadonlySet<string> = names("state agentstate lifecycle lifecyclestate condition");
const GOING: ReadonlySet<string> = names("active isactive enabled isenabled");

/** Words that say stopped wherever an agent's state is told: elsewhere a state may be anything (a phase, a country's). */
const STOPPED: ReadonlySet<string> = names(
  "paused suspended revoked terminated killed halted quarantined deactivated inactive blocked stopped stopping disabled locked banned frozen decommissioned shutdown shuttingdown retired expired isolated aborted cancelled canceled compromised dead deleted removed",
);

// Members whose meaning is documented are read by their own names.
const DOCUMENTED: ReadonlySet<string> = wordSet(
  "public_key kill_switch status autonomous_mode spending_limit trusted_domains communication_channels bulk_authorized can_spawn_agents permissions mining_authorized physical_actions security_testing_authorized high_compute_authorized safe_paths environment env trace_id session_id tenant_id created_at avid",
);

function names(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}

/** Sovereign Kill Switch: fails closed on every value but absent, null and `false`, and on every unknown status. */
export const killSwitch: Rule = effectRule({
  layer: "constitution",
  id: "Art.7",
  title: "Sovereign Kill Switch",
  display: "Art.7",
  reads:
    "agent_ctx.kill_switch and agent_ctx.status in any spelling, members that say suspended, revoked or the like, and the kill switches recorded in the ledger",
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
  for (const member of stoppingMembers(agent)) {
    judgements.push(deny("the agent's context says that it is stopped", `agent_ctx.${member}`));
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

function stoppingMembers({ raw }: AgentContext): readonly string[] {
  return Object.keys(raw).filter((member) => !DOCUMENTED.has(member) && stops(foldName(member), raw[member] ?? null));
}

function stops(name: string, value: JsonValue): boolean {
  if (SWITCHES.has(name)) return value !== null && value !== false;
  if (FLAGS.has(name)) return isSet(value);
  if (STATUSES.has(name)) return !isRunning(value);
  if (STATES.has(name)) return typeof value === "string" && STOPPED.has(foldName(value));
  return GOING.has(name) && (value === false || value === 0 || value === "false" || value === "no");
}

// A list under such a name (`blocked: ["tool"]`) is something else.
function isSet(value: JsonValue): boolean {
  if (typeof value === "string") return /^(?:true|yes|on|y|t|1)$/i.test(value.trim());
  return value === true || (typeof value === "number" && value !== 0);
}

function statusText(agent: AgentContext): string {
  return typeof agent.status === "string" ? agent.status : "agent_ctx.status";
}
