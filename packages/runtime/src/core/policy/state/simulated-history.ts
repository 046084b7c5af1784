// A history without a log: what was decided is learned as if it had been recorded and run. For tests of policies, and to
// ask what a policy would have done. The book is the one that the runtime asks, so answers are the same.

import type { Evaluation } from "../../decision.ts";
import type { PolicyLayer } from "../../evaluate.ts";
import type { Facts } from "../../facts.ts";
import type { JsonObject } from "../../json.ts";
import type { RuleInput } from "../../rule.ts";
import { entryDeltas } from "./entry-deltas.ts";
import { entryTimeText } from "./entry-time.ts";
import type { ScopeMembers } from "./scope.ts";
import { StateBook } from "./state-book.ts";

/** How an allowed action goes on: it runs well, it fails, or it is never begun. */
export type SimulatedOutcome = "ok" | "error" | "none";

/** What is learned of one decision. */
export interface SimulatedStep {
  readonly evaluation: Evaluation;
  readonly who: Omit<ScopeMembers, "avid">;
  readonly now_ms: number;
  readonly outcome: SimulatedOutcome;
}

/** How long a permission holds that is never begun: the runtime's default. */
const HOLD_MS = 300_000;

/** The history of one test or simulation. */
export class SimulatedHistory {
  readonly #book: StateBook;
  readonly #policy: PolicyLayer;
  #decisions = 0;

  constructor(policy: PolicyLayer) {
    const { needs } = policy;
    this.#policy = policy;
    this.#book = new StateBook({
      longest_window_ms: needs?.longest_window_ms ?? 0,
      ...(needs === undefined ? {} : { scopes: needs.scopes }),
    });
  }

  /** The facts, with what history says to the policy's question. `input` is what the policy would be asked with. */
  factsFor(input: RuleInput, avid: string): Facts {
    const query = this.#policy.queryState?.(input, avid) ?? null;
    if (query === null) return input.facts;
    return { ...input.facts, state: this.#book.answer(query, input.facts.now_ms, clear) };
  }

  /** Learn a decision, and how its execution went. One that isn't ALLOW changes nothing but the time. */
  learn({ evaluation, who, now_ms, outcome }: SimulatedStep): void {
    this.#decisions += 1;
    const id = String(this.#decisions);
    const { avid, decision, counter_deltas = [] } = evaluation;
    const timestamp = entryTimeText(now_ms);
    const common: JsonObject = { avid, timestamp, ...who };
    this.#book.learn({
      ...common,
      event: "authorize_action",
      entry_hash: id,
      decision,
      expires_at: entryTimeText(now_ms + HOLD_MS),
      counter_deltas: entryDeltas(counter_deltas, clear),
    });
    if (decision !== "ALLOW" || outcome === "none") return;
    this.#book.learn({ ...common, event: "tool_start", authorization_id: id });
    this.#book.learn({ ...common, event: "tool_result", authorization_id: id, outcome });
  }
}

// Nothing is written down, so places need no keys.
function clear(place: string): string {
  return place;
}
