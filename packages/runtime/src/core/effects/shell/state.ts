// What the shell remembers: one map of bindings with an undo log, so that a subshell, a branch or a loop round costs
// only what it changes.

import type { Stream, Word } from "../programs/program.ts";
import type { FunctionBody } from "./function-body.ts";
import { MAX_ALTERNATIVES } from "./limits.ts";
import { eitherStream, OPAQUE, unknown } from "./value.ts";

/** Something the shell remembers under a name. */
export type Binding =
  /** A variable: the values it may have; more than one after branches were joined. */
  | { readonly kind: "scalar"; readonly values: readonly Word[] }
  /** An array by index or key. `open`: it may hold more than is listed. `keyed`: its keys are no arithmetic. */
  | {
      readonly kind: "array";
      readonly items: ReadonlyMap<string, Word>;
      readonly open: boolean;
      readonly keyed?: boolean;
    }
  | { readonly kind: "function"; readonly bodies: readonly FunctionBody[] }
  | { readonly kind: "alias"; readonly texts: readonly string[] }
  /** Positional parameters; null when they are not known. */
  | { readonly kind: "positional"; readonly items: readonly Word[] | null }
  /** Where the shell is: a path, or null when that is not known; one of `others` after a `cd` into one of several. */
  | Folder
  | Descriptor;

/** A file descriptor: all that it may be connected with, since branches may have opened it differently. */
export interface Descriptor {
  readonly kind: "descriptor";
  readonly host: string | null;
  /** What it gives when it is read. */
  readonly stream: Stream | null;
  /** Paths of the files that it writes into. */
  readonly files: readonly string[];
  readonly outlets: readonly Outlet[];
}

/** Gathers what is written to where some command's standard output goes, by way of another descriptor (`3>&1`). */
export interface Outlet {
  stream: Stream;
}

/** Where the shell is. */
export interface Folder {
  readonly kind: "folder";
  readonly path: string | null;
  readonly others?: readonly (string | null)[];
}

/** Names a binding: what it is for, and its name. */
export type BindingKey = `${"var" | "fn" | "alias" | "fd"}:${string}` | "positional" | "folder";

/** What the shell remembers. */
export interface State {
  readonly bindings: Map<BindingKey, Binding>;
  readonly undo: { readonly key: BindingKey; readonly before: Binding | undefined }[];
}

/** A shell that remembers nothing. */
export function createState(): State {
  return { bindings: new Map(), undo: [] };
}

/** Remember, or forget with undefined. */
export function bind(state: State, key: BindingKey, binding: Binding | undefined): void {
  state.undo.push({ key, before: state.bindings.get(key) });
  put(state, key, binding);
}

function put(state: State, key: BindingKey, binding: Binding | undefined): void {
  if (binding === undefined) state.bindings.delete(key);
  else state.bindings.set(key, binding);
}

/** Do something and forget what it changed: a subshell. */
export function inSubshell<Result>(state: State, run: () => Result): Result {
  const mark = state.undo.length;
  const result = run();
  revert(state, mark);
  return result;
}

type Changes = ReadonlyMap<BindingKey, Binding | undefined>;

function revert(state: State, mark: number): Changes {
  if (state.undo.length === mark) return NO_CHANGES;
  const changes = new Map<BindingKey, Binding | undefined>();
  for (const { key } of state.undo.slice(mark)) changes.set(key, state.bindings.get(key));
  while (state.undo.length > mark) {
    const entry = state.undo.pop();
    if (entry !== undefined) put(state, entry.key, entry.before);
  }
  return changes;
}

const NO_CHANGES: Changes = new Map();

/** Run every branch from the same start, then remember what each may have left behind. */
export function joinBranches(state: State, branches: readonly (() => void)[]): void {
  const outcomes = branches.map((run) => {
    const mark = state.undo.length;
    run();
    return revert(state, mark);
  });
  join(state, outcomes);
}

/** Run again from the same start while `run` tells of more ways, then remember what each may have left behind. */
export function joinAlternatives(state: State, run: (index: number) => boolean): void {
  const mark = state.undo.length;
  if (!run(0)) return;
  const outcomes = [revert(state, mark)];
  for (let isMore = true; isMore;) {
    isMore = run(outcomes.length);
    outcomes.push(revert(state, mark));
  }
  join(state, outcomes);
  if (outcomes.every((changes) => changes.get("folder")?.kind === "folder")) joinFolders(state, outcomes);
}

// Each way led into a folder of its own.
function joinFolders(state: State, outcomes: readonly Changes[]): void {
  const paths = outcomes.map((changes) => pathOf(changes.get("folder")));
  const [path = null, ...others] = new Set(paths);
  bind(state, "folder", others.length === 0 ? { kind: "folder", path } : { kind: "folder", path, others });
}

function pathOf(binding: Binding | undefined): string | null {
  return binding?.kind === "folder" ? binding.path : null;
}

function join(state: State, outcomes: readonly Changes[]): void {
  const keys = new Set<BindingKey>();
  for (const changes of outcomes) for (const key of changes.keys()) keys.add(key);
  for (const key of keys) {
    const start = state.bindings.get(key);
    const ends = outcomes.map((changes) => (changes.has(key) ? changes.get(key) : start));
    bind(
      state,
      key,
      ends.reduce((left, right) => either(key, left, right)),
    );
  }
}

/** What is remembered when it isn't known which of the two holds. */
export function either(key: BindingKey, left: Binding | undefined, right: Binding | undefined): Binding | undefined {
  if (left === right) return left;
  if (left === undefined || right === undefined) return withAbsence(key, left ?? right);
  if (left.kind === "scalar" && right.kind === "scalar") return eitherScalar(left.values, right.values);
  if (left.kind === "function" && right.kind === "function") {
    const bodies = new Set([...left.bodies, ...right.bodies]);
    return { kind: "function", bodies: [...bodies] };
  }
  if (left.kind === "array" && right.kind === "array") {
    const keyed = left.keyed === true && right.keyed === true;
    return { kind: "array", items: eitherItems(key, left.items, right.items), open: true, keyed };
  }
  if (left.kind === "alias" && right.kind === "alias")
    return { kind: "alias", texts: [...new Set([...left.texts, ...right.texts])] };
  if (left.kind === "descriptor" && right.kind === "descriptor") return eitherDescriptor(left, right);
  return same(left, right) ? left : lost(key);
}

type Items = ReadonlyMap<string, Word>;

// Of an element that differs is known in which folder both are, and the secret that either holds.
function eitherItems(key: BindingKey, left: Items, right: Items): Items {
  const items = new Map(left);
  for (const [index, word] of right) {
    const other = items.get(index);
    const secret = other?.secret ?? word.secret ?? null;
    if (other === undefined) items.set(index, word);
    else if (other.value !== word.value) {
      items.set(index, { ...unknown(key), prefix: commonFolder(other.prefix, word.prefix), secret });
    }
  }
  return items;
}

function eitherDescriptor(left: Descriptor, right: Descriptor): Descriptor {
  return {
    kind: "descriptor",
    host: left.host ?? right.host,
    stream:
      left.stream === null || right.stream === null
        ? (left.stream ?? right.stream)
        : eitherStream(left.stream, right.stream),
    files: [...new Set([...left.files, ...right.files])],
    outlets: [...new Set([...left.outlets, ...right.outlets])],
  };
}

function commonFolder(left: string, right: string): string {
  let end = 0;
  while (end < left.length && left[end] === right[end]) end += 1;
  return left.slice(0, left.lastIndexOf("/", end - 1) + 1);
}

function same(left: Binding, right: Binding): boolean {
  if (left.kind === "folder" && right.kind === "folder")
    return left.path === right.path && left.others === undefined && right.others === undefined;
  if (left.kind === "alias" && right.kind === "alias") return right.texts.every((text) => left.texts.includes(text));
  if (left.kind !== "descriptor" || right.kind !== "descriptor") return false;
  return (
    left.host === right.host &&
    left.stream === right.stream &&
    right.files.every((file) => left.files.includes(file)) &&
    right.outlets.every((outlet) => left.outlets.includes(outlet))
  );
}

// One branch did not touch it: functions, aliases and descriptors stay possible, a variable may be anything.
function withAbsence(key: BindingKey, binding: Binding | undefined): Binding | undefined {
  if (binding === undefined) return undefined;
  if (binding.kind === "scalar") return eitherScalar(binding.values, [unknown(key)]);
  if (binding.kind === "array") return { ...binding, open: true };
  return binding.kind === "folder" || binding.kind === "positional" ? lost(key) : binding;
}

function lost(key: BindingKey): Binding | undefined {
  if (key === "folder") return { kind: "folder", path: null };
  if (key === "positional") return { kind: "positional", items: null };
  if (key.startsWith("var:")) return { kind: "scalar", values: [unknown(key)] };
  return undefined;
}

function eitherScalar(left: readonly Word[], right: readonly Word[]): Binding {
  const values = [...left];
  for (const value of right) {
    if (!values.some((other) => other.value === value.value && other.glob === value.glob)) values.push(value);
  }
  if (values.length <= MAX_ALTERNATIVES) return { kind: "scalar", values };
  const secret = values.find((value) => (value.secret ?? null) !== null)?.secret ?? null;
  return { kind: "scalar", values: [{ ...unknown("…"), secret }] };
}

/** What was bound since the undo log had the length `mark`, each with what stood there then. */
export function changedSince(state: State, mark: number): ReadonlyMap<BindingKey, Binding | undefined> {
  const changes = new Map<BindingKey, Binding | undefined>();
  for (const { key, before } of state.undo.slice(mark)) if (!changes.has(key)) changes.set(key, before);
  return changes;
}

/** Whether everything that `after` may be was possible in `before` already. */
export function isCovered(before: Binding | undefined, after: Binding | undefined): boolean {
  if (before === after) return true;
  if (before === undefined || after === undefined) return false;
  if (before.kind === "scalar" && after.kind === "scalar") {
    return after.values.every((value) =>
      before.values.some((other) => other.value === value.value && other.glob === value.glob),
    );
  }
  return same(before, after);
}

/** What is left when a name may have been bound to anything like `after`. Numbers stay opaque: they have no separators. */
export function forget(key: BindingKey, after: Binding | undefined): Binding | undefined {
  if (after?.kind === "scalar") {
    const isNumber = after.values.every((value) => value.value !== null && /^[-\d\u{E000}]+$/u.test(value.value));
    const secret = after.values.find((value) => (value.secret ?? null) !== null)?.secret ?? null;
    const word = isNumber ? { ...unknown(key), value: OPAQUE } : unknown(key);
    return { kind: "scalar", values: [{ ...word, secret }] };
  }
  if (after?.kind === "array") return { ...after, open: true };
  return after !== undefined && KEPT.has(after.kind) ? after : lost(key);
}

// What stays possible however often it may have changed.
const KEPT: ReadonlySet<Binding["kind"]> = new Set(["function", "alias", "descriptor"]);
