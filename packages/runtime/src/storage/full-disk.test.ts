// A disk that is really full, then has space again: no injected errors, the system's own. On a small tmpfs where one
// may be mounted (as root, or in a user namespace), and everywhere under a limit on the size of files (`ulimit -f`).
//
// This file is also the writer: `node full-disk.test.js <role> <folder>`.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CanopyError } from "../core/errors.ts";
import type { Signer } from "../runtime/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { verifyLog } from "./verify-log.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };
const REFUSALS = 5;
const BALLAST_BYTES = 1_500_000;

function open(folder: string): Promise<FileLedger> {
  const path = join(folder, "audit.log");
  return openFileLedger({ path, home: join(folder, "home"), signer, clock: { now: () => Date.now() } });
}

async function append(ledger: FileLedger, n: number): Promise<string> {
  const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", n, reason: "x".repeat(1000) };
  const receipt = await ledger.append({ entry, record: { subject: "s", content: { n } } });
  return receipt.entry.entry_hash;
}

/** Appends, several at once, until nothing is taken any more. Gives the hashes of what was acknowledged. */
async function fill(ledger: FileLedger): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  for (let n = 0, refused = 0; refused < REFUSALS; n += 3) {
    assert.ok(n < 30_000, "the disk never became full");
    const outcomes = await Promise.allSettled([n, n + 1, n + 2].map((each) => append(ledger, each)));
    let taken = 0;
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") {
        acknowledged.push(outcome.value);
        taken += 1;
        continue;
      }
      const { reason } = outcome;
      assert.ok(reason instanceof CanopyError && reason.code === "LEDGER_UNAVAILABLE", String(reason));
    }
    refused = taken > 0 ? 0 : refused + 1;
    if (refused > 0) await sleep(20);
  }
  return acknowledged;
}

/** The chain holds, the file ends with a whole line, and every acknowledged entry is there with its record. */
async function assertWhole(folder: string, acknowledged: readonly string[]): Promise<void> {
  const path = join(folder, "audit.log");
  const result = await verifyLog(path, { home: join(folder, "home") });
  assert.deepEqual([result.valid, result.failure, result.first_bad_line], [true, null, null], JSON.stringify(result));
  assert.equal(readFileSync(path, "utf8").endsWith("\n"), true);
  const ledger = await open(folder);
  for (const hash of acknowledged) {
    const [entry] = await ledger.historyOf(hash);
    assert.equal(entry?.entry_hash, hash);
    assert.deepEqual(await ledger.readRecord(hash), { n: entry["n"] });
  }
  await ledger.close();
}

/** On a disk of its own: full, space again, in one process; then opened anew. */
async function fillAndFree(folder: string): Promise<void> {
  const ballast = join(folder, "ballast");
  writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
  const ledger = await open(folder);
  const acknowledged = [...(await fill(ledger))];
  assert.ok(acknowledged.length > 100, `only ${acknowledged.length} were taken`);
  rmSync(ballast);
  await sleep(100);
  for (let n = 0; n < 10; n += 1) acknowledged.push(await append(ledger, n));
  await ledger.close();
  await assertWhole(folder, acknowledged);
  process.stdout.write("whole\n");
}

/** Under a limit that only this process has: fills up to it and says what was acknowledged. */
async function fillToLimit(folder: string): Promise<void> {
  const ledger = await open(folder);
  const acknowledged = await fill(ledger);
  await ledger.close().catch(() => undefined);
  process.stdout.write(JSON.stringify(acknowledged));
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-full-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a script of the shell that ends in this file in a role. */
function child(script: string, role: string, folder: string, wrapper: readonly string[] = []): Child {
  const [command, ...rest] = [...wrapper, "sh", "-c", `${script}; exec "$0" "$@"`];
  const self = [process.execPath, fileURLToPath(import.meta.url), role, folder];
  return spawnSync(command, [...rest, ...self], { encoding: "utf8" });
}

interface Child {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What gives a process mounts of its own here; null where none may be made (some containers, other systems). */
function mountWrapper(folder: string): readonly string[] | null {
  for (const wrapper of [
    ["unshare", "--mount"],
    ["unshare", "--mount", "--map-root-user"],
  ]) {
    const [command = "", ...rest] = wrapper;
    if (spawnSync(command, [...rest, "mount", "-t", "tmpfs", "tmpfs", folder]).status === 0) return wrapper;
  }
  return null;
}

async function fullFilesystem(t: TestContext): Promise<void> {
  const folder = temporaryFolder(t);
  const wrapper = mountWrapper(folder);
  if (wrapper === null) return fullFiles(t);
  const ended = child(`mount -t tmpfs -o size=4m tmpfs "$3" || exit 9`, "disk", folder, wrapper);
  assert.deepEqual([ended.status, ended.stdout, ended.stderr], [0, "whole\n", ""]);
}

async function fullFiles(t: TestContext): Promise<void> {
  const folder = temporaryFolder(t);
  const ended = child("ulimit -f 400", "limit", folder);
  assert.equal(ended.status, 0, ended.stderr);
  const acknowledged: unknown = JSON.parse(ended.stdout);
  assert.ok(Array.isArray(acknowledged) && acknowledged.length > 20);
  const hashes = acknowledged.map(String);
  const ledger = await open(folder);
  hashes.push(await append(ledger, hashes.length));
  await ledger.close();
  await assertWhole(folder, hashes);
}

const [, , role, at = ""] = process.argv;
if (role === "disk") await fillAndFree(at);
else if (role === "limit") await fillToLimit(at);
else if (process.platform !== "win32") {
  test("a full disk loses nothing that was acknowledged, and the log works again once there is space", fullFilesystem);
  test(
    "files that may not grow lose nothing that was acknowledged, and the log works again without the limit",
    fullFiles,
  );
}
