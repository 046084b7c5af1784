// The flags that say which entries a timeline or a bundle is about.

import { resolve } from "node:path";
import { agentAvid } from "canopy-runtime/flag-values";
import type { Selection } from "canopy-runtime/forensics";
import { decisionFilter } from "../decision-filter.ts";
import type { Io } from "../io.ts";
import { textFlag, type TextFlag } from "../text-flag.ts";

/** The flags, as given. */
export type SelectionFlags = {
  readonly trace?: string;
  readonly incident?: string;
  readonly agent?: string;
  readonly tenant?: string;
  readonly since?: string;
  readonly until?: string;
};

/** The flags' definitions. */
export const SELECTION_FLAGS: Readonly<Record<keyof SelectionFlags, TextFlag>> = {
  trace: textFlag("What happened in one trace", "ID"),
  incident: textFlag("What an incident is about: its trace and what it names", "ID"),
  agent: textFlag("What one agent did: its AVID or its public_key", "AGENT"),
  tenant: textFlag("Of one tenant only", "ID"),
  since: textFlag("From then on: 90m, 24h, 7d, or a time such as 2026-01-31", "TIME"),
  until: textFlag("Before then", "TIME"),
};

/** What the flags ask for; null when none is given. Ages are counted back from `now`, milliseconds since 1970. */
export function selectionOf(io: Io, flags: SelectionFlags, now: number): Selection | null {
  const { trace, incident, agent, tenant } = flags;
  const { since, until } = decisionFilter(io, timesOf(flags), now);
  const selection: Selection = {
    ...(incident === undefined ? {} : { incident_id: incident }),
    ...(trace === undefined ? {} : { trace_id: trace }),
    ...(agent === undefined ? {} : { avid: agentAvid(agent) }),
    ...(tenant === undefined ? {} : { tenant_id: tenant }),
    ...(since === undefined ? {} : { from_ms: since }),
    ...(until === undefined ? {} : { to_ms: until }),
  };
  return Object.keys(selection).length > 0 ? selection : null;
}

function timesOf({ since, until }: SelectionFlags): Pick<SelectionFlags, "since" | "until"> {
  return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
}

/** A path as the user meant it. */
export function pathIn(io: Io, path: string): string {
  return resolve(io.cwd, path);
}
