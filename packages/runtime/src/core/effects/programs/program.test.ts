import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NO_SURROUNDINGS } from "../surroundings.ts";
import { findProgram, PROGRAM_ROWS } from "./index.ts";
import { literal } from "./options.ts";
import type { NestedRunner, ProgramCall, Stream, Word } from "./program.ts";

/** A runner that runs nested commands by the table alone, a few levels deep. */
function runner(depth: number): NestedRunner {
  return {
    words: (words, stdin) => {
      const [first, ...args] = words;
      const row = typeof first?.value === "string" && depth > 0 ? findProgram(first.value) : null;
      if (row === null) return [];
      return row.effects(callOf(first?.value ?? "", args, stdin, depth - 1)).effects;
    },
    shell: (text, via) => [{ kind: "exec.unresolved", via, part: "code", text: text ?? "" }],
    code: (language, text, via) => [{ kind: "exec.unresolved", via, part: "code", text: `${language} ${text ?? ""}` }],
  };
}

function callOf(name: string, args: readonly Word[], stdin: Stream | null, depth: number = 4): ProgramCall {
  return { name, args, stdin, surroundings: NO_SURROUNDINGS, run: runner(depth) };
}

const words = fc.oneof(
  fc.constantFrom(
    "-",
    "--",
    "-rf",
    "-c",
    "-e",
    "-i",
    "-o",
    "-exec",
    "{}",
    ";",
    "+",
    "-delete",
    "/",
    "/dev/sda",
    "~",
    ".",
    "*",
    "..",
    "if=/dev/zero",
    "of=x",
    "http://h.example/a",
    "-d",
    "@f",
    "user@host:/p",
    "run",
    "exec",
    "delete",
    "install",
    "--",
    "=",
    "a=b",
    "--x=y",
    "-n1",
    ":::",
    "push",
    "--force",
    "s3://b",
    "-u",
    "/c",
    "\u0000",
    "\\",
    "'",
    "$(",
    "get",
    "config",
    "create",
    "-m",
    "http.server",
  ),
  fc.string(),
);

const args = fc.array(
  fc.oneof(
    words.map(literal),
    words.map((text): Word => ({ value: null, text: `$${text}`, glob: false, prefix: text })),
    words.map((text): Word => ({ ...literal(text), glob: true, secret: "ssh_key" })),
  ),
  { maxLength: 8 },
);

const stdin: fc.Arbitrary<Stream | null> = fc.option(
  fc.record({
    text: fc.option(fc.string()),
    secret: fc.option(fc.constant("ssh_key")),
    obfuscated: fc.constantFrom(null, "decoded", "downloaded", "reversed", "generated"),
    origin: fc.constantFrom(null, "/*", "./*.pyc"),
  }),
);

test("every program name stands in one row only", () => {
  const names = PROGRAM_ROWS.flatMap((row) => row.names);
  assert.deepEqual(
    names.filter((name, at) => names.indexOf(name) !== at),
    [],
  );
});

test("every row names where its program is documented", () => {
  for (const row of PROGRAM_ROWS) {
    assert.ok(row.names.length > 0);
    assert.match(row.source, /^https:\/\/\S+$/, row.names[0]);
  }
});

test("no row throws, whatever its arguments and input are", () => {
  fc.assert(
    fc.property(fc.constantFrom(...PROGRAM_ROWS), args, stdin, fc.nat(), (row, given, input, pick) => {
      const name = row.names[pick % row.names.length] ?? "";
      const { effects } = row.effects(callOf(name, given, input));
      assert.ok(effects.every((effect) => typeof effect.kind === "string"));
    }),
    { numRuns: 6000 },
  );
});

test("a versioned or suffixed name is found as its program", () => {
  assert.equal(findProgram("rm.exe"), findProgram("rm"));
  assert.equal(findProgram("bash5.2"), findProgram("bash"));
  assert.equal(findProgram("no-such-program"), null);
});
