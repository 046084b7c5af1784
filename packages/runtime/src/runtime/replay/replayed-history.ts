// What the log's own entries say of history, so that the recorded answer to a policy's question can be checked: budgets,
// rates, marks and labels are folded from the entries before a decision, in their order, by the book that the runtime asks.

import { effectsIn, understand, type Engine } from "../../core/decide.ts";
import { CanopyError } from "../../core/errors.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import { StateBook } from "../../core/policy/state/state-book.ts";
import type { StateFacts } from "../../core/policy/state/state-facts.ts";
import type { LedgerEntry } from "../../ledger/ports.ts";
import type { RecordedDecision } from "./derive-entry.ts";
import { firstDifference, type Difference } from "./first-difference.ts";

/** Whether history was followed: not where no policy asks of it, where the log's beginning is missing, or an entry can't be read. */
export type HistoryChecked = "checked" | "not asked" | "log incomplete" | "entry unreadable";

/** The history of a log that is replayed. */
export class ReplayedHistory {
  #book: StateBook | null = null;
  #checked: HistoryChecked;

  /** `longest_window_ms`: of any policy of the log; null when none asks of history. */
  constructor(longest_window_ms: number | null, isWhole: boolean) {
    this.#checked = longest_window_ms === null ? "not asked" : isWhole ? "checked" : "log incomplete";
    if (longest_window_ms !== null && isWhole) this.#book = new StateBook({ longest_window_ms });
  }

  /** What became of it. */
  get checked(): HistoryChecked {
    return this.#checked;
  }

  /** How what was recorded of history differs from what the entries before say, or null. */
  difference({ request, resourceKey }: RecordedDecision, engine: Engine): Difference | null {
    if (this.#book === null || engine.policy.needs === undefined) return null;
    const { state } = request.facts;
    const recorded = state === undefined ? {} : asJson({ state });
    let answer: StateFacts | null;
    try {
      answer = this.#answer(request, engine, resourceKey);
    } catch (error) {
      // A request that this engine can't understand is told as a difference of the whole decision.
      if (error instanceof CanopyError) return null;
      throw error;
    }
    const derived = answer === null ? {} : asJson({ state: answer });
    const found = firstDifference(recorded, derived, "record.facts");
    return found === null ? null : { ...found, secret: true };
  }

  /** Learn an entry, whether or not it was replayed. */
  learn(entry: LedgerEntry): void {
    try {
      this.#book?.learn(entry);
    } catch (error) {
      if (!(error instanceof CanopyError)) throw error;
      // What is not counted here was counted or refused there: from here on nothing can be told.
      this.#book = null;
      this.#checked = "entry unreadable";
    }
  }

  #answer(
    request: RecordedDecision["request"],
    engine: Engine,
    resourceKey: RecordedDecision["resourceKey"],
  ): StateFacts | null {
    const { state: _state, ...facts } = request.facts;
    const understood = understand(request, engine);
    const { action, agent, agent_identity } = understood;
    const effects = effectsIn(understood, facts.surroundings);
    const query = engine.policy.queryState?.({ action, agent, effects, facts }, agent_identity.avid) ?? null;
    return query === null ? null : (this.#book?.answer(query, facts.now_ms, resourceKey) ?? null);
  }
}

function asJson(value: object): JsonObject {
  const plain: Readonly<Record<string, JsonValue>> = JSON.parse(JSON.stringify(value));
  return plain;
}
