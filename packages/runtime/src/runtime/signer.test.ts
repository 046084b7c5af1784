import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../core/errors.ts";
import { verifierKeyOf } from "../identity/key-id.ts";
import { parsePublicKey } from "../identity/public-key.ts";
import { isRotationSigned } from "../identity/rotation.ts";
import { sha256, verifySignature } from "./crypto.ts";
import { findKey, listKeys, openKey } from "./key-store.ts";
import { openSigner, prepareRotation } from "./signer.ts";

function freshHome(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-keys-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "home");
}

function refused(act: () => unknown): void {
  assert.throws(act, (error) => error instanceof CanopyError && error.code === "INVALID_KEY");
}

const bytes = new TextEncoder().encode("some bytes");

test("the signing key is made on first use, for its owner alone, and found again", (t) => {
  const home = freshHome(t);
  assert.equal(findKey(home, "signing"), null);
  const first = openSigner(home);
  const path = join(home, "keys", "signing.key");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(home, "keys")).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(join(home, "keys")), ["signing.key"]);
  const again = openSigner(home);
  assert.equal(again.key_id, first.key_id);
  assert.match(first.key_id, /^[0-9a-f]{32}$/);
  assert.ok(verifySignature(again.public_key, bytes, first.sign(bytes)));
  assert.ok(!verifySignature(again.public_key, new TextEncoder().encode("other"), first.sign(bytes)));
  assert.notEqual(openSigner(home, "approver").key_id, first.key_id);
});

test("a key file that others may read, a link, a folder or a foreign kind of key is refused", (t) => {
  const home = freshHome(t);
  const { path } = openKey(home, "signing");
  for (const mode of [0o640, 0o604, 0o660, 0o666, 0o610]) {
    chmodSync(path, mode);
    refused(() => openSigner(home));
  }
  chmodSync(path, 0o600);
  openSigner(home);

  const aside = join(home, "aside.key");
  renameSync(path, aside);
  symlinkSync(aside, path);
  refused(() => openSigner(home));
  rmSync(path);
  symlinkSync(join(home, "nowhere"), path);
  refused(() => openSigner(home));
  rmSync(path);
  mkdirSync(path);
  refused(() => openSigner(home));
  rmSync(path, { recursive: true });

  for (const content of ["", "garbage", readFileSync(aside, "utf8").slice(0, 60), "x".repeat(10_000)]) {
    writeFileSync(path, content, { mode: 0o600 });
    refused(() => openSigner(home));
    rmSync(path);
  }
  linkSync(aside, path);
  openSigner(home);
});

test("a folder of keys that others may write, or that is a link, is refused", (t) => {
  const home = freshHome(t);
  openSigner(home);
  chmodSync(join(home, "keys"), 0o777);
  refused(() => openSigner(home));
  chmodSync(join(home, "keys"), 0o700);
  chmodSync(home, 0o777);
  refused(() => openSigner(home));
  chmodSync(home, 0o700);
  renameSync(join(home, "keys"), join(home, "moved"));
  symlinkSync(join(home, "moved"), join(home, "keys"));
  refused(() => openSigner(home));
});

test("many processes that make the key at once end with one key and no drafts", async (t) => {
  const home = freshHome(t);
  const script = `import(${JSON.stringify(new URL("signer.js", import.meta.url).href)}).then(({ openSigner }) =>
    process.stdout.write(openSigner(process.argv[1]).key_id));`;
  const runs = Array.from({ length: 6 }, async () => {
    const child = spawn(process.execPath, ["-e", script, home], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    await once(child, "close");
    return text;
  });
  const ids = new Set(await Promise.all(runs));
  assert.deepEqual([...ids], [openSigner(home).key_id]);
  assert.deepEqual(readdirSync(join(home, "keys")), ["signing.key"]);
});

test("a rotation is signed by both keys, changes nothing before it is committed, and keeps the old public key", (t) => {
  const home = freshHome(t);
  const old = openSigner(home);
  prepareRotation({ home, name: "signing", rotatedAt: "2026-01-01T00:00:00.000Z" });
  assert.equal(openSigner(home).key_id, old.key_id);

  const { rotation, key_id, commit } = prepareRotation({
    home,
    name: "signing",
    rotatedAt: "2026-01-01T00:00:00.000Z",
  });
  assert.ok(isRotationSigned(rotation, verifySignature));
  const { statement } = rotation;
  assert.ok(!isRotationSigned({ ...rotation, old_signature: rotation.new_signature }, verifySignature));
  assert.ok(!isRotationSigned({ ...rotation, statement: { ...statement, rotated_at: "2027" } }, verifySignature));
  assert.ok(
    !isRotationSigned({ ...rotation, statement: { ...statement, new_key: statement.old_key } }, verifySignature),
  );
  commit();
  assert.equal(openSigner(home).key_id, key_id);
  assert.deepEqual(
    listKeys(home).map(({ state, key_id: id }) => [state, id]),
    [
      ["current", key_id],
      ["retired", old.key_id],
    ],
  );
});

test("the verifier key has the C2SP form", () => {
  // The key of the sample note in the documentation of golang.org/x/mod/sumdb/note.
  const vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  const encoded = Buffer.from(vkey.slice("PeterNeumann+c74f20a3+".length), "base64");
  const key = parsePublicKey(`ed25519:${encoded.subarray(1).toString("hex")}`);
  assert.equal(verifierKeyOf("PeterNeumann", key, sha256), vkey);
  for (const bad of ["", "a b", "a+b", "a\nb"]) assert.equal(verifierKeyOf(bad, key, sha256), null);
});
