import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createRuntime } from "canopy-runtime";
import { root } from "./setup.mjs";

const dist = join(root, "packages", "cli", "dist");

function said(program, args, home) {
  const env = { PATH: process.env["PATH"], CANOPY_HOME: home };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(dist, program), ...args], {
    encoding: "utf8",
    env,
    cwd: home,
  });
  return { status, stdout, stderr };
}

test("the bundled starts say and answer what the modules they were made of do", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "canopy-bundle-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const log = join(home, "audit.log");
  const changed = join(home, "changed.log");
  const runtime = createRuntime({ home, audit_log_path: log, env: {} });
  await runtime.authorize({ public_key: "agent-1", trace_id: "t" }, "execute_shell", { command: "ls" });
  await runtime.close();
  writeFileSync(changed, readFileSync(log, "utf8").replace('"ALLOW"', '"DENY"'));
  const calls = [
    { words: [log], status: 0 },
    { words: [log, "--json"], status: 0 },
    { words: [log, "--signatures"], status: 0 },
    { words: [], status: 0 },
    { words: [changed], status: 1 },
    { words: [join(home, "missing.log")], status: 2 },
    { words: [log, "--no-such-flag"], status: 2 },
    { words: ["--help"], status: 0 },
  ];
  for (const { words, status } of calls) {
    const expected = said("main.js", ["verify", ...words], home);
    assert.equal(expected.status, status, words.join(" "));
    assert.deepEqual(said(join("start", "canopy.js"), ["verify", ...words], home), expected);
    assert.deepEqual(said(join("start", "canopy-verify.js"), words, home), expected);
  }
  const asked = ["audit", "query", log, "--trace", "t"];
  const questions = [[], ["--json"], ["--format", "csv"], ["--format", "pdf"], ["--limit", "2"], ["--no-such-flag"]];
  for (const more of questions) {
    assert.deepEqual(
      said(join("start", "canopy.js"), [...asked, ...more], home),
      said("main.js", [...asked, ...more], home),
    );
  }
  for (const words of [["--help"], ["--version"], ["config", "--json"], ["no-such-command"]]) {
    assert.deepEqual(said(join("start", "canopy.js"), words, home), said("main.js", words, home));
  }
});
