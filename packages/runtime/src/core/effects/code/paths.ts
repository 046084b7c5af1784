// Names as code writes them: dotted paths, with what imports and assignments made of their first part, and with members
// that a bracket, `getattr` or a loader names.

import { moduleName, type Imports } from "./aliases.ts";
import { constantOf, splitArguments, type Bindings } from "./constants.ts";
import type { Powers } from "./powers.ts";
import type { Token } from "./tokens.ts";
import { wordSet } from "../../word-set.ts";

/** Where paths are read. */
export interface PathScene {
  readonly tokens: readonly Token[];
  readonly bindings: Bindings;
  readonly imports: Imports;
  readonly powers: Powers;
  readonly language: { readonly name: string };
}

/** A dotted path. */
export interface Path {
  readonly path: string;
  /** The place behind it. */
  readonly next: number;
  /** Whether a member or a module in it is named by what can't be known. */
  readonly unseen: boolean;
  /** The module that a loader in it loads, if one does. */
  readonly loaded: string | null;
}

/** Tokens of a member's name that are looked at: a longer one is not known. */
export const MAX_MEMBER_TOKENS = 100;

/** `os.path.join`, `Net::HTTP.get`, `__import__('os').system`, `require('fs')['rm' + 'Sync']`, `getattr(os, 'system')`. */
export function readPath(scene: PathScene, at: number): Path {
  const { tokens, powers } = scene;
  const walk: Walk = {
    path: aliased(scene, tokens[at]?.text ?? ""),
    next: at + 1,
    unseen: false,
    loaded: null,
    start: at,
  };
  for (let steps = 0; steps < 64 && walk.next < tokens.length; steps++) {
    const text = tokens[walk.next]?.text;
    if (text === "(" && tokens[walk.next]?.kind === "mark") {
      if (!called(scene, walk)) break;
    } else if (text === "[" && tokens[walk.next]?.kind === "mark") {
      if (!indexed(scene, walk)) break;
    } else if (text === ")" && tokens[walk.next]?.kind === "mark") {
      if (!closed(scene, walk)) break;
    } else if (!dotted(scene, walk)) break;
    walk.path = plainPath(walk.path, powers);
  }
  return { path: walk.path, next: walk.next, unseen: walk.unseen, loaded: walk.loaded };
}

interface Walk {
  path: string;
  next: number;
  unseen: boolean;
  loaded: string | null;
  /** Where the path begins, brackets around it included. */
  start: number;
}

/** Global objects and forwarding members say nothing: `globalThis.process` is `process`, `fs.promises.rm` is `fs.rm`. */
function plainPath(path: string, { worlds }: Powers): string {
  const dot = path.indexOf(".");
  if (dot > 0 && worlds.has(path.slice(0, dot))) return plainPath(path.slice(dot + 1), NO_WORLDS);
  return path.replace(/\.(?:default|promises|__dict__)(?=\.)/g, "");
}

const NO_WORLDS: Powers = {
  modules: new Set(),
  globals: new Set(),
  functions: new Set(),
  doors: /(?!)/,
  members: /(?!)/,
  onlooking: new Set(),
  loaders: new Set(),
  worlds: new Set(),
  getters: new Set(),
};

function aliased({ imports }: PathScene, name: string): string {
  return imports.aliases.get(name) ?? name;
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** The name that a member is asked for by, in brackets; unknown when it is longer than is looked at. */
function memberIn({ tokens, bindings }: PathScene, open: number, close: number): string | null {
  if (close - open > MAX_MEMBER_TOKENS) return null;
  const [first, second] = splitArguments({ tokens, from: open + 1, to: close });
  if (first === undefined || (second !== undefined && tokens[open]?.text === "[")) return null;
  return constantOf(first, bindings).value;
}

/** A call inside of a path: a loader, `getattr`, `vars`, `globals`. */
function called(scene: PathScene, walk: Walk): boolean {
  const { tokens, powers } = scene;
  const open = walk.next;
  const close = tokens[open]?.close ?? tokens.length;
  if (close >= tokens.length) return false;
  const last = lastOf(walk.path);
  if (powers.loaders.has(last)) return loads(scene, walk, open, close);
  if (last === "createRequire" && tokens[close + 1]?.text === "(") {
    walk.next = close + 1;
    walk.path = "require";
    return true;
  }
  if (walk.path === "getattr" || walk.path === "rawget" || walk.path === "Reflect.get")
    return gets(scene, walk, open, close);
  if (walk.path === "vars" && close > open + 1) {
    const of = readPath(scene, open + 1);
    if (of.next !== close || !isPower(scene, of.path)) return false;
    walk.path = of.path;
    walk.next = close + 1;
    walk.unseen ||= tokens[close + 1]?.text !== "[";
    return true;
  }
  if (NAMESPACES.has(walk.path) && close === open + 1) {
    if (tokens[close + 1]?.text === "[") return named(scene, walk, close + 1);
    const asks = tokens[close + 1]?.text === "." && powers.getters.has(tokens[close + 2]?.text ?? "");
    return asks && tokens[close + 3]?.text === "(" && named(scene, walk, close + 3);
  }
  return powers.getters.has(last) && asked(scene, walk, open, close);
}

/** Functions of Python that give every name that is known where they are called. */
const NAMESPACES: ReadonlySet<string> = wordSet("globals locals vars");

/** `sys.modules.get("os")`, `os.__dict__.pop("remove")`: a member that a method names. */
function asked(scene: PathScene, walk: Walk, open: number, close: number): boolean {
  const holder = walk.path.slice(0, -lastOf(walk.path).length - 1);
  const modules = MODULES.test(holder);
  if (!modules && !isPower(scene, holder)) return false;
  const value = memberIn(scene, open, close);
  if (value === null) {
    walk.unseen ||= !modules || isUsed(scene.tokens[close + 1]);
    return false;
  }
  walk.path = modules ? value : `${holder}.${value}`;
  walk.next = close + 1;
  return true;
}

/** What holds all modules that are loaded. */
const MODULES = /(?:^|\.)(?:sys\.modules|package\.loaded)$/;

function isUsed(after: Token | undefined): boolean {
  return after?.text === "(" || after?.text === ".";
}

/** `globals()["os"]`: the name itself. */
function named(scene: PathScene, walk: Walk, bracket: number): boolean {
  const { tokens } = scene;
  const close = tokens[bracket]?.close ?? tokens.length;
  const value = memberIn(scene, bracket, close);
  if (tokens[close + 1]?.text === "=" && tokens[close + 2]?.text !== "=") {
    if (value === null) scene.bindings.clear();
    else scene.bindings.delete(value);
  }
  if (value === null) {
    walk.unseen ||= isUsed(tokens[close + 1]);
    return false;
  }
  walk.path = aliased(scene, value);
  walk.next = close + 1;
  return true;
}

function loads(scene: PathScene, walk: Walk, open: number, close: number): boolean {
  const { tokens, bindings } = scene;
  const to = Math.min(close, open + MAX_MEMBER_TOKENS);
  const [first] = splitArguments({ tokens, from: open + 1, to });
  const { value } = first === undefined ? { value: null } : constantOf(first, bindings);
  if (value === null || to !== close) {
    walk.unseen ||= !isPlacedHere(tokens, open, to);
    return false;
  }
  walk.path = moduleName(value);
  walk.loaded = value;
  scene.imports.modules.add(walk.path);
  walk.next = close + 1;
  return true;
}

/** `require(path.join(__dirname, x))`, `import(file)` of the project's own files; nothing is said of bare calls. */
function isPlacedHere(tokens: readonly Token[], open: number, to: number): boolean {
  if (to === open + 1) return true;
  for (let at = open + 1; at < to; at++) {
    const token = tokens[at];
    if (
      token?.kind === "name" &&
      /^(?:__dirname|resolve|join|pathToFileURL|cwd|__name__|__package__)$/.test(token.text)
    )
      return true;
    if (token?.kind === "string" && /^\.{0,2}\//.test(token.text) && !/^\/(?:tmp|dev|var)/.test(token.text))
      return true;
  }
  return false;
}

/** `getattr(os, "system")`, `Reflect.get(cp, "exec")`, `rawget(os, "execute")`. */
function gets(scene: PathScene, walk: Walk, open: number, close: number): boolean {
  const { tokens, bindings, powers } = scene;
  const to = Math.min(close, open + 2 * MAX_MEMBER_TOKENS);
  const [object, member] = splitArguments({ tokens, from: open + 1, to });
  if (object === undefined || member === undefined) {
    walk.unseen ||= to < close && tokens[close + 1]?.text === "(";
    return false;
  }
  const of = readPath(scene, object.from);
  const { value, hidden } = to < close ? { value: null, hidden: true } : constantOf(member, bindings);
  const whole = of.next === object.to;
  const holder = whole ? of.path : "";
  if (value === null) {
    walk.unseen ||= isPower(scene, holder) || (hidden && tokens[close + 1]?.text === "(") || of.unseen;
    return false;
  }
  if (!whole) walk.unseen ||= powers.members.test(value) && value !== "run";
  walk.path = `${holder}.${value}`;
  walk.next = close + 1;
  return true;
}

/** `os["sys" + "tem"]`: a member that a bracket names. */
function indexed(scene: PathScene, walk: Walk): boolean {
  const { tokens } = scene;
  const open = walk.next;
  const close = tokens[open]?.close ?? tokens.length;
  if (close >= tokens.length) return false;
  const power = isPower(scene, walk.path) || MODULES.test(walk.path);
  const world = scene.powers.worlds.has(walk.path);
  if (!power && !world) return false;
  const value = memberIn(scene, open, close);
  if (value === null) {
    const after = tokens[close + 1];
    walk.unseen ||= isPower(scene, walk.path) ? after?.text !== "=" : isUsed(after);
    return false;
  }
  walk.path = MODULES.test(walk.path) ? value : `${walk.path.replace(/\.__dict__$/, "")}.${value}`;
  walk.next = close + 1;
  return true;
}

/** `(os).system`, `(await import("fs")).rm`: brackets around what was read. */
function closed(scene: PathScene, walk: Walk): boolean {
  const { tokens } = scene;
  let before = walk.start - 1;
  if (tokens[before]?.text === "await") before--;
  if (tokens[before]?.text !== "(" || tokens[before]?.close !== walk.next || tokens[before - 1]?.kind === "name")
    return false;
  const after = tokens[walk.next + 1]?.text;
  if (after !== "." && after !== "[" && after !== "(") return false;
  walk.start = before;
  walk.next++;
  return true;
}

/** What joins the names of a path: elsewhere `a:b` is a label or a type, `a-b` a difference, `a.b` two texts joined. */
const JOINTS: Readonly<Record<string, RegExp>> = {
  python: /^\.$/,
  // `::` is of other languages that are read as this one.
  node: /^(?:[?!]?\.|::)$/,
  perl: /^(?:::|->)$/,
  php: /^(?:::|\??->)$/,
  ruby: /^(?:::|&?\.)$/,
  lua: /^[.:]$/,
};
const ANY_JOINT = /^(?:[.:]|::|->)$/;

function dotted({ tokens, language }: PathScene, walk: Walk): boolean {
  if (walk.path === "lambda") return false;
  const start = afterLineEnds(tokens, walk.next);
  let marks = start;
  let joint = "";
  while (marks - start < 3 && tokens[marks]?.kind === "mark" && /^[.:>?!&-]$/.test(tokens[marks]?.text ?? ""))
    joint += tokens[marks++]?.text ?? "";
  if (joint === "?." && (tokens[marks]?.text === "(" || tokens[marks]?.text === "[")) {
    walk.next = marks;
    return tokens[marks]?.text === "[";
  }
  const joints = (Object.hasOwn(JOINTS, language.name) ? JOINTS[language.name] : undefined) ?? ANY_JOINT;
  if (!joints.test(joint) || tokens[marks]?.kind !== "name") return false;
  walk.path += `.${tokens[marks]?.text ?? ""}`;
  walk.next = marks + 1;
  return true;
}

/** A path goes on in the next line where that begins with a point or an arrow. */
function afterLineEnds(tokens: readonly Token[], at: number): number {
  let next = at;
  while (tokens[next]?.text === "\n" && tokens[next]?.kind === "end") next++;
  const text = tokens[next]?.text;
  const joins =
    text === "." ||
    ((text === "&" || text === "?" || text === "!") && tokens[next + 1]?.text === ".") ||
    isArrow(tokens, next);
  return joins ? next : at;
}

function isArrow(tokens: readonly Token[], at: number): boolean {
  return tokens[at]?.text === "-" && tokens[at + 1]?.text === ">";
}

/** Module names that are everyday names too: they are modules only where they were imported. */
const EVERYDAY: ReadonlySet<string> = wordSet("code commands sh nt module cluster vm execa zx ffi posix");

/** Whether a path is a module or object whose members run programs or change files. */
export function isPower({ powers, imports }: PathScene, path: string): boolean {
  const plain = path.replace(/\.__dict__$/, "");
  if (powers.globals.has(plain)) return true;
  return powers.modules.has(plain) && (!EVERYDAY.has(plain) || imports.modules.has(plain));
}
