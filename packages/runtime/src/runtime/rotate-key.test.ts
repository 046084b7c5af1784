import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { parseTlogProof } from "../ledger/tlog/tlog-proof.ts";
import { TlogReader } from "../storage/tlog/tlog-reader.ts";
import { proveIncluded } from "../storage/tlog/prove-included.ts";
import { followRotations } from "../storage/tlog/key-succession.ts";
import { KeySuccession } from "../ledger/tlog/key-succession.ts";
import { formatVerifierKey } from "../ledger/tlog/verifier-key.ts";
import { sha256, verifySignature } from "./crypto.ts";
import { checkIncluded, trustFrom } from "./check-included.ts";
import { resolveSettings, type Settings } from "./config.ts";
import { createRuntime } from "./create-runtime.ts";
import { checkLog } from "./fsck.ts";
import { checkpointVerifierKeys, findKey, listKeys } from "./keys.ts";
import { openMaintenanceLedger } from "./maintenance-ledger.ts";
import { openSigner, prepareRotation } from "./signer.ts";
import { systemEntry } from "../storage/system-entry.ts";
import { signCheckpoint } from "../storage/tlog/checkpoint-keys.ts";
import { parseNote } from "../ledger/tlog/note.ts";
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

function follow(settings: Settings, vkeys: readonly string[]): KeySuccession {
  const succession = new KeySuccession(trustFrom({ vkeys }), { sha256, verifySignature });
  followRotations(settings.audit_log_path, [succession]);
  return succession;
}

function tlogFile(settings: Settings, name: string): string {
  return join(`${settings.audit_log_path}.d`, "tlog", name);
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
  const succession = follow(settings, [oldKey]);
  assert.equal(succession.judge(parseTlogProof(text).checkpoint).state, "trusted");
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
  const logs = follow(settings, [oldKey]).policyAt(logOriginOf(settings), Number.MAX_SAFE_INTEGER).logs;
  assert.deepEqual(
    logs.map(({ key }) => formatVerifierKey(key)),
    [oldKey],
  );
  const keys = listKeys(settings.home).map(({ name, state }) => `${name} ${state}`);
  assert.deepEqual(keys, ["signing current", "checkpoint current", "signing retired"]);
  await decide(settings);
  const report = await checkLog(settings.audit_log_path, { home: settings.home });
  assert.deepEqual(report.problems, []);
  assert.ok((report.signed_entries ?? 0) >= 4);
});

test("at a rotation the newest checkpoint of the old key is kept, and is held against the log by fsck", async (t) => {
  const settings = settingsIn(t);
  await decide(settings);
  const before = readFileSync(tlogFile(settings, "checkpoint"), "utf8");
  const [oldKey = ""] = checkpointVerifierKeys(settings.home, logOriginOf(settings));
  await rotateHomeKey(settings, "checkpoint");
  const [size = ""] = readdirSync(tlogFile(settings, "checkpoints"));
  const kept = tlogFile(settings, `checkpoints/${size}`);
  assert.equal(readFileSync(kept, "utf8"), before);
  const check = (): ReturnType<typeof checkLog> =>
    checkLog(settings.audit_log_path, { home: settings.home, vkeys: [oldKey] });
  const sound = await check();
  assert.deepEqual([sound.problems, sound.kept_checkpoints], [[], 1]);
  writeFileSync(kept, before.replace(/\n.{43}=\n/u, `\n${"A".repeat(43)}=\n`));
  const { problems } = await check();
  assert.deepEqual(
    problems.map(({ code, place }) => `${code} ${place}`),
    [`checkpoint_root tlog/checkpoints/${size}`, `checkpoint_signature tlog/checkpoints/${size}`],
  );
  writeFileSync(tlogFile(settings, "checkpoints/1"), before);
  writeFileSync(kept, before);
  assert.deepEqual(
    (await check()).problems.map(({ code }) => code),
    ["checkpoint_form"],
  );
});

test("a checkpoint that the old key signs after its rotation is told by fsck", async (t) => {
  const settings = settingsIn(t);
  await decide(settings);
  const old = openSigner(settings.home, "checkpoint");
  const origin = logOriginOf(settings);
  await rotateHomeKey(settings, "checkpoint");
  await decide(settings);
  const file = tlogFile(settings, "checkpoint");
  const { text } = parseNote(readFileSync(file, "utf8"));
  writeFileSync(file, signCheckpoint(text, origin, old));
  const { problems } = await checkLog(settings.audit_log_path, { home: settings.home });
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["checkpoint_signature"],
  );
  assert.match(problems[0]?.detail ?? "", /was replaced before/u);
});

test("a log that was rolled back gets no rotation", async (t) => {
  const settings = settingsIn(t);
  const elsewhere = join(settings.audit_log_path, "..", "elsewhere");
  mkdirSync(elsewhere);
  const anchored = { ...settings, anchors: [`folder:${elsewhere}`] };
  await decide(anchored);
  const copy = readFileSync(settings.audit_log_path, "utf8").trimEnd().split("\n");
  writeFileSync(settings.audit_log_path, `${copy[0] ?? ""}\n`);
  rmSync(join(settings.home, "heads"), { recursive: true });
  rmSync(join(settings.home, "checkpoints"), { recursive: true });
  const key = findKey(settings.home, "checkpoint")?.key_id;
  await assert.rejects(rotateHomeKey(anchored, "checkpoint"), { code: "LEDGER_REFUSED" });
  assert.equal(findKey(settings.home, "checkpoint")?.key_id, key);
  assert.doesNotMatch(readFileSync(settings.audit_log_path, "utf8"), /key_rotated/u);
});

test("a rotation whose process died after the entry is finished by whoever opens the log next", async (t) => {
  const settings = settingsIn(t);
  await decide(settings);
  const origin = logOriginOf(settings);
  const [oldKey = ""] = checkpointVerifierKeys(settings.home, origin);
  // As `rotateHomeKey`, but without its last step.
  const { ledger } = await openMaintenanceLedger(settings);
  const rotatedAt = "2026-01-01T00:00:00.000Z";
  const prepared = prepareRotation({ home: settings.home, name: "checkpoint", rotatedAt, origin });
  const { statement, old_signature, new_signature } = prepared.rotation;
  const rotation = { statement: { ...statement }, old_signature, new_signature };
  await ledger.append({
    entry: { ...systemEntry("key_rotated", rotatedAt, "as rotateHomeKey"), purpose: "checkpoint", rotation },
  });
  await ledger.close();
  // A new key that no entry names stays where it is.
  prepareRotation({ home: settings.home, name: "checkpoint", rotatedAt, origin });
  assert.equal(checkpointVerifierKeys(settings.home, origin)[0], oldKey);
  await decide(settings);
  assert.equal(openSigner(settings.home, "checkpoint").key_id, prepared.key_id);
  const note = readFileSync(tlogFile(settings, "checkpoint"), "utf8");
  assert.equal(follow(settings, [oldKey]).judge(note).state, "trusted");
  assert.deepEqual((await checkLog(settings.audit_log_path, { home: settings.home, vkeys: [oldKey] })).problems, []);
});
