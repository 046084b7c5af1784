// Infrastructure: clouds, clusters, container hosts, releases made by a command.

import { ask, effectRule } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

/** Changes outside this machine. A declared deployment is Title I's; one made by a command is judged here. */
export const infrastructure: Rule = effectRule({
  layer: "firewall",
  id: "firewall:infrastructure",
  title: "Infrastructure",
  display: null,
  reads: "changes of clouds, clusters and container hosts, and releases made by commands",
  judges: ["infra.change", "deploy.release"],
  default: "REQUIRE_APPROVAL",
  override_key: null,
  revision: 1,
  judgeEffect: (effect, { action }) => {
    switch (effect.kind) {
      case "infra.change": {
        const seen = `${effect.system}: ${effect.operation}`;
        return effect.destructive
          ? ask("destroys or stops infrastructure", seen, "critical")
          : ask("changes infrastructure", seen, "medium");
      }
      case "deploy.release":
        return action.verb === "deploy" ? null : ask("releases to others", effect.target, "medium");
      default:
        return null;
    }
  },
});
