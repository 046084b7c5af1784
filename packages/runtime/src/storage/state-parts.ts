// What the state is made of, as an entry adds to it: counters in scopes, and tags.
//
//   counter   the reservations of one counter in one scope
//   tags      names with the time they were last set: the marks of a scope, the labels of a session, those of a file

import type { JsonObject } from "../core/json.ts";
import type { Amount } from "../core/policy/state/amount.ts";
import { parseEntryTime } from "../core/policy/state/entry-time.ts";
import { sessionKeys } from "../core/policy/state/scope.ts";
import type { MarkSet } from "../core/policy/state/state-facts.ts";
import { stateChangeOf, type StateChange } from "../core/policy/state/state-change.ts";
import { entryTimestamp } from "../ledger/entry-timestamp.ts";
import type { LedgerEntry } from "../ledger/ports.ts";

/** The name of a counter's part in the scope of that key. */
export function counterPart(counter: string, key: string): string {
  return JSON.stringify(["counter", counter, key]);
}

/** The name of the part that holds the marks of a scope. */
export function marksPart(key: string): string {
  return JSON.stringify(["marks", key]);
}

/** The name of the part that holds the labels of a session. */
export function labelsPart(key: string): string {
  return JSON.stringify(["labels", key]);
}

/** The name of the part that holds the labels of a file, or of what lies in a folder, by its resource key. */
export function resourcePart(key: string): string {
  return JSON.stringify(["resource", key]);
}

/** A tag that an entry sets. */
export interface Tag {
  readonly part: string;
  readonly name: string;
}

/** An amount that an entry reserves in a counter of one scope, or begins to spend from it. */
export interface CounterPart {
  readonly part: string;
  readonly amount: Amount;
}

/** What an entry changes in the state, by parts. */
export interface PartsChange {
  readonly change: StateChange;
  readonly counters: readonly CounterPart[];
  readonly tags: readonly Tag[];
}

/**
 * What an entry changes in the state, or null. Cost: its deltas times the scopes.
 *
 * @throws {CanopyError} `INVALID_ENTRY` when its deltas can't be read.
 */
export function partsChangeOf(entry: JsonObject): PartsChange | null {
  const change = stateChangeOf(entry);
  if (change === null) return null;
  if (change.kind === "settle" || change.kind === "void") return { change, counters: [], tags: [] };
  const counters: CounterPart[] = [];
  const tags: Tag[] = [];
  const sets = change.kind === "reserve";
  // Where a narrow scope isn't known it is a wider one: then both are one history.
  const keys = [...new Set(Object.values(change.keys))];
  for (const delta of change.deltas) {
    switch (delta.kind) {
      case "counter":
        for (const key of keys) counters.push({ part: counterPart(delta.counter, key), amount: delta.amount });
        break;
      case "mark":
        if (sets) for (const key of keys) tags.push({ part: marksPart(key), name: delta.mark });
        break;
      case "label":
        if (sets) for (const key of sessionKeys(change.keys)) tags.push({ part: labelsPart(key), name: delta.label });
        break;
      case "resource":
        if (sets) tags.push(...resourceTags(delta.label, [delta.resource, ...delta.within]));
        break;
      default:
        delta satisfies never;
    }
  }
  return { change, counters, tags };
}

function resourceTags(label: string, keys: readonly string[]): readonly Tag[] {
  return keys.map((key) => ({ part: resourcePart(key), name: label }));
}

/** The time of an entry in seconds since 1970, its fraction left out; 0 for what is no time. */
export function secondsOf(timestamp: unknown): number {
  const time = parseEntryTime(timestamp);
  return time === null ? 0 : Math.floor(time.from_ms / 1000);
}

/** A second as an entry's timestamp. */
export function secondText(seconds: number): string {
  return entryTimestamp(new Date(seconds * 1000).toISOString());
}

/** The last millisecond of a second: an entry names the second only, and may have been written up to its end. */
export function endOfSecond(seconds: number): number {
  return seconds * 1000 + 999;
}

/** The authorization that an entry is about. */
export function authorizationOf(entry: LedgerEntry): string {
  const id = entry["authorization_id"];
  return typeof id === "string" ? id : entry.entry_hash;
}

/** Marks in the order that facts list them. */
export function marksInOrder(marks: readonly MarkSet[]): readonly MarkSet[] {
  return marks.toSorted((a, b) => byText(a.mark, b.mark) || byText(a.scope, b.scope));
}

/** Orders members of facts by their names. */
export function byName(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return byText(left[0], right[0]);
}

function byText(left: string, right: string): number {
  return Number(left > right) - Number(left < right);
}

/** Whether an entry may take something back from the state: what failed, and what was refused. */
export function takesFromState(entry: JsonObject): boolean {
  switch (entry["event"]) {
    case "tool_result":
      return entry["outcome"] === "error";
    case "approval_rejected":
    case "approval_skipped":
      return true;
    default:
      return false;
  }
}

const FOLLOW_UPS = ["tool_start", "tool_result", "approval_rejected", "approval_skipped"];

/** Whether a line may change the state; for most lines told without parsing it. */
export function mayChangeState(line: Buffer): boolean {
  if (line.includes('"counter_deltas":', 0, "latin1")) return true;
  return FOLLOW_UPS.some((event) => line.includes(`"event":"${event}"`, 0, "latin1"));
}
