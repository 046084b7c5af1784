// What an index proof states, and what it takes to state it.
//
//   {"claim":"absent","where":{"avid":"AVID-…","action_type":"delete_file"},"except_agent":null,"tenant":null,
//    "from":"2026-11-01T00:00:00Z","to":null}
//
// `absent`: among the entries that the proof covers, none matches. `present`: exactly those shown match.
// An entry matches when it has every value of `where`, is of the tenant, is not of the agent excepted, and its time lies in
// from ≤ time ≤ to. Of an odd line that has the key and doesn't lie outside the times it can't be told: where absence is
// claimed it stands against the claim, where presence is claimed it isn't one of those that match.

import type { IndexedLine } from "./indexed-line.ts";
import type { IndexField, IndexTerm } from "./index-key.ts";

/** Members of an entry that a statement can name, in this order. `resource` is one of its `resource_keys`. */
export const WHERE_MEMBERS = [
  "trace_id",
  "avid",
  "action_type",
  "decision",
  "resource",
  "incident_id",
  "event",
] as const;

/** A member that a statement can name. */
export type WhereMember = (typeof WHERE_MEMBERS)[number];

/** A statement. Times are seconds since 1970, both inclusive. */
export interface Statement {
  readonly claim: "absent" | "present";
  /** At least one; values are well-formed and not empty. */
  readonly where: Readonly<Partial<Record<WhereMember, string>>>;
  /** Entries of this agent don't match. */
  readonly except_agent: string | null;
  /** Null: the whole log, with or without tenants. */
  readonly tenant: string | null;
  readonly from: number | null;
  readonly to: number | null;
}

/** The fields of the index that can carry a statement: all of whose members it names. Two members stand before one. */
export function fieldsFor({ where }: Pick<Statement, "where">): readonly IndexField[] {
  const has = (member: WhereMember): boolean => where[member] !== undefined;
  const fields: IndexField[] = [];
  if (has("avid") && has("action_type")) fields.push("avid+action_type");
  if (has("avid") && has("decision")) fields.push("avid+decision");
  return [...fields, ...WHERE_MEMBERS.filter(has)];
}

/** The key that carries a statement by a field; null when the statement doesn't name all of the field's members. */
export function termOf({ where, tenant }: Pick<Statement, "where" | "tenant">, field: IndexField): IndexTerm | null {
  const members = field.split("+");
  const values = members.flatMap((member) => {
    const name = WHERE_MEMBERS.find((known) => known === member);
    const value = name === undefined ? undefined : where[name];
    return value === undefined ? [] : [value];
  });
  return values.length === members.length ? { field, tenant: tenant ?? "", values } : null;
}

/** How an entry that has the key stands to a statement; `uncertain`: its line is odd, so it can't be told. */
export type Relation = "matches" | "uncertain" | "other";

/** How an entry that has the key stands to a statement. */
export function relationOf(line: IndexedLine, statement: Statement): Relation {
  const { from, to, where, tenant, except_agent } = statement;
  if (line.time !== null && (line.time < (from ?? line.time) || line.time > (to ?? line.time))) return "other";
  if (line.odd) return "uncertain";
  if (tenant !== null && line.tenant !== tenant) return "other";
  if (except_agent !== null && line.avid === except_agent) return "other";
  const all = WHERE_MEMBERS.every((member) => {
    const value = where[member];
    if (value === undefined) return true;
    return member === "resource" ? line.resources.includes(value) : line[member] === value;
  });
  return all ? "matches" : "other";
}

/** Whether a stretch lies wholly outside the statement's times. One with entries that have no time never does. */
export function outside(
  stretch: { readonly oldest: number | null; readonly newest: number | null; readonly undated: number },
  { from, to }: Pick<Statement, "from" | "to">,
): boolean {
  if (stretch.undated > 0 || stretch.oldest === null || stretch.newest === null) return false;
  return (from !== null && stretch.newest < from) || (to !== null && stretch.oldest > to);
}
