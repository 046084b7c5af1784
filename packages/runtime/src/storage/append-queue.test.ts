// Two batches under way at once: what a late or failed sync of the first means for the second.

import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as soon } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import type { Signer } from "../ledger/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { verifyLog } from "./verify-log.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };
const DAY_MS = 86_400_000;
const CALLERS = 40;

interface HeldSync {
  readonly fd: number;
  readonly settle: (error?: Error) => void;
}

interface HeldSyncs {
  readonly fs: FileSystem;
  readonly held: HeldSync[];
  /** Make this sync and all after it as they are asked for. */
  readonly release: () => void;
}

/** The real calls, but a background sync settles only when it is told how. */
function heldSyncs(): HeldSyncs {
  const held: HeldSync[] = [];
  let released = false;
  const sync = (fd: number): Promise<void> => {
    if (released) return realFileSystem.sync(fd);
    return new Promise((resolve, reject) => {
      held.push({
        fd,
        settle: (error) => (error === undefined ? realFileSystem.sync(fd).then(resolve, reject) : reject(error)),
      });
    });
  };
  const release = (): void => {
    released = true;
    for (const { settle } of held) settle();
  };
  return { fs: { ...realFileSystem, sync }, held, release };
}

async function open(t: TestContext, fileSystem: FileSystem, more: { readonly now?: () => number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "canopy-queue-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [path, home] = [join(folder, "audit.log"), join(folder, "home")];
  const clock = { now: more.now ?? (() => 0) };
  const ledger = await openFileLedger({ path, home, signer, clock, index: false, fileSystem });
  return { ledger, path, home };
}

function crowd(ledger: FileLedger, answered: string[]): Promise<PromiseSettledResult<void>[]> {
  const one = async (n: number): Promise<void> => {
    const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", n };
    const receipt = await ledger.append({ entry, record: { subject: "s", content: { n } } });
    answered.push(receipt.entry.entry_hash);
  };
  return Promise.allSettled(Array.from({ length: CALLERS }, (_, n) => one(n)));
}

async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; turns < 10_000 && !condition(); turns += 1) await soon();
  assert.ok(condition(), "what was waited for did not come");
}

test("two batches are under way at once, and the second is not answered before the first", async (t) => {
  const { fs, held } = heldSyncs();
  const { ledger, path, home } = await open(t, fs);
  const answered: string[] = [];
  const everyone = crowd(ledger, answered);
  await until(() => held.length === 4);
  const lines = readFileSync(path, "utf8").split("\n").length - 1;
  assert.equal(lines, CALLERS, "both batches stand in the log");
  for (const { settle } of held.slice(2)) settle();
  for (let turns = 0; turns < 50; turns += 1) await soon();
  assert.deepEqual(answered, [], "the second batch is durable, the first is not");
  for (const { settle } of held.slice(0, 2)) settle();
  await everyone;
  assert.equal(answered.length, CALLERS);
  await ledger.close();
  assert.equal((await verifyLog(path, { home })).valid, true);
});

test("when the first batch can't be synced, the second is refused too, though its own sync succeeds", async (t) => {
  const { fs, held, release } = heldSyncs();
  const { ledger, path, home } = await open(t, fs);
  const answered: string[] = [];
  const everyone = crowd(ledger, answered);
  await until(() => held.length === 4);
  for (const { settle } of held.slice(2)) settle();
  for (let turns = 0; turns < 50; turns += 1) await soon();
  held[0]?.settle(Object.assign(new Error("EIO: injected"), { code: "EIO" }));
  held[1]?.settle();
  const results = await everyone;
  assert.deepEqual(answered, []);
  for (const result of results) {
    assert.equal(result.status === "rejected" && result.reason.code, "LEDGER_UNAVAILABLE");
  }
  // On a slow disk even a lone caller is synced in the background.
  release();
  const { entry } = await ledger.append({ entry: { event: "after", timestamp: "2026-01-01T00:00:00Z" } });
  assert.equal(entry.seq, CALLERS + 1, "the log goes on, once what was doubtful has been written again");
  await ledger.close();
  assert.equal((await verifyLog(path, { home })).valid, true);
});

test("a day that ends between two batches leaves the file of the first open until it is synced", async (t) => {
  const { fs, held, release } = heldSyncs();
  let days = 0;
  const { ledger, path } = await open(t, fs, { now: () => days * DAY_MS });
  const [first, second]: [string[], string[]] = [[], []];
  const before = crowd(ledger, first);
  await until(() => held.length === 4);
  days = 1;
  for (const { settle } of held.slice(0, 2)) settle();
  await until(() => first.length === CALLERS / 2);
  // The second half of yesterday's crowd is still to be synced while today's is written.
  const after = crowd(ledger, second);
  await until(() => held.length >= 6);
  assert.deepEqual(
    readdirSync(`${path}.d/payloads`).filter((name) => name.endsWith(".bin")),
    ["1970-01-01.bin", "1970-01-02.bin"],
  );
  release();
  for (const result of [...(await before), ...(await after)]) assert.equal(result.status, "fulfilled");
  for (const hash of [...first, ...second]) assert.notEqual(await ledger.readRecord(hash), null);
  await ledger.close();
});
