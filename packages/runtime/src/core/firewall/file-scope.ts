// The agent's own folders: a file tool writes there freely, elsewhere it asks.

import { effectsOf } from "../effects/effect.ts";
import { isUnder } from "../effects/path.ts";
import { ask, effectRule, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";

/** File actions outside agent_ctx.safe_paths. Shell commands are judged by the place, not by this list. */
export const fileScope: Rule = effectRule({
  layer: "firewall",
  id: "firewall:file-scope",
  title: "File scope",
  display: null,
  reads: "paths of file-changing actions, against agent_ctx.safe_paths",
  judges: ["fs.write", "fs.delete", "fs.permission"],
  default: "REQUIRE_APPROVAL outside safe_paths, and for a file action without a path",
  override_key: null,
  revision: 1,
  judgeAction: judge,
});

function judge({ action, effects, agent, facts }: RuleInput): readonly Judgement[] {
  if (action.verb !== "fs.write" && action.verb !== "fs.delete") return [];
  const changed = [
    ...effectsOf(effects, "fs.write"),
    ...effectsOf(effects, "fs.delete"),
    ...effectsOf(effects, "fs.permission"),
  ];
  if (changed.length === 0) return [ask("the file to change is not named", action.action_type, "medium")];
  return changed
    .filter(({ target }) => !agent.safe_paths.some((folder) => isUnder(target, folder, facts.surroundings)))
    .map((effect) => ask("changes a file outside safe_paths", effect.target.text, "medium"));
}
