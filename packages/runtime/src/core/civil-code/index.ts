// The Civil Code, version 1.0: ten titles with defaults, each relaxed only by its own documented setting of the agent's context.

import type { Rule } from "../rule.ts";
import { autonomy } from "./title-1-autonomy.ts";
import { sustainability } from "./title-10-sustainability.ts";
import { financial } from "./title-2-financial.ts";
import { privacy } from "./title-3-privacy.ts";
import { communication } from "./title-4-communication.ts";
import { subAgents } from "./title-5-sub-agents.ts";
import { resources } from "./title-6-resources.ts";
import { physical } from "./title-7-physical.ts";
import { security } from "./title-8-security.ts";
import { governance } from "./title-9-governance.ts";

/** The titles, in the order in which ties are settled: what nothing or little lifts comes first. */
export const CIVIL_CODE: readonly Rule[] = [
  governance,
  physical,
  financial,
  resources,
  autonomy,
  privacy,
  communication,
  subAgents,
  security,
  sustainability,
];
