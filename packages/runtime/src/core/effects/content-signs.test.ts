import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assertEnds } from "../hang-guard.fixture.test.ts";
import { mayHoldStem } from "./content-signs.ts";
import { STEMS } from "./content-tables.ts";

// Each alternative of the stems, with what is optional in it and without.
function spellings(stem: string): readonly string[] {
  const plain = stem.replaceAll("\\b", "");
  const optional = /\(\?:(own )\)\?|(.)\?/.exec(plain);
  if (optional === null) return [plain];
  const part = optional[1] ?? optional[2] ?? "";
  return [part, ""].flatMap((kept) => spellings(plain.replace(optional[0], kept)));
}

const ALL = STEMS.source.split("|").flatMap(spellings);

void test("every stem is let through, as it stands and in any disguise", () => {
  assert.ok(ALL.length > 90);
  for (const stem of ALL) {
    assert.equal(mayHoldStem(stem), true, stem);
    assert.equal(mayHoldStem(`ls ${stem.toUpperCase()} -l`), true, stem);
    if (stem === "c4") continue;
    const letters = stem.replaceAll(" ", "");
    assert.equal(mayHoldStem(Array.from(letters).join("-")), true, `${stem} set apart`);
    const disguised = stem.replaceAll("o", "0").replaceAll("i", "1").replaceAll("e", "3").replaceAll("a", "@");
    assert.equal(mayHoldStem(`x ${disguised.replaceAll("s", "$").replaceAll("l", "|")} x`), true, `${stem} disguised`);
  }
});

void test("what can't be told letter by letter is let through", () => {
  for (const text of ["a g o d i e g o", "bo<b>mb</b>", "nа", "c4"]) assert.equal(mayHoldStem(text), true, text);
});

void test("ordinary commands are not read any closer", () => {
  for (const command of [
    "",
    "ls -la /tmp/build",
    "git commit -m 'a fix' && git push origin main",
    "tar -x -v -f archive.tar",
    "find . -name '*.py' -exec wc -l {} \\;",
    "for i in 1 2 3; do echo $i; done",
    "for ((i=0; i<${#data}; i++)); do cut -c1 < in; done",
  ])
    assert.equal(mayHoldStem(command), false, command);
});

void test("a text around a stem never hides it", () => {
  const around = fc.string({ maxLength: 40 });
  fc.assert(
    fc.property(around, fc.constantFrom(...ALL), around, (before, stem, after) => {
      assert.equal(mayHoldStem(`${before}${stem}${after}`), true);
    }),
  );
});

void test("letters set apart take one pass", () => {
  const text = "x-b-c dd ".repeat(250_000);
  assert.equal(
    assertEnds(() => mayHoldStem(text)),
    false,
  );
});
