// The table of docs/cli.md, "What a verifier says", by the real binary.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { canopy } from "./testing/canopy.ts";

const folder = mkdtempSync(join(tmpdir(), "canopy-verdict-"));
const nobody = { CANOPY_HOME: join(folder, "nobody") };

before(async () => {
  const runWith = async (env: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await canopy(words, { cwd: folder, env });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const run = (...words: readonly string[]): Promise<string> => runWith({}, ...words);
  await run("authorize", "--action-type", "execute_shell", "--payload", '{"command":"ls"}');
  await run("prove", "absent", "--agent", "a", "--out", "never.json");
  await run("prove", "included", "--entry", "1", "--out", "entry.tlog-proof");
  await run("evidence", "bundle", "audit.log", "--all", "--out", "all.canopy-evidence");
  writeFileSync(join(folder, "log.vkey"), await run("keys", "--vkey", "--log", "audit.log"));
  // The key of another log.
  await runWith(
    { CANOPY_AUDIT_LOG_PATH: "other.log" },
    "authorize",
    "--action-type",
    "execute_shell",
    "--payload",
    '{"command":"ls"}',
  );
  writeFileSync(join(folder, "other.vkey"), await run("keys", "--vkey", "--log", "other.log"));
  copyFileSync(join(folder, "all.canopy-evidence"), join(folder, "all.txt"));
  copyFileSync(join(folder, "audit.log.d", "tlog", "checkpoint"), join(folder, "checkpoint"));
});

after(() => rmSync(folder, { recursive: true, force: true }));

async function said(...words: readonly string[]): Promise<string> {
  const { code, stdout } = await canopy(["verify", ...words], { cwd: folder, env: nobody });
  return `${(stdout.split("\n")[0] ?? "").split("  ")[0]} ${code}`;
}

async function told(...words: readonly string[]): Promise<unknown> {
  const { stdout } = await canopy(["verify", ...words, "--json"], { cwd: folder, env: nobody });
  const { verdict }: { readonly verdict?: unknown } = JSON.parse(stdout);
  return verdict;
}

test("a key that is missing, another's or the log's gives one word and one exit code, whatever is verified", async () => {
  for (const what of [["--proof", "never.json"], ["--proof", "entry.tlog-proof"], ["all.canopy-evidence"]]) {
    assert.equal(await said(...what), "NOT TRUSTED 1", what.join(" "));
    assert.equal(await told(...what), "untrusted", what.join(" "));
    assert.equal(await said(...what, "--vkey", "other.vkey"), "NOT TRUSTED 1", what.join(" "));
    assert.equal(await said(...what, "--vkey", "log.vkey"), "VALID 0", what.join(" "));
    assert.equal(await told(...what, "--vkey", "log.vkey"), "valid", what.join(" "));
  }
  assert.equal(await said("audit.log", "--vkey", "other.vkey"), "NOT TRUSTED 1");
  assert.equal(await told("audit.log", "--vkey", "other.vkey"), "untrusted");
  assert.equal(await said("audit.log", "--anchor", "checkpoint"), "NOT TRUSTED 1");
  assert.equal(await said("audit.log", "--vkey", "log.vkey"), "INTACT 0");
});

test("signatures that were asked for and could not be checked are no yes; a broken log is broken whoever signed it", async () => {
  const { code, stdout } = await canopy(["verify", "audit.log", "--signatures"], { cwd: folder, env: nobody });
  assert.equal(code, 1);
  assert.match(stdout, /^NOT TRUSTED .*\n {2}why +its batches are signed by a key that this home doesn't have/u);
  const proofs = join(folder, "audit.log.d", "proofs.jsonl");
  renameSync(proofs, `${proofs}.away`);
  const own = await canopy(["verify", "audit.log", "--signatures"], { cwd: folder });
  assert.equal(own.code, 1);
  assert.match(own.stdout, /^NOT TRUSTED .*\n {2}why +no signature was checked/u);
  renameSync(`${proofs}.away`, proofs);
  assert.equal((await canopy(["verify", "audit.log", "--signatures"], { cwd: folder })).code, 0);
  // A home that lost its keys can't judge what it signed itself.
  renameSync(join(folder, "home", "keys"), join(folder, "keys.away"));
  const keyless = await canopy(["verify", "audit.log", "--signatures"], { cwd: folder });
  renameSync(join(folder, "keys.away"), join(folder, "home", "keys"));
  assert.equal(keyless.code, 1);
  assert.match(
    keyless.stdout,
    /^NOT TRUSTED .*\n {2}why +its batches are signed by a key that this home doesn't have/u,
  );
  const signed = readFileSync(proofs, "utf8");
  writeFileSync(proofs, signed.replace(/"signature":"./u, '"signature":"_'));
  const forged = await canopy(["verify", "audit.log", "--signatures"], { cwd: folder });
  writeFileSync(proofs, signed);
  assert.deepEqual([forged.code, forged.stdout.split(" ")[0]], [1, "BROKEN"]);
  const text = readFileSync(join(folder, "audit.log"), "utf8");
  writeFileSync(join(folder, "edited.log"), text.replace('"decision":"ALLOW"', '"decision":"ALL0W"'));
  assert.equal(await said("edited.log", "--signatures"), "BROKEN 1");
  assert.equal(await said("edited.log", "--anchor", "checkpoint"), "BROKEN 1");
});

test("a file of another kind than was asked for is told for what it is, and nothing is said of it", async () => {
  for (const [words, message] of [
    [["never.json"], /`.*never\.json` is a proof: expected a log .*\n.*canopy verify --proof .*never\.json/u],
    [["entry.tlog-proof"], /is a proof: expected a log .*\n.*canopy verify --proof .*entry\.tlog-proof/u],
    [["all.txt"], /is an evidence bundle: expected a log .*\n.*a name that ends in \.canopy-evidence/u],
    [["checkpoint"], /is a checkpoint: expected a log .*\n.*canopy verify LOG --anchor .*checkpoint/u],
    [["log.vkey"], /is a verifier key: expected a log .*\n.*--vkey .*log\.vkey/u],
    [["--proof", "all.canopy-evidence"], /is an evidence bundle: expected a proof .*\n.*canopy verify .*evidence/u],
  ] as const) {
    const { code, stdout, stderr } = await canopy(["verify", ...words], { cwd: folder, env: nobody });
    assert.deepEqual([code, stdout], [2, ""], words.join(" "));
    assert.match(stderr, message);
  }
  // A log that this home knows is broken when such a file stands in its place.
  copyFileSync(join(folder, "never.json"), join(folder, "other.log"));
  const { code, stdout } = await canopy(["verify", "other.log"], { cwd: folder });
  assert.deepEqual([code, stdout.split(" ")[0]], [1, "BROKEN"]);
});
