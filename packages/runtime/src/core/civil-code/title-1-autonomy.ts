// Title I: what an agent may start on its own. Reads the declared verb only, else every `mv` would ask.

import type { Verb } from "../action.ts";
import { effectsOf } from "../effects/effect.ts";
import { isUnder } from "../effects/path.ts";
import { ask, effectRule, liftedBy, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";

const OVERRIDE = "agent_ctx['autonomous_mode'] = True";
const GATED: ReadonlySet<Verb> = new Set<Verb>(["message", "spawn", "deploy", "fs.write", "fs.delete"]);

/** Autonomy and Agency Limits: sending, publishing, spawning, deploying and changing files ask first. */
export const autonomy: Rule = effectRule({
  layer: "civil_code",
  id: "Title I",
  title: "Autonomy and Agency Limits",
  display: "Title I — Autonomy and Agency Limits",
  reads: "the action's declared verb; for file actions the paths, against agent_ctx.safe_paths",
  judges: ["fs.write", "fs.delete"],
  default: "REQUIRE_APPROVAL for messages, publications, new agents, deployments, and file changes outside safe_paths",
  override_key: "autonomous_mode",
  revision: 1,
  judgeAction: judge,
});

function judge(input: RuleInput): readonly Judgement[] {
  const { action, agent } = input;
  if (agent.autonomous_mode || !GATED.has(action.verb)) return [];
  if (isFileVerb(action.verb) && changesOnlySafePaths(input)) return [];
  const what = isFileVerb(action.verb) ? "changes files outside safe_paths" : "starts something on its own";
  const judgement = ask(`\`${action.action_type}\` ${what}`, action.action_type, "medium");
  return [liftedBy(OVERRIDE, judgement)];
}

function isFileVerb(verb: Verb): boolean {
  return verb === "fs.write" || verb === "fs.delete";
}

function changesOnlySafePaths({ effects, agent, facts }: RuleInput): boolean {
  const changed = [...effectsOf(effects, "fs.write"), ...effectsOf(effects, "fs.delete")];
  return (
    changed.length > 0 &&
    changed.every(({ target }) => agent.safe_paths.some((folder) => isUnder(target, folder, facts.surroundings)))
  );
}
