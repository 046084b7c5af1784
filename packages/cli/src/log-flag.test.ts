import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { canopy, inScratch } from "./testing/canopy.ts";

/** Commands that take a log as their last word; where words come before it, with these. */
const BY_WORD: readonly (readonly string[])[] = [
  ["audit", "query"],
  ["audit", "tail"],
  ["audit", "stats"],
  ["anchors"],
  ["anchors", "check"],
  ["console"],
  ["coverage"],
  ["erase", "--subject", "AVID-x", "--yes"],
  ["evidence", "--all", "--out", "x.canopy-evidence"],
  ["incident", "--since", "1h"],
  ["incident", "list"],
  ["incident", "show", "inc-1"],
  ["incident", "update", "inc-1", "--note", "x"],
  ["ledger", "accept-rollback", "--anchor", "home", "--reason", "x"],
  ["ledger", "audit-index"],
  ["ledger", "export-original", "--import", "x", "--out", "x.log"],
  ["ledger", "fsck"],
  ["ledger", "tlog", "--out", "tlog"],
  ["log"],
  ["prove", "absent", "--trace", "t", "--out", "x.json"],
  ["prove", "present", "--trace", "t", "--out", "x.json"],
  ["prove", "included", "--entry", "1", "--out", "x.json"],
  ["replay"],
  ["report"],
  ["verify"],
];

describe("the log that a command is about", () => {
  for (const words of BY_WORD) {
    it(`is named by a word or by --log: canopy ${words.join(" ")}`, () =>
      inScratch(async (cwd) => {
        const { code, stdout, stderr } = await canopy([...words, "--log", "none.log"], { cwd });
        assert.notEqual(code, 0);
        assert.match(`${stdout}${stderr}`, /none\.log/u);
        // Both are read: two different ones are a question.
        const twice = await canopy([...words, "none.log", "--log", "other.log"], { cwd });
        assert.equal(twice.code, 2);
        assert.match(twice.stderr, /two logs are named, `none\.log` and `other\.log`: expected one \[USAGE\]/u);
      }));
  }

  it("is no stream, and may be named the same in both ways", () =>
    inScratch(async (cwd) => {
      assert.match((await canopy(["log", "--log", "-"], { cwd })).stderr, /`-` is no log/u);
      const same = await canopy(["verify", "none.log", "--log", "none.log"], { cwd });
      assert.match(same.stderr, /FILE_UNUSABLE/u);
    }));

  it("is named by --log where the words are something else, and by the names of 0.4.2", () =>
    inScratch(async (cwd) => {
      const shell = ["authorize", "--action-type", "shell", "--payload", '{"command":"ls"}'];
      const ran = await canopy([...shell, "--log", "a.log"], { cwd });
      assert.equal(ran.code, 0, ran.stderr);
      assert.equal((await canopy([...shell, "--audit-log-path", "a.log"], { cwd })).code, 0);
      assert.equal((await canopy(["kill-switch", "--log", "a.log"], { cwd })).code, 0);
      assert.equal((await canopy(["demo", "--log", "a.log"], { cwd })).code, 0);
      const { stdout } = await canopy(["audit", "stats", "a.log"], { cwd });
      assert.match(stdout, /decisions +7:/u);
      assert.match(
        (await canopy(["self-check", "--log", "a.log"], { cwd })).stdout,
        new RegExp(join(cwd, "a.log"), "u"),
      );
    }));
});
