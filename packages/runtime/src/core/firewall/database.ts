// Databases: reading passes, writing asks, wiping asks loudest.

import type { DbStatement } from "../effects/effect.ts";
import { ask, effectRule, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";

/** Statements that change data, structure or the server. */
export const database: Rule = effectRule({
  layer: "firewall",
  id: "firewall:database",
  title: "Databases",
  display: null,
  reads: "statements to databases, by what they do",
  judges: ["db.statement"],
  default: "REQUIRE_APPROVAL for everything but reading",
  override_key: null,
  revision: 1,
  judgeEffect: (effect) => (effect.kind === "db.statement" ? judge(effect) : null),
  judgeAction: judgeUnread,
});

function judge({ operation, text }: DbStatement): Judgement | null {
  switch (operation) {
    case "read":
      return null;
    case "write":
      return ask("changes rows of a database", text, "medium");
    case "schema":
      return ask("changes the structure of a database", text);
    case "wipe":
      return ask("drops or empties data in a database", text, "critical");
    case "admin":
      return ask("changes a database server or who may use it", text, "critical");
    default:
      return ask("a statement to a database can't be understood", text);
  }
}

function judgeUnread({ action, effects }: RuleInput): readonly Judgement[] {
  if (action.verb !== "db" || !action.changing) return [];
  if (effects.some((effect) => effect.kind === "db.statement")) return [];
  return [ask(`\`${action.action_type}\` changes a database in an unknown way`, action.action_type)];
}
