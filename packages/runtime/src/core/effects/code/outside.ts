// What calls of libraries do to the world outside: programs as members, statements to a database, code for tracers, and
// what other libraries do by the verb of a name.

import { literal } from "../programs/options.ts";
import { operationsIn } from "../sql.ts";
import { isStatement } from "../sql-start.ts";
import { constantOf, TOO_LONG, type Span } from "./constants.ts";
import { wordOf } from "./perform.ts";
import type { Scan } from "./scan.ts";
import { sdkEffects } from "./sdks.ts";
import type { Token } from "./tokens.ts";

/** Libraries whose members are programs: `sh.rm("-rf", "/")`, `Repo(".").git.push("--force")`. */
export function performMember(scan: Scan, path: string, args: readonly Span[]): boolean {
  const member = /^(?:sh|plumbum\.cmd)\.([a-z]\w*)$/.exec(path);
  const git = /(?:^|\.)git\.([a-z]\w*)$/.exec(path);
  const tagged = /^(?:zx|execa|bun|Bun|\$|dax|google\.zx)(?:\.\$)?$/.test(path) && path.endsWith("$");
  if (tagged) {
    const first = args[0] === undefined ? null : constantOf(args[0], scan.bindings).value;
    scan.effects.push(...scan.call.run.shell(first, scan.language.name));
    return true;
  }
  const name = member?.[1] ?? git?.[1];
  if (name === undefined || !scan.imports.modules.has(git === null ? path.slice(0, path.lastIndexOf(".")) : "git"))
    return false;
  if (git !== null && /^(?:execute|custom_environment|Repo)$/.test(name)) return false;
  const words = args.map((span) => wordOf(constantOf(span, scan.bindings)));
  const program = literal(name.replaceAll("_", "-"));
  scan.effects.push(...scan.call.run.words([...(git === null ? [] : [literal("git")]), program, ...words], null));
  return true;
}

/** What a call does to the world outside: statements to a database, and what libraries do by the verb of their name. */
export function performOutside(scan: Scan, path: string, args: readonly Span[]): void {
  const name = path.slice(path.lastIndexOf(".") + 1);
  scan.effects.push(...sdkEffects(scan.used, name, scan.language.name));
  if (!STATEMENTS.test(name)) return;
  for (const span of args.slice(0, 3)) statement(scan, span);
}

const STATEMENTS =
  /^(?:execute\w*|exec\w*|query\w*|\$?(?:execute|query)Raw\w*|raw|run|prepare|all|each|text|read_sql\w*|to_sql|do|mysqli?_\w+|pg_\w+|sqlite_\w+|db\w+|unsafe|sql|fetch\w*|multi_query|real_query|from_sql|cursor|select_all|find_by_sql)$/i;
/** Tokens of a statement, put together of texts, that are looked at. */
const LONGEST_TEXT = 96;

function statement(scan: Scan, { tokens, from, to }: Span): void {
  if (tokens[from]?.text === "[" && to - from <= LONGEST_TEXT) {
    const { value } = constantOf({ tokens, from, to }, scan.bindings);
    if (value !== null && isStatement(value)) {
      judged(scan, value);
      return;
    }
  }
  for (let at = from; at < to && at < from + 64; at++) {
    const token = tokens[at];
    if (token?.kind !== "string" && !(token?.kind === "name" && scan.bindings.has(token.text))) continue;
    const end = plainEnd(tokens, at, to);
    const cut = end > at + LONGEST_TEXT || scan.bindings.get(token.text) === TOO_LONG;
    const span = { tokens, from: at, to: Math.min(end, at + LONGEST_TEXT) };
    const text = constantOf(span, scan.bindings).value ?? piecesOf(span);
    if (scan.bindings.get(token.text) !== TOO_LONG && !isStatement(text)) continue;
    if (cut) scan.effects.push({ kind: "exec.unresolved", via: scan.language.name, part: "code", text: "statement" });
    judged(scan, text);
    return;
  }
}

function judged(scan: Scan, text: string): void {
  for (const operation of operationsIn(text.trimStart().replaceAll(/\{[^{}]*\}|\$\{[^{}]*\}|%s/g, "x")))
    if (operation === "wipe" || operation === "admin")
      scan.effects.push({ kind: "db.statement", via: scan.language.name, operation, text: text.slice(0, 200) });
}

/** The texts of an expression, with a name for what can't be known between them. */
function piecesOf({ tokens, from, to }: Span): string {
  let text = "";
  for (let at = from; at < to; at++) {
    const token = tokens[at];
    if (token?.kind === "string") text += token.text;
    else if (token?.kind === "name") text += "x";
  }
  return text;
}

function plainEnd(tokens: readonly Token[], from: number, to: number): number {
  let at = from;
  for (; at < to && tokens[at]?.text !== "," && tokens[at]?.text !== ")"; at++)
    at = Math.max(at, tokens[at]?.close ?? 0);
  return Math.min(at, to);
}

/** Methods by which the standard library's tracers and consoles run code that they are given as text. */
const TRACED = /^(?:run|runctx|runeval|push|runsource|runcode)$/;
const TRACERS = ["trace", "cProfile", "profile", "bdb", "pdb", "code", "doctest"];

/** Whether a call hands code, as a text, to one of them. */
export function isTraced({ language, imports }: Scan, path: string): boolean {
  if (language.name !== "python" || !TRACED.test(path.slice(path.lastIndexOf(".") + 1))) return false;
  return TRACERS.some((module) => imports.modules.has(module));
}
