// The second verifier, in Python with nothing but its standard library: the vectors of the project, and a log that the
// runtime writes here. Needs Python 3.10; fails, not skips, when there is none.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { verifyLog } from "canopy-runtime/verify";
import { root } from "../setup.mjs";
import { makeLog } from "./real-log.mjs";

const folder = join(root, "python");

function python(words, cwd = folder) {
  const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" };
  return spawnSync("python3", words, { cwd, env, encoding: "utf8" });
}

function verify(...words) {
  const { status, stdout, stderr } = python(["-m", "canopy_verify", ...words]);
  assert.ok(stdout.startsWith("{"), stderr);
  return { status, ...JSON.parse(stdout) };
}

test("the Python verifier passes the vectors", () => {
  const { status, stderr } = python(["-m", "unittest", "discover", "-s", "tests", "-t", "."]);
  assert.equal(status, 0, stderr);
});

test("the Python verifier needs its standard library only", () => {
  const code = "import canopy_verify.__main__, sys; print(sorted({name.split('.')[0] for name in sys.modules}))";
  const { stdout } = python(["-I", "-S", "-c", `import sys; sys.path.insert(0, ${JSON.stringify(folder)}); ${code}`]);
  assert.match(stdout, /canopy_verify/u);
  assert.doesNotMatch(stdout, /site-packages|cryptography|nacl/u);
});

test("a log of the runtime, its checkpoint and a proof are what the Python verifier says they are", async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), "canopy-python-"));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const { log, vkey, run } = await makeLog(scratch, 300);
  const whole = verify("log", log, "--checkpoint", `${log}.d/tlog/checkpoint`, "--vkey", vkey);
  assert.equal(whole.status, 0, JSON.stringify(whole));
  assert.equal(whole.checkpoint.holds, true);
  assert.equal(verify("log", log, "--checkpoint", `${log}.d/tlog/checkpoint`).verdict, "untrusted");
  const proof = join(scratch, "entry.tlog-proof");
  assert.equal(run("prove", "included", "--log", log, "--entry", "17", "--out", proof).status, 0);
  assert.equal(verify("included", proof, "--vkey", vkey).verdict, "valid");
  assert.equal(verify("included", proof).verdict, "untrusted");
  const absent = join(scratch, "absent.json");
  const bundle = join(scratch, "all.canopy-evidence");
  assert.equal(run("prove", "absent", "--log", log, "--event", "kill_switch", "--out", absent).status, 0);
  assert.equal(run("evidence", "bundle", log, "--all", "--proof", absent, "--out", bundle).status, 0);
  assert.equal(verify("proof", absent, "--vkey", vkey).verdict, "valid");
  const found = verify("bundle", bundle, "--vkey", vkey);
  assert.deepEqual([found.verdict, found.entries, found.proofs[0].state], ["valid", whole.entries, "valid"]);
  assert.equal(verify("bundle", bundle).verdict, "untrusted");
  const key = join(scratch, "log.vkey");
  assert.equal(verify("bundle", bundle, "--vkey", key).verdict, "unusable");
  writeFileSync(key, `${vkey}\n`);
  assert.equal(verify("bundle", bundle, "--vkey", key).verdict, "valid");
  // The key is rotated: who trusts the old one follows, here and there, and not through a proof alone.
  assert.equal(run("keys", "rotate", "checkpoint").status, 0);
  const traced = ["--agent-ctx", '{"public_key":"agent-1","trace_id":"t-9"}'];
  assert.equal(run("authorize", "--action-type", "read_file", "--payload", '{"path":"a"}', ...traced).status, 0);
  const rotated = verify("log", log, "--checkpoint", `${log}.d/tlog/checkpoint`, "--vkey", vkey);
  assert.deepEqual([rotated.status, rotated.checkpoint?.rotations.length], [0, 1], JSON.stringify(rotated));
  assert.equal(run("prove", "absent", "--log", log, "--event", "kill_switch", "--out", absent, "--force").status, 0);
  assert.equal(verify("proof", absent, "--vkey", vkey).at, "checkpoint");
  const small = join(scratch, "some.canopy-evidence");
  assert.equal(run("evidence", "bundle", log, "--trace", "t-9", "--proof", absent, "--out", small).status, 0);
  const followed = verify("bundle", small, "--vkey", vkey);
  assert.deepEqual([followed.verdict, followed.proofs[0].state, followed.rotations.length], ["valid", "valid", 1]);
  assert.equal(run("verify", small, "--vkey", vkey).status, 0);
  assert.equal(run("verify", log, "--vkey", vkey).status, 0);
  const lines = readFileSync(log, "utf8").split("\n");
  const edited = join(scratch, "edited.log");
  writeFileSync(edited, lines.with(99, lines[99].replace('"decision":"', '"decision":"X')).join("\n"));
  assert.deepEqual(pick(verify("log", edited)), { status: 1, failure: "entry_hash", first_bad_line: 100 });
  writeFileSync(edited, lines.slice(0, 200).join("\n"));
  // Without the entry that says so, nobody knows the new key by the old one.
  const checkpoint = `${log}.d/tlog/checkpoint`;
  assert.equal(verify("log", edited, "--checkpoint", checkpoint, "--vkey", vkey).verdict, "untrusted");
  const present = run("keys", "--vkey", "--log", log).stdout.trim();
  const cut = verify("log", edited, "--checkpoint", checkpoint, "--vkey", present);
  assert.deepEqual(pick(cut), { status: 1, failure: "checkpoint", first_bad_line: null });
  assert.match(cut.reason, /the log has 200 entries, the checkpoint is of \d+: entries that were there are gone/u);
});

test("the Python verifier runs by its path, from any folder", () => {
  const run = spawnSync("python3", ["-I", join(folder, "canopy_verify"), "log", "nowhere.log"], {
    cwd: tmpdir(),
    encoding: "utf8",
  });
  assert.deepEqual([run.status, JSON.parse(run.stdout).verdict], [2, "unusable"], run.stderr);
});

function pick({ status, failure, first_bad_line }) {
  return { status, failure, first_bad_line };
}

test("a last line without its line feed is read alike by both verifiers, in a log and in a bundle", async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), "canopy-python-end-"));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const { log, vkey, run } = await makeLog(scratch, 20);
  const bundle = join(scratch, "all.canopy-evidence");
  assert.equal(run("evidence", "bundle", log, "--all", "--out", bundle).status, 0);
  const text = readFileSync(log, "utf8").trimEnd();
  const copy = join(scratch, "copy.log");
  for (const [end, verdict] of [
    [text, "valid"],
    [text.slice(0, -1), "invalid"],
    [text.slice(0, -200), "invalid"],
    [`${text}\n{`, "invalid"],
    [`${text}\n `, "valid"],
  ]) {
    writeFileSync(copy, end);
    // Without the home, whose checkpoints know how the line ended.
    const ours = await verifyLog(copy);
    const theirs = verify("log", copy);
    assert.equal(theirs.verdict, verdict);
    for (const member of ["valid", "entries", "first_bad_line", "failure", "head"]) {
      assert.equal(theirs[member], ours[member], `${member} of a log that ends in ${JSON.stringify(end.slice(-20))}`);
    }
  }
  const whole = readFileSync(bundle, "utf8");
  const short = join(scratch, "short.canopy-evidence");
  for (const end of [whole, whole.slice(0, -1), whole.slice(0, -2), whole.slice(0, -200)]) {
    writeFileSync(short, end);
    const ours = JSON.parse(run("verify", short, "--vkey", vkey, "--json").stdout);
    assert.equal(verify("bundle", short, "--vkey", vkey).verdict === "valid", ours.verdict === "valid", end.slice(-20));
  }
});
