// The runner says what failed and where, however a file fails. Each case is a file of its own, run as `npm test` runs all.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./setup.mjs";
import { TEST_RUNNER } from "./test-runner.mjs";

const FILES = {
  "asserts.test.mjs": `test("a wrong sum", () => assert.equal(1 + 1, 3));`,
  "throws-at-load.test.mjs": `throw new Error("at load");`,
  "rejects.test.mjs": `test("forgets a promise", () => { Promise.reject(new Error("gone")); });`,
  "exits.test.mjs": `test("ends the process", () => process.exit(0)); test("never comes", () => assert.fail());`,
  "kills-itself.test.mjs": `test("is killed", () => process.kill(process.pid, "SIGKILL"));`,
  "never-ends.test.mjs": `test("waits", () => new Promise(() => {}));`,
  "holds-on.test.mjs": `setInterval(() => {}, 1000); test("is done, but something is left open", () => {});`,
  "passes.test.mjs": `import { spawnSync } from "node:child_process";
    import { Worker } from "node:worker_threads";
    test("starts what ends itself", async () => {
      assert.equal(spawnSync(process.execPath, ["-e", "process.exit(0)"]).status, 0);
      const worker = new Worker("process.exit(0)", { eval: true });
      assert.equal(await new Promise((resolve) => worker.on("exit", resolve)), 0);
    });`,
};

test("names every file that fails, by a test, a crash, an exit or by not ending, and none that passes", () => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-runner-"));
  try {
    const files = Object.entries(FILES).map(([name, text]) => {
      const head = 'import assert from "node:assert/strict"; import { test } from "node:test";';
      writeFileSync(join(folder, name), `${head}\n${text}\n`);
      return join(folder, name);
    });
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout } = spawnSync(process.execPath, [...TEST_RUNNER, "--test-reporter=spec", ...files], {
      cwd: root,
      encoding: "utf8",
      timeout: 120_000,
      env: { ...env, CANOPY_TEST_FILE_MS: "8000" },
    });
    assert.equal(status, 1, stdout);
    const failing = stdout.slice(stdout.indexOf("failing tests:"));
    for (const name of Object.keys(FILES)) assert.equal(failing.includes(name), name !== "passes.test.mjs", stdout);
    for (const said of ["a wrong sum", "at load", "gone", "process.exit(0)", "had not ended"]) {
      assert.ok(stdout.includes(said), `${said}\n${stdout}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
