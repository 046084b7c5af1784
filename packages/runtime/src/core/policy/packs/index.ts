// The policies that come with Canopy, as text: pure code can't read files. `policies/*.yaml` are the same bytes.

import { BROWSER_POLICY } from "./browser.ts";
import { CODING_AGENT_POLICY } from "./coding-agent.ts";
import { DATA_ACCESS_POLICY } from "./data-access.ts";
import { DEFAULT_POLICY } from "./default.ts";
import { INFRASTRUCTURE_POLICY } from "./infrastructure.ts";
import { PAYMENTS_POLICY } from "./payments.ts";
import { PRODUCTION_POLICY } from "./production.ts";

/** The name of a pack. */
export type PolicyPackName =
  | "default"
  | "production"
  | "coding-agent"
  | "payments"
  | "data-access"
  | "browser"
  | "infrastructure";

const PACKS: Readonly<Record<PolicyPackName, string>> = {
  default: DEFAULT_POLICY,
  production: PRODUCTION_POLICY,
  "coding-agent": CODING_AGENT_POLICY,
  payments: PAYMENTS_POLICY,
  "data-access": DATA_ACCESS_POLICY,
  browser: BROWSER_POLICY,
  infrastructure: INFRASTRUCTURE_POLICY,
};

/** Whether a text names a pack. */
export function isPolicyPackName(name: string): name is PolicyPackName {
  return Object.hasOwn(PACKS, name);
}

/** The names of the packs. */
export const POLICY_PACK_NAMES: readonly PolicyPackName[] = Object.keys(PACKS).filter(isPolicyPackName);

/** The YAML text of a pack. */
export function policyPack(name: PolicyPackName): string {
  return PACKS[name];
}
