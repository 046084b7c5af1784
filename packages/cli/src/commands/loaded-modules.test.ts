// A command that only reads a log starts without policies and the engine: loading those is four times all the rest of it.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { it } from "node:test";

/** Commands that decide, or are about policies. */
const WITH_ENGINE = [
  "authorize",
  "demo",
  "evaluate",
  "ledger/accept-rollback",
  "lint-policy",
  "policy/bench",
  "policy/diff",
  "policy/explain",
  "policy/fmt",
  "policy/init",
  "policy/lint",
  "policy/lock",
  "policy/prove",
  "policy/simulate",
  "policy/test",
  "quickstart",
  "replay",
  "self-check",
];

const ENGINE = /\/runtime\/dist\/core\/(?:effects\/derive|policy\/compile)\.js$/u;

/** The files that a compiled file imports when it is loaded, and those that they import. */
function loadedWith(start: string): ReadonlySet<string> {
  const found = new Set([start]);
  for (const file of found) {
    for (const [, target = ""] of readFileSync(new URL(file), "utf8").matchAll(
      /^(?:import|export)\s[^;]*?"([^"]+)";/gmu,
    )) {
      if (target.startsWith(".")) found.add(new URL(target, file).href);
      else if (target.startsWith("canopy-runtime")) found.add(import.meta.resolve(target));
    }
  }
  return found;
}

it("only commands that decide, or are about policies, load the engine before they run", () => {
  const folder = new URL("./", import.meta.url);
  const commands = globSync("**/*.js", { cwd: folder })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !/(?:^|\/)index\.js$|\.test\.js$/u.test(file))
    .sort();
  assert.ok(commands.length > 40);
  const loading = commands.filter((file) =>
    [...loadedWith(new URL(file, folder).href)].some((each) => ENGINE.test(each)),
  );
  assert.deepEqual(
    loading.map((file) => file.slice(0, -".js".length)),
    WITH_ENGINE,
  );
});
