// Unlisted things: programs and action types nobody described, and payloads that say two things at once.

import type { Action } from "../action.ts";
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
  if (action.verb === "exec" && isUnread(action)) {
    judgements.push(ask("what to run stands in no member that is read", action.action_type));
  }
  // What the name gives a verb of its own (money, a message, a motor) is judged by the rule of that verb.
  if (!action.known && action.changing && (action.verb === "other" || action.verb === "read")) {
    judgements.push(ask("nothing is known of this changing action", action.action_type, "medium"));
  }
  return judgements;
}

// Something is given to run, and none of it was understood as a command, words or code.
function isUnread({ fields, members }: Action): boolean {
  // A document where words should stand: somebody's call in the text of a call.
  if (fields.argvs.some(([first = ""]) => first.startsWith("{"))) return true;
  if (fields.commands.length > 0 || fields.argvs.length > 0 || fields.codes.length > 0) return false;
  return Object.values(members).some((value) => value !== null && value !== "" && value !== false);
}
