// One line of a log as a row of a table. A line that can't be read is a row that says so; nothing is skipped.

/** What a row shows, raw: make it safe before showing it. */
export interface EntryRow {
  readonly date: string;
  readonly time: string;
  /** A verdict for decisions, else what happened. */
  readonly what: string;
  readonly action: string;
  readonly why: string;
  readonly agent: string;
  readonly id: string;
}

const UNREADABLE: EntryRow = {
  date: "",
  time: "",
  what: "UNREADABLE",
  action: "",
  why: "this line is not a ledger entry",
  agent: "",
  id: "",
};

/** The row of a line. */
export function entryRow(line: string): EntryRow {
  return entryRowOf(parseEntry(line));
}

/** The row of a line that was parsed; null for one that is no JSON object. */
export function entryRowOf(entry: Members | null): EntryRow {
  if (entry === null) return UNREADABLE;
  const text = (member: string): string => {
    const value = entry[member];
    return typeof value === "string" ? value : "";
  };
  const timestamp = text("timestamp");
  return {
    date: timestamp.slice(0, 10),
    time: timestamp.slice(11).replace(/Z$/u, ""),
    what: whatHappened(text("event"), text("decision"), entry["ok"]),
    action: text("action_type"),
    why: text("reason") || text("description") || text("error"),
    agent: shortAvid(text("avid")),
    id: (text("authorization_id") || text("entry_hash")).slice(0, 12),
  };
}

type Members = Readonly<Record<string, unknown>>;

function parseEntry(line: string): Members | null {
  try {
    const value: unknown = JSON.parse(line);
    return isMembers(value) ? value : null;
  } catch {
    return null;
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function whatHappened(event: string, decision: string, ok: unknown): string {
  switch (event) {
    case "authorize_action":
    case "":
      return decision;
    case "approval_granted":
      return "APPROVED";
    case "approval_rejected":
      return "REJECTED";
    case "tool_start":
      return "started";
    case "tool_result":
      return ok === false ? "failed" : ok === true ? "done" : "ended, unknown";
    default:
      return event.replaceAll("_", " ");
  }
}

function shortAvid(avid: string): string {
  return avid.startsWith("AVID-") ? avid.slice(0, 13) : avid;
}
