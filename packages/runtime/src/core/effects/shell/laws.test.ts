import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Effect } from "../effect.ts";
import { NO_SURROUNDINGS } from "../surroundings.ts";
import { shellEffects } from "./index.ts";

const PIECES = [
  "ls",
  "rm x",
  "echo",
  "a b",
  "x=1",
  "$x",
  "${x:-y}",
  "${x#*/}",
  "${x//a/b}",
  "${a[@]}",
  "$((x + 1))",
  "$(",
  ")",
  "`",
  '"',
  "'",
  "\\",
  "|",
  "&&",
  "||",
  ";",
  "&",
  "\n",
  "{ ",
  "}",
  "( ",
  "if ",
  "then ",
  "fi",
  "for i in 1 2; do ",
  "while ",
  "done",
  "case x in ",
  "esac",
  "f() { ",
  "f",
  "<<E\n",
  "E\n",
  "<<< ",
  "> y",
  "2>&1",
  "<(",
  "{a,b}",
  "{1..3}",
  "*",
  "~",
  "[[ ",
  " ]]",
  "(( ",
  " ))",
  "eval ",
  "sh -c ",
  "alias q=",
  "q",
  "read x",
  "cd /",
  "set -- ",
  "local ",
  "\r",
  "\u200b",
  "\ue000",
];

const command = fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }).map((pieces) => pieces.join(" "));

function isDoubtful(effects: readonly Effect[]): boolean {
  return effects.some((effect) => effect.kind === "exec.unparsed" || effect.kind === "exec.unresolved");
}

function deletesRoot(effects: readonly Effect[]): boolean {
  return effects.some((effect) => effect.kind === "fs.delete" && effect.target.zone === "root");
}

// What would make the appended line part of something else, or mean something else.
const SWALLOWS = /\\\s*$|alias|rm\s*\(|<<|\bf\b|unset|#/;

describe("laws of evaluation", () => {
  it("gives the same effects for the same text, whatever it is, and never throws", () => {
    fc.assert(
      fc.property(fc.oneof(command, fc.string({ unit: "binary", maxLength: 200 })), (text) => {
        assert.deepEqual(shellEffects(text, NO_SURROUNDINGS), shellEffects(text, NO_SURROUNDINGS));
      }),
      { numRuns: 1_500 },
    );
  });

  it("lets nothing that stands before a command hide it", () => {
    fc.assert(
      fc.property(command, (before) => {
        if (SWALLOWS.test(before)) return;
        const effects = shellEffects(`${before}\nrm -rf /`, NO_SURROUNDINGS);
        assert.ok(deletesRoot(effects) || isDoubtful(effects), before);
      }),
      { numRuns: 1_500 },
    );
  });

  it("sees in every wrapping what it sees bare", () => {
    const wrappings: readonly ((text: string) => string)[] = [
      (text) => `(${text}\n)`,
      (text) => `{ ${text}\n}`,
      (text) => `if a; then ${text}\nfi`,
      (text) => `f() {\n${text}\n}; f`,
      (text) => `eval '${text.replaceAll("'", "'\\''")}'`,
      (text) => `sh -c '${text.replaceAll("'", "'\\''")}'`,
      (text) => `for i in 1; do ${text}\ndone`,
      (text) => `x=$(${text}\n)`,
      (text) => `${text} | cat`,
      (text) => `{ ${text} & }`,
      (text) => `case $z in *) ${text}\n;; esac`,
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...wrappings), { maxLength: 5 }), (chosen) => {
        const text = chosen.reduce((inner, wrap) => wrap(inner), "rm -rf /");
        assert.ok(deletesRoot(shellEffects(text, NO_SURROUNDINGS)), text);
      }),
      { numRuns: 400 },
    );
  });
});
