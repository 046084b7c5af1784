import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { canopy, inScratch } from "../testing/canopy.ts";

const SHELL = ["authorize", "--action-type", "execute_shell", "--payload", '{"command":"ls"}'];

describe("canopy kill-switch", () => {
  it("stops what decides by the log, says so, and lets it go on", () =>
    inScratch(async (cwd) => {
      assert.equal((await canopy(SHELL, { cwd })).code, 0);
      const stop = ["kill-switch", "--engage", "all", "--reason", "host owned", "--by", "ada"];
      assert.equal((await canopy(stop, { cwd })).stdout, "stopped all\n");
      assert.equal((await canopy(SHELL, { cwd })).code, 1);
      const shown = await canopy(["kill-switch"], { cwd });
      assert.equal(shown.code, 1);
      assert.match(shown.stdout, /all +\S+ +ada +host owned/u);
      const release = ["kill-switch", "--release", "all", "--reason", "mended", "--json"];
      assert.match((await canopy(release, { cwd })).stdout, /"engaged": false/u);
      assert.equal((await canopy(SHELL, { cwd })).code, 0);
      assert.equal((await canopy(["kill-switch"], { cwd })).code, 0);
    }));

  it("says that it can't know what is stopped by a log that lacks what this home has seen", () =>
    inScratch(async (cwd) => {
      const log = join(cwd, "audit.log");
      await canopy(SHELL, { cwd });
      const before = readFileSync(log);
      await canopy(["kill-switch", "--engage", "all", "--reason", "host owned"], { cwd });
      const after = readFileSync(log);
      writeFileSync(log, before);
      for (const words of [["kill-switch"], ["kill-switch", "--json"]]) {
        const { code, stdout, stderr } = await canopy(words, { cwd });
        assert.equal(code, 4, stderr);
        assert.match(stdout + stderr, /what is stopped can't be known/u);
        assert.doesNotMatch(stdout, /nothing is stopped|"switches"/u);
      }
      writeFileSync(log, after);
      assert.equal((await canopy(["kill-switch"], { cwd })).code, 1);
    }));

  it("refuses what would stop nobody: another scope, no reason, both at once, no log", () =>
    inScratch(async (cwd) => {
      const nobody = await canopy(["kill-switch", "--engage", "all", "--reason", "x"], { cwd });
      assert.equal(nobody.code, 2);
      assert.ok(!existsSync(join(cwd, "audit.log")));
      await canopy(SHELL, { cwd });
      for (const words of [
        ["--engage", "everything", "--reason", "x"],
        ["--engage", "all"],
        ["--engage", "all", "--release", "all", "--reason", "x"],
      ]) {
        const { code, stderr } = await canopy(["kill-switch", ...words], { cwd });
        assert.equal(code, 2, stderr);
      }
      assert.equal((await canopy(["kill-switch"], { cwd })).stdout, "nothing is stopped\n");
    }));
});

describe("canopy console without a terminal", () => {
  it("prints how the log stands, as text and as JSON", () =>
    inScratch(async (cwd) => {
      await canopy(SHELL, { cwd });
      const text = await canopy(["console"], { cwd });
      assert.equal(text.code, 0);
      // The decision, and the checkpoint that the ledger wrote after it.
      assert.match(text.stdout, /entries +2\n/u);
      assert.match(text.stdout, /1 allowed, 0 asked, 0 denied/u);
      const json = JSON.parse((await canopy(["console", "--audit-log", "audit.log", "--json"], { cwd })).stdout);
      assert.equal(json.counts.allow, 1);
      assert.equal(json.verification.valid, true);
      assert.equal((await canopy(["console", "nowhere.log"], { cwd })).code, 2);
      assert.equal((await canopy(["console", "a.log", "--audit-log", "b.log"], { cwd })).code, 2);
      assert.equal((await canopy([], { cwd, entry: "bin/canopy-console.js" })).code, 0);
    }));
});
