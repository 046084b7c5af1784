// The policies that come with Canopy, as text: pure code can't read files. `policies/*.yaml` are the same bytes.

import { DEFAULT_POLICY } from "./default.ts";
import { PRODUCTION_POLICY } from "./production.ts";

/** The names of the packs. */
export const POLICY_PACK_NAMES: readonly ["default", "production"] = ["default", "production"];

/** The name of a pack. */
export type PolicyPackName = (typeof POLICY_PACK_NAMES)[number];

/** Whether a text names a pack. */
export function isPolicyPackName(name: string): name is PolicyPackName {
  return POLICY_PACK_NAMES.some((known) => known === name);
}

/** The YAML text of a pack. */
export function policyPack(name: PolicyPackName): string {
  switch (name) {
    case "default":
      return DEFAULT_POLICY;
    case "production":
      return PRODUCTION_POLICY;
    default:
      return name satisfies never;
  }
}
