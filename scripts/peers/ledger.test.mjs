// The reference's own verifier must accept every log that ours writes. Fails, not skips, when the reference is missing.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openFileLedger } from "../../packages/runtime/dist/storage/file-ledger.js";
import { verifyLog } from "../../packages/runtime/dist/storage/verify-log.js";
import { root } from "../setup.mjs";
import { referenceVerify } from "./reference.mjs";

const { privateKey } = generateKeyPairSync("ed25519");
const signer = { key_id: "peer", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };

function verdict(path) {
  const { status, stdout, stderr } = spawnSync(referenceVerify(), [path], { encoding: "utf8" });
  return { status, text: `${stdout}${stderr}` };
}

function folder(t) {
  const made = mkdtempSync(join(tmpdir(), "canopy-peer-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const TEXTS = [
  "plain",
  'quote " and \\ backslash',
  "tab\tline\nnull\u0000 bell\u0007 del\u007f",
  "é ß 漢字 😀 \u2028\u2029",
  "\ufeffbom",
  "",
];
const EVENTS = ["authorize_action", "tool_result", "approval_granted", "incident_event", "kill_switch"];

function entry(n) {
  return {
    event: EVENTS[n % EVENTS.length],
    timestamp: "2026-01-01T00:00:00Z",
    avid: `AVID-${n % 7}`,
    action_type: "execute_shell",
    decision: n % 3 === 0 ? "DENY" : "ALLOW",
    reason: TEXTS[n % TEXTS.length],
    severity: "low",
    layers: { civil_code: "pass", constitution: "pass", firewall: n % 2 === 0 ? "pass" : "blocked (deny)" },
    witness: n % 4 === 0 ? null : { nested: [[], {}, { b: [n, -n, true, null], a: TEXTS[(n + 1) % TEXTS.length] }] },
    trace_id: `trace-${n >> 3}`,
    counter_deltas: { calls: 1, cents: n * 100003 },
    largest: Number.MAX_SAFE_INTEGER,
    smallest: Number.MIN_SAFE_INTEGER,
    zero: n % 2 === 0 ? 0 : -0,
  };
}

async function write(path, count, more) {
  const ledger = await openFileLedger({
    path,
    home: `${path}.home`,
    signer,
    clock: { now: () => Date.now() },
    ...more,
  });
  for (let n = 0; n < count; n += 50) {
    const batch = Array.from({ length: 50 }, (_, k) => n + k);
    await Promise.all(
      batch.map((k) =>
        ledger.append({
          entry: entry(k),
          ...(k % 3 === 0 ? { record: { subject: `s${k % 5}`, content: { k } } } : {}),
        }),
      ),
    );
  }
  await ledger.close();
}

test("the reference accepts 10,000 mixed entries of ours, and notices one changed byte", async (t) => {
  const path = join(folder(t), "audit.log");
  await write(path, 10_000, {});
  const good = verdict(path);
  assert.equal(good.status, 0, good.text);
  assert.match(good.text, /VALID/);
  assert.equal((await verifyLog(path)).entries, 10_000);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
  assert.notEqual(verdict(path).status, 0);
});

test("the reference accepts each segment after rotation", async (t) => {
  const path = join(folder(t), "audit.log");
  await write(path, 1000, { rotateBytes: 100_000 });
  const segments = readdirSync(`${path}.d/segments`);
  assert.equal(segments.length >= 4, true);
  for (const file of [path, ...segments.map((name) => join(`${path}.d/segments`, name))]) {
    const { status, text } = verdict(file);
    assert.equal(status, 0, `${file}: ${text}`);
  }
  assert.equal((await verifyLog(path)).valid, true);
});

test("the reference accepts a log of its own that ours continued, with a torn end cut off", async (t) => {
  const path = join(folder(t), "audit.log");
  for (const name of ["mixed-200.log", "hard-values.log", "torn-last-line.log"]) {
    rmSync(`${path}.home`, { recursive: true, force: true });
    rmSync(`${path}.d`, { recursive: true, force: true });
    writeFileSync(path, readFileSync(join(root, "vectors", "audit", name)));
    await write(path, 100, { continueForeign: true });
    const { status, text } = verdict(path);
    assert.equal(status, 0, `${name}: ${text}`);
  }
});
