// Processes that are made again and again: a fork in a loop without a bound.

import type { Effect } from "../effect.ts";
import { blocksOf, holds, type Blocks } from "./blocks.ts";
import type { Path } from "./paths.ts";
import type { Token } from "./tokens.ts";
import { wordSet } from "../../word-set.ts";

/** Calls that double the process they stand in, or start a copy of it. */
const FORKS: ReadonlySet<string> = wordSet(
  "fork os.fork os.forkpty posix.fork pty.fork Process.fork Kernel.fork POSIX.fork pcntl_fork child_process.fork cluster.fork unistd.fork posix.unistd.fork",
);

interface Scene {
  readonly language: { readonly name: string; readonly bare: boolean };
  readonly tokens: readonly Token[];
  readonly rebinding: { blocks: Blocks | null };
  readonly depth: number;
}

/**
 * What a fork at a place does: without end in a loop that has none, it fills the machine; where something may end the
 * loop or the child, it is asked about. Cost: constant, and once for a text linear in it.
 */
export function forkEffects(scene: Scene, { path, next }: Path, at: number): readonly Effect[] {
  if (!FORKS.has(path) || scene.depth > 0) return NONE;
  const { tokens, language, rebinding } = scene;
  if (!language.bare && tokens[next]?.text !== "(") return NONE;
  if (/^(?:def|sub|function|[.>])$/.test(tokens[at - 1]?.text ?? "")) return NONE;
  rebinding.blocks ??= blocksOf(language.name, tokens);
  const loop = endlessLoop(scene, rebinding.blocks, at);
  if (loop === null) return NONE;
  return endsSomewhere(tokens, rebinding.blocks, loop)
    ? [{ kind: "exec.unresolved", via: language.name, part: "code", text: "fork in a loop" }]
    : [{ kind: "resource.exhaust", via: language.name, how: "fork bomb" }];
}

const NONE: readonly Effect[] = [];
const DEEPEST = 16;

/** The block of the loop without a bound that a place stands in; null when there is none. */
function endlessLoop({ tokens, language }: Scene, blocks: Blocks, at: number): number | null {
  if (isUnbounded(tokens, at, language.name)) return blocks.at[at] ?? 0;
  let block = blocks.at[at] ?? 0;
  for (let steps = 0; steps < DEEPEST && block !== 0; steps++) {
    const { start = 0, parent = 0 } = blocks.blocks[block] ?? {};
    if (isUnbounded(tokens, start, language.name)) return block;
    block = parent;
  }
  return null;
}

/** Tokens before a body that are looked at for what repeats it. */
const LONGEST_HEADER = 48;
const LOOPS = /^(?:while|until|for|foreach|loop|repeat|times)$/;

/** Whether what stands before a body, on its line or the one before it, is a loop without a bound. */
function isUnbounded(tokens: readonly Token[], body: number, language: string): boolean {
  let lines = 0;
  for (let at = body - 1; at >= 0 && body - at < LONGEST_HEADER; at--) {
    const token = tokens[at];
    if (token?.kind === "end" && token.text === "\n") {
      if (tokens[at - 1]?.text === "\n") continue;
      if (++lines > 1 || tokens[at - 1]?.text !== (language === "python" ? ":" : ")")) return false;
    }
    if (token?.kind === "mark" && token.text === "}") return false;
    if (token?.kind === "name" && LOOPS.test(token.text)) return !isBounded(tokens, at, body);
  }
  return false;
}

/** The most rounds that a loop may have to count as bounded. */
const FEW = 64;

/** `for x in list`, `for (i = 0; i < n; i++)`, `3.times`; not `for (;;)`, `range(10**6)`, `count()`, and `while`. */
function isBounded(tokens: readonly Token[], at: number, body: number): boolean {
  const word = tokens[at]?.text;
  if (word === "times") return Number(tokens[at - 2]?.text ?? 0) <= FEW;
  if (word !== "for" && word !== "foreach") return false;
  const header = tokens.slice(at + 1, body);
  if (header.some(({ text }, place) => text === ";" && header[place + 1]?.text === ";")) return false;
  return header.every(({ kind, text }) =>
    kind === "number" ? Number(text.replaceAll("_", "")) <= FEW : !/^(?:count|cycle|repeat|iter)$/.test(text),
  );
}

/** Tokens of a loop that are looked at for what ends it. */
const LONGEST_LOOP = 512;
const ENDS = /^(?:_?exit!?|quit|die|break|last|return|wait\w*|accept|exec\w*|kill|sleep)$/;

function endsSomewhere(tokens: readonly Token[], blocks: Blocks, loop: number): boolean {
  const from = blocks.blocks[loop]?.start ?? 0;
  for (let at = from + 1; at < tokens.length && at - from < LONGEST_LOOP; at++) {
    if (!holds(blocks, loop, blocks.at[at] ?? 0)) return false;
    if (tokens[at]?.kind === "name" && ENDS.test(tokens[at]?.text ?? "")) return true;
  }
  return false;
}
