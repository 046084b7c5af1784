// Policies as large as they may be, and larger: loaded, or refused, in linear time. What that comes to in seconds is
// the benchmark's business: `npm run bench -- hostile`.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { CanopyError } from "../errors.ts";
import { assertEnds } from "../hang-guard.fixture.test.ts";
import { MAX_RULES } from "./check.ts";
import { compilePolicy } from "./index.ts";
import { filled, FULL, manyRules } from "./limits.fixture.test.ts";

const tools = { sha256Hex: (data: Uint8Array): string => hash("sha256", data, "hex") };

/** Why a text doesn't load; null when it does. */
function refusalOf(text: string): string | null {
  try {
    compilePolicy(text, { file: null, source: "argument", tools });
    return null;
  } catch (error) {
    assert.ok(error instanceof CanopyError, String(error));
    assert.equal(error.code, "INVALID_POLICY");
    return error.message;
  }
}

// White space that stands for nothing.
const LOADED: readonly string[] = ["spaces in quotes", "blank lines of a block"];

for (const [name, text] of FULL) {
  test(`4 MiB of ${name} end soon`, () => {
    const refusal = assertEnds(() => refusalOf(text));
    assert.equal(refusal === null, LOADED.includes(name), refusal ?? "loaded");
  });
}

test("a policy that is larger still is refused before it is read", () => {
  assert.match(refusalOf(`${filled("#", "")}##`) ?? "", /bytes: expected at most 4194304/);
});

test("as many rules as there may be load; one more is refused", () => {
  assert.equal(
    assertEnds(() => refusalOf(manyRules())),
    null,
  );
  assert.match(refusalOf(manyRules(MAX_RULES + 1)) ?? "", /20001 rules: expected at most 20000/);
});
