// What assignments make of names: constants, texts and lists that grow, and other names for what was imported.

import {
  afterBracket,
  constantOf,
  endOfStatement,
  endsStatement,
  splitArguments,
  TOO_LONG,
  UNKNOWN,
  type Bindings,
  type Constant,
} from "./constants.ts";
import { readPath, type Path } from "./paths.ts";
import { perform } from "./perform.ts";
import { noteAssignment, surelySet } from "./rebinding.ts";
import type { Scan } from "./scan.ts";
import { setElsewhere } from "./set-elsewhere.ts";
import type { Token } from "./tokens.ts";

/** A name is set: calls that stood before it, in functions and loops, may meet the value. */
function setName(scan: Scan, name: string, at: number, value: Constant): void {
  scan.bindings.set(name, value);
  noteSet(scan, name, at, value);
}

function noteSet(scan: Scan, name: string, at: number, value: Constant): void {
  for (const done of noteAssignment(scan, name, at, value)) if (--scan.rebinding.left >= 0) perform(scan, done);
}

/** `name = constant`, `name += constant`, `name.append(constant)`: what is known of it from there on. */
export function bind(scan: Scan, at: number): void {
  const { tokens, bindings } = scan;
  const name = tokens[at]?.text ?? "";
  const joined = behindJoin(scan, at);
  if (joined > 0) {
    setName(scan, name, at, both(bindings.get(name), valueOf(scan, at, joined)));
    return;
  }
  if (bindings.has(name) && changes(scan, at)) return;
  if (tokens[at + 1]?.text === "[") setElement(scan, name, at);
  const typed = tokens[at + 1]?.text === ":" && isTyped(scan, at) ? behindType(tokens, at) : 0;
  const from = typed > 0 ? typed : at + 2;
  const sets = tokens[at + 1]?.text === "=" && tokens[from]?.text !== "=" && tokens[from]?.text !== ">";
  if (typed === 0 && !sets) return;
  setName(scan, name, at, valueOf(scan, at, from));
  if (scan.imports.aliases.has(name)) {
    if (!surelySet(scan, at)) return;
    scan.imports.aliases.delete(name);
  }
  alias(scan, name, from, Math.min(endOfStatement(tokens, from), at + LONGEST_VALUE));
}

/** Names that are set otherwise, by what begins at the token: what they hold can't be known, at least in the function. */
export function bindElsewhere(scan: Scan, at: number): void {
  const set = setElsewhere(scan, at);
  for (const name of set?.names ?? []) {
    const within = set?.within ?? null;
    if (within === null) setName(scan, name, at, UNKNOWN);
    else noteSet(scan, name, Math.min(within, scan.tokens.length - 1), UNKNOWN);
  }
}

/** `c: str = "x"`, `(c := "x")`, `const c: string = "x"`: whether a colon behind a name may begin its type. */
function isTyped({ tokens, language }: Scan, at: number): boolean {
  const before = tokens[at - 1];
  if (language.name === "node") return /^(?:const|let|var)$/.test(before?.text ?? "");
  if (language.name !== "python") return false;
  return before === undefined || before.kind === "end" || tokens[at + 2]?.text === "=";
}

/** Where the value behind a type begins; 0 when nothing is set. */
export function behindType(tokens: readonly Token[], at: number): number {
  for (let next = at + 2; next < at + LONGEST_TYPE; next++) {
    const token = tokens[next];
    if (token === undefined || token.kind === "end") return 0;
    if (token.text === "=") return next + 1;
    if (token.close !== undefined) next = token.close;
  }
  return 0;
}

const LONGEST_TYPE = 48;

/** Tokens of a value that are looked at. */
const LONGEST_VALUE = 400;

function valueOf({ tokens, bindings }: Scan, at: number, from: number): Constant {
  const to = endOfStatement(tokens, from);
  if (to > at + LONGEST_VALUE || !endsStatement(tokens, to)) return TOO_LONG;
  return constantOf({ tokens, from, to }, bindings);
}

/** Where the value of `c += x`, `$c .= x`, `c << x`, `c <<= x` begins; 0 for what doesn't join. */
function behindJoin({ tokens, bindings, language }: Scan, at: number): number {
  const sign = tokens[at + 1]?.text;
  if (tokens[at + 1]?.kind !== "mark") return 0;
  if ((sign === "+" || sign === ".") && tokens[at + 2]?.text === "=") return at + 3;
  if (sign === "." && tokens[at + 2]?.text === "." && tokens[at + 3]?.text === "=") return at + 4;
  if (language.name !== "ruby" || sign !== "<" || tokens[at + 2]?.text !== "<") return 0;
  if (!bindings.has(tokens[at]?.text ?? "")) return 0;
  return tokens[at + 3]?.text === "=" ? at + 4 : at + 3;
}

/** What a name holds after something was joined to it. */
function both(before: Constant = UNKNOWN, more: Constant): Constant {
  const hidden = before.hidden || more.hidden;
  if (before.list !== null) {
    const list = more.list ?? (more.value === null ? null : [more]);
    return { value: null, hidden, list: list === null ? null : [...before.list, ...list] };
  }
  return before.value === null || more.value === null
    ? { value: null, hidden, list: null }
    : { value: before.value + more.value, hidden, list: null };
}

/** `c ||= x`, `n %= 2`, `words.append("-rf")`, `del words[0]`: whether a name that is known changes in another way. */
function changes(scan: Scan, at: number): boolean {
  const { tokens, bindings } = scan;
  const name = tokens[at]?.text ?? "";
  if (tokens[at + 1]?.text === ".") {
    grow(scan, at, name);
    return true;
  }
  if (tokens[at - 1]?.text !== "del" && !isCompound(tokens, at + 1)) return false;
  bindings.set(name, UNKNOWN);
  return true;
}

/** `||=`, `&&=`, `??=`, `//=`, `**=`, `*=`, `%=`, `-=`, `^=`: what a name holds then is not followed. */
function isCompound(tokens: readonly Token[], at: number): boolean {
  const sign = tokens[at];
  if (sign?.kind !== "mark" || !/^[|&?/*%^-]$/.test(sign.text)) return false;
  const doubled = tokens[at + 1]?.text === sign.text ? 2 : 1;
  return tokens[at + doubled]?.text === "=" && tokens[at + doubled + 1]?.text !== "=";
}

/** `words[0] = "rm"`, `$words[0] .= "x"`: the list is another one then. */
function setElement({ tokens, bindings, language }: Scan, name: string, at: number): void {
  const close = tokens[at + 1]?.close ?? at;
  const listed = language.name === "perl" ? name.replace("$", "@") : name;
  const known = bindings.get(listed);
  if (known === undefined) return;
  const sets = tokens[close + 1]?.text === "=" && !/^[=>~]$/.test(tokens[close + 2]?.text ?? "");
  const joins = /^[+.]$/.test(tokens[close + 1]?.text ?? "") && tokens[close + 2]?.text === "=";
  if (!sets && !joins) return;
  if (known.list !== null) setShared(bindings, known.list, UNKNOWN);
  bindings.set(listed, UNKNOWN);
}

/** `go = os.system`, `run = promisify(cp.exec)`, `s3 = boto3.client("s3")`. */
function alias(scan: Scan, name: string, from: number, to: number): void {
  const { tokens, imports: known } = scan;
  let start = from;
  while (tokens[start]?.text === "await" || tokens[start]?.text === "new" || tokens[start]?.text === "(") start++;
  if (tokens[start]?.kind !== "name") return;
  let { path, next } = settled(tokens, readPath(scan, start));
  if (/(?:^|\.)promisify$/.test(path) && tokens[next]?.text === "(") {
    ({ path, next } = readPath(scan, next + 1));
    next++;
  }
  if (
    (next >= to || tokens[next]?.text === ",") &&
    (path !== tokens[start]?.text || scan.bindings.get(name)?.value === null)
  )
    known.aliases.set(name, path);
  else if (tokens[next]?.text === "(" && /^(?:fabric|invoke|sh|plumbum|git)\./.test(path))
    known.aliases.set(name, path);
}

/** `import("fs").catch(…)`, `import("fs").finally(…)`: the module still, and the place behind them. */
export function settled(tokens: readonly Token[], { path, next, loaded }: Path): { path: string; next: number } {
  let settledPath = path;
  let at = next;
  if (loaded === null) return { path, next };
  while (/\.(?:catch|finally)$/.test(settledPath) && tokens[at]?.text === "(") {
    settledPath = settledPath.slice(0, settledPath.lastIndexOf("."));
    at = afterBracket(tokens, at);
    if (tokens[at]?.text !== "." || tokens[at + 1]?.kind !== "name") break;
    settledPath += `.${tokens[at + 1]?.text ?? ""}`;
    at += 2;
  }
  return { path: settledPath, next: at };
}

/** Methods that make another list of the one that they are called on. */
const CHANGES_LIST =
  /^(?:extend|insert|concat|unshift|remove|pop|splice|clear|reverse|sort|shift|fill|copyWithin|prepend|replace|delete_at|rotate)$/;
/** Methods of Ruby that change the text that they are called on, besides those that end in `!`. */
const CHANGES_TEXT = /^(?:insert|clear|setbyte|append_as_bytes)$/;

/** `words.append("-rf")`: a list grows; what else is done to it can't be told. */
function grow(scan: Scan, at: number, name: string): void {
  const { tokens, bindings } = scan;
  const method = tokens[at + 2]?.text ?? "";
  const known = bindings.get(name);
  if (known === undefined) return;
  const { list } = known;
  if (list === null) {
    if (scan.language.name === "ruby") growText(scan, at, known);
    return;
  }
  if (tokens[at + 3]?.text === "!" && tokens[at + 4]?.text !== "=") setShared(bindings, list, UNKNOWN);
  else if (method === "append" || method === "push") {
    if (tokens[at + 3]?.text !== "(") return;
    setShared(bindings, list, { value: null, hidden: false, list: [...list, ...argumentsAt(scan, at + 3)] });
  } else if (CHANGES_LIST.test(method)) setShared(bindings, list, UNKNOWN);
}

/** A list has another value, under every name that it goes by. */
function setShared(bindings: Bindings, list: readonly Constant[], value: Constant): void {
  for (const [name, known] of bindings) if (known.list === list) bindings.set(name, value);
}

/** `c.concat(" x")`, `c.prepend("x")`, `c.sub!("a", "b")`: what Ruby makes of a text in its place. */
function growText(scan: Scan, at: number, before: Constant): void {
  const { tokens } = scan;
  const name = tokens[at]?.text ?? "";
  const method = tokens[at + 2]?.text ?? "";
  const first = tokens[at + 3]?.text === "(" ? (argumentsAt(scan, at + 3)[0] ?? UNKNOWN) : UNKNOWN;
  if (tokens[at + 3]?.text === "!" && tokens[at + 4]?.text !== "=") setName(scan, name, at, UNKNOWN);
  else if (method === "concat") setName(scan, name, at, both(before, first));
  else if (method === "prepend") setName(scan, name, at, both(first, before));
  else if (method === "replace") setName(scan, name, at, first);
  else if (CHANGES_TEXT.test(method)) setName(scan, name, at, UNKNOWN);
}

function argumentsAt({ tokens, bindings }: Scan, open: number): readonly Constant[] {
  const to = afterBracket(tokens, open) - 1;
  return splitArguments({ tokens, from: open + 1, to }).map((span) => constantOf(span, bindings));
}
