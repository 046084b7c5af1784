import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkNode, LEAST_NODE } from "./node-version.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

test("a Node that is too old is named, with the one that is needed", () => {
  for (const version of ["20.20.2", "22.17.9", "18.0.0"]) {
    assert.throws(() => checkNode(version), {
      code: "LEDGER_UNAVAILABLE",
      message: `Node ${version} can't write a log: expected Node 22.18 or later`,
    });
  }
  for (const version of ["22.18.0", "22.20.1", "24.0.0"]) checkNode(version);
});

test("the packages and the front page ask for the same Node", () => {
  for (const folder of ["runtime", "cli"]) {
    const { engines } = JSON.parse(readFileSync(join(ROOT, "packages", folder, "package.json"), "utf8"));
    assert.deepEqual(engines, { node: `>=${LEAST_NODE}` });
  }
  assert.ok(readFileSync(join(ROOT, "README.md"), "utf8").includes(`/dist/…\` | ${LEAST_NODE} or later |`));
});

test("with such a Node nothing is allowed, and the reason is the Node", () => {
  const home = mkdtempSync(join(tmpdir(), "canopy-node-"));
  try {
    const old = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });`;
    const index = new URL("../index.js", import.meta.url).href;
    const program = `
      import { createRuntime } from ${JSON.stringify(index)};
      const runtime = createRuntime({ home: ".", audit_log_path: "audit.log", env: {} });
      const made = await runtime.authorize({ public_key: "a" }, "execute_shell", { command: "ls" });
      console.log(JSON.stringify([made.decision, made.error]));`;
    const words = ["--import", `data:text/javascript,${encodeURIComponent(old)}`, "--input-type=module", "-e", program];
    const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: home, encoding: "utf8" });
    assert.equal(stderr, "");
    const [decision, error] = JSON.parse(stdout);
    assert.deepEqual([decision, error.code], ["DENY", "LEDGER_UNAVAILABLE"]);
    assert.match(error.message, /^Node 20\.20\.2 can't write a log/u);
    assert.equal(existsSync(join(home, "audit.log")), false);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
