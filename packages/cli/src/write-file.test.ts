import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { COMMANDS } from "./commands/index.ts";
import { canopy, inScratch } from "./testing/canopy.ts";

/** Flags that name a file or folder to make. A tree's copy is made to be made again over itself. */
const MADE = ["out", "export", "bundle"];
const IN_PLACE = new Set(["ledger tlog"]);

test("every command that makes a file takes --force, and only those", async () => {
  const making: string[] = [];
  for (const entry of COMMANDS) {
    const each = "commands" in entry ? entry.commands.map((one) => [`${entry.name} ${one.name}`, one] as const) : [];
    for (const [path, one] of "commands" in entry ? each : [[entry.name, entry] as const]) {
      const { command } = await one.load();
      if (IN_PLACE.has(path) || path.startsWith("policy ")) continue;
      const isMaking = MADE.some((name) => command.usesFlag(name, "original"));
      assert.equal(command.usesFlag("force", "original"), isMaking, path);
      if (isMaking) making.push(path);
    }
  }
  assert.ok(making.length >= 8, making.join());
});

test("a file that is there is not written over without --force, and what is made is its owner's alone", () =>
  inScratch(async (cwd) => {
    const run = (...words: readonly string[]) => canopy(words, { cwd });
    await run("authorize", "--action-type", "execute_shell", "--payload", '{"command":"ls"}');
    for (const [file, ...words] of [
      ["never.json", "prove", "absent", "--agent", "x", "--out"],
      ["all.canopy-evidence", "evidence", "bundle", "audit.log", "--all", "--out"],
      ["what.xlsx", "incident", "audit.log", "--since", "1h", "--export"],
      ["report.csv", "report", "audit.log", "--export"],
    ] as const) {
      const path = join(cwd, file);
      writeFileSync(path, "mine", { mode: 0o644 });
      const refused = await run(...words, file);
      assert.equal(refused.code, 2, file);
      assert.match(refused.stderr, /is there already: nothing was written \[FILE_UNUSABLE\]\nfix: .*--force/u);
      assert.equal(readFileSync(path, "utf8"), "mine");
      const forced = await run(...words, file, "--force");
      assert.equal(forced.code, 0, forced.stderr);
      assert.notEqual(readFileSync(path, "utf8"), "mine");
      assert.equal(statSync(path).mode & 0o777, 0o600, file);
    }
  }));
