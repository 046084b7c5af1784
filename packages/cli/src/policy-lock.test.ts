import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { canopy, inScratch } from "./testing/canopy.ts";

const BASE = "rules:\n  - {id: b, action_type: close_ticket, deny: true, tests: [{expect: DENY}]}\n";
const POLICY = "include:\n  - file: base.yaml\nrules:\n  - {id: a, action_type: assign_ticket, deny: true}\n";

describe("canopy policy lock", () => {
  it("pins what is included, says when it changed, and pins it anew", () =>
    inScratch(async (cwd) => {
      const file = join(cwd, "policy.yaml");
      writeFileSync(file, POLICY);
      writeFileSync(join(cwd, "base.yaml"), BASE);
      assert.equal((await canopy(["policy", "lock", "--check", "policy.yaml"], { cwd })).code, 1);
      assert.equal(readFileSync(file, "utf8"), POLICY);
      const written = await canopy(["policy", "lock", "policy.yaml"], { cwd });
      assert.equal(written.code, 0, written.stderr);
      assert.match(readFileSync(file, "utf8"), /^ {2}- file: base\.yaml\n {4}sha256: "[0-9a-f]{64}"$/mu);
      assert.equal((await canopy(["policy", "lock", "--check", "policy.yaml"], { cwd })).code, 0);
      writeFileSync(join(cwd, "base.yaml"), `${BASE}# changed\n`);
      const { code, stdout } = await canopy(["policy", "lock", "--check", "policy.yaml"], { cwd });
      assert.equal(code, 1);
      assert.match(stdout, /^policy\.yaml {2}base\.yaml {2}[0-9a-f]{64}\n$/u);
      assert.equal((await canopy(["policy", "lock", "policy.yaml"], { cwd })).code, 0);
    }));

  it("ends with 2 when something is not there, or does not load", () =>
    inScratch(async (cwd) => {
      writeFileSync(join(cwd, "policy.yaml"), POLICY);
      assert.equal((await canopy(["policy", "lock", "policy.yaml"], { cwd })).code, 2);
      writeFileSync(join(cwd, "base.yaml"), "rules: 5\n");
      const { code, stderr } = await canopy(["policy", "lock", "policy.yaml"], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, /base\.yaml:1:8/u);
      writeFileSync(join(cwd, "broken.yaml"), "includ: []\n");
      assert.match((await canopy(["policy", "lock", "broken.yaml"], { cwd })).stderr, /broken\.yaml:1:1: unknown key/u);
    }));

  it("leaves the tests and the coverage of what is included to its own file", () =>
    inScratch(async (cwd) => {
      writeFileSync(join(cwd, "policy.yaml"), POLICY);
      writeFileSync(join(cwd, "base.yaml"), BASE);
      const tests =
        "tests:\n  - {action_type: assign_ticket, expect: {decision: DENY, rule: a}}\n" +
        "  - {action_type: close_ticket, expect: {decision: DENY, rule: base.b}}\n";
      writeFileSync(join(cwd, "policy.test.yaml"), tests);
      assert.equal((await canopy(["policy", "lock", "policy.yaml"], { cwd })).code, 0);
      const { code, stdout } = await canopy(["policy", "test", "--coverage-min", "100"], { cwd });
      assert.equal(code, 0, stdout);
      assert.match(stdout, /2 tests in policy\.test\.yaml\n {2}coverage {2}1 of 1 rule spoke/u);
    }));
});
