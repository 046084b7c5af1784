// Three verifiers, one verdict: thousands of proofs and bundles, true ones, lies that fit together and damaged texts, judged
// by the runtime, by the browser page's cryptography and by the Python verifier. Needs Python 3.10; fails, not skips,
// when there is none.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { root } from "../setup.mjs";
import { bundleFile } from "./hostile-bundles.mjs";
import { noteFile, PUBLIC_KEY, twistedSignature } from "./hostile-notes.mjs";
import { VKEY } from "./hostile-parts.mjs";
import { proofFile } from "./hostile-proofs.mjs";

const dist = (...path) => import(`file://${join(root, "packages", ...path)}`);
const { verifyIndexProof } = await dist("runtime", "dist", "ledger", "entry-index", "verify-index-proof.js");
const { BundleVerifier, checkIndexProof, parseVerifierKey, trustKeys } = await dist(
  "runtime",
  "dist",
  "ledger",
  "evidence",
  "index.js",
);
const { parseTrustPolicy } = await dist("runtime", "dist", "ledger", "tlog", "trust-policy.js");
const { judgeCheckpoint } = await dist("runtime", "dist", "ledger", "tlog", "trusted-checkpoint.js");
const node = await dist("runtime", "dist", "runtime", "crypto.js");
const { tools: browser } = await dist("cli", "dist", "verifier", "tools.js");

const SEED = Number(process.env.CANOPY_VERDICTS_SEED ?? 20261123);
const RUNS = Number(process.env.CANOPY_VERDICTS ?? 1500);
const trust = trustKeys([parseVerifierKey(VKEY, node.sha256)]);
const native = { sha256: node.sha256, startSha256: node.startSha256, verifySignature: node.verifySignature };

function noteVerdict({ policy, note }, tools) {
  try {
    const judged = judgeCheckpoint(note, parseTrustPolicy(policy, tools.sha256), tools);
    if (judged.state !== "trusted") return { verdict: [judged.state], reason: judged.reason };
    const { names, quorum, index_audited } = judged.trusted;
    return { verdict: ["trusted", names, quorum === "reached", index_audited.map(({ name }) => name)], reason: "" };
  } catch (error) {
    return { verdict: [error.name === "CanopyError" ? "unusable" : "broken"], reason: error.message };
  }
}

const indexes = (lines) => (lines ?? []).map(({ index }) => index);

function verdictOf(one, tools) {
  const { kind, trusted, bytes } = one;
  if (kind === "note") return noteVerdict(one, tools);
  const policy = trusted ? trust : null;
  if (kind === "proof") {
    const { verdict, reason, at, found } = verifyIndexProof(bytes, policy, tools);
    return { verdict: [verdict, indexes(found?.matching), indexes(found?.uncertain)], reason: `${at}: ${reason}` };
  }
  const verifier = new BundleVerifier({ trust: policy, checkProof: checkIndexProof }, tools);
  verifier.push(bytes);
  const { verdict, reason, line, proofs } = verifier.end();
  return { verdict: [verdict, line, proofs.map(({ state }) => state)], reason };
}

const given = ({ kind, trusted, bytes, policy, note }) =>
  kind === "note" ? { kind, policy, note } : { kind, trust: trusted ? VKEY : null, base64: bytes.toString("base64") };

function pythonVerdicts(cases) {
  const input = cases.map((one) => `${JSON.stringify(given(one))}\n`).join("");
  const cwd = join(root, "python");
  const env = { ...process.env, PYTHONPATH: cwd, PYTHONDONTWRITEBYTECODE: "1" };
  const { stdout, stderr, status } = spawnSync("python3", ["-m", "tests.verdicts"], {
    cwd,
    env,
    input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Where they differ, each kind of difference once. */
function differences(cases, left, right) {
  const found = new Map();
  for (const [at, { verdict, reason }] of left.entries()) {
    const other = right[at];
    if (JSON.stringify(verdict) === JSON.stringify(other.verdict)) continue;
    const what = `${JSON.stringify(verdict)} | ${JSON.stringify(other.verdict)}`;
    const text = cases[at].bytes?.toString("latin1") ?? JSON.stringify(cases[at]);
    found.set(
      what,
      `${what}\n  ${reason}\n  ${other.reason}\n  case ${at}: ${text.length > 1500 ? `${text.length} bytes` : text}`,
    );
  }
  return [...found.values()].slice(0, 20).join("\n");
}

/** All three agree on so many cases; and the cases are worth the trouble: each verdict stands for at least so many. */
function agree(arbitrary, runs, least) {
  const cases = fc.sample(arbitrary, { numRuns: runs, seed: SEED });
  const own = cases.map((one) => verdictOf(one, native));
  const inBrowser = cases.map((one) => verdictOf(one, browser));
  assert.equal(differences(cases, own, pythonVerdicts(cases)), "");
  assert.equal(differences(cases, own, inBrowser), "");
  for (const [verdict, count] of Object.entries(least)) {
    const found = own.filter((one) => one.verdict[0] === verdict).length;
    assert.ok(found >= (count * RUNS) / 1500, `only ${found} are ${verdict}`);
  }
}

test("proofs of absence and presence get the same verdict from all three verifiers, lies and damage too", () => {
  agree(proofFile, RUNS, { valid: 40, untrusted: 25, false: 20, invalid: 200, unusable: 200 });
});

test("evidence bundles do", () => {
  agree(bundleFile, RUNS, { valid: 40, untrusted: 40, invalid: 200, unusable: 20 });
});

test("signed notes under trust policies do", () => {
  const least = { trusted: 20, unknown_key: 10, bad_signature: 10, quorum_missing: 10, unusable: 100 };
  agree(noteFile, Math.floor(RUNS * 0.4), least);
});

test("a signature that fits after multiplication by the cofactor only holds nowhere", () => {
  const message = Buffer.from("anything");
  const signature = twistedSignature(message);
  assert.equal(node.verifySignature(PUBLIC_KEY, message, signature), false);
  assert.equal(browser.verifySignature(PUBLIC_KEY, message, signature), false);
  const code = `from canopy_verify import ed25519; import sys; print(ed25519.verify(*map(bytes.fromhex, sys.argv[1:])))`;
  const words = [PUBLIC_KEY.bytes, message, signature].map((bytes) => Buffer.from(bytes).toString("hex"));
  const { stdout } = spawnSync("python3", ["-c", code, ...words], { cwd: join(root, "python"), encoding: "utf8" });
  assert.equal(stdout.trim(), "False");
});
