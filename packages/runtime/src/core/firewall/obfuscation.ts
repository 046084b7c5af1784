// Hidden code: text that is decoded, reversed or downloaded and then run asks, however harmless the result looks.

import { ask, effectRule } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

/** Decoded, reversed, downloaded or generated text that is run. What it turns out to do is judged beside it. */
export const obfuscation: Rule = effectRule({
  layer: "firewall",
  id: "firewall:obfuscation",
  title: "Obfuscated execution",
  display: null,
  reads: "text that is run after decoding, reversing, downloading or generating it",
  judges: ["exec.obfuscated"],
  default: "REQUIRE_APPROVAL",
  override_key: null,
  revision: 1,
  judgeEffect: (effect) =>
    effect.kind === "exec.obfuscated"
      ? ask(`runs ${effect.how} text as code`, effect.text, effect.how === "downloaded" ? "critical" : "high")
      : null,
});
