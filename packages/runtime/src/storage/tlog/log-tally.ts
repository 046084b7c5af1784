// What a `checkpoint_meta` entry says of the entries it covers, counted line by line.

import { tryParseAnyEntry } from "../parse-entry.ts";
import { CHECKPOINT_META } from "./checkpoint-meta.ts";
import type { DecisionCounts } from "./tlog-state.ts";

/** An entry that was counted, by what it means to the tree; `null` for all that mean nothing special. */
export type TallyEntry = Readonly<Record<string, unknown>> | null;

// A line whose text holds no such event isn't read. Ours are written without spaces, those of others perhaps with.
const TOLD = /"event":\s*"(?:authorize_action|policy_activated|checkpoint_meta|log_continued|rollback_accepted)"/u;

/** Counts over the entries of a log, in order. */
export class LogTally {
  #allow: number;
  #deny: number;
  #ask: number;
  policy_hash: string | null;

  constructor(decisions: DecisionCounts, policyHash: string | null) {
    this.#allow = decisions.ALLOW;
    this.#deny = decisions.DENY;
    this.#ask = decisions.REQUIRE_APPROVAL;
    this.policy_hash = policyHash;
  }

  /** How many decisions there were. */
  get decisions(): DecisionCounts {
    return { ALLOW: this.#allow, DENY: this.#deny, REQUIRE_APPROVAL: this.#ask };
  }

  /** Count a line; gives its members when its event is one that the tree's keeper looks at. Cost: a search; for those a parse. */
  add(line: Buffer): TallyEntry {
    const text = line.toString("latin1");
    if (!TOLD.test(text)) return null;
    const entry = tryParseAnyEntry(line.toString("utf8"));
    if (entry === null) return null;
    const { event, decision, policy_hash } = entry;
    if (event === "authorize_action") {
      if (decision === "ALLOW") this.#allow += 1;
      else if (decision === "DENY") this.#deny += 1;
      else if (decision === "REQUIRE_APPROVAL") this.#ask += 1;
    } else if (event === "policy_activated" && typeof policy_hash === "string") this.policy_hash = policy_hash;
    return entry;
  }
}

/** Whether an entry that was counted is a `checkpoint_meta`. */
export function isMeta(entry: TallyEntry): boolean {
  return entry !== null && entry["event"] === CHECKPOINT_META && entry["action_type"] === "ledger";
}
