// SQL statements, classed by what they do. No grammar of any one dialect: the first word says what a statement is, and
// sequences of words that change, wipe, administer or reach outside are found wherever they stand outside quotes. What
// begins with no word that is known, or can't be cut into tokens, is `unknown` and asks.
//
// The order of gravity within one text: admin, wipe, unknown, schema, write, read; each operation is one effect.

import type { DbStatement, Effect } from "./effect.ts";
import { isTautology } from "./sql-conditions.ts";
import { ADMIN_CALLS, ADMIN_STARTS, NEUTRAL_STARTS, READ_STARTS, SCHEMA_STARTS, WRITE_STARTS } from "./sql-words.ts";
import { sqlTokens, type SqlReading, type SqlToken } from "./sql-tokens.ts";
import { wordSet } from "../word-set.ts";

type Operation = DbStatement["operation"];

/** Longest text that is read, in UTF-16 code units; longer ones at least ask. */
const MAX_LENGTH = 65_536;
const MAX_STATEMENTS = 500;
const MAX_EVIDENCE = 200;
/** Tables in which servers keep the password hashes of their users. */
const PASSWORD_TABLES =
  /\b(?:from|join)\s+(?:pg_catalog\.)?(?:pg_shadow|pg_authid|mysql\.user|sys\.(?:user\$|sql_logins|syslogins)|master\.\.syslogins|dba_users)\b/i;

/**
 * What a text of SQL would do: one effect for each kind of operation in it.
 *
 * Total. Cost: linear in the text.
 */
export function sqlEffects(text: string, via: string): readonly Effect[] {
  const operations = operationsIn(text);
  const evidence = text.length > MAX_EVIDENCE ? `${text.slice(0, MAX_EVIDENCE)}…` : text;
  const effects: Effect[] = [...operations].map((operation) => ({
    kind: "db.statement",
    via,
    operation,
    text: evidence,
  }));
  if (PASSWORD_TABLES.test(text)) effects.push({ kind: "secret.read", via, secret: "password_hashes", from: evidence });
  return effects;
}

/** The operations that a text of SQL asks for. Never empty. */
export function operationsIn(text: string): ReadonlySet<Operation> {
  const found = new Set<Operation>();
  if (text.length > MAX_LENGTH) return found.add("unknown");
  readAs(text, "standard", found);
  // A quote after a backslash ends a text for some dialects and not for others: both readings count. So do those of `#`
  // and `$`, which hide other texts for MySQL than for others.
  if (text.includes("\\")) readAs(text, "backslash", found);
  if (/[#$]/.test(text)) readAs(text, "mysql", found);
  if (found.size === 0) found.add("unknown");
  if (found.size > 1) found.delete("read");
  return found;
}

function readAs(text: string, reading: SqlReading, found: Set<Operation>): void {
  const { tokens, whole } = sqlTokens(text, reading);
  // What MySQL can't read to its end is written for others: what it would have run before counts.
  if (!whole && reading !== "mysql") found.add("unknown");
  const statements = splitStatements(tokens);
  if (statements.length > MAX_STATEMENTS) found.add("unknown");
  for (const statement of statements.slice(0, MAX_STATEMENTS)) classify(statement, found);
}

function splitStatements(tokens: readonly SqlToken[]): readonly (readonly SqlToken[])[] {
  const statements: SqlToken[][] = [];
  let current: SqlToken[] = [];
  for (const token of tokens) {
    if (token.kind === "sign" && token.value === ";") {
      if (current.length > 0) statements.push(current);
      current = [];
    } else current.push(token);
  }
  if (current.length > 0) statements.push(current);
  return statements;
}

function classify(statement: readonly SqlToken[], found: Set<Operation>): void {
  const start = firstWord(statement);
  const head = start < 0 ? "" : wordAt(statement, start);
  if (head === "explain" || head === "analyze" || head === "analyse") {
    classifyExplained(statement, start, found);
    return;
  }
  const own = ofHead(head, statement, start);
  if (own !== null) found.add(own);
  for (let index = Math.max(start, 0); index < statement.length; index += 1) scanAt(statement, index, start, found);
}

// `EXPLAIN` alone only plans; `EXPLAIN ANALYZE` runs what it explains.
function classifyExplained(statement: readonly SqlToken[], start: number, found: Set<Operation>): void {
  found.add("read");
  const runs = statement
    .slice(start, start + 12)
    .some(({ kind, value }) => kind === "word" && /^analy[sz]e$/.test(value));
  if (!runs) return;
  for (let index = start; index < statement.length; index += 1) scanAt(statement, index, start, found);
}

function firstWord(statement: readonly SqlToken[]): number {
  let index = 0;
  while (index < statement.length && statement[index]?.kind === "sign" && statement[index]?.value === "(") index += 1;
  return statement[index]?.kind === "word" ? index : -1;
}

function wordAt(statement: readonly SqlToken[], index: number): string {
  const token = statement[index];
  return token?.kind === "word" ? token.value : "";
}

function signAt(statement: readonly SqlToken[], index: number): string {
  const token = statement[index];
  return token?.kind === "sign" ? token.value : "";
}

function ofHead(head: string, statement: readonly SqlToken[], start: number): Operation | null {
  const second = wordAt(statement, start + 1);
  if (READ_STARTS.has(head) || NEUTRAL_STARTS.has(head)) return "read";
  if (head === "with") return "read";
  if (head === "pragma") return statement.some((_, index) => signAt(statement, index) === "=") ? "admin" : "read";
  if (head === "set") return ADMIN_SETTINGS.has(second) ? "admin" : "read";
  if (head === "drop") return DATA_HOLDERS.has(second) ? "wipe" : ADMIN_OBJECTS.has(second) ? "admin" : "schema";
  if (head === "truncate") return "wipe";
  if (head === "delete" || head === "update") return null;
  if (head === "create" || head === "alter") return ofDefinition(statement, start);
  if (ADMIN_STARTS.has(head)) return "admin";
  if (SCHEMA_STARTS.has(head)) return "schema";
  return WRITE_STARTS.has(head) ? "write" : "unknown";
}

const ADMIN_SETTINGS: ReadonlySet<string> = wordSet(
  "global persist persist_only role password default session_authorization",
);

/** What `DROP` takes data away with. */
const DATA_HOLDERS: ReadonlySet<string> = wordSet(
  "table tables database schema keyspace column collection temporary materialized tablespace owned external foreign partition dataset",
);

/** Objects that hold rights or code of the server. */
const ADMIN_OBJECTS: ReadonlySet<string> = wordSet(
  "user role login group extension server function procedure language event trigger rule policy publication subscription assembly aggregate operator cast library package credential certificate endpoint system resource plugin conversion secret",
);

const DEFINITION_WORDS: ReadonlySet<string> = wordSet(
  "or replace unique temporary temp global local if not exists unlogged external definer algorithm sql security recursive force noforce editionable public private shared constraint default privileges",
);

function ofDefinition(statement: readonly SqlToken[], start: number): Operation {
  for (let index = start + 1; index < Math.min(statement.length, start + 12); index += 1) {
    const word = wordAt(statement, index);
    if (ADMIN_OBJECTS.has(word) || word === "privileges") return "admin";
    if (word === "database" && wordAt(statement, start) === "alter") return "admin";
    if (!DEFINITION_WORDS.has(word)) break;
  }
  return "schema";
}

// What stands anywhere in a statement: in a common table expression, after a head that reads, in a batch without `;`.
function scanAt(statement: readonly SqlToken[], index: number, start: number, found: Set<Operation>): void {
  const word = wordAt(statement, index);
  if (word === "") return;
  const second = wordAt(statement, index + 1);
  const called = signAt(statement, index + 1) === "(" || signAt(statement, index + 1) === ".";
  if (ADMIN_CALLS.has(word) && (called || ALWAYS_ADMIN.test(word))) found.add("admin");
  switch (word) {
    case "insert":
    case "merge":
    case "replace":
      if (second === "into" || second === "ignore" || second === "overwrite") found.add("write");
      return;
    case "into":
      if (second === "outfile" || second === "dumpfile") found.add("admin");
      else if (isNamed(statement, index + 1) && !writesRows(statement, index)) found.add("write");
      return;
    case "delete":
      if (second === "from" || index === start) found.add(ofRows(statement, index));
      return;
    case "update":
      if (index === start || isUpdate(statement, index)) found.add(ofRows(statement, index));
      return;
    case "drop":
      if (DATA_HOLDERS.has(second)) found.add("wipe");
      else if (ADMIN_OBJECTS.has(second)) found.add("admin");
      return;
    case "truncate":
      if (second === "table" || (index === start && !called)) found.add("wipe");
      return;
    case "program":
      if (statement[index + 1]?.kind === "text") found.add("admin");
      return;
    default:
      return;
  }
}

const ALWAYS_ADMIN = /^(?:xp_|sp_|load_extension|lo_export|lo_import|openrowset|opendatasource|openquery|utl_|dbms_)/;

function isNamed(statement: readonly SqlToken[], index: number): boolean {
  const kind = statement[index]?.kind;
  return kind === "word" || kind === "name";
}

// `INSERT INTO t`, `MERGE INTO t`: the word before says so; `SELECT … INTO t` makes a table of its own.
function writesRows(statement: readonly SqlToken[], index: number): boolean {
  const before = wordAt(statement, index - 1);
  return before === "insert" || before === "merge" || before === "replace" || before === "ignore";
}

// `FOR UPDATE`, `ON UPDATE`, `ON DUPLICATE KEY UPDATE` change no rows by themselves.
function isUpdate(statement: readonly SqlToken[], index: number): boolean {
  const before = wordAt(statement, index - 1);
  if (
    before === "for" ||
    before === "on" ||
    before === "key" ||
    before === "before" ||
    before === "after" ||
    before === "or"
  )
    return false;
  for (let at = index + 1; at < Math.min(statement.length, index + 8); at += 1)
    if (wordAt(statement, at) === "set") return true;
  return false;
}

/** Tokens of a condition that are looked at: a longer one is taken to choose. */
const LONGEST_CONDITION = 200;

/** Tokens within which a condition must begin. */
const LONGEST_STATEMENT = 4000;

// Rows are chosen by a condition, or all of them are meant.
function ofRows(statement: readonly SqlToken[], index: number): Operation {
  let depth = 0;
  for (let at = index + 1; at < Math.min(statement.length, index + LONGEST_STATEMENT); at += 1) {
    const sign = signAt(statement, at);
    if (sign === "(") depth += 1;
    else if (sign === ")") {
      depth -= 1;
      if (depth < 0) return "wipe";
    } else if (depth === 0 && wordAt(statement, at) === "where")
      return isTautology(statement.slice(at + 1, at + LONGEST_CONDITION)) ? "wipe" : "write";
  }
  return "wipe";
}
