// Which decisions of a log a command is about, and where the key of their records is: flags that commands over recorded
// decisions share.

import { CanopyError } from "canopy-runtime/errors";
import { agentAvid, durationMs } from "canopy-runtime/flag-values";
import { homeOf } from "canopy-runtime/home";
import type { DecisionFilter } from "canopy-runtime/replay";
import { resolve } from "node:path";
import type { Io } from "./io.ts";
import { textFlag, type TextFlag } from "./text-flag.ts";

/** The flags, as given. */
export type FilterFlags = {
  readonly home?: string;
  readonly since?: string;
  readonly until?: string;
  readonly agent?: string;
  readonly trace?: string;
};

/** The flags' definitions. */
export const FILTER_FLAGS: Readonly<Record<keyof FilterFlags, TextFlag>> = {
  home: textFlag("The folder with the log's payload.key (default: CANOPY_HOME)", "DIR"),
  since: textFlag("Decisions from then on: 90m, 24h, 7d, or a time such as 2026-01-31", "TIME"),
  until: textFlag("Decisions before then", "TIME"),
  agent: textFlag("Decisions about one agent: its AVID or its public_key", "AGENT"),
  trace: textFlag("Decisions of one trace", "ID"),
};

/** What the flags say. Times that are ages are counted back from `now`, milliseconds since 1970. */
export function decisionFilter(io: Io, flags: FilterFlags, now: number): DecisionFilter & { readonly home: string } {
  const { home, since, until, agent, trace } = flags;
  return {
    home: home === undefined ? homeOf(io.env, io.cwd) : resolve(io.cwd, home),
    ...(since === undefined ? {} : { since: instantOf("since", since, now) }),
    ...(until === undefined ? {} : { until: instantOf("until", until, now) }),
    ...(agent === undefined ? {} : { agent: agentAvid(agent) }),
    ...(trace === undefined ? {} : { trace }),
  };
}

const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/u;

/** An instant from a flag's text, an age counted back from `now` or a time; milliseconds since 1970. Throws `USAGE`. */
export function instantOf(flag: string, text: string, now: number): number {
  const age = durationMs(text);
  if (age !== null) return now - age;
  const at = DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new CanopyError("USAGE", `--${flag} can't be \`${text}\`: expected an age or a time`, {
    at: `--${flag}`,
    fix: "write an age such as 90m, 24h or 7d, a day such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z",
  });
}
