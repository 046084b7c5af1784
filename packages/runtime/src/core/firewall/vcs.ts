// Version control and publishing: lost work, and what others will receive.

import { ask, effectRule } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

/** Discarded work, rewritten history, pushes and publications. */
export const vcs: Rule = effectRule({
  layer: "firewall",
  id: "firewall:vcs",
  title: "Version control and publishing",
  display: null,
  reads: "discarded work, and what is published to others",
  judges: ["vcs.discard", "publish"],
  default: "REQUIRE_APPROVAL",
  override_key: null,
  revision: 1,
  judgeEffect: (effect) => {
    switch (effect.kind) {
      case "vcs.discard":
        return effect.remote
          ? ask("loses work that others share", effect.operation, "critical")
          : ask("loses work that was not kept elsewhere", effect.operation, "medium");
      case "publish":
        return ask("publishes to others", effect.to, "medium");
      default:
        return null;
    }
  },
});
