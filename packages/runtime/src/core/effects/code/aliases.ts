// What local names stand for: imports of Python and JavaScript, and the names that code binds to what it imports.

import type { Token } from "./tokens.ts";

/** What was imported so far. */
export interface Imports {
  /** What local names stand for: `s` is `os.system` after `from os import system as s`. */
  readonly aliases: Map<string, string>;
  /** Modules whose names all became local names: `from os import *`. */
  readonly stars: string[];
  /** Every module that was imported, by its full name. */
  readonly modules: Set<string>;
}

/** Tokens of a declaration that are looked at; what comes later in it is read as assignments are. */
const LONGEST_DECLARATION = 96;

/**
 * Reads `import os as o`, `from subprocess import run as r`, `const {execSync: e} = require('child_process')`,
 * `import cp, {exec} from 'child_process'`. The place behind an import statement; `at` when there is nothing to skip.
 */
export function readImport(tokens: readonly Token[], at: number, imports: Imports): number {
  const words = wordsOf(tokens, at);
  const texts = words.map((token) => token.text);
  switch (texts[0]) {
    case "from":
      return readFrom(texts, imports) ? at + words.length : at;
    case "import":
      return words.some((token) => token.kind === "string")
        ? readScript(words, imports, at)
        : readPlain(texts, imports, at);
    case "const":
    case "let":
    case "var":
      readDeclarations(words, imports);
      return at;
    default:
      return at;
  }
}

/** The words of one statement. Cost: linear in the text for all of them, since no import goes on past another. */
function wordsOf(tokens: readonly Token[], at: number): readonly Token[] {
  const head = tokens[at]?.text ?? "";
  const words: Token[] = [];
  const second = tokens[at + 1]?.text;
  if (head === "import" && (second === "(" || second === ".")) return words;
  const imports = head === "import" || head === "from";
  const limit = imports ? tokens.length : Math.min(tokens.length, at + LONGEST_DECLARATION);
  const seen = { from: 0, import: 0 };
  let depth = 0;
  for (let next = at; next < limit; next++) {
    const token = tokens[next];
    if (token === undefined) break;
    if (token.kind === "mark") depth += /^[([{]$/.test(token.text) ? 1 : /^[)\]}]$/.test(token.text) ? -1 : 0;
    if (token.kind === "end" && (depth <= 0 || token.text === ";")) break;
    if (depth < 0) break;
    if (imports && (token.text === "from" || token.text === "import") && ++seen[token.text] > 1) break;
    if (token.kind !== "end") words.push(token);
  }
  return words;
}

/** `from os import path, system as s`, `from os import *`. */
function readFrom(texts: readonly string[], imports: Imports): boolean {
  const imported = texts.indexOf("import");
  if (imported < 2) return false;
  const module = texts.slice(1, imported).join("");
  imports.modules.add(module);
  if (texts[imported + 1] === "*") imports.stars.push(module);
  else bindNames(imports.aliases, texts.slice(imported + 1), module);
  return true;
}

/** `import os, sys as s`. */
function readPlain(texts: readonly string[], { aliases, modules }: Imports, at: number): number {
  let from = 1;
  for (let end = 1; end <= texts.length; end++) {
    if (end < texts.length && texts[end] !== ",") continue;
    const part = texts.slice(from, end);
    const as = part.indexOf("as");
    modules.add((as > 0 ? part.slice(0, as) : part).join(""));
    if (as > 0) aliases.set(part[as + 1] ?? "", part.slice(0, as).join(""));
    else if (part[0] !== undefined && /^\w+$/.test(part[0])) aliases.set(part[0], part[0]);
    from = end + 1;
  }
  return at + texts.length;
}

/** `import cp, { exec as e } from "child_process"`, `import * as cp from "child_process"`. */
function readScript(words: readonly Token[], { aliases, modules }: Imports, at: number): number {
  const texts = words.map((token) => token.text);
  const from = texts.lastIndexOf("from");
  const module = words.slice(from + 1).find((token) => token.kind === "string");
  if (from < 1 || module === undefined) return at;
  const name = moduleName(module.text);
  modules.add(name);
  const brace = texts.indexOf("{");
  if (brace > 0 && brace < from) bindNames(aliases, texts.slice(brace, from), name);
  const star = texts.indexOf("*");
  if (star > 0 && texts[star + 2] !== undefined) aliases.set(texts[star + 2] ?? "", name);
  const first = texts[1] ?? "";
  if (/^[\w$]+$/.test(first) && first !== "type") aliases.set(first, name);
  return at + from + 1;
}

/** `const fs = require("fs"), { exec: e } = await import("child_process")`. */
function readDeclarations(words: readonly Token[], { aliases, modules }: Imports): void {
  for (let at = 1; at < words.length; at++) {
    const text = words[at]?.text;
    if (text !== "require" && text !== "import") continue;
    if (words[at + 1]?.text !== "(" || words[at + 2]?.kind !== "string" || words[at + 2]?.known !== true) continue;
    let equals = at - 1;
    while (equals > 0 && words[equals]?.text !== "=") equals--;
    if (equals < 2 || at - equals > 3) continue;
    const member = words[at + 4]?.text === "." && words[at + 5]?.kind === "name" ? `.${words[at + 5]?.text ?? ""}` : "";
    const name = moduleName(words[at + 2]?.text ?? "") + member;
    modules.add(moduleName(words[at + 2]?.text ?? ""));
    if (words[at + 6]?.text === "(" && member !== "") continue;
    const last = words[equals - 1]?.text ?? "";
    // What is taken apart is read where its pattern is.
    if (last !== "}") aliases.set(last, name);
  }
}

/** A module under the one name that tables know it by. */
export function moduleName(text: string): string {
  const plain = text.replace(/^node:/, "");
  return plain === "fs/promises" ? "fs" : plain;
}

/** Binds the names of a list: `{exec, spawn as s}`, `(run as r, PIPE)`. */
function bindNames(aliases: Map<string, string>, names: readonly string[], module: string): void {
  for (let at = 0; at < names.length; at++) {
    const name = names[at] ?? "";
    if (!/^[\w$]+$/.test(name)) continue;
    const renamed = names[at + 1] === "as" ? names[at + 2] : undefined;
    aliases.set(renamed ?? name, ofModule(module, name));
    if (renamed !== undefined) at += 2;
  }
}

/** Binds what a pattern takes from a module: `{exec, spawn: s}`. */
export function bindMembers(
  aliases: Map<string, string>,
  members: readonly { readonly member: string; readonly name: string }[],
  module: string,
): void {
  for (const { member, name } of members) aliases.set(name, ofModule(module, member));
}

function ofModule(module: string, member: string): string {
  return member === "default" || member === "promises" ? module : `${module}.${member}`;
}
