// What `canopy prove absent` and `canopy prove present` are asked: flags, and the statement that they make.

import { CanopyError } from "canopy-runtime/errors";
import { homeOf } from "canopy-runtime/home";
import { namedResource, type NamedResource, type Statement } from "canopy-runtime/proofs";
import { agentAvid } from "canopy-runtime/flag-values";
import type { TlogReader } from "canopy-runtime/tlog";
import { resolve } from "node:path";
import { instantOf } from "./decision-filter.ts";
import type { Io } from "./io.ts";
import { textFlag, type TextFlag } from "./text-flag.ts";

/** The flags, as given. */
export type StatementFlags = {
  readonly agent?: string;
  readonly action?: string;
  readonly decision?: string;
  readonly trace?: string;
  readonly incident?: string;
  readonly event?: string;
  readonly resource?: string;
  readonly tool?: string;
  readonly tenant?: string;
  readonly exceptAgent?: string;
  readonly from?: string;
  readonly to?: string;
  readonly disclose: boolean;
  readonly home?: string;
};

/** The flags' definitions. */
export const STATEMENT_FLAGS: {
  readonly [Name in Exclude<keyof StatementFlags, "disclose">]-?: TextFlag;
} & { readonly disclose: SwitchFlag } = {
  agent: textFlag("Entries of one agent: its AVID or its public_key", "AGENT"),
  action: textFlag("Entries with one action_type, by any name of it", "TYPE"),
  decision: textFlag("Entries with one decision: ALLOW, DENY, REQUIRE_APPROVAL …", "WORD"),
  trace: textFlag("Entries of one trace", "ID"),
  incident: textFlag("Entries of one incident", "ID"),
  event: textFlag("Entries with one event, such as tool_start", "NAME"),
  resource: textFlag("Decisions that would touch it, such as net.connect:example.com", "KIND:TARGET"),
  tool: textFlag("Decisions about one tool, by the name it was asked for", "NAME"),
  tenant: textFlag("Only entries of one tenant (default: the whole log)", "ID"),
  exceptAgent: textFlag("But those of this agent: nobody else did", "AGENT"),
  from: textFlag("Entries from then on: 90m, 24h, 7d, or a time such as 2026-01-31", "TIME"),
  to: textFlag("Entries until then, that second included", "TIME"),
  disclose: {
    kind: "boolean",
    default: false,
    withNegated: false,
    brief: "Put the key that names resources into the file, so that the name is checked",
  },
  home: textFlag("The folder with the log's payload.key (default: CANOPY_HOME)", "DIR"),
};

/** A statement, and the resource that it names. */
export interface AskedStatement {
  readonly statement: Statement;
  readonly resource: NamedResource | null;
}

/** The statement that the flags make about a log. Throws `USAGE`, `FILE_UNUSABLE`. */
export function statementOf(
  io: Io,
  claim: Statement["claim"],
  flags: StatementFlags,
  reader: TlogReader,
): AskedStatement {
  const { agent, action, decision, trace, incident, event, tenant, exceptAgent, from, to } = flags;
  const resource = resourceOf(io, flags, reader);
  const where = {
    ...(trace === undefined ? {} : { trace_id: notEmpty("trace", trace) }),
    ...(agent === undefined ? {} : { avid: agentAvid(notEmpty("agent", agent)) }),
    ...(action === undefined ? {} : { action_type: notEmpty("action", action) }),
    ...(decision === undefined ? {} : { decision: notEmpty("decision", decision) }),
    ...(resource === null ? {} : { resource: resource.key }),
    ...(incident === undefined ? {} : { incident_id: notEmpty("incident", incident) }),
    ...(event === undefined ? {} : { event: notEmpty("event", event) }),
  };
  if (Object.keys(where).length === 0) {
    throw new CanopyError("USAGE", "nothing is said about entries: expected at least one condition", {
      fix: "give one or more of --agent, --action, --decision, --trace, --resource, --tool, --incident, --event",
    });
  }
  const now = Date.now();
  const seconds = (flag: string, text: string | undefined): number | null =>
    text === undefined ? null : Math.floor(instantOf(flag, text, now) / 1000);
  const statement: Statement = {
    claim,
    where,
    except_agent: exceptAgent === undefined ? null : agentAvid(notEmpty("except-agent", exceptAgent)),
    tenant: tenant === undefined ? null : notEmpty("tenant", tenant),
    from: seconds("from", from),
    to: seconds("to", to),
  };
  if (statement.from !== null && statement.to !== null && statement.from > statement.to) {
    throw new CanopyError("USAGE", "--from is after --to: expected an earlier time", { fix: "swap them" });
  }
  return { statement, resource: resource === null ? null : resource.resource };
}

function resourceOf(
  io: Io,
  { resource, tool, home, disclose }: StatementFlags,
  reader: TlogReader,
): { readonly key: string; readonly resource: NamedResource | null } | null {
  if (resource !== undefined && tool !== undefined) {
    throw new CanopyError("USAGE", "--resource and --tool are given: expected one of them", {
      fix: "a tool is a resource of its own: make one proof for each",
    });
  }
  if (resource === "unresolved") return { key: resource, resource: null };
  const text = resource ?? (tool === undefined ? undefined : `tool:${tool}`);
  if (text === undefined) return null;
  const where = home === undefined ? homeOf(io.env, io.cwd) : resolve(io.cwd, home);
  return namedResource(text, { home: where, log_id: logIdOf(reader), disclose });
}

function logIdOf(reader: TlogReader): string {
  const entry: unknown = JSON.parse(reader.line(reader.size - 1).toString("utf8"));
  const { log_id }: Readonly<Record<string, unknown>> = Object.assign({}, entry);
  return typeof log_id === "string" ? log_id : "";
}

function notEmpty(flag: string, text: string): string {
  if (text !== "") return text;
  throw new CanopyError("USAGE", `--${flag} is empty: expected some text`, {
    fix: "leave the flag out, or give a value",
  });
}

interface SwitchFlag {
  readonly kind: "boolean";
  readonly default: false;
  readonly withNegated: false;
  readonly brief: string;
}
