import assert from "node:assert/strict";
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { canopy, inScratch } from "./testing/canopy.ts";

const UGLY = "rules:\n- deny_if: y # why\n  action_type: x\n";
const FINE = "rules:\n  - action_type: x\n    deny_if: y # why\n";

describe("canopy policy fmt", () => {
  it("replaces a file as a whole, keeps its mode, writes through a link and leaves nothing beside it", () =>
    inScratch(async (cwd) => {
      const file = join(cwd, "policy.yaml");
      writeFileSync(file, UGLY);
      chmodSync(file, 0o640);
      symlinkSync(file, join(cwd, "link.yaml"));
      assert.equal((await canopy(["policy", "fmt", "link.yaml"], { cwd })).code, 0);
      assert.equal(readFileSync(file, "utf8"), FINE);
      assert.equal(statSync(file).mode & 0o777, 0o640);
      assert.ok(lstatSync(join(cwd, "link.yaml")).isSymbolicLink());
      assert.deepEqual(readdirSync(cwd).toSorted(), ["link.yaml", "policy.yaml"]);
    }));

  it("writes none when one of them can't be laid out", () =>
    inScratch(async (cwd) => {
      writeFileSync(join(cwd, "a.yaml"), UGLY);
      writeFileSync(join(cwd, "b.yaml"), "rules: &x []\n");
      const { code, stderr } = await canopy(["policy", "fmt", "a.yaml", "b.yaml"], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, /b\.yaml:1:8: anchors/u);
      assert.equal(readFileSync(join(cwd, "a.yaml"), "utf8"), UGLY);
    }));

  it("with --check writes nothing and ends with 1 when a file would change", () =>
    inScratch(async (cwd) => {
      writeFileSync(join(cwd, "a.yaml"), UGLY);
      writeFileSync(join(cwd, "b.yaml"), FINE);
      const { code, stdout } = await canopy(["policy", "fmt", "--check", "a.yaml", "b.yaml"], { cwd });
      assert.equal(code, 1);
      assert.equal(stdout, "a.yaml\n");
      assert.equal(readFileSync(join(cwd, "a.yaml"), "utf8"), UGLY);
      assert.equal((await canopy(["policy", "fmt", "--check", "b.yaml"], { cwd })).code, 0);
    }));

  it("prints what a file or standard input becomes", () =>
    inScratch(async (cwd) => {
      writeFileSync(join(cwd, "a.yaml"), UGLY);
      assert.equal((await canopy(["policy", "fmt", "--stdout", "a.yaml"], { cwd })).stdout, FINE);
      assert.equal(readFileSync(join(cwd, "a.yaml"), "utf8"), UGLY);
      assert.equal((await canopy(["policy", "fmt", "-"], { cwd, input: UGLY })).stdout, FINE);
      assert.equal((await canopy(["policy", "fmt", "-", "--json"], { cwd, input: UGLY })).code, 2);
    }));
});
