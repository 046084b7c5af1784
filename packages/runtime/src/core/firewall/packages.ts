// Packages: installing runs other people's code.

import { ask, effectRule, note } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

/** Installed, upgraded or removed packages, in a project or on the system. */
export const packages: Rule = effectRule({
  layer: "firewall",
  id: "firewall:packages",
  title: "Packages",
  display: null,
  reads: "installed packages, by manager and reach",
  judges: ["package.install"],
  default: "REQUIRE_APPROVAL; installing only what the project's files list passes",
  override_key: null,
  revision: 1,
  judgeEffect: (effect) => {
    if (effect.kind !== "package.install") return null;
    // A project's list of packages is as much its own as its build files.
    if (effect.declared === true) return note("installs what the project lists", effect.manager);
    return effect.system
      ? ask("changes the packages of the system", effect.manager)
      : ask("brings other people's code into the project", effect.manager, "medium");
  },
});
