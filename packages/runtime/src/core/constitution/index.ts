// The Constitution, version 2.0: immutable. Nothing (argument, flag, policy, grant, approval, variable) relaxes an article.

import type { Rule } from "../rule.ts";
import { killSwitch } from "./art-7-kill-switch.ts";
import { noCatastrophicRisk } from "./art-0-no-catastrophic-risk.ts";
import { protectLife } from "./art-1-protect-life.ts";

/** The articles, in the order in which ties are settled. */
export const CONSTITUTION: readonly Rule[] = [killSwitch, protectLife, noCatastrophicRisk];
