// Answers counted by what they have in common.

import { CanopyError } from "canopy-runtime/errors";
import type { LedgerEntry } from "canopy-runtime/log-reader";
import { textOf } from "../value-text.ts";

/** What entries can be grouped by. */
export const GROUPS = [
  "agent",
  "action",
  "decision",
  "event",
  "rule",
  "severity",
  "effect",
  "approver",
  "trace",
  "incident",
  "tenant",
  "hour",
  "day",
] as const;

/** One of them. */
export type GroupName = (typeof GROUPS)[number];

/** One group's counts. */
export interface EntryGroup {
  readonly value: string;
  entries: number;
  allow: number;
  deny: number;
  ask: number;
  readonly first: string;
  last: string;
}

/** So many groups are counted in memory. */
const MOST_GROUPS = 200_000;

/** Counts entries by one of their members. An entry that lacks it is not counted; one with several counts in each. */
export class EntryGroups {
  readonly name: GroupName;
  readonly #groups = new Map<string, EntryGroup>();

  constructor(name: GroupName) {
    this.name = name;
  }

  /** Count an entry. @throws {CanopyError} `USAGE` when there are too many groups. */
  add(entry: LedgerEntry): void {
    for (const value of valuesOf(entry, this.name)) this.#count(entry, value);
  }

  /** The groups: by time for hours and days, else the largest first. */
  sorted(): readonly EntryGroup[] {
    const groups = [...this.#groups.values()];
    const byTime = this.name === "hour" || this.name === "day";
    return groups.toSorted((a, b) => (byTime ? 0 : b.entries - a.entries) || (a.value < b.value ? -1 : 1));
  }

  #count(entry: LedgerEntry, value: string): void {
    const at = textOf(entry.timestamp);
    let group = this.#groups.get(value);
    if (group === undefined) {
      if (this.#groups.size >= MOST_GROUPS) throw tooMany(this.name);
      group = { value, entries: 0, allow: 0, deny: 0, ask: 0, first: at, last: at };
      this.#groups.set(value, group);
    }
    group.entries += 1;
    group.last = at;
    if (entry["decision"] === "ALLOW") group.allow += 1;
    if (entry["decision"] === "DENY") group.deny += 1;
    if (entry["decision"] === "REQUIRE_APPROVAL") group.ask += 1;
  }
}

const MEMBERS: Readonly<Partial<Record<GroupName, string>>> = {
  agent: "avid",
  action: "action_type",
  decision: "decision",
  event: "event",
  severity: "severity",
  trace: "trace_id",
  incident: "incident_id",
  tenant: "tenant_id",
};

/** The values of an entry that it is grouped by. */
export function valuesOf(entry: LedgerEntry, name: GroupName): readonly string[] {
  switch (name) {
    case "hour":
      return [`${textOf(entry.timestamp).slice(0, 13)}:00Z`];
    case "day":
      return [textOf(entry.timestamp).slice(0, 10)];
    case "rule":
      return rulesOf(entry);
    case "approver":
      return membersOf(entry["approvers"], "approver");
    case "effect":
      return textsIn(entry["effects"]);
    default: {
      const value = textOf(entry[MEMBERS[name] ?? ""]);
      return value === "" ? [] : [value];
    }
  }
}

/** The rules that spoke in a decision, each once. */
export function rulesOf(entry: LedgerEntry): readonly string[] {
  return membersOf(entry["findings"], "rule_ref");
}

/** The texts of one member of a list's items, each once. */
function membersOf(list: unknown, name: string): readonly string[] {
  if (!Array.isArray(list)) return [];
  const texts = list.map((item: unknown) =>
    typeof item === "object" && item !== null ? textOf(Reflect.get(item, name)) : "",
  );
  return [...new Set(texts.filter((text) => text !== ""))];
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? [...new Set(value.filter((item) => typeof item === "string"))] : [];
}

function tooMany(name: GroupName): CanopyError {
  return new CanopyError("USAGE", `there are more than ${MOST_GROUPS} groups by ${name}`, {
    at: "--group-by",
    fix: "ask of a shorter time (--since, --until), or group by something coarser",
  });
}
