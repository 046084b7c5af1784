// Art.1: human life and dignity. Instruction or encouragement of harm never leaves, whoever approves it.

import { deny, effectRule } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

/** Protect Human Life and Dignity: text that instructs or encourages harm to people. A bare topic word is not harm. */
export const protectLife: Rule = effectRule({
  layer: "constitution",
  id: "Art.1",
  title: "Protect Human Life and Dignity",
  display: "Art.1",
  reads: "text that is sent, written or shown",
  judges: ["content.harm"],
  default: "DENY for instruction or encouragement of harm; a bare topic asks through the firewall",
  override_key: null,
  revision: 1,
  judgeEffect: (effect) =>
    effect.kind === "content.harm" && effect.stance === "instruct"
      ? deny("instructs or encourages harm to people", effect.topic)
      : null,
});
