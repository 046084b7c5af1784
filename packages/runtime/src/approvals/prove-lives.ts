// The floor, as far as the lives of authorizations go: nothing begins that the Constitution denies, whatever votes,
// approvals and entries follow. Shown by going through every sequence of steps with the real checks.

import type { JsonObject } from "../core/json.ts";
import type { Evaluation } from "../core/decision.ts";
import { CanopyError } from "../core/errors.ts";
import { decideCase, type AbstractLayers, type AnyAction, type ProvedSpace } from "../core/policy/prove/index.ts";
import { checkApproved, checkBegin, checkPending, type Moment } from "./execution-state.ts";
import { settleApproval } from "./settle-approval.ts";

const ID = "an-authorization";

// Times as texts that sort: decided, in time, and past every time.
const DECIDED = "2026-01-01T00:00:00.000Z";
const IN_TIME: Moment = { now: "2026-01-01T00:01:00.000Z", last: null };
const EXPIRES = "2026-01-01T00:05:00.000Z";
const LATE: Moment = { now: "2026-01-01T01:00:00.000Z", last: null };

/** What a look at the action may come to, as far as approvals depend on it. */
const LOOKS: Readonly<Record<string, AbstractLayers>> = {
  "nothing speaks against it": { constitution: [], civil_code: [], firewall: [], policy: [] },
  "the firewall asks": { constitution: [], civil_code: [], firewall: ["ask"], policy: [] },
  "the policy asks too": { constitution: [], civil_code: [], firewall: ["ask"], policy: ["asks"] },
  "the policy denies": { constitution: [], civil_code: [], firewall: [], policy: ["denies"] },
  "an article denies": { constitution: ["deny"], civil_code: [], firewall: [], policy: [] },
};

interface Look {
  readonly name: string;
  readonly evaluation: Evaluation;
  readonly forbidden: boolean;
}

/** Go through lives. Cost: some 100,000 steps, each a look at a short history. */
export function proveLives(action: AnyAction): readonly ProvedSpace[] {
  const looks = Object.entries(LOOKS).map(([name, layers]): Look => {
    return { name, evaluation: decideCase(layers, action), forbidden: layers.constitution.length > 0 };
  });
  return [honestLives(looks), forgedLives()];
}

/** An authorization, and the look that its permission rests on. */
interface Life {
  readonly history: readonly JsonObject[];
  readonly first: Look;
  readonly inForce: Look;
  readonly steps: readonly string[];
}

const LONGEST_LIFE = 6;

function honestLives(looks: readonly Look[]): ProvedSpace {
  let cases = 0;
  let begun = 0;
  let broken: string | null = null;
  let lives: readonly Life[] = looks.map((look) => ({
    history: [decidedEntry(look.evaluation)],
    first: look,
    inForce: look,
    steps: [look.name],
  }));
  for (let length = 1; length <= LONGEST_LIFE; length++) {
    const next: Life[] = [];
    for (const life of lives) {
      for (const { name, step } of stepsFrom(looks)) {
        cases++;
        const after = taken(life, step);
        if (after === null) continue;
        const steps = [...life.steps, name];
        if (name.startsWith("begin")) begun++;
        const forbidden = after.inForce.forbidden || after.first.forbidden;
        if (name.startsWith("begin") && forbidden) broken ??= steps.join(", then ");
        next.push({ ...after, steps });
      }
    }
    lives = next;
  }
  return {
    name: "lives",
    cases,
    claim: `nothing begins that an article denied when it was authorized, or when its approval was turned into permission (${begun} of these begin)`,
    abstracts: `every sequence of up to ${LONGEST_LIFE} of: approve, reject, skip, turn the approval into permission with each thing a new look may come to, begin, finish; each in time and too late; votes as their verdict`,
    broken: begun === 0 ? "nothing ever begins, so this shows nothing" : broken,
  };
}

type Step = (life: Life) => Life;

// Each step is guarded as the runtime guards it: by the same function, before its entry is written.
function stepsFrom(looks: readonly Look[]): readonly { readonly name: string; readonly step: Step }[] {
  const moments = [
    ["in time", IN_TIME],
    ["too late", LATE],
  ] as const;
  return moments.flatMap(([when, moment]) => [
    { name: `approve ${when}`, step: answered("approval_granted", moment) },
    { name: `reject ${when}`, step: answered("approval_rejected", moment) },
    { name: `skip ${when}`, step: answered("approval_skipped", moment) },
    ...looks.map((look) => ({ name: `permit ${when} (${look.name})`, step: permitted(look, moment) })),
    { name: `begin ${when}`, step: begun(moment) },
    { name: `finish ${when}`, step: withEntry("tool_result", {}) },
  ]);
}

function answered(event: string, moment: Moment): Step {
  return (life) => {
    checkPending(ID, life.history, moment);
    return withEntry(event, {})(life);
  };
}

function permitted(look: Look, moment: Moment): Step {
  return (life) => {
    const decision = settleApproval("APPROVED", look.evaluation, life.first.evaluation.findings);
    checkApproved(ID, life.history, moment);
    const expires_at = decision === "ALLOW" ? EXPIRES : null;
    return { ...withEntry("reauthorized", { decision, expires_at })(life), inForce: look };
  };
}

function begun(moment: Moment): Step {
  return (life) => {
    checkBegin(ID, life.history, moment);
    return withEntry("tool_start", {})(life);
  };
}

function withEntry(event: string, members: JsonObject): Step {
  return (life) => ({ ...life, history: [...life.history, entry(event, members)] });
}

function taken(life: Life, step: Step): Life | null {
  try {
    return step(life);
  } catch (error) {
    if (error instanceof CanopyError) return null;
    throw error;
  }
}

const FORGED: readonly JsonObject[] = [
  entry("approval_granted", {}),
  entry("approval_rejected", {}),
  entry("approval_skipped", {}),
  entry("reauthorized", { decision: "ALLOW", expires_at: EXPIRES }),
  entry("reauthorized", { decision: "REQUIRE_APPROVAL", expires_at: null }),
  entry("reauthorized", { decision: "DENY", expires_at: null }),
  entry("tool_start", {}),
  entry("tool_result", {}),
];

const MOST_FORGED = 4;

// Whatever entries follow a denial, even such as no check lets pass.
function forgedLives(): ProvedSpace {
  let cases = 0;
  let broken: string | null = null;
  let histories: readonly (readonly JsonObject[])[] = [[decided("DENY", null)]];
  for (let length = 0; length <= MOST_FORGED; length++) {
    for (const history of histories) {
      cases++;
      if (mayBegin(history)) broken ??= JSON.stringify(history);
    }
    if (length < MOST_FORGED) histories = histories.flatMap((history) => FORGED.map((one) => [...history, one]));
  }
  return {
    name: "entries after a denial",
    cases,
    claim: "no entries that follow a denial let it begin",
    abstracts: `every sequence of up to ${MOST_FORGED} entries under the denial's id, in time, whether or not the runtime would write them`,
    broken,
  };
}

function mayBegin(history: readonly JsonObject[]): boolean {
  try {
    checkBegin(ID, history, IN_TIME);
    return true;
  } catch (error) {
    if (error instanceof CanopyError) return false;
    throw error;
  }
}

function decidedEntry({ decision }: Evaluation): JsonObject {
  return decided(decision, decision === "DENY" ? null : EXPIRES);
}

function decided(decision: string, until: string | null): JsonObject {
  const times = { timestamp: DECIDED, expires_at: until, approval_expires_at: until };
  return { seq: 1, event: "authorize_action", entry_hash: ID, decision, ...times };
}

function entry(event: string, members: JsonObject): JsonObject {
  return { seq: 2, event, entry_hash: event, authorization_id: ID, timestamp: DECIDED, ...members };
}
