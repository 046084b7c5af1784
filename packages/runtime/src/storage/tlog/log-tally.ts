// What a `checkpoint_meta` entry says of the entries it covers, counted line by line.

import type { IndexedLine } from "../../ledger/entry-index/indexed-line.ts";
import { scanLine } from "../entry-index/read-line.ts";
import { tryParseAnyEntry } from "../parse-entry.ts";
import { CHECKPOINT_META } from "./checkpoint-meta.ts";
import type { DecisionCounts } from "./tlog-state.ts";

/** An entry that was counted, by what it means to the tree; `null` for all that mean nothing special. */
export type TallyEntry = Readonly<Record<string, unknown>> | null;

const TOLD: ReadonlySet<string> = new Set([
  "authorize_action",
  "policy_activated",
  "checkpoint_meta",
  "log_continued",
  "rollback_accepted",
]);
const DECIDED: TallyEntry = { event: "authorize_action" };

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

  /**
   * Count a line, of which `read` is what was scanned of it. Gives something when its event is one that the tree's keeper
   * looks at, for all but decisions its members. Cost: a scan, unless it is given; a parse for what is rare.
   */
  add(line: Buffer, read: IndexedLine | null = scanLine(line)): TallyEntry {
    if (read === null) return this.#read(line);
    if (!TOLD.has(read.event)) return null;
    if (read.event !== "authorize_action") return this.#read(line);
    this.#count(read.decision);
    return DECIDED;
  }

  #read(line: Buffer): TallyEntry {
    const entry = tryParseAnyEntry(line.toString("utf8"));
    if (entry === null) return null;
    const { event, decision, policy_hash } = entry;
    if (typeof event !== "string" || !TOLD.has(event)) return null;
    if (event === "authorize_action") this.#count(decision);
    else if (event === "policy_activated" && typeof policy_hash === "string") this.policy_hash = policy_hash;
    return entry;
  }

  #count(decision: unknown): void {
    if (decision === "ALLOW") this.#allow += 1;
    else if (decision === "DENY") this.#deny += 1;
    else if (decision === "REQUIRE_APPROVAL") this.#ask += 1;
  }
}

/** Whether an entry that was counted is a `checkpoint_meta`. */
export function isMeta(entry: TallyEntry): boolean {
  return entry !== null && entry["event"] === CHECKPOINT_META && entry["action_type"] === "ledger";
}
