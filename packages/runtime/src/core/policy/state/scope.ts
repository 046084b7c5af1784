// Whose history counts: a scope, and the key under which an entry or a request belongs to it.
//
//   session   session_id, else the trace, else the agent        wider where narrower isn't known, never none
//   trace     trace_id, else the session, else the agent
//   agent     the AVID, whether its key was proven or only asserted: claiming it can't open a second purse
//   tenant    tenant_id; all that name none share one
//   all       the whole log
//
// Sessions and traces of two tenants are never one, whatever they are called.

/** Whose history a rule counts over. */
export type Scope = "session" | "trace" | "agent" | "tenant" | "all";

/** Every scope, from narrow to wide. */
export const SCOPES: readonly Scope[] = ["session", "trace", "agent", "tenant", "all"];

/** The key of each scope: equal texts are one history. */
export type ScopeKeys = Readonly<Record<Scope, string>>;

/** Who acts, and within what. */
export interface ScopeMembers {
  readonly avid: string;
  readonly session_id: string | null;
  readonly trace_id: string | null;
  readonly tenant_id: string | null;
}

/** The scope keys of a request or an entry. */
export function scopeKeysOf({ avid, session_id, trace_id, tenant_id }: ScopeMembers): ScopeKeys {
  const agent = JSON.stringify(["agent", avid]);
  const ofSession = session_id === null ? null : JSON.stringify(["session", tenant_id, session_id]);
  const ofTrace = trace_id === null ? null : JSON.stringify(["trace", tenant_id, trace_id]);
  return {
    session: ofSession ?? ofTrace ?? agent,
    trace: ofTrace ?? ofSession ?? agent,
    agent,
    tenant: JSON.stringify(["tenant", tenant_id]),
    all: ALL,
  };
}

/** The histories that the labels of an action's session stand in: whoever names no session later is asked of the wider. */
export function sessionKeys({ session, trace, agent }: ScopeKeys): ReadonlySet<string> {
  return new Set([session, trace, agent]);
}

const ALL = '["all"]';
