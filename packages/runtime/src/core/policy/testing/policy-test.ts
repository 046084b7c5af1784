// A test of a policy: requests in order, and what each must be decided as. Data; read by read-tests.ts, run by
// run-tests.ts.

import type { Layer, Severity, Verdict } from "../../finding.ts";
import type { JsonObject, JsonValue } from "../../json.ts";
import type { ExternalFacts } from "../engines/external-answer.ts";
import type { Place } from "../problem.ts";

/** What becomes of an action that was decided: the steps after it find that in the history. */
export type StepOutcome = "ok" | "error" | "none" | "approve";

/** A name in an expectation, with its place, so that a wrong one can be pointed at. */
export interface Named extends Place {
  readonly name: string;
}

/** What a decision must be. Only what is given is compared; at least one thing is. */
export interface Expectation extends Place {
  readonly decision: Verdict | null;
  /** Rules that must have spoken with the decision's verdict: ids of the policy's rules, or `Art.0`, `firewall:…`. */
  readonly rules: readonly Named[];
  /** Rules that must not have spoken. */
  readonly not_rules: readonly Named[];
  readonly layer: Layer | "none" | null;
  readonly severity: Severity | null;
  /** Each must stand in a reason: that of the decision, or of a rule that `rules` names. */
  readonly reason_contains: readonly string[];
  /** For each, an obligation of that type with at least these details. */
  readonly obligations: readonly { readonly type: string; readonly detail: JsonObject }[];
  /** Members that the decision's `approval` must have. */
  readonly approval: JsonObject | null;
  /** The request can't be decided: the code of its error. */
  readonly error: string | null;
}

/** One request of a test. */
export interface TestStep extends Place {
  readonly agent_ctx: JsonObject;
  readonly action_type: string;
  readonly action_payload: JsonValue;
  readonly cwd: string | null;
  /** What the policy's other engines say, by their ids; one that is not named allows. */
  readonly engines: ExternalFacts;
  /** How much time passes before it, each time. */
  readonly after_ms: number;
  /** How often it is asked. */
  readonly repeat: number;
  readonly outcome: StepOutcome;
  /** Null: asked only for what it leaves in the history. */
  readonly expect: Expectation | null;
}

/** One test: its steps share a history that begins empty. */
export interface PolicyTest extends Place {
  readonly name: string;
  /** The rule it stands in, or null for one of a file of tests. */
  readonly rule: string | null;
  /** When its first step is asked, in milliseconds since 1970, before the step's own `after`. */
  readonly now_ms: number;
  readonly home: string | null;
  readonly steps: readonly TestStep[];
  /** Whether it was written as `steps`. */
  readonly sequence: boolean;
}

/** A file of tests. */
export interface PolicyTestFile {
  /** The policy that it names, or null when it leaves that to its name. */
  readonly policy: Named | null;
  readonly tests: readonly PolicyTest[];
}
