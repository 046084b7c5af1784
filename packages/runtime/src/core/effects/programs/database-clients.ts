// Clients of databases with command lines of their own: Oracle, Db2, Neo4j, BigQuery, and bulk copies.

import type { Effect } from "../effect.ts";
import { infra } from "./infra-change.ts";
import { fromFile, remote, statement, statements } from "./database-statements.ts";
import { NOTHING, reads, result, stream, writes } from "./describe.ts";
import { has, parseOptions, shape, tail, valueOf, valuesOf } from "./options.ts";
import type { ProgramCall, ProgramRow } from "./program.ts";
import { asksForHelp, asksForVerbHelp, row } from "./rows.ts";

/** Rows of such clients. */
export const DATABASE_CLIENTS: readonly ProgramRow[] = [
  row("sqlplus sqlcl sqlldr", "https://docs.oracle.com/en/database/oracle/oracle-database/23/sqpug/", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const scripts = call.args.filter((word) => word.prefix.startsWith("@")).map((word) => tail(word, 1));
    const effects: Effect[] = scripts.flatMap((word) => fromFile(call, word));
    if (scripts.length === 0 && call.stdin !== null) effects.push(...statements(call, call.stdin.text));
    return result(effects);
  }),
  row("rman", "https://docs.oracle.com/en/database/oracle/oracle-database/23/bradv/", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const named = call.args.some((word) => /^(?:cmdfile|@)/i.test(word.prefix));
    if (!named && call.stdin === null) return NOTHING;
    const text = named ? null : (call.stdin?.text ?? null);
    const wipes = text !== null && /\b(?:delete|drop|resetlogs|crosscheck)\b/i.test(text);
    return result([statement(call, wipes ? "wipe" : "unknown", text ?? "")]);
  }),
  row("db2", "https://www.ibm.com/docs/en/db2", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, shape("fzlr"));
    const effects: Effect[] = valuesOf(o, "f").flatMap((word) => fromFile(call, word));
    const text = o.operands.map((word) => word.value ?? "?").join(" ");
    if (/^(?:drop|restore|uncatalog|deactivate)\s+(?:db|database)\b/i.test(text))
      effects.push(statement(call, "wipe", text));
    else if (/^(?:connect|list|get|describe|terminate|quit|activate|attach|\?)/i.test(text)) return result(effects);
    else if (text !== "") effects.push(...statements(call, text));
    else if (call.stdin !== null) effects.push(...statements(call, call.stdin.text));
    return result(effects);
  }),
  row("neo4j-admin cypher-shell", "https://neo4j.com/docs/operations-manual/current/", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, shape("aupdfP", "address username password database file format param from to"));
    if (call.name === "neo4j-admin") return result(neo4jAdmin(call));
    const effects: Effect[] = valuesOf(o, "f", "file").flatMap((word) =>
      fromFile(call, word, (text) => cypher(call, text)),
    );
    for (const word of o.operands) effects.push(...cypher(call, word.value));
    if (effects.length === 0 && call.stdin !== null) effects.push(...cypher(call, call.stdin.text));
    for (const word of valuesOf(o, "a", "address")) effects.push(...remote(call, word));
    return result(effects);
  }),
  row("bq", "https://cloud.google.com/bigquery/docs/reference/bq-cli-reference", (call) => {
    if (asksForVerbHelp(call)) return NOTHING;
    const o = parseOptions(
      call.args,
      shape(
        "dn",
        "project_id dataset_id location format destination_table source_format max_rows schema api",
        "single",
      ),
    );
    const verb = o.operands[0]?.value ?? "";
    if (has(o, "dry_run")) return NOTHING;
    if (verb === "rm" || verb === "truncate") return result([infra(call, "bigquery", verb, true)]);
    if (verb === "query") {
      const given = o.operands.slice(1).flatMap((word) => statements(call, word.value));
      return result(o.operands.length > 1 || call.stdin === null ? given : statements(call, call.stdin.text));
    }
    if (
      /^(?:mk|cp|load|insert|update|undelete|cancel|partition|extract|add-iam-policy-binding|set-iam-policy)$/.test(
        verb,
      )
    )
      return result([infra(call, "bigquery", verb, has(o, "replace"))]);
    return NOTHING;
  }),
  row("bcp", "https://learn.microsoft.com/sql/tools/bcp-utility", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, shape("SUPdtrfbeFLmahoiKDCG"));
    const [subject, direction, file] = o.operands;
    const verb = direction?.value ?? "";
    const effects: Effect[] = valuesOf(o, "S").flatMap((word) => remote(call, word));
    if (verb === "queryout") effects.push(...statements(call, subject?.value ?? null));
    if (verb === "in") effects.push(statement(call, "write", subject?.text ?? ""));
    if (file !== undefined) effects.push(...(verb === "in" ? reads(call, [file]) : writes(call, [file])));
    if (/^(?:out|queryout)$/.test(verb))
      effects.push({ kind: "secret.read", via: "bcp", secret: "database_dump", from: subject?.text ?? "" });
    return result(effects, stream({ secret: valueOf(o, "o") === undefined ? "database_dump" : null }));
  }),
];

function neo4jAdmin(call: ProgramCall): readonly Effect[] {
  const text = call.args.map((word) => word.value ?? "?").join(" ");
  if (/\b(?:delete|drop|unbind|--force|--overwrite-destination(?:=true)?|set-initial-password)\b/.test(text))
    return [statement(call, "wipe", text)];
  return /\b(?:load|restore|import|copy|set-default-admin)\b/.test(text) ? [statement(call, "admin", text)] : [];
}

function cypher(call: ProgramCall, text: string | null): readonly Effect[] {
  if (text === null) return [statement(call, "unknown", "")];
  if (/\b(?:delete|drop|remove)\b/i.test(text)) return [statement(call, "wipe", text)];
  if (/\b(?:grant|revoke|deny|alter\s+user|create\s+user|dbms\.)/i.test(text)) return [statement(call, "admin", text)];
  return [statement(call, /\b(?:create|merge|set)\b/i.test(text) ? "write" : "read", text)];
}
