// Where the keeper of the tree stands, in `tlog/state`: a place in the log and what was counted up to it. Derived.
//
//   {"version":1,"log_id":…,"covered":k,"segment":…,"offset":…,"leaf":"<hex>","decisions":{…},"policy_hash":…,
//    "index":{"runs":…,"root":…},"entries":false}
//
// `covered` is the number of entries that the newest checkpoint_meta covers, and `index` what it says of the index;
// `segment` and `offset` say where the next line begins, `leaf` is the leaf hash of the last line before it. It is
// written after the checkpoint, so it never covers more than that.

import { isHash } from "../../ledger/chain.ts";
import type { IndexRoot } from "./checkpoint-meta.ts";
import type { LinePoint } from "./log-lines.ts";

/** How many decisions of each kind a log has. */
export interface DecisionCounts {
  readonly ALLOW: number;
  readonly DENY: number;
  readonly REQUIRE_APPROVAL: number;
}

/** What is said of the entries before a place in the log, and the place. */
export interface CoveredSpan {
  readonly covered: number;
  readonly segment: number;
  readonly offset: number;
  /** Leaf hash of the last line before the place, hex; empty at the start of the log. */
  readonly leaf: string;
  readonly decisions: DecisionCounts;
  /** `policy_hash` of the newest `policy_activated` before, or null. */
  readonly policy_hash: string | null;
}

/** What the keeper goes on from. */
export interface TlogState extends CoveredSpan {
  readonly log_id: string;
  /** The index as that `checkpoint_meta` says it, or null. */
  readonly index: IndexRoot | null;
  /** Whether bundles of entries are written too. */
  readonly entries: boolean;
}

const VERSION = 1;
const STATE_BYTES = 640;

/** The start of a log. */
export function startOfLog(logId: string, entries: boolean): TlogState {
  const decisions = { ALLOW: 0, DENY: 0, REQUIRE_APPROVAL: 0 };
  return {
    log_id: logId,
    covered: 0,
    segment: 1,
    offset: 0,
    leaf: "",
    decisions,
    policy_hash: null,
    index: null,
    entries,
  };
}

/** The place that a state is of. */
export function pointOf({ covered, segment, offset }: TlogState): LinePoint {
  return { index: covered, segment, offset };
}

/** A state as the bytes of its file, always as many: so that it can be written over. */
export function formatState(state: TlogState): string {
  return `${JSON.stringify({ version: VERSION, ...state }).padEnd(STATE_BYTES - 1)}\n`;
}

/** The state in a file, or null when it holds none. */
export function parseState(text: string | null): TlogState | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isState(value) ? value : null;
  } catch {
    return null;
  }
}

function isState(value: unknown): value is TlogState {
  if (typeof value !== "object" || value === null) return false;
  const members: Readonly<Record<string, unknown>> = Object.assign(Object.create(null), value);
  const { version, log_id, covered, segment, offset, leaf, decisions, policy_hash } = members;
  const numbers = [covered, segment, offset].every((each) => Number.isSafeInteger(each) && Number(each) >= 0);
  const leafFits = covered === 0 ? leaf === "" : isHash(leaf);
  const policyFits = policy_hash === null || typeof policy_hash === "string";
  const restFits =
    typeof members["entries"] === "boolean" && (members["index"] === null || isIndexRoot(members["index"]));
  return (
    version === VERSION &&
    typeof log_id === "string" &&
    numbers &&
    leafFits &&
    policyFits &&
    restFits &&
    isCounts(decisions)
  );
}

function isCounts(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const counts: Readonly<Record<string, unknown>> = Object.assign(Object.create(null), value);
  return ["ALLOW", "DENY", "REQUIRE_APPROVAL"].every((name) => {
    const count = counts[name];
    return Number.isSafeInteger(count) && Number(count) >= 0;
  });
}

function isIndexRoot(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { runs, root }: Readonly<Record<string, unknown>> = Object.assign(Object.create(null), value);
  return Number.isSafeInteger(runs) && isHash(root);
}
