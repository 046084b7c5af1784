// The recipes of the cookbook and the packs do what their tests say, run as a reader runs them.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { POLICY_PACK_NAMES } from "canopy-runtime/policy";
import { canopy, inScratch } from "./testing/canopy.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PACKS = join(ROOT, "packages/runtime/policies");
const RECIPES = readFileSync(join(ROOT, "docs/POLICY_COOKBOOK.md"), "utf8").split(/^### /mu).slice(1);

describe("the policy cookbook", () => {
  it("has at least 25 recipes", () => assert.ok(RECIPES.length >= 25));

  for (const recipe of RECIPES) {
    it(`has a recipe that does what it says: ${recipe.split("\n", 1)[0] ?? ""}`, () =>
      inScratch(async (folder) => {
        const [policy = "", tests = ""] = [...recipe.matchAll(/^```yaml\n(.*?)^```$/gmsu)].map(([, text = ""]) => text);
        writeFileSync(join(folder, "policy.yaml"), policy);
        writeFileSync(join(folder, "policy.test.yaml"), tests);
        const { code, stdout, stderr } = await canopy(["policy", "test"], { cwd: folder });
        assert.equal(code, 0, stdout + stderr);
        assert.match(stdout, /^ {2}ok +[1-9]\d* tests?/mu);
      }));
  }
});

describe("the packs", () => {
  for (const pack of POLICY_PACK_NAMES) {
    it(`pass their own tests, which make every rule apply: ${pack}`, () =>
      inScratch(async (folder) => {
        const words = ["policy", "test", join(PACKS, `${pack}.yaml`), "--json"];
        const { code, stdout, stderr } = await canopy(words, { cwd: folder });
        assert.equal(code, 0, stdout + stderr);
      }));
  }
});
