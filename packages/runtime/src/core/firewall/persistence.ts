// Persistence: what would run later, without anybody asking again.

import { ask, effectRule } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

/** Scheduled jobs, services, start-up and login files, hooks. */
export const persistence: Rule = effectRule({
  layer: "firewall",
  id: "firewall:persistence",
  title: "Persistence",
  display: null,
  reads: "installed jobs and services, and writes to places that are read at start-up, login or on events",
  judges: ["persist.install", "fs.write"],
  default: "REQUIRE_APPROVAL",
  override_key: null,
  revision: 1,
  judgeEffect: (effect) => {
    switch (effect.kind) {
      case "persist.install":
        return ask("arranges for something to run later", effect.where);
      case "fs.write":
        return effect.target.persistence === null
          ? null
          : ask(`writes where code runs from later (${effect.target.persistence})`, effect.target.text);
      default:
        return null;
    }
  },
});
