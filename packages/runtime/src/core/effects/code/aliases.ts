// What local names stand for: imports of Python and JavaScript.

import { endOfStatement } from "./constants.ts";
import type { Token } from "./tokens.ts";

/** `import os as o`, `from subprocess import run as r`, `const {execSync: e} = require('child_process')`. */
export function readImport(tokens: readonly Token[], at: number, aliases: Map<string, string>): void {
  const end = Math.min(endOfStatement(tokens, at + 1), at + 64);
  const words: Token[] = [];
  for (let next = at; next < Math.max(end, at + 40) && next < tokens.length; next++) {
    const token = tokens[next];
    if (token === undefined || token.kind === "end") break;
    words.push(token);
  }
  const texts = words.map((token) => token.text);
  const required = texts.findIndex((text, index) => (text === "require" || text === "from") && index > 0);
  const isScript =
    texts[0] === "const" ||
    texts[0] === "let" ||
    texts[0] === "var" ||
    (texts[0] === "import" && required > 0 && texts[required] === "from");
  if (isScript && required > 0) {
    const module = words
      .slice(required)
      .find((token) => token.kind === "string")
      ?.text.replace(/^node:/, "");
    if (module === undefined) return;
    const names = texts.slice(1, required);
    if (names[0] === "{") bindNames(aliases, names, module, ":");
    else if (names[0] === "*" && names[2] !== undefined) aliases.set(names[2], module);
    else if (names[0] !== undefined) aliases.set(names[0], module);
    return;
  }
  if (texts[0] === "from") {
    const imported = texts.indexOf("import");
    if (imported > 0) bindNames(aliases, texts.slice(imported + 1), texts.slice(1, imported).join(""), "as");
  } else if (texts[0] === "import") {
    for (const [index, text] of texts.entries())
      if (text === "as") aliases.set(texts[index + 1] ?? "", lastModule(texts.slice(0, index)));
  }
}

function lastModule(texts: readonly string[]): string {
  const start = Math.max(texts.lastIndexOf(","), texts.lastIndexOf("import")) + 1;
  return texts.slice(start).join("");
}

function bindNames(aliases: Map<string, string>, names: readonly string[], module: string, as: string): void {
  for (let at = 0; at < names.length; at++) {
    const name = names[at] ?? "";
    if (!/^\w+$/.test(name)) continue;
    const renamed = names[at + 1] === as || names[at + 1] === "as" ? names[at + 2] : undefined;
    aliases.set(renamed ?? name, `${module}.${name}`);
    if (renamed !== undefined) at += 2;
  }
}
