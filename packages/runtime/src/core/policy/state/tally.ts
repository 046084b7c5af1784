// What one action adds to history, counted before any rule decides.
//
//   1  labels    what the action reads gives its session their labels
//   2  marks     rules that mark are asked, in rounds: a mark that is set may be what another rule waits for
//   3  counters  each budget and rate whose other conditions hold adds its amount
//
// A batch is one action: of a counter, what its calls add together counts, or what it adds itself, whichever is more.
// Within a round every rule sees the same, so the order of rules means nothing.

import { addAmounts, amountText, exceeds, parseAmount, ZERO, type Amount } from "./amount.ts";
import type { Scope } from "./scope.ts";
import { HistoryUnknown, type Added, type StateView } from "./state-view.ts";
import type { StateDelta, StateFacts } from "./state-facts.ts";

/** One rule of an action, as far as it changes history. */
export interface TallyRule {
  readonly id: string;
  readonly mark: string | null;
  /** Whether its conditions ask for marks, so that it may hold once another rule has marked. */
  readonly waits: boolean;
  /** Whether it counts attempts (a rate) rather than what is spent; null when it counts nothing. */
  readonly counts: "attempts" | "spending" | null;
  /** Whether its conditions hold, but that of its counter. A failure holds: what can't be told is counted. */
  readonly holds: () => boolean;
  /** What it adds to its counter. */
  readonly adds: () => Added;
}

/** An action, with the calls in it. */
export interface TallyPart {
  readonly rules: readonly TallyRule[];
  readonly calls: readonly TallyPart[];
}

/** What is known before rules are asked. */
export interface TallyStart {
  readonly facts: StateFacts;
  readonly now_ms: number;
  /** Labels that the action's reads give its session. */
  readonly labelsRead: ReadonlySet<string>;
  /** The places that get the session's labels; null when that can't be told. */
  readonly written: readonly string[] | null;
}

/** History as the rules see it, while the action's own part is being counted and after. */
export class Tally implements StateView {
  readonly known = true;
  readonly now_ms: number;
  readonly labels: readonly string[];
  readonly refusal: string | null;
  readonly #facts: StateFacts;
  readonly #start: TallyStart;
  readonly #ownMarks = new Set<string>();
  readonly #added = new Map<string, Added>();
  readonly #attempts = new Set<string>();
  #marks: readonly string[];

  constructor(start: TallyStart) {
    const { facts, now_ms, labelsRead, written } = start;
    this.#start = start;
    this.#facts = facts;
    this.now_ms = Math.max(now_ms, facts.now_ms);
    this.labels = [...new Set([...facts.labels, ...labelsRead])].toSorted();
    this.refusal =
      written === null && this.labels.length > 0
        ? `the session has read what is labelled ${this.labels.join(", ")}, and would write where can't be told`
        : null;
    this.#marks = this.#marksOfSession();
  }

  get marks(): readonly string[] {
    return this.#marks;
  }

  markedAt(mark: string, scope: Scope): number | null {
    if (this.#ownMarks.has(mark)) return this.now_ms;
    return this.#facts.marks.find((set) => set.mark === mark && set.scope === scope)?.at_ms ?? null;
  }

  usedOf(counter: string): Amount {
    if (!Object.hasOwn(this.#facts.counters, counter)) throw new HistoryUnknown();
    const used = parseAmount(this.#facts.counters[counter]?.used ?? "");
    if (used === null) throw new HistoryUnknown();
    return used;
  }

  addedTo(counter: string): Added | null {
    return this.#added.get(counter) ?? null;
  }

  /** Ask the rules that change history. Cost: each rule once, and those that wait for marks once more for each round. */
  count(part: TallyPart): void {
    this.#mark(allRules(part).filter(({ mark }) => mark !== null));
    for (const [counter, added] of this.#countersOf(part)) this.#added.set(counter, added);
  }

  get deltas(): readonly StateDelta[] {
    const { facts, written } = this.#start;
    const counters = [...this.#added].flatMap(([counter, added]): readonly StateDelta[] => {
      if ("failure" in added || added.amount.digits === 0n) return [];
      const amount = amountText(added.amount);
      return [this.#attempts.has(counter) ? { counter, amount, attempt: true } : { counter, amount }];
    });
    const marks = [...this.#ownMarks].toSorted().map((mark) => ({ mark }));
    const labels = this.labels.filter((label) => !facts.labels.includes(label)).map((label) => ({ label }));
    const places = this.labels.flatMap((label) => (written ?? []).map((path) => ({ label, path })));
    return [...counters, ...marks, ...labels, ...places];
  }

  #mark(rules: readonly TallyRule[]): void {
    for (let waiting = rules; waiting.length > 0;) {
      const held = waiting.filter((rule) => rule.holds());
      const before = this.#ownMarks.size;
      for (const { mark } of held) if (mark !== null) this.#ownMarks.add(mark);
      if (this.#ownMarks.size === before) return;
      this.#marks = this.#marksOfSession();
      waiting = waiting.filter(({ mark, waits }) => waits && mark !== null && !this.#ownMarks.has(mark));
    }
  }

  #countersOf(part: TallyPart): ReadonlyMap<string, Added> {
    const own = new Map<string, Added>();
    for (const rule of part.rules) {
      if (rule.counts === null || !rule.holds()) continue;
      if (rule.counts === "attempts") this.#attempts.add(rule.id);
      own.set(rule.id, rule.adds());
    }
    const ofCalls = new Map<string, Added>();
    for (const call of part.calls) {
      for (const [counter, added] of this.#countersOf(call)) {
        ofCalls.set(counter, together(ofCalls.get(counter), added, addAmounts));
      }
    }
    for (const [counter, added] of ofCalls) own.set(counter, together(own.get(counter), added, larger));
    return own;
  }

  #marksOfSession(): readonly string[] {
    const before = this.#facts.marks.flatMap(({ mark, scope }) => (scope === "session" ? [mark] : []));
    return [...new Set([...before, ...this.#ownMarks])].toSorted();
  }
}

function allRules({ rules, calls }: TallyPart): readonly TallyRule[] {
  return calls.length === 0 ? rules : [...rules, ...calls.flatMap(allRules)];
}

function together(left: Added | undefined, right: Added, join: (a: Amount, b: Amount) => Amount): Added {
  if (left === undefined || "failure" in right) return right;
  return "failure" in left ? left : { amount: join(left.amount, right.amount) };
}

function larger(left: Amount, right: Amount): Amount {
  return exceeds(left, right) ? left : right;
}

/** History that nobody looked up: every rule that asks for it fails. */
export class UnknownHistory implements StateView {
  readonly known = false;
  readonly deltas: readonly StateDelta[] = [];
  readonly now_ms = 0;
  readonly refusal = "the history of the log was not looked up";

  get labels(): readonly string[] {
    throw new HistoryUnknown();
  }

  get marks(): readonly string[] {
    throw new HistoryUnknown();
  }

  markedAt(): number | null {
    throw new HistoryUnknown();
  }

  usedOf(): Amount {
    throw new HistoryUnknown();
  }

  addedTo(): Added | null {
    return { amount: ZERO };
  }
}
