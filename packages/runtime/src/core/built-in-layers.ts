// The three built-in layers together, in order.

import { CIVIL_CODE } from "./civil-code/index.ts";
import { CONSTITUTION } from "./constitution/index.ts";
import type { BuiltInLayer } from "./evaluate.ts";
import { FIREWALL } from "./firewall/index.ts";

/** Constitution, Civil Code and Firewall. The policy layer comes after them. */
export const BUILT_IN_LAYERS: readonly BuiltInLayer[] = [
  { layer: "constitution", rules: CONSTITUTION },
  { layer: "civil_code", rules: CIVIL_CODE },
  { layer: "firewall", rules: FIREWALL },
];
