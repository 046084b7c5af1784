import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stricter, type Verdict } from "./finding.ts";

const verdict = fc.constantFrom<Verdict>("ALLOW", "REQUIRE_APPROVAL", "DENY");

test("the verdict join commutes, associates and is idempotent", () => {
  fc.assert(
    fc.property(verdict, verdict, verdict, (a, b, c) => {
      assert.equal(stricter(a, b), stricter(b, a));
      assert.equal(stricter(a, stricter(b, c)), stricter(stricter(a, b), c));
      assert.equal(stricter(a, a), a);
    }),
  );
});

test("DENY is strictest and ALLOW is the identity", () => {
  fc.assert(
    fc.property(verdict, (a) => {
      assert.equal(stricter(a, "DENY"), "DENY");
      assert.equal(stricter(a, "ALLOW"), a);
    }),
  );
});
