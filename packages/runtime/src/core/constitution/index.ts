// The Constitution: immutable. Nothing (argument, flag, policy, grant, approval, variable) relaxes an article.

import type { Rule } from "../rule.ts";
import { killSwitch } from "./art-7-kill-switch.ts";
import { noCatastrophicRisk } from "./art-0-no-catastrophic-risk.ts";
import { protectLife } from "./art-1-protect-life.ts";

/** Its name and version, as decisions and documents cite it. */
export const CONSTITUTION_ID = "Canopy-Constitution";
/** Raised when an article is added, removed or changes its meaning. */
export const CONSTITUTION_VERSION = "2.0";

/** The articles, in the order in which ties are settled. */
export const CONSTITUTION: readonly Rule[] = [killSwitch, protectLife, noCatastrophicRisk];
