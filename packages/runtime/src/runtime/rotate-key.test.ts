import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { parseTlogProof } from "../ledger/tlog/tlog-proof.ts";
import { TlogReader } from "../storage/tlog/tlog-reader.ts";
import { proveIncluded } from "../storage/tlog/prove-included.ts";
import { withSuccessors } from "../storage/tlog/key-succession.ts";
import { checkIncluded, trustFrom } from "./check-included.ts";
import { resolveSettings, type Settings } from "./config.ts";
import { createRuntime } from "./create-runtime.ts";
import { checkLog } from "./fsck.ts";
import { checkpointVerifierKeys, listKeys } from "./keys.ts";
import { logOriginOf, rotateHomeKey } from "./rotate-key.ts";

function settingsIn(t: TestContext): Settings {
  const folder = mkdtempSync(join(tmpdir(), "canopy-rotate-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return resolveSettings({ home: join(folder, "home"), audit_log_path: join(folder, "audit.log") }, {}).settings;
}

async function decide(settings: Settings): Promise<void> {
  const runtime = createRuntime({ ...settings, env: {}, cwd: "/project" });
  await runtime.authorize({ public_key: "agent-1" }, "execute_shell", { command: "ls" });
  await runtime.close();
}

async function proof(settings: Settings, index: number): Promise<string> {
  const reader = await TlogReader.open(settings.audit_log_path);
  try {
    return proveIncluded(reader, index).text;
  } finally {
    reader.close();
  }
}

test("a rotated checkpoint key is recorded, signs what follows, and is found from the old one", async (t) => {
  const settings = settingsIn(t);
  await decide(settings);
  const origin = logOriginOf(settings);
  const [oldKey = ""] = checkpointVerifierKeys(settings.home, origin);
  const rotated = await rotateHomeKey(settings, "checkpoint");
  await decide(settings);
  const [newKey = ""] = checkpointVerifierKeys(settings.home, origin);
  assert.notEqual(newKey, oldKey);
  const text = await proof(settings, rotated.seq - 1);
  assert.ok(parseTlogProof(text).checkpoint.startsWith(`${origin}\n`));
  assert.equal(checkIncluded(text, trustFrom({ vkeys: [newKey] })).valid, true);
  assert.equal(checkIncluded(text, trustFrom({ vkeys: [oldKey] })).valid, false);
  const followed = withSuccessors(settings.audit_log_path, [oldKey]);
  assert.deepEqual(followed, [oldKey, newKey]);
  assert.equal(checkIncluded(text, trustFrom({ vkeys: followed })).valid, true);
  assert.deepEqual((await checkLog(settings.audit_log_path, { home: settings.home })).problems, []);
  assert.deepEqual((await checkLog(settings.audit_log_path, { home: settings.home, vkeys: [oldKey] })).problems, []);
  // The checkpoint before is gone on with: it was signed by a key of this home.
  const meta = readFileSync(settings.audit_log_path, "utf8").trimEnd().split("\n").at(-1) ?? "";
  assert.match(meta, /"previous_checkpoint":\{"root"/u);
});

test("a rotated signing key stays good for what it signed, and is no successor of a checkpoint key", async (t) => {
  const settings = settingsIn(t);
  await decide(settings);
  const [oldKey = ""] = checkpointVerifierKeys(settings.home, logOriginOf(settings));
  await rotateHomeKey(settings, "signing");
  // A signing key is no checkpoint key.
  assert.deepEqual(withSuccessors(settings.audit_log_path, [oldKey]), [oldKey]);
  const keys = listKeys(settings.home).map(({ name, state }) => `${name} ${state}`);
  assert.deepEqual(keys, ["signing current", "checkpoint current", "signing retired"]);
  await decide(settings);
  const report = await checkLog(settings.audit_log_path, { home: settings.home });
  assert.deepEqual(report.problems, []);
  assert.ok((report.signed_entries ?? 0) >= 4);
});
