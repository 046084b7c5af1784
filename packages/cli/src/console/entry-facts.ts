// What the console needs to know of a line of a log. Lines are from outside: each member is checked before it is used.

/** Members of a JSON object from outside. */
export type Members = Readonly<Record<string, unknown>>;

/** What a line says of itself; texts are raw, and empty where the line has none. */
export interface EntryFacts {
  readonly members: Members;
  readonly event: string;
  readonly timestamp: string;
  readonly decision: string;
  readonly severity: string;
  readonly avid: string;
  readonly identity: string;
  readonly action_type: string;
  readonly reason: string;
  readonly trace_id: string;
  readonly tenant_id: string;
  readonly entry_hash: string;
  /** The decision that the entry belongs to: its own, or the one that it follows. */
  readonly authorization_id: string;
}

/** A longer line is no entry of ours; it is not read as a whole. */
export const LONGEST_LINE: number = 1_048_576;

/** What a line says; null when it is no JSON object. Cost: linear in the line. */
export function entryFacts(line: string): EntryFacts | null {
  const members = parseMembers(line);
  if (members === null) return null;
  const text = (name: string): string => textOf(members, name);
  return {
    members,
    event: text("event"),
    timestamp: text("timestamp"),
    decision: text("decision"),
    severity: text("severity"),
    avid: text("avid"),
    identity: text("identity"),
    action_type: text("action_type"),
    reason: text("reason") || text("description") || text("error"),
    trace_id: text("trace_id"),
    tenant_id: text("tenant_id"),
    entry_hash: text("entry_hash"),
    authorization_id: text("authorization_id") || text("entry_hash"),
  };
}

/** A member that is a text, or nothing. */
export function textOf(members: Members, name: string): string {
  const value = members[name];
  return typeof value === "string" ? value : "";
}

/** A JSON object; null for anything else. */
export function parseMembers(text: string): Members | null {
  try {
    const value: unknown = JSON.parse(text);
    return isMembers(value) ? value : null;
  } catch {
    return null;
  }
}

/** Whether a value is a JSON object. */
export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An identity as it is shown in lists: long enough to tell apart. */
export function shortAgent(avid: string): string {
  return avid.startsWith("AVID-") ? avid.slice(0, 13) : avid.slice(0, 24);
}
