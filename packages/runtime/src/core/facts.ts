// Facts: everything else that evaluation may look at. Gathered before, by the shell; never read by a rule.

import type { Surroundings } from "./effects/surroundings.ts";
import type { ExternalFacts } from "./policy/engines/external-answer.ts";
import type { StateFacts } from "./policy/state/state-facts.ts";

/** What was read from the world for one evaluation. */
export interface Facts {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly now_ms: number;
  /** A kill switch recorded for this agent, its tenant, or all; null when none is engaged. */
  readonly kill_switch: { readonly scope: "agent" | "tenant" | "all"; readonly since: string } | null;
  /** True when the agent's key was proven in this log, and this call only asserts it. */
  readonly identity_disputed?: boolean;
  readonly surroundings: Surroundings;
  /** What the log's history says to the policy's question (`PolicyLayer.queryState`); absent when it asks none. */
  readonly state?: StateFacts;
  /** Minutes by which each time zone that the policy names is ahead of UTC, by its IANA name, at `now_ms`. */
  readonly zones?: Readonly<Record<string, number>>;
  /** What the policy's other engines said, by their ids; absent when it names none, or they were not asked. */
  readonly external?: ExternalFacts;
}
