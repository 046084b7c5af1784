// Facts: everything else that evaluation may look at. Gathered before, by the shell; never read by a rule.

import type { Surroundings } from "./effects/surroundings.ts";

/** What was read from the world for one evaluation. */
export interface Facts {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly now_ms: number;
  /** A kill switch recorded for this agent, its tenant, or all; null when none is engaged. */
  readonly kill_switch: { readonly scope: "agent" | "tenant" | "all"; readonly since: string } | null;
  /** True when the agent's key was proven in this log, and this call only asserts it. */
  readonly identity_disputed?: boolean;
  readonly surroundings: Surroundings;
}
