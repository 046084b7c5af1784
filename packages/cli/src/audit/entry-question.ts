// A question about a log's entries, from the flags that `canopy audit` commands share, and its answers.

import { CanopyError } from "canopy-runtime/errors";
import type { EntryCondition, EntryDetails, EntryRecords, MissingDetails } from "canopy-runtime/log-query";
import { LogReader, type EntryFilter, type LedgerEntry } from "canopy-runtime/log-reader";
import { decisionFilter, FILTER_FLAGS, type FilterFlags } from "../decision-filter.ts";
import type { Io } from "../io.ts";
import type { Progress } from "../progress.ts";
import { noteUnusable, noShortfall, type Shortfall } from "./shortfall.ts";
import { textFlag, type TextFlag } from "../text-flag.ts";

/** The flags, as given. */
export type QuestionFlags = FilterFlags & {
  readonly where?: string;
  readonly action?: string;
  readonly decision?: string;
  readonly event?: string;
  readonly rule?: string;
  readonly incident?: string;
  readonly tenant?: string;
  readonly payloads: boolean;
  readonly scan: boolean;
};

/** The flags' definitions. */
export const QUESTION_FLAGS: {
  readonly [Name in Exclude<keyof QuestionFlags, "payloads" | "scan">]-?: TextFlag;
} & {
  readonly [Name in "payloads" | "scan"]: {
    readonly kind: "boolean";
    readonly default: false;
    readonly withNegated: false;
    readonly brief: string;
  };
} = {
  where: textFlag("A condition in CEL over an entry's names (docs/reports.md)", "CEL"),
  ...FILTER_FLAGS,
  action: textFlag("Entries of one action type, by any name of it", "TYPE"),
  decision: textFlag("Entries of one decision: ALLOW, DENY, REQUIRE_APPROVAL, …", "WORD"),
  event: textFlag("Entries of one event: authorize_action, tool_result, …", "EVENT"),
  rule: textFlag("Decisions in which one rule spoke", "RULE"),
  incident: textFlag("Entries of one incident", "ID"),
  tenant: textFlag("Entries of one tenant", "ID"),
  payloads: {
    kind: "boolean",
    default: false,
    withNegated: false,
    brief: "Open the encrypted records: effects in full, payload, ctx",
  },
  scan: { kind: "boolean", default: false, withNegated: false, brief: "Read every line instead of asking the index" },
};

/** An open question. Close it. */
export class EntryQuestion {
  readonly shortfall: Shortfall = noShortfall();
  readonly #reader: LogReader;
  readonly #filter: EntryFilter;
  readonly #condition: EntryCondition | null;
  readonly #records: EntryRecords | null;
  readonly #rulesOf: ((entry: LedgerEntry) => readonly string[]) | null;
  readonly #rule: string | undefined;

  private constructor(parts: QuestionParts) {
    this.#filter = parts.filter;
    this.#condition = parts.condition;
    this.#records = parts.records;
    this.#rulesOf = parts.rulesOf;
    this.#rule = parts.rule;
    this.#reader = LogReader.open(parts.log, {
      scan: parts.scan,
      home: parts.home,
      unusable: (line) => noteUnusable(this.shortfall, line),
      ...(parts.progress === undefined ? {} : { progress: parts.progress }),
    });
  }

  /**
   * Open the question that flags ask of a log.
   *
   * @throws {CanopyError} `USAGE` for flags that say nothing, `FILE_UNUSABLE` when the log can't be read.
   */
  static async open(io: Io, log: string, flags: QuestionFlags, progress?: Progress): Promise<EntryQuestion> {
    const now = Date.now();
    const { home, since, until, agent, trace } = decisionFilter(io, flags, now);
    const { where, rule, action, decision, event, incident, tenant } = flags;
    // Loaded only when there is something to compile or to look into.
    const needed = where !== undefined || rule !== undefined || flags.payloads;
    const query = needed ? await import("canopy-runtime/log-query") : null;
    const condition = where === undefined || query === null ? null : new query.EntryCondition(where, now);
    refuseUnread(condition, flags.payloads);
    const names = { action, decision, event };
    // Loaded only when there is something to look up.
    const isNamed = condition !== null || Object.values(names).some((name) => name !== undefined);
    const recorded = isNamed ? await import("./recorded-filter.ts") : null;
    const action_type = recorded?.sayRecorded(io, names, condition?.filter ?? {}, { log, home, scan: flags.scan });
    const given = defined({
      trace_id: trace,
      avid: agent,
      action_type,
      decision,
      event,
      incident_id: incident,
      tenant_id: tenant,
      from_ms: since,
      to_ms: until,
    });
    return new EntryQuestion({
      log,
      filter: { ...condition?.filter, ...given },
      condition,
      records: flags.payloads && query !== null ? new query.EntryRecords(log, home) : null,
      rulesOf: query?.ruleRefs ?? null,
      rule,
      scan: flags.scan,
      home,
      progress: progress === undefined ? undefined : (bytes, total) => progress.at(percent(bytes, total)),
    });
  }

  /** The entries that are meant, in the log's order or against it. */
  *answers(order: "forward" | "backward" = "forward", more: EntryFilter = {}): Generator<LedgerEntry, void, void> {
    for (const entry of this.#reader.query({ ...this.#filter, ...more }, order)) {
      if (this.#isMeant(entry)) yield entry;
    }
  }

  /** The newest answers, in the log's order. */
  newest(limit: number, more: EntryFilter = {}): readonly LedgerEntry[] {
    const found: LedgerEntry[] = [];
    if (limit <= 0) return found;
    for (const entry of this.answers("backward", more)) if (found.push(entry) >= limit) break;
    return found.toReversed();
  }

  /** The number of the newest entry there is, meant or not; 0 in an empty log. */
  end(): number {
    return this.#reader.newest(1)[0]?.seq ?? 0;
  }

  close(): void {
    this.#reader.close();
    this.#records?.close();
  }

  #isMeant(entry: LedgerEntry): boolean {
    if (this.#rule !== undefined && this.#rulesOf?.(entry).includes(this.#rule) !== true) return false;
    if (this.#condition === null) return true;
    const details = this.#detailsOf(entry);
    const known = typeof details === "string" ? null : details;
    const answer = this.#condition.holds(entry, known);
    if (typeof answer === "boolean") return answer;
    // An entry that keeps no record is about nothing that records tell.
    if (details === "no_record" && this.#condition.readsRecords) return false;
    const { undecided } = this.shortfall;
    if (undecided.count === 0)
      undecided.first = typeof details === "string" ? `${answer.undecided} (${details})` : answer.undecided;
    if (this.#records === null && this.#condition.readsEffects)
      undecided.hint = "; --payloads opens the records, which say more of effects";
    undecided.count += 1;
    return false;
  }

  #detailsOf(entry: LedgerEntry): EntryDetails | MissingDetails | null {
    return this.#records === null ? null : this.#records.of(entry);
  }
}

interface QuestionParts {
  readonly log: string;
  readonly filter: EntryFilter;
  readonly condition: EntryCondition | null;
  readonly records: EntryRecords | null;
  readonly rulesOf: ((entry: LedgerEntry) => readonly string[]) | null;
  readonly rule: string | undefined;
  readonly scan: boolean;
  readonly home: string;
  readonly progress: ((bytes: number, total: number) => void) | undefined;
}

function refuseUnread(condition: EntryCondition | null, payloads: boolean): void {
  if (condition === null || !condition.readsRecords || payloads) return;
  throw new CanopyError("USAGE", "the condition names `payload` or `ctx`, which only the encrypted records hold", {
    at: "--where",
    fix: "add --payloads, on a machine that has the home's payload.key",
  });
}

function defined(members: Readonly<Record<string, string | number | undefined>>): EntryFilter {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function percent(bytes: number, total: number): string {
  return `${Math.floor((100 * bytes) / Math.max(1, total))} %`;
}
