// Unlisted things: programs and action types nobody described, and payloads that say two things at once.

import { ask, effectRule, note, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";

/** Unknown programs pass with a note; unknown changing action types and doubtful payloads ask. */
export const unknown: Rule = effectRule({
  layer: "firewall",
  id: "firewall:unknown",
  title: "Unlisted programs and actions",
  display: null,
  reads: "programs without a row, action types without an entry, doubts about the payload",
  judges: ["exec.program", "other.change"],
  default: "a note for unknown programs; REQUIRE_APPROVAL for unknown changing actions and doubtful payloads",
  override_key: null,
  revision: 1,
  judgeEffect: (effect) => {
    switch (effect.kind) {
      case "exec.program":
        return effect.known ? null : note("nothing is known of this program", effect.program);
      case "other.change":
        return ask("changes something that no rule describes", effect.via, "medium");
      default:
        return null;
    }
  },
  judgeAction: judge,
});

function judge({ action }: RuleInput): readonly Judgement[] {
  const judgements: Judgement[] = action.doubts.map((doubt) => ask("the payload can't be relied on", doubt));
  // What the name gives a verb of its own (money, a message, a motor) is judged by the rule of that verb.
  if (!action.known && action.changing && (action.verb === "other" || action.verb === "read")) {
    judgements.push(ask("nothing is known of this changing action", action.action_type, "medium"));
  }
  return judgements;
}
