// An append that rests on the state of the log: it is made when its place in the log is known, and made again when others
// came first.

import type { Facts } from "../core/facts.ts";
import type { StateQuery } from "../core/policy/state/state-facts.ts";
import type { AppendContent, AppendRequest, StateReader } from "../ledger/ports.ts";

/** What is appended, and what was decided with it. */
export interface StateAppend<Made extends AppendContent> {
  /** What was made last: after the append has been answered, what stands in the log. */
  readonly made: () => Made;
  /** What the append asks for. */
  readonly request: Pick<AppendRequest, "entry" | "record" | "renew">;
}

/**
 * An append whose content follows from facts. `query` is what the policy asks of the state, null for nothing; `make`
 * gives the content for facts, purely. `first` is one that was made with these facts already.
 */
export function stateAppend<Made extends AppendContent>(
  facts: Facts,
  query: StateQuery | null,
  make: (facts: Facts) => Made,
  first: Made | null = null,
): StateAppend<Made> {
  if (query === null) {
    const made = first ?? make(facts);
    return { made: () => made, request: contentOf(made) };
  }
  let made = first;
  let seen = first === null ? "" : JSON.stringify(facts.state);
  const renew = (read: StateReader): AppendContent | null => {
    const state = read(query, facts.now_ms);
    const now = JSON.stringify(state);
    if (now === seen) return null;
    made = make({ ...facts, state });
    seen = now;
    return contentOf(made);
  };
  return { made: () => (made ??= make(facts)), request: { ...(first === null ? UNMADE : contentOf(first)), renew } };
}

// The first renewal gives the content: nothing is written that was not renewed.
const UNMADE: AppendContent = { entry: { event: "authorize_action", timestamp: "" } };

function contentOf({ entry, record }: AppendContent): AppendContent {
  return record === undefined ? { entry } : { entry, record };
}
