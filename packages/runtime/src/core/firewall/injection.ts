// Injection: variables that make other programs load foreign code.

import { ask, effectRule } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

/** Loader and interpreter variables (`LD_PRELOAD`, `BASH_ENV`, `PATH` to a foreign place …). */
export const injection: Rule = effectRule({
  layer: "firewall",
  id: "firewall:injection",
  title: "Code injection by environment",
  display: null,
  reads: "loader and interpreter variables that a command or payload sets",
  judges: ["exec.injected"],
  default: "REQUIRE_APPROVAL",
  override_key: null,
  revision: 1,
  judgeEffect: (effect) =>
    effect.kind === "exec.injected" ? ask("makes other programs run foreign code", effect.variable, "critical") : null,
});
