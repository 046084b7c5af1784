// Names that are set more than once: where it can't be told which of the assignments a call meets, all of them count.

import { blocksOf, holds, ownerOf, shareLoop, type Blocks } from "./blocks.ts";
import type { Bindings, Constant } from "./constants.ts";
import { UNKNOWN } from "./constants.ts";
import type { Performed } from "./perform.ts";
import type { Token } from "./tokens.ts";

interface Assignment {
  readonly value: Constant;
  readonly block: number;
  /** Made in a function for everybody: `global c`, a name of JavaScript that isn't declared. */
  readonly shared: boolean;
}

/** What is known of names that are set more than once. */
export interface Rebinding {
  /** Made when the first name is set again. */
  blocks: Blocks | null;
  readonly first: Map<string, { readonly at: number; readonly value: Constant }>;
  readonly others: Map<string, readonly Assignment[]>;
  /** Calls in functions and loops by the names that they use: what is set later may reach them. */
  readonly calls: Map<string, Performed[]>;
  /** Names with more calls than are kept in mind: nobody knows whom a later value reaches. */
  readonly crowded: Set<string>;
  /** How many more calls may be looked at once more. */
  left: number;
}

/** Nothing known yet. */
export function createRebinding(): Rebinding {
  return { blocks: null, first: new Map(), others: new Map(), calls: new Map(), crowded: new Set(), left: 256 };
}

const MAX_VALUES = 8;
const MAX_CALLS = 16;
const MAX_NAMES = 8;

/** Where a name is set, in what. */
export interface Scene {
  readonly language: { readonly name: string };
  readonly tokens: readonly Token[];
  readonly bindings: Bindings;
  readonly rebinding: Rebinding;
  /** How deep in code that stands inside of texts: positions there are those of another text. */
  readonly depth: number;
}

/** Notes that a name is set to a value at a place. Gives the calls that stood before it and may meet the value. */
export function noteAssignment(scene: Scene, name: string, at: number, value: Constant): readonly Performed[] {
  const { rebinding, tokens } = scene;
  if (scene.depth > 0) return NO_CALLS;
  const first = rebinding.first.get(name);
  if (first === undefined) {
    rebinding.first.set(name, { at, value });
    return rebinding.calls.size === 0 ? NO_CALLS : metBy(scene, name, at, assignmentAt(scene, name, at, value));
  }
  const made = assignmentAt(scene, name, at, value);
  const before = rebinding.others.get(name) ?? [assignmentAt(scene, name, first.at, first.value)];
  const surely = !isConditional(tokens, at);
  const blocks = blocksIn(scene);
  const kept = before.filter(
    (one) =>
      !surely ||
      !holds(blocks, made.block, one.block) ||
      (one.shared && ownerOf(blocks, one.block) !== ownerOf(blocks, made.block)),
  );
  const known = kept.some(
    (one) => one.value.value !== null && one.value.value === value.value && one.block === made.block,
  );
  const all = known ? kept : [...kept, made];
  rebinding.others.set(
    name,
    all.length > MAX_VALUES ? [{ ...made, value: UNKNOWN, shared: true }, ...all.slice(1 - MAX_VALUES)] : all,
  );
  return metBy(scene, name, at, made);
}

const NO_CALLS: readonly Performed[] = [];

/** Notes that a name may hold something else from a place on, which is not known; what it held before counts, too. */
export function noteRebinding(scene: Scene, name: string, at: number): void {
  const { rebinding, bindings } = scene;
  bindings.set(name, UNKNOWN);
  const first = rebinding.first.get(name);
  if (scene.depth > 0 || first === undefined) return;
  const before = rebinding.others.get(name) ?? [assignmentAt(scene, name, first.at, first.value)];
  rebinding.others.set(name, [...before.slice(1 - MAX_VALUES), assignmentAt(scene, name, at, UNKNOWN)]);
}

/** Whether a name surely has another meaning from an assignment on, wherever it is used. */
export function surelySet(scene: Scene, at: number): boolean {
  if (isConditional(scene.tokens, at) || /^[,(|{]$/.test(scene.tokens[at - 1]?.text ?? "")) return false;
  return scene.depth === 0 && (blocksIn(scene).at[at] ?? 0) === 0;
}

function blocksIn({ rebinding, language, tokens }: Scene): Blocks {
  rebinding.blocks ??= blocksOf(language.name, tokens);
  return rebinding.blocks;
}

function assignmentAt(scene: Scene, name: string, at: number, value: Constant): Assignment {
  const blocks = blocksIn(scene);
  const block = blocks.at[at] ?? 0;
  return { value, block, shared: ownerOf(blocks, block) !== 0 && isShared(scene, name, at) };
}

/** Whether what a function sets is set for everybody. */
function isShared({ language, tokens }: Scene, name: string, at: number): boolean {
  const before = tokens[at - 1]?.text ?? "";
  switch (language.name) {
    case "python":
    case "php":
      for (let back = at - 1; back >= 0 && at - back < 96; back--) {
        const text = tokens[back]?.text;
        if (
          (text === "global" || text === "nonlocal") &&
          tokens.slice(back, back + 16).some((token) => token.text === name)
        )
          return true;
      }
      return false;
    case "ruby":
      return /^[$@]/.test(name);
    default:
      return !/^(?:let|const|var|my|local|our)$/.test(before);
  }
}

/** `if (x) c = 1`, `x && (c = 1)`, `c = 1 if x`: whether the statement runs isn't known. */
function isConditional(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]?.text ?? "";
  const declared = /^(?:let|const|var|my|local)$/.test(before) ? (tokens[at - 2]?.text ?? "") : before;
  if (/^(?:\)|else|do|&|\||\?|:|and|or|then|>|\()$/.test(declared)) return true;
  for (let next = at + 1; next < tokens.length && next - at < 64 && tokens[next]?.kind !== "end"; next++)
    if (tokens[next]?.kind === "name" && /^(?:if|unless|while|until)$/.test(tokens[next]?.text ?? "")) return true;
  return false;
}

/** Calls that were seen before, and that the value may reach: they stand in a function, or in the same loop. */
function metBy(scene: Scene, name: string, at: number, made: Assignment): readonly Performed[] {
  const { rebinding } = scene;
  const calls = rebinding.calls.get(name);
  if (calls === undefined) return NO_CALLS;
  const blocks = blocksIn(scene);
  const met = calls.filter(({ before }) => {
    const block = blocks.at[before] ?? 0;
    const owner = ownerOf(blocks, block);
    const own = ownerOf(blocks, made.block);
    if (shareLoop(blocks, made.block, block)) return true;
    return owner !== 0 && owner !== own && (own === 0 || made.shared);
  });
  const tooMany = rebinding.left > 0 && met.length > rebinding.left;
  if (!rebinding.crowded.delete(name) && !tooMany) return met;
  if (tooMany) rebinding.left = 1;
  const unseen: Performed = { meaning: "opaque", path: name, args: [], before: at };
  return tooMany ? [unseen] : [...met, unseen];
}

/**
 * Performs a call with every value that the names in it may have, besides the ones they have now.
 *
 * @param again performs the call with the bindings as they are then.
 * @returns whether there were more values than are looked at.
 */
export function withOtherValues(scene: Scene, done: Performed, again: () => void): boolean {
  const { rebinding, bindings } = scene;
  if (scene.depth > 0 || rebinding.first.size === 0) return false;
  const names = namesIn(scene, done);
  if (names.length === 0) return false;
  remember(scene, done, names);
  for (const [count, name] of names.entries()) {
    const others = rebinding.others.get(name);
    if (others === undefined) continue;
    if (count >= MAX_NAMES) return true;
    const now = bindings.get(name);
    for (const other of others) {
      if (other.value === now || !isVisible(scene, other, done.before)) continue;
      if (--rebinding.left < 0) return true;
      bindings.set(name, other.value);
      again();
    }
    if (now === undefined) bindings.delete(name);
    else bindings.set(name, now);
  }
  return false;
}

function isVisible(scene: Scene, other: Assignment, at: number): boolean {
  const blocks = blocksIn(scene);
  const owner = ownerOf(blocks, other.block);
  return other.shared || owner === 0 || holds(blocks, owner, blocks.at[at] ?? 0);
}

/** The names in a call that were set. */
function namesIn({ tokens, rebinding }: Scene, { args, before }: Performed): readonly string[] {
  const names = new Set<string>();
  const add = (text: string | undefined): void => {
    if (text !== undefined && rebinding.first.has(text)) names.add(text);
  };
  for (const { from, to } of args)
    for (let at = from; at < to && at - from < 64; at++) {
      const token = tokens[at];
      if (token?.kind === "name") add(token.text);
      else if (token?.kind === "string" && !token.known)
        for (const match of token.text.slice(0, 400).matchAll(/\$?[A-Za-z_]\w*/g)) {
          add(match[0]);
          add(match[0].replace("$", ""));
        }
    }
  add(tokens[before]?.text);
  if (tokens[before - 1]?.text === ".") add(tokens[before - 2]?.text);
  return [...names];
}

/** Keeps a call in a function or loop in mind, for what is set later. */
function remember(scene: Scene, done: Performed, names: readonly string[]): void {
  const { calls } = scene.rebinding;
  const [first] = names;
  if (first === undefined) return;
  for (const name of names) {
    const known = calls.get(name);
    if (known === undefined) calls.set(name, [done]);
    else if (known.length < MAX_CALLS) known.push(done);
    else scene.rebinding.crowded.add(name);
  }
}
