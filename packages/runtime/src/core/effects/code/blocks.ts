// Which block of the code each token stands in: by indentation, braces, or words that open and close. From it follows
// whether one assignment surely undoes another.

import type { Token } from "./tokens.ts";

/** A block: the body of a condition, a loop or a function; the first is the whole text. */
interface Block {
  readonly parent: number;
  /** The innermost function that the block belongs to, by its own block; 0 outside of all. */
  readonly owner: number;
  readonly loops: boolean;
  /** Behind the token that opens it. */
  readonly start: number;
}

/** The blocks of a text, and the one that each token stands in. */
export interface Blocks {
  readonly blocks: readonly Block[];
  readonly at: readonly number[];
}

const OPENS_LINE = /^(?:if|elif|else|for|while|try|except|finally|with|def|class|async|match|case)$/;
const OPENS_WORD = /^(?:if|unless|while|until|for|case|begin|def|class|module|function|repeat)$/;
const FUNCTIONS = /^(?:def|function|sub|fn|func|lambda)$/;
const LOOPS = /^(?:for|while|until|foreach|repeat|loop|each)$/;

/** The blocks of a text in a language. Cost: linear in the tokens. */
export function blocksOf(language: string, tokens: readonly Token[]): Blocks {
  const reading = new Reading();
  if (language === "python") readIndented(reading, tokens);
  else if (language === "ruby" || language === "lua") readWords(reading, tokens, language);
  else readBraces(reading, tokens);
  return reading;
}

class Reading {
  readonly blocks: Block[] = [{ parent: 0, owner: 0, loops: false, start: 0 }];
  readonly at: number[] = [];
  readonly open: number[] = [0];

  get here(): number {
    return this.open.at(-1) ?? 0;
  }

  enter(isFunction: boolean, loops: boolean): void {
    const id = this.blocks.length;
    const { owner = 0 } = this.blocks[this.here] ?? {};
    this.blocks.push({ parent: this.here, owner: isFunction ? id : owner, loops, start: this.at.length });
    this.open.push(id);
  }

  leave(): void {
    if (this.open.length > 1) this.open.pop();
  }
}

function readIndented(reading: Reading, tokens: readonly Token[]): void {
  const indents = [0];
  let first = "";
  let inline = false;
  let inBrackets = 0;
  for (const [place, token] of tokens.entries()) {
    reading.at.push(reading.here);
    inBrackets = Math.max(inBrackets, token.close ?? 0);
    if (place < inBrackets) continue;
    if (token.kind !== "end") {
      if (first === "" || first === "async") first = token.text;
      const next = tokens[place + 1];
      if (
        token.text === ":" &&
        token.kind === "mark" &&
        OPENS_LINE.test(first) &&
        next !== undefined &&
        next.kind !== "end"
      ) {
        reading.enter(FUNCTIONS.test(first), LOOPS.test(first));
        inline = true;
        first = " ";
      }
      continue;
    }
    if (token.text !== "\n" || tokens[place + 1]?.kind === "end") continue;
    if (inline) reading.leave();
    inline = false;
    const indent = token.indent ?? 0;
    while (indents.length > 1 && indent < (indents.at(-1) ?? 0)) {
      indents.pop();
      reading.leave();
    }
    if (indent > (indents.at(-1) ?? 0)) {
      indents.push(indent);
      reading.enter(FUNCTIONS.test(first), LOOPS.test(first));
    }
    first = "";
  }
}

function readBraces(reading: Reading, tokens: readonly Token[]): void {
  let isFunction = false;
  let loops = false;
  for (const [place, token] of tokens.entries()) {
    reading.at.push(reading.here);
    if (token.kind === "name") {
      isFunction ||= FUNCTIONS.test(token.text);
      loops ||= LOOPS.test(token.text);
    } else if (token.kind === "end") isFunction = loops = false;
    else if (token.text === "{" && token.kind === "mark") {
      reading.enter(isFunction || (tokens[place - 1]?.text === ">" && tokens[place - 2]?.text === "="), loops);
      isFunction = loops = false;
    } else if (token.text === "}" && token.kind === "mark") reading.leave();
  }
}

function readWords(reading: Reading, tokens: readonly Token[], language: string): void {
  let lineOpens = false;
  for (const [place, token] of tokens.entries()) {
    reading.at.push(reading.here);
    const before = tokens[place - 1];
    if (token.kind === "end") lineOpens = false;
    if (token.text === "{" && token.kind === "mark") reading.enter(false, true);
    else if (token.text === "}" && token.kind === "mark") reading.leave();
    if (token.kind !== "name" || before?.text === ".") continue;
    const starts =
      before === undefined ||
      before.kind === "end" ||
      before.text === "=" ||
      /^(?:local|then|do|else)$/.test(before.text);
    if (token.text === "end" || (token.text === "until" && language === "lua")) reading.leave();
    else if (/^(?:else|elsif|elseif|when|rescue|ensure)$/.test(token.text)) {
      reading.leave();
      reading.enter(false, false);
    } else if (starts && OPENS_WORD.test(token.text)) {
      reading.enter(FUNCTIONS.test(token.text), LOOPS.test(token.text));
      lineOpens = true;
    } else if (token.text === "do" && !lineOpens) reading.enter(false, true);
  }
}

const DEEPEST = 64;

/** Whether a block is the other or holds it. */
export function holds({ blocks }: Blocks, outer: number, inner: number): boolean {
  let at = inner;
  for (let steps = 0; steps < DEEPEST; steps++) {
    if (at === outer) return true;
    if (at === 0) return false;
    at = blocks[at]?.parent ?? 0;
  }
  return false;
}

/** The function that a block belongs to. */
export function ownerOf({ blocks }: Blocks, block: number): number {
  return blocks[block]?.owner ?? 0;
}

/** Whether both blocks stand in one loop. */
export function shareLoop(blocks: Blocks, left: number, right: number): boolean {
  let at = left;
  for (let steps = 0; steps < DEEPEST && at !== 0; steps++) {
    const block = blocks.blocks[at];
    if (block === undefined) return false;
    if (block.loops && holds(blocks, at, right)) return true;
    at = block.parent;
  }
  return false;
}
