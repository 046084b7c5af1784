// The pure folders need nothing of Node: bundled for a neutral platform, they decide and verify in a context that has
// only URL, TextEncoder and TextDecoder (SHA-256 is handed in), byte for byte as the normal build does.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { readText, readVectors } from "./vectors.mjs";

const dist = new URL("../../packages/runtime/dist/", import.meta.url);
const PURE = "{core,identity,ledger,approvals}/**/*.js";
const names = globSync(PURE, { cwd: dist }).filter((file) => !file.endsWith(".test.js"));
const bundled = await bundle();

test("the pure folders bundle for a neutral platform, with nothing left outside", () => {
  assert.ok(names.length > 100, `only ${names.length} files`);
  const { inputs, outputs } = bundled.metafile;
  assert.deepEqual(
    Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path)),
    [],
  );
  for (const name of names) assert.ok(`packages/runtime/dist/${name}` in inputs, name);
  assert.deepEqual(bundled.warnings, []);
});

test("the bundle answers as the normal build, with only URL, TextEncoder and TextDecoder", async () => {
  const input = JSON.stringify({ requests: sample(), logs: logs() });
  const context = createContext({ URL, TextEncoder, TextDecoder });
  // What a context has of itself beyond the language's pure part.
  runInContext("delete globalThis.console; delete globalThis.Date; delete Math.random;", context);
  runInContext(bundled.outputFiles[0].text, context);
  const theirs = runInContext(`(${answers.toString()})`, context)(runInContext("pure", context), sha256Hex, input);
  const ours = answers(await normalBuild(), sha256Hex, input);
  assert.equal(theirs, ours);
  const { decisions, verifications } = JSON.parse(ours);
  for (const verdict of ["ALLOW", "DENY", "REQUIRE_APPROVAL"]) assert.ok(decisions.some((d) => d.decision === verdict));
  for (const failure of [null, "prev_hash", "entry_hash"]) {
    assert.ok(verifications.some((v) => v.failure === failure));
  }
});

async function bundle() {
  const lines = names.map((name, index) => `import * as m${index} from "./${name}";`);
  const members = names.map((name, index) => `${JSON.stringify(name)}: m${index}`);
  return build({
    stdin: {
      contents: `${lines.join("\n")}\nexport const modules = {${members.join(",")}};`,
      resolveDir: decodeURIComponent(dist.pathname),
    },
    bundle: true,
    platform: "neutral",
    mainFields: ["module", "main"],
    format: "iife",
    globalName: "bundle",
    footer: { js: "var pure = bundle.modules;" },
    treeShaking: false,
    write: false,
    metafile: true,
    logLevel: "silent",
    absWorkingDir: decodeURIComponent(new URL("../..", import.meta.url).pathname),
  });
}

async function normalBuild() {
  const modules = {};
  for (const name of names) modules[name] = await import(new URL(name, dist).href);
  return modules;
}

/** Every class of the vectors, first case of each. */
function sample() {
  const seen = new Set();
  const first = readVectors("conformance/defects.jsonl").filter((row) => !seen.has(row.class) && seen.add(row.class));
  return first
    .filter(({ class: name }) => !name.startsWith("dos."))
    .map(({ agent_ctx, action_type, action_payload }) => ({ agent_ctx, action_type, action_payload }));
}

function logs() {
  const { files } = JSON.parse(readText("audit/manifest.json"));
  return files.map(({ file }) => [...readFileSync(new URL(`../../vectors/audit/${file}`, import.meta.url))]);
}

function sha256Hex(data) {
  return hash("sha256", data, "hex");
}

// Runs in both: its text is evaluated in the bundle's context, so it uses its arguments and the language alone.
function answers(pure, sha256Hex, input) {
  const { requests, logs } = JSON.parse(input);
  const sha256 = (bytes) => pure["identity/hex.js"].decodeHex(sha256Hex(bytes));
  const { compilePolicy, policyPack } = pure["core/policy/index.js"];
  const tools = { sha256Hex };
  const policy = compilePolicy(policyPack("default"), { file: null, source: "default", tools });
  const { BUILT_IN_LAYERS: layers } = pure["core/built-in-layers.js"];
  const identify = pure["identity/identify.js"].createIdentify({ sha256, isProven: () => false });
  const engine = { tools: { ...tools, registered: policy.action_types }, layers, policy, identify };
  const surroundings = { cwd: "/home/dev/project", home: "/home/dev", governance: [], links: {} };
  const decide = (request) => {
    try {
      return pure["core/decide.js"].decide(request, { now_ms: 0, kill_switch: null, surroundings }, engine);
    } catch (error) {
      return { error: error.code, message: error.message };
    }
  };
  const host = {
    sha256: sha256Hex,
    latin1: (bytes, start, end) => String.fromCharCode(...bytes.subarray(start, end)),
    allocate: (sizeBytes) => new Uint8Array(sizeBytes),
    lineFeed: (bytes, from) => bytes.indexOf(10, from),
  };
  const verify = (bytes) => {
    const verifier = new pure["ledger/verify.js"].ChainVerifier(host, { strict: true });
    for (let at = 0; at < bytes.length;) {
      const room = verifier.room();
      const piece = bytes.slice(at, at + room.length);
      room.set(piece);
      at += piece.length;
      if (!verifier.filled(piece.length)) break;
    }
    return verifier.end();
  };
  return JSON.stringify({ decisions: requests.map(decide), verifications: logs.map(verify) });
}
