import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createRuntime } from "./create-runtime.ts";
import { listKeys, openKey, verifierKey } from "./keys.ts";
import { verifyWitness } from "./verify-witness.ts";

test("a witness verifies with the key as the commands print it, and with no other", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-witness-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const home = join(folder, "home");
  const runtime = createRuntime({ env: {}, home, audit_log_path: join(folder, "audit.log") });
  const { witness } = await runtime.authorize({ public_key: "a" }, "execute_shell", { command: "ls" });
  await runtime.close();

  const vkey = verifierKey(openKey(home, "signing"));
  assert.equal(verifyWitness(witness, vkey).valid, true);
  assert.equal(verifyWitness(witness, `${vkey}\n`).valid, true);
  assert.equal(verifyWitness(witness, listKeys(home)[0]?.did_key ?? "").valid, true);
  const other = verifierKey(openKey(home, "approver"));
  assert.deepEqual(verifyWitness(witness, other), { valid: false, problems: ["key", "signature"] });

  // A verifier key whose name or key was changed, so that its hash is another's.
  const [name = "", hash = "", ...key] = vkey.split("+");
  for (const wrong of [`${name}x+${hash}+${key.join("+")}`, `${name}+00000000+${key.join("+")}`, `${name}+${hash}+`]) {
    assert.throws(() => verifyWitness(witness, wrong), { code: "INVALID_KEY" });
  }
  const none: unknown[] = [witness];
  assert.throws(() => Reflect.apply(verifyWitness, null, none), { code: "INVALID_KEY", fix: /canopy keys --vkey/u });
});
