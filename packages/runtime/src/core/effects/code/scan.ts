// Scanning code of scripting languages for calls that do something, with their constant arguments.

import type { Effect } from "../effect.ts";
import type { NestedRunner, ProgramCall } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";
import type { CallTable, Meaning } from "./calls.ts";
import { bindMembers, readImport, type Imports } from "./aliases.ts";
import { behindType, bind, bindElsewhere, settled } from "./assignments.ts";
import { afterBracket, constantOf, endOfStatement, endsStatement, splitArguments, type Bindings } from "./constants.ts";
import { forkEffects } from "./fork-loops.ts";
import { bindLoop } from "./loops.ts";
import { escapes } from "./escapes.ts";
import { isTraced, performMember, performOutside } from "./outside.ts";
import { isPower, MAX_MEMBER_TOKENS, readPath, type Path } from "./paths.ts";
import { perform, type Performed } from "./perform.ts";
import { powersOf, type Powers } from "./powers.ts";
import { readPattern, type Pattern } from "./patterns.ts";
import { createRebinding, withOtherValues, type Rebinding } from "./rebinding.ts";
import { rebindNames, rebindWithin } from "./rebound-names.ts";
import { useModule, type Used } from "./sdks.ts";
import { MAX_TOKENS, tokenize, type Spelling, type Token } from "./tokens.ts";

/** How a language is scanned. */
export interface Language {
  readonly name: string;
  readonly spelling: Spelling;
  readonly calls: CallTable;
  /** Whether calls may stand without brackets (`system "x"`). */
  readonly bare: boolean;
}

/** A scan in progress. */
export interface Scan {
  readonly language: Language;
  readonly powers: Powers;
  call: ProgramCall;
  readonly tokens: readonly Token[];
  readonly bindings: Bindings;
  readonly imports: Imports;
  readonly used: Used;
  readonly effects: Effect[];
  readonly rebinding: Rebinding;
  /** Places of words that were read as parts of a pattern, and mean nothing else. */
  readonly plain: Set<number>;
  /** How deep in code that stands inside of texts. */
  readonly depth: number;
}

const MAX_DEPTH = 4;

/** The effects of the calls in a text. Linear in the text. */
export function scanCode(language: Language, text: string, run: NestedRunner, surroundings: Surroundings): Effect[] {
  const scan: Scan = {
    language,
    powers: powersOf(language.name),
    call: { name: language.name, args: [], stdin: null, surroundings, run },
    tokens: tokenize(text, language.spelling),
    bindings: new Map(),
    imports: { aliases: new Map(), stars: [], modules: new Set() },
    used: new Set(),
    effects: [],
    rebinding: createRebinding(),
    plain: new Set(),
    depth: 0,
  };
  walk(scan);
  return scan.effects;
}

function tooMuch(via: string): Effect {
  return { kind: "exec.unparsed", via, problem: `code of more than ${MAX_TOKENS} words and signs` };
}

function walk(scan: Scan): void {
  for (let at = 0; at < scan.tokens.length;) at = step(scan, at);
  if (scan.tokens.length >= MAX_TOKENS) scan.effects.push(tooMuch(scan.language.name));
}

/** Looks at one token; returns where to go on. Arguments are walked too, so that nested calls are seen. */
function step(scan: Scan, at: number): number {
  const token = scan.tokens[at];
  if (token === undefined) return at + 1;
  bindElsewhere(scan, at);
  if (scan.plain.has(at)) return at + 1;
  for (const inner of token.code ?? []) walkInner(scan, inner);
  if (token.kind === "command") {
    scan.effects.push(...scan.call.run.shell(token.known ? token.text : null, scan.language.name));
    return at + 1;
  }
  rebindNames(scan, at);
  if (token.kind === "mark" && token.close !== undefined) bracket(scan, token, at);
  if (token.kind !== "name") return at + 1;
  const behind = imports(scan, at);
  if (behind > at) return behind;
  bind(scan, at);
  if (token.text === "for") bindLoop(scan, at);
  const path = readPath(scan, at);
  loaded(scan, path);
  scan.effects.push(...forkEffects(scan, path, at));
  const meaning = meaningOf(scan, path.path);
  if (escapes(scan, { ...path, at, meaning })) unseen(scan, path.path);
  return used(scan, at, path, meaning);
}

/** What a path that was read means where it stands. */
function used(scan: Scan, at: number, { path, next }: Path, meaning: Meaning | null): number {
  const open = scan.tokens[next]?.text === "(" && scan.tokens[next]?.kind === "mark";
  const tagged = scan.language.name === "node" && scan.tokens[next]?.kind === "string";
  const called = open || tagged || (scan.language.bare && startsArgument(scan.tokens[next]));
  if (!called) return Math.max(at + 1, next);
  const span = open
    ? { tokens: scan.tokens, from: next + 1, to: afterBracket(scan.tokens, next) - 1 }
    : { tokens: scan.tokens, from: next, to: tagged ? next + 1 : endOfStatement(scan.tokens, next) };
  const args = splitArguments(span);
  if (meaning !== null && !open && !endsStatement(scan.tokens, span.to) && !tagged) unseen(scan, path);
  if (meaning !== null) performAll(scan, { meaning, path, args, before: at });
  else if (isTraced(scan, path)) performAll(scan, { meaning: "eval", path, args: args.slice(0, 1), before: at });
  else if (!performMember(scan, path, args)) performOutside(scan, path, args);
  return next + (open ? 1 : 0);
}

/** Performs a call with every value that its names may have. */
function performAll(scan: Scan, done: Performed): void {
  perform(scan, done);
  if (withOtherValues(scan, done, () => perform(scan, done))) unseen(scan, done.path);
}

/** Code that stands inside of a text: `f"{os.system(x)}"`. */
function walkInner(scan: Scan, code: string): void {
  if (scan.depth >= MAX_DEPTH) {
    unseen(scan, code);
    return;
  }
  const tokens = tokenize(code, scan.language.spelling);
  const inner: Scan = { ...scan, tokens, plain: new Set(), depth: scan.depth + 1 };
  walk(inner);
  scan.call = inner.call;
}

/** Skips an import, and notes what it brings. */
function imports(scan: Scan, at: number): number {
  const { tokens } = scan;
  switch (tokens[at]?.text) {
    case "from":
    case "import":
    case "const":
    case "let":
    case "var": {
      if (scan.language.name !== "python" && scan.language.name !== "node") return at;
      const before = scan.imports.modules.size;
      const behind = readImport(tokens, at, scan.imports);
      if (scan.imports.modules.size > before) for (const module of scan.imports.modules) useModule(scan.used, module);
      if (behind > at) rebindWithin(scan, at, behind);
      destructure(scan, at + 1, true);
      return behind;
    }
    default:
      return at;
  }
}

/** What a bracket opens: a member named by a text, a loop in a list, a pattern that takes members apart. */
function bracket(scan: Scan, token: Token, at: number): void {
  if (token.text === "[") namedMember(scan, at);
  if (scan.language.name === "python") comprehension(scan, at);
  else if (token.text === "{") destructure(scan, at);
}

/** The pattern that opens at a place; what only names something in it is not read as anything else. */
function patternAt(scan: Scan, open: number): Pattern {
  const pattern = readPattern(scan.tokens, open);
  scan.plain.add(open);
  for (const place of pattern.plain) scan.plain.add(place);
  for (const place of pattern.plain) rebindWithin(scan, place, place + 1);
  return pattern;
}

/** `{exec: y} = x`: where `x` is a module or object that is known, `y` is its member. */
function destructure(scan: Scan, open: number, declared: boolean = false): void {
  const { tokens } = scan;
  const brace = tokens[open]?.text === "{" ? tokens[open]?.close : undefined;
  if (scan.language.name !== "node" || brace === undefined || scan.plain.has(open)) return;
  const close = declared && tokens[brace + 1]?.text === ":" ? behindType(tokens, brace) - 2 : brace;
  if (tokens[close + 1]?.text !== "=" || /^[=>]$/.test(tokens[close + 2]?.text ?? "")) return;
  const pattern = patternAt(scan, open);
  let from = close + 2;
  while (tokens[from]?.text === "await" || tokens[from]?.text === "(") from++;
  if (tokens[from]?.kind !== "name") return;
  const source = readPath(scan, from);
  const { path, next } = settled(tokens, source);
  const { loaded } = source;
  const after = tokens[next];
  if (loaded === null ? after !== undefined && after.kind !== "end" && !/^[),]$/.test(after.text) : after?.text === "(")
    return;
  if (pattern.nested && isPower(scan, path)) unseen(scan, path);
  bindMembers(scan.imports.aliases, pattern.members, path);
}

/** `[f(d) for d in os.listdir("/")]`: the name is bound behind the place where it is used. */
function comprehension(scan: Scan, open: number): void {
  const { tokens } = scan;
  const to = Math.min(tokens[open]?.close ?? open, open + 64);
  for (let at = open + 2; at < to; at++)
    if (tokens[at]?.text === "for" && tokens[at - 1]?.kind !== "end") bindLoop(scan, at);
}

/** `import("x").then(m => …)`, and code that a module's name itself holds. */
function loaded(scan: Scan, path: Path): void {
  const { loaded: module } = path;
  if (module === null) return;
  useModule(scan.used, module);
  if (/^(?:data|https?):/.test(module))
    scan.effects.push({
      kind: "exec.obfuscated",
      via: scan.language.name,
      how: "downloaded",
      text: module.slice(0, 200),
    });
  const then = settled(scan.tokens, path);
  if (then.path.endsWith(".then") && scan.tokens[then.next]?.text === "(")
    handled(scan, then.path.slice(0, -5), then.next);
}

/** `m => …`, `(m) => …`, `async function go({exec}) {…}`: the module that a function is handed has another name in it. */
function handled(scan: Scan, holder: string, open: number): void {
  const { tokens } = scan;
  const { aliases } = scan.imports;
  let name = open + 1;
  while (/^(?:\(|\*|async|function)$/.test(tokens[name]?.text ?? "")) name++;
  if (/^(?:\*|function)$/.test(tokens[name - 1]?.text ?? "") && tokens[name + 1]?.text === "(") name += 2;
  const isFunction = name > open + (tokens[open + 1]?.text === "async" ? 2 : 1) || tokens[name + 1]?.text === "=";
  if (tokens[name]?.text === "{") {
    const pattern = patternAt(scan, name);
    bindMembers(aliases, pattern.members, holder);
    if (pattern.nested && isPower(scan, holder)) unseen(scan, holder);
  } else if (tokens[name]?.kind === "name") {
    aliases.set(tokens[name]?.text ?? "", holder);
    if (isFunction) scan.plain.add(name);
    if (!isFunction && isPower(scan, holder)) unseen(scan, holder);
  } else if (tokens[name]?.text !== ")" || !isFunction) unseen(scan, holder);
}

/** `x["constructor"](…)`: a powerful member of whatever object, named by a text. */
function namedMember(scan: Scan, at: number): void {
  const close = scan.tokens[at]?.close;
  const before = scan.tokens[at - 1];
  if (close === undefined || close - at < 2 || before === undefined) return;
  const after = scan.tokens[close + 1];
  if (after?.text !== "(" && after?.text !== "[" && after?.text !== ".") return;
  if (before.kind !== "name" && before.kind !== "string" && before.text !== ")" && before.text !== "]") return;
  const whole = close - at <= MAX_MEMBER_TOKENS;
  const span = { tokens: scan.tokens, from: at + 1, to: close };
  const { value, hidden } = whole ? constantOf(span, scan.bindings) : { value: null, hidden: true };
  if (value === null ? hidden && after.text === "(" : scan.powers.members.test(value)) unseen(scan, value ?? "");
}

function startsArgument(token: Token | undefined): boolean {
  return (
    token !== undefined &&
    (token.kind === "string" ||
      token.kind === "command" ||
      (token.kind === "name" && !/^(if|unless|and|or|do|then|end|while|until|in|is|not)$/.test(token.text)))
  );
}

function unseen(scan: Scan, text: string): void {
  scan.effects.push({ kind: "exec.unresolved", via: scan.language.name, part: "code", text });
}

function meaningOf(scan: Scan, path: string): Meaning | null {
  const { calls } = scan.language;
  const plain = path.startsWith("$") && path.length > 1 ? path.slice(1) : path;
  const whole = calls.get(plain);
  if (whole !== undefined) return isForeign(scan, plain, whole) ? null : whole;
  for (const module of scan.imports.stars) {
    const starred = calls.get(`${module}.${plain}`);
    if (starred !== undefined) return starred;
  }
  const segments = plain.split(".");
  if (segments.length > 2) {
    const two = calls.get(segments.slice(-2).join("."));
    if (two !== undefined) return two;
  }
  const last = segments.at(-1) ?? "";
  const meaning = segments.length > 1 ? calls.get(last) : undefined;
  return meaning === undefined || meaning === "eval" || WEAK.has(last) ? null : meaning;
}

/** Names too common as methods of other objects to mean what they mean by themselves. */
const WEAK = new Set([
  "exec",
  "open",
  "load",
  "assert",
  "copy",
  "link",
  "file",
  "touch",
  "rename",
  "kill",
  "mail",
  "fork",
  "shell",
  "cmd",
  "compile",
  "getattr",
  "globals",
  "include",
  "fetch",
  "got",
  "axios",
  "unlink_",
  "spawn_",
  "dl",
]);

/** In JavaScript, `connect(` and `exec(` alone are somebody's own functions. */
function isForeign(scan: Scan, path: string, meaning: Meaning): boolean {
  return scan.language.name === "node" && meaning === "connect" && path === "connect";
}
