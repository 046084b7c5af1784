// What can't be known: an unparsed command, and an unknown value where it decides the effect.

import type { Effect, UnresolvedPart } from "../effects/effect.ts";
import { ask, effectRule, type Judgement } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

const PART: Readonly<Record<UnresolvedPart, string>> = {
  program: "the program to run can't be known from the text",
  code: "the code to run can't be known from the text",
  target: "what would be changed can't be known from the text",
  host: "the host to reach can't be known from the text",
  process: "the process to stop can't be known from the text",
};

/** Unresolved programs, code, targets, hosts and processes; text that can't be parsed or is over a limit. */
export const unresolved: Rule = effectRule({
  layer: "firewall",
  id: "firewall:unresolved",
  title: "Unresolved and unparsed",
  display: null,
  reads: "values that decide an effect and can't be known, and text that can't be read",
  judges: ["exec.unresolved", "exec.unparsed", "fs.write", "fs.permission"],
  default: "REQUIRE_APPROVAL",
  override_key: null,
  revision: 1,
  judgeEffect: judge,
});

function judge(effect: Effect): Judgement | null {
  switch (effect.kind) {
    case "exec.unresolved":
      return ask(PART[effect.part], effect.text);
    case "exec.unparsed":
      return ask("the text can't be read with certainty", effect.problem);
    case "fs.write":
    case "fs.permission":
      return effect.target.zone === "unresolved" ? ask(PART.target, effect.target.text) : null;
    default:
      return null;
  }
}
