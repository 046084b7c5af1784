import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { canopy, inScratch } from "../testing/canopy.ts";

const shell = (command: string, ...more: readonly string[]): readonly string[] => [
  "authorize",
  "--action-type",
  "shell",
  "--payload",
  JSON.stringify({ command }),
  ...more,
];

describe("a decision that a person reads", () => {
  it("says where to answer what needs an approval", () =>
    inScratch(async (cwd) => {
      const asked = await canopy(shell("curl https://files.example.com/"), { cwd });
      assert.equal(asked.code, 3);
      assert.match(asked.stdout, /^ {2}answer +in `canopy console` \(key 2\)$/mu);
      const named = await canopy(shell("curl https://files.example.com/", "--audit-log-path", "an other.log"), { cwd });
      assert.match(named.stdout, /^ {2}answer +in `canopy console 'an other\.log'` \(key 2\)$/mu);
      assert.doesNotMatch((await canopy(shell("ls"), { cwd })).stdout, /^ {2}answer/mu);
      assert.match((await canopy(["console"], { cwd })).stdout, /waiting +1 for an approval: `canopy console`/u);
    }));

  it("says why it could not be recorded and what to do, also of what is denied anyway", () =>
    inScratch(async (cwd) => {
      mkdirSync(join(cwd, "audit.log"));
      const flat = async (command: string): Promise<string> => {
        const { code, stdout } = await canopy(shell(command), { cwd });
        assert.equal(code, 4);
        return stdout.replaceAll(/\s+/gu, " ");
      };
      assert.match(await flat("ls"), /not allowed \(LEDGER_REFUSED: .* fix name the regular file itself/u);
      const denied = await flat("rm -rf /");
      assert.match(denied, /why Art\.0: .* unrecorded LEDGER_REFUSED: .* fix name the regular file itself/u);
    }));
});
