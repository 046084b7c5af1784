// Two policies compared on the requests that a log has recorded: each simulated by itself, with the history that its own
// decisions make.

import { stricter, type Verdict } from "../../core/finding.ts";
import type { PolicySource } from "../engine.ts";
import { simulateLog, type SimulatedDecision, type SimulateOptions } from "./simulate-log.ts";

/** How two policies are compared on a log. */
export interface DiffLogOptions extends Omit<SimulateOptions, "policy"> {
  readonly from: Pick<PolicySource, "bytes" | "file">;
  readonly to: Pick<PolicySource, "bytes" | "file">;
}

/** A recorded request under both policies. */
export interface ComparedDecision extends Pick<SimulatedDecision, "authorization_id" | "entry" | "request"> {
  /** Null when it can't be told. */
  readonly from: Verdict | null;
  readonly to: Verdict | null;
  /** The rule of the stricter answer; null when both are the same. */
  readonly rule_ref: string | null;
}

/** Every meant decision of a log under both policies, in order. Cost: twice that of `simulateLog`, and throws as it does. */
export async function* diffLog(
  path: string,
  { from, to, verified, progress, ...rest }: DiffLogOptions,
): AsyncGenerator<ComparedDecision, void, void> {
  const told = { ...(verified === undefined ? {} : { verified }), ...(progress === undefined ? {} : { progress }) };
  const old = simulateLog(path, { ...rest, ...told, policy: from });
  const now = simulateLog(path, { ...rest, ...(verified === undefined ? {} : { verified: doNothing }), policy: to });
  try {
    for await (const left of old) {
      const right = await now.next();
      // What is written meanwhile may be seen by one of the two alone.
      if (right.done === true) return;
      yield compared(left, right.value);
    }
  } finally {
    await now.return();
  }
}

function compared(old: SimulatedDecision, now: SimulatedDecision): ComparedDecision {
  const { authorization_id, entry, request } = now;
  const [from, to] = [old.simulated, now.simulated];
  const differ = from !== null && to !== null && from !== to;
  const rule_ref = differ ? (stricter(from, to) === from ? old.deciding_rule : now.deciding_rule) : null;
  return { authorization_id, entry, request, from, to, rule_ref };
}

function doNothing(): void {
  // Told once is enough.
}
