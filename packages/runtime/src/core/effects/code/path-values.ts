// Python's path objects: what `Path("x").unlink()`, `p.open("w")` and `(folder / "x").read_text()` act on.

import type { Word } from "../programs/program.ts";
import { constantOf, splitArguments, UNKNOWN, type Bindings, type Constant, type Span } from "./constants.ts";
import { wordOf, type Setting } from "./perform.ts";
import type { Token } from "./tokens.ts";

/** The path of `Path("x").unlink()`, `p.unlink()`, `(folder / "x").unlink()`: what stands before the dot. */
export function receiver(scan: Setting, before: number): Word {
  const { tokens, bindings } = scan;
  if (tokens[before - 1]?.text !== ".") {
    const bound = tokens[before + 1]?.text === "." ? bindings.get(tokens[before]?.text ?? "") : undefined;
    return wordOf(bound ?? UNKNOWN);
  }
  return wordOf(endingAt({ tokens, bindings }, before - 2, 0));
}

interface Scene {
  readonly tokens: readonly Token[];
  readonly bindings: Bindings;
}

const LONGEST_CHAIN = 8;
const LONGEST_CALL = 64;

/** The path that ends at a place: a name, a call, or brackets around it. */
function endingAt(scene: Scene, end: number, links: number): Constant {
  const { tokens, bindings } = scene;
  if (links > LONGEST_CHAIN) return UNKNOWN;
  if (tokens[end]?.kind === "name") {
    if (tokens[end]?.text === "parent" && tokens[end - 1]?.text === ".")
      return folderOf(endingAt(scene, end - 2, links + 1));
    return tokens[end - 1]?.text === "." ? UNKNOWN : (bindings.get(tokens[end]?.text ?? "") ?? UNKNOWN);
  }
  let open = end - 1;
  while (open >= 0 && end - open < LONGEST_CALL && tokens[open]?.close !== end) open--;
  if (tokens[open]?.close !== end) return UNKNOWN;
  const inner: Span = { tokens, from: open + 1, to: end };
  const called = tokens[open - 1];
  if (called?.kind !== "name" || /^(?:\w*Path|return|in|and|or|not)$/.test(called.text))
    return joinedPath(inner, bindings);
  return tokens[open - 2]?.text === "." ? madeBy(called.text, inner, scene, { at: open - 3, links }) : UNKNOWN;
}

/** What a method of a path makes: another path. */
function madeBy(
  name: string,
  inner: Span,
  scene: Scene,
  on: { readonly at: number; readonly links: number },
): Constant {
  switch (name) {
    case "home":
      return text("~");
    case "cwd":
      return text(".");
    case "expanduser":
    case "resolve":
    case "absolute":
    case "as_posix":
      return endingAt(scene, on.at, on.links + 1);
    case "joinpath":
      return joined([endingAt(scene, on.at, on.links + 1), joinedPath(inner, scene.bindings)]);
    case "with_name":
      return joined([folderOf(endingAt(scene, on.at, on.links + 1)), joinedPath(inner, scene.bindings)]);
    default:
      return UNKNOWN;
  }
}

function text(value: string): Constant {
  return { ...UNKNOWN, value };
}

function folderOf({ value }: Constant): Constant {
  if (value === null) return UNKNOWN;
  const cut = value.replace(/\/+$/, "").lastIndexOf("/");
  return text(cut < 0 ? "." : cut === 0 ? "/" : value.slice(0, cut));
}

/** Parts of a path put together: one that begins at the root begins anew. */
function joined(parts: readonly Constant[]): Constant {
  let whole = "";
  for (const { value } of parts) {
    if (value === null) return UNKNOWN;
    whole = whole === "" || value.startsWith("/") ? value : `${whole.replace(/\/$/, "")}/${value}`;
  }
  return text(whole);
}

/** `folder / "a" / name`: parts of a path, joined. */
function joinedPath({ tokens, from, to }: Span, bindings: Bindings): Constant {
  const parts: Constant[] = [];
  let start = from;
  for (let at = from; at <= to; at++) {
    const token = tokens[at];
    if (at < to && token?.close !== undefined) at = Math.min(token.close, to - 1);
    else if (at === to || (token?.kind === "mark" && /^[/,]$/.test(token.text))) {
      if (at > start || parts.length > 0 || at < to) parts.push(partOf({ tokens, from: start, to: at }, bindings));
      start = at + 1;
    }
  }
  return joined(parts);
}

function partOf(span: Span, bindings: Bindings): Constant {
  const value = constantOf(span, bindings);
  if (value.value !== null || span.from >= span.to) return value;
  return splitArguments(span).length === 1 ? endingAt({ tokens: span.tokens, bindings }, span.to - 1, 1) : UNKNOWN;
}
