// How facts are counted from a log's tally.

import { sum, type LogTally } from "../log-tally.ts";
import type { ControlInput, Evidence, Standing } from "./control.ts";

/** Decisions that any of these rules denied or asked about; a decision that two of them speak in counts once for each. */
export function stoppedBy(what: string, rules: readonly string[]): (tally: LogTally) => Evidence {
  return (tally) => ({
    what,
    entries: rules.reduce((count, rule) => {
      const found = tally.blockers.get(rule);
      return count + (found === null ? 0 : found.deny + found.ask);
    }, 0),
  });
}

/** Entries of any of these events. */
export function happened(what: string, events: readonly string[]): (tally: LogTally) => Evidence {
  return (tally) => ({ what, entries: events.reduce((count, event) => count + tally.count(event), 0) });
}

/** All decisions. */
export function decided(what: string): (tally: LogTally) => Evidence {
  return (tally) => ({ what, entries: sum(tally.decisions) });
}

/** Facts of one control. */
export function facts(
  ...counts: readonly ((tally: LogTally) => Evidence)[]
): (input: ControlInput) => readonly Evidence[] {
  return ({ tally }) => counts.map((count) => count(tally));
}

/** For what a log can only ever show a part of. */
export function atMostPartial(_input: ControlInput, evidence: readonly Evidence[]): Standing {
  return evidence.some(({ entries }) => entries > 0) ? "partial" : "insufficient";
}

/** For what no log of governed calls can show. */
export function neverShown(): Standing {
  return "insufficient";
}
