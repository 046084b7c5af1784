// Grave topics: a bare word asks at most. Instruction and encouragement are the Constitution's.

import { ask, effectRule } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

/** A grave topic is named in text that is sent, written or shown (a film, a treaty, a hotline). */
export const content: Rule = effectRule({
  layer: "firewall",
  id: "firewall:content",
  title: "Grave topics",
  display: null,
  reads: "text that is sent, written or shown",
  judges: ["content.harm"],
  default: "REQUIRE_APPROVAL",
  override_key: null,
  revision: 1,
  judgeEffect: (effect) =>
    effect.kind === "content.harm" && effect.stance === "mention"
      ? ask("a grave topic is named", effect.topic, "medium")
      : null,
});
