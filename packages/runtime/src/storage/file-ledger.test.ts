import assert from "node:assert/strict";
import { appendFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { mkdtempSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { generateKeyPairSync, hash, sign, verify } from "node:crypto";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../core/errors.ts";
import { verifyMembership } from "../ledger/batch-proof.ts";
import type { EntryDraft, LedgerEntry, Signer } from "../ledger/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import type { FileLedgerOptions } from "./file-ledger-options.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { verifyFile } from "./verify-file.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = {
  key_id: "test-key",
  algorithm: "Ed25519",
  sign: (bytes) => sign(null, bytes, privateKey),
};

function check(message: Uint8Array, signature: string): boolean {
  return verify(null, message, publicKey, Buffer.from(signature, "base64url"));
}

interface Bench {
  readonly folder: string;
  readonly path: string;
  readonly home: string;
  readonly open: (more?: Partial<FileLedgerOptions>) => Promise<FileLedger>;
}

function bench(t: TestContext): Bench {
  const folder = mkdtempSync(join(tmpdir(), "canopy-ledger-"));
  const open: FileLedger[] = [];
  t.after(async () => {
    for (const ledger of open) await ledger.close().catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  const path = join(folder, "audit.log");
  const home = join(folder, "home");
  return {
    folder,
    path,
    home,
    open: async (more = {}) => {
      const ledger = await openFileLedger({
        path,
        home,
        signer,
        clock: { now: () => Date.now() },
        index: false,
        ...more,
      });
      open.push(ledger);
      return ledger;
    },
  };
}

function draft(more: Record<string, string> = {}): EntryDraft {
  return { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", decision: "ALLOW", ...more };
}

function state(path: string): ReturnType<typeof verifyFile> {
  const fd = realFileSystem.open(path, "read");
  try {
    return verifyFile(realFileSystem, fd, { strict: true });
  } finally {
    realFileSystem.close(fd);
  }
}

function lines(path: string): LedgerEntry[] {
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line): LedgerEntry => JSON.parse(line));
}

async function refuses(promise: Promise<unknown>, code: string, at?: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof CanopyError, String(error));
    assert.equal(error.code, code, error.message);
    if (at !== undefined) assert.match(error.at ?? "", at);
    return true;
  });
}

test("what was appended is in the log, chained, and reads back", async (t) => {
  const { open, path } = bench(t);
  const ledger = await open();
  const receipts = await Promise.all(
    Array.from({ length: 100 }, (_, n) => ledger.append({ entry: draft({ n: `${n}` }) })),
  );
  const alone = await ledger.append({ entry: draft({ authorization_id: receipts[3]?.entry.entry_hash ?? "" }) });
  assert.equal(state(path).failure, null);
  assert.deepEqual(
    lines(path),
    [...receipts, alone].map((receipt) => receipt.entry),
  );
  const history = await ledger.historyOf(receipts[3]?.entry.entry_hash ?? "");
  assert.deepEqual(history, [receipts[3]?.entry, alone.entry]);
  assert.equal(alone.durability, "sync");
});

test("each receipt's batch proof verifies alone, and not for another entry", async (t) => {
  const { open } = bench(t);
  const ledger = await open();
  const receipts = await Promise.all(Array.from({ length: 7 }, () => ledger.append({ entry: draft() })));
  const host = { sha256: (bytes: Uint8Array) => hash("sha256", bytes, "buffer"), check };
  for (const { entry, batch } of receipts) {
    assert.equal(verifyMembership(entry, batch, host), true);
    assert.equal(verifyMembership({ ...entry, entry_hash: "0".repeat(64) }, batch, host), false);
    assert.equal(verifyMembership({ ...entry, log_id: "other" }, batch, host), false);
  }
});

test("a guard refuses a second begin, also within one batch and in another process's turn", async (t) => {
  const { open, path } = bench(t);
  const [first, second] = [await open(), await open()];
  const { entry } = await first.append({ entry: draft() });
  const begin = (ledger: FileLedger): Promise<unknown> =>
    ledger.append({
      entry: { ...draft(), event: "tool_start", authorization_id: entry.entry_hash },
      guard: {
        authorization_id: entry.entry_hash,
        check: (history) => {
          assert.equal(history[0]?.entry_hash, entry.entry_hash);
          if (history.length > 1) throw new CanopyError("ALREADY_EXECUTED", "already executed");
        },
      },
    });
  const results = await Promise.allSettled([begin(first), begin(second), begin(first), begin(second)]);
  assert.equal(results.filter((result) => result.status === "fulfilled").length, 1);
  for (const result of results) {
    if (result.status === "rejected") assert.equal(result.reason.code, "ALREADY_EXECUTED");
  }
  assert.equal(lines(path).length, 2);
});

test("two ledgers on one log see each other's kill switches at once", async (t) => {
  const { open } = bench(t);
  const [first, second] = [await open(), await open()];
  assert.deepEqual(second.killSwitches(), []);
  const stop = await first.append({ entry: { ...draft(), event: "kill_switch", scope: "all", engaged: true } });
  assert.deepEqual(second.killSwitches(), [stop.entry]);
  await first.append({ entry: { ...draft(), event: "kill_switch", scope: "all", engaged: false } });
  assert.deepEqual(second.killSwitches(), []);
  await second.append({ entry: { ...draft(), event: "kill_switch", scope: "agent:A", engaged: "?" } });
  assert.equal(first.killSwitches().length, 1);
  const third = await open();
  assert.equal(third.killSwitches().length, 1);
});

test("a record is kept encrypted, reads back, and is gone once its subject is erased", async (t) => {
  const { open, path, folder } = bench(t);
  const [ledger, other] = [await open(), await open()];
  const secret = { action: { command: "sekrit-word", amount: 1.5 } };
  const kept = await ledger.append({ entry: draft(), record: { subject: "AVID-a", content: secret } });
  const both = await Promise.all(
    ["AVID-a", "AVID-b", "AVID-a"].map((subject, n) =>
      other.append({ entry: draft(), record: { subject, content: { n } } }),
    ),
  );
  assert.deepEqual(await other.readRecord(kept.entry.entry_hash), secret);
  for (const [n, { entry }] of both.entries()) assert.deepEqual(await ledger.readRecord(entry.entry_hash), { n });
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (file.isFile() && !file.name.startsWith("lock")) {
      assert.equal(readFileSync(join(file.parentPath, file.name)).includes("sekrit-word"), false, file.name);
    }
  }
  await ledger.erase("AVID-a");
  assert.equal(await other.readRecord(kept.entry.entry_hash), null);
  assert.deepEqual(await other.readRecord(both[1]?.entry.entry_hash ?? ""), { n: 1 });
  const after = await other.append({ entry: draft(), record: { subject: "AVID-a", content: { new: true } } });
  assert.deepEqual(await ledger.readRecord(after.entry.entry_hash), { new: true });
  assert.equal(state(path).failure, null);
});

test("a torn last line is cut off into the sidecar, recorded, and the log goes on", async (t) => {
  const { open, path } = bench(t);
  const ledger = await open();
  const { entry } = await ledger.append({ entry: draft() });
  await ledger.close();
  appendFileSync(path, '{"action_type":"torn');
  const again = await open();
  await again.append({ entry: draft() });
  const found = lines(path);
  assert.equal(state(path).failure, null);
  assert.deepEqual(
    found.map((line) => line.event),
    ["authorize_action", "ledger_recovery", "authorize_action"],
  );
  assert.equal(found[0]?.entry_hash, entry.entry_hash);
  assert.equal(JSON.stringify(found[1]?.["torn_tail"]).includes('"bytes":20'), true);
  assert.deepEqual(readdirSync(`${path}.d/torn`).length, 1);
});

test("a log that shrank, was edited, replaced or swapped for another is refused, with its line", async (t) => {
  const { open, path, home } = bench(t);
  const ledger = await open();
  for (let n = 0; n < 5; n += 1) await ledger.append({ entry: draft({ n: `${n}` }) });
  await ledger.close();
  const good = readFileSync(path);
  const third = good.toString("utf8").split("\n").slice(0, 3).join("\n").length + 1;

  writeFileSync(path, good.subarray(0, third));
  await refuses(open(), "LEDGER_REFUSED", /audit\.log:4$/);
  writeFileSync(path, "");
  await refuses(open(), "LEDGER_REFUSED", /audit\.log:1$/);
  unlinkSync(path);
  await refuses(open(), "LEDGER_REFUSED", /audit\.log:1$/);

  const edited = Buffer.from(good.toString("utf8").replace('"n":"4"', '"n":"5"'));
  writeFileSync(path, edited);
  await refuses(open(), "LEDGER_REFUSED", /audit\.log:5$/);

  writeFileSync(path, good);
  rmSync(join(home, "heads"), { recursive: true });
  await refuses(open(), "LEDGER_REFUSED");
  const continued = await open({ continueForeign: true });
  assert.equal(lines(path).at(-1)?.event, "log_continued");
  await continued.append({ entry: draft() });
  assert.equal(state(path).failure, null);
});

test("a log of 0.4.2 is only continued on request, and only when its chain holds", async (t) => {
  const { open, path } = bench(t);
  const vectors = new URL("../../../../vectors/audit/", import.meta.url);
  writeFileSync(path, readFileSync(new URL("edit-decision.log", vectors)));
  await refuses(open(), "LEDGER_REFUSED", /:1$/);
  await refuses(open({ continueForeign: true }), "LEDGER_REFUSED", /:7$/);
  for (const [name, entries] of [
    ["base-24.log", 24],
    ["no-final-newline.log", 24],
    ["torn-last-line.log", 23],
  ] as const) {
    rmSync(path);
    writeFileSync(path, readFileSync(new URL(name, vectors)));
    const ledger = await open({ continueForeign: true });
    const { entry } = await ledger.append({ entry: draft() });
    assert.equal(state(path).failure, null);
    assert.equal(state(path).entries, entry.seq);
    assert.equal(entry.seq > entries + 1, true);
    await ledger.close();
    await (await open()).close();
    rmSync(`${path}.d`, { recursive: true });
    rmSync(join(path, "..", "home"), { recursive: true });
  }
});

test("links, second names, devices, pipes and folders are refused as logs", async (t) => {
  const { open, path, folder } = bench(t);
  symlinkSync("/dev/null", path);
  await refuses(open(), "LEDGER_REFUSED");
  unlinkSync(path);
  symlinkSync(join(folder, "elsewhere"), path);
  await refuses(open(), "LEDGER_REFUSED");
  assert.equal(existsSync(join(folder, "elsewhere")), false);
  unlinkSync(path);
  mkdirSync(path);
  await refuses(open(), "LEDGER_REFUSED");
  rmSync(path, { recursive: true });
  await refuses(open({ path: "/dev/null" }), "LEDGER_REFUSED");
  assert.equal(spawnSync("mkfifo", [path]).status, 0);
  await refuses(open(), "LEDGER_REFUSED");
  unlinkSync(path);
  writeFileSync(join(folder, "other"), "");
  linkSync(join(folder, "other"), path);
  await refuses(open(), "LEDGER_REFUSED");
  unlinkSync(path);
  rmSync(`${path}.d`, { recursive: true, force: true });
  symlinkSync(folder, `${path}.d`);
  await refuses(open(), "LEDGER_REFUSED");
});

test("a log that can't be written is unavailable, and works again once it can", async (t) => {
  const { open, path } = bench(t);
  await (await open()).append({ entry: draft() });
  for (const code of ["EROFS", "EACCES"]) {
    const fileSystem: FileSystem = {
      ...realFileSystem,
      open: (file, mode) => {
        if (mode === "read") return realFileSystem.open(file, mode);
        throw Object.assign(new Error(`${code}: ${file}`), { code });
      },
    };
    await refuses(open({ fileSystem }), "LEDGER_UNAVAILABLE");
  }
  await (await open()).append({ entry: draft() });
  assert.equal(state(path).entries, 2);
});

test("a log reached through a linked folder is the same log", async (t) => {
  const { open, path, folder } = bench(t);
  symlinkSync(folder, join(folder, "alias"));
  const [direct, aliased] = [await open(), await open({ path: join(folder, "alias", "audit.log") })];
  await Promise.all([direct.append({ entry: draft() }), aliased.append({ entry: draft() })]);
  assert.equal(state(path).entries, 2);
});

test("segments follow each other, each valid alone, and history reaches across them", async (t) => {
  const { open, path } = bench(t);
  const [ledger, other] = [await open({ rotateBytes: 1500 }), await open({ rotateBytes: 1500 })];
  const first = await ledger.append({ entry: draft() });
  for (let n = 0; n < 20; n += 1) await (n % 3 === 0 ? other : ledger).append({ entry: draft({ n: `${n}` }) });
  const last = await other.append({ entry: { ...draft(), authorization_id: first.entry.entry_hash } });
  const segments = readdirSync(`${path}.d/segments`).sort();
  assert.equal(segments.length >= 2, true);
  const files = [...segments.map((name) => join(`${path}.d/segments`, name)), path];
  let seq = 0;
  for (const [index, file] of files.entries()) {
    assert.equal(state(file).failure, null, file);
    for (const entry of lines(file)) assert.equal(entry.seq, (seq += 1));
    const previous = files[index - 1];
    if (previous !== undefined) {
      assert.equal(lines(file)[0]?.event, "log_rotated");
      assert.equal(lines(file)[0]?.["previous_head"], state(previous).head);
      assert.equal(lines(file)[0]?.["previous_entries"], state(previous).entries);
    }
  }
  assert.deepEqual(await ledger.historyOf(first.entry.entry_hash), [first.entry, last.entry]);
  await Promise.all([ledger.close(), other.close()]);
  const again = await open();
  assert.deepEqual(await again.historyOf(first.entry.entry_hash), [first.entry, last.entry]);
  assert.equal((await again.append({ entry: draft() })).entry.seq, seq + 1);
});

test("a lock file that was deleted under the writers stops them", async (t) => {
  const { open, path } = bench(t);
  const ledger = await open();
  await ledger.append({ entry: draft() });
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}.d/lock.sqlite${suffix}`, { force: true });
  await refuses(ledger.append({ entry: draft() }), "LEDGER_REFUSED");
});

test("a log that was truncated or replaced under a writer stops it", async (t) => {
  const { open, path } = bench(t);
  const ledger = await open();
  await ledger.append({ entry: draft() });
  truncateSync(path, 10);
  await refuses(ledger.append({ entry: draft() }), "LEDGER_REFUSED");
  unlinkSync(path);
  writeFileSync(path, "");
  await refuses(ledger.append({ entry: draft() }), "LEDGER_REFUSED");
});

test("an append that only half fits leaves no trace", async (t) => {
  const { open, path } = bench(t);
  await (await open()).append({ entry: draft() });
  const { size, ino } = statSync(path);
  let full = false;
  const fileSystem: FileSystem = {
    ...realFileSystem,
    write: (fd, bytes, position) => {
      if (!full || realFileSystem.statusOf(fd).ino !== ino) return realFileSystem.write(fd, bytes, position);
      if (realFileSystem.statusOf(fd).size > size) throw Object.assign(new Error("ENOSPC: full"), { code: "ENOSPC" });
      return realFileSystem.write(fd, bytes.subarray(0, 10), position);
    },
  };
  const ledger = await open({ fileSystem });
  full = true;
  await refuses(ledger.append({ entry: draft() }), "LEDGER_UNAVAILABLE");
  assert.equal(statSync(path).size, size);
  full = false;
  await ledger.append({ entry: draft() });
  assert.deepEqual(readdirSync(join(`${path}.d`, "torn")), []);
  assert.equal(state(path).entries, 2);
});

test("once another process's sync has failed, nothing more is answered, nor written, until the log has healed", async (t) => {
  const { open, path } = bench(t);
  const mark = join(`${path}.d`, "poisoned");
  let failing = false;
  const whileSyncing = (): void => {
    if (failing) writeFileSync(mark, "another process\n");
    failing = false;
  };
  const fileSystem: FileSystem = {
    ...realFileSystem,
    syncNow: (fd) => {
      realFileSystem.syncNow(fd);
      whileSyncing();
    },
    sync: async (fd) => {
      await realFileSystem.sync(fd);
      whileSyncing();
    },
  };
  const ledger = await open({ fileSystem });
  await ledger.append({ entry: draft() });
  t.mock.method(performance, "now", () => 1000);
  failing = true;
  await refuses(ledger.append({ entry: draft() }), "LEDGER_UNAVAILABLE");
  assert.equal(existsSync(mark), true);
  await ledger.append({ entry: draft() });
  assert.equal(existsSync(mark), false);
  // Marked again at once (the clock stands still): the disk is not rewritten for each append, so this one is refused.
  writeFileSync(mark, "another process\n");
  const { size } = statSync(path);
  await refuses(ledger.append({ entry: draft() }), "LEDGER_UNAVAILABLE");
  assert.equal(statSync(path).size, size);
  assert.equal(state(path).failure, null);
});

test("after a failed sync, all that it may have lost is written and synced again before anything is answered", async (t) => {
  const { open, path } = bench(t);
  const again: { readonly ino: number; readonly from: number; readonly to: number }[] = [];
  const synced: number[] = [];
  let failing = false;
  const sync = (fd: number): void => {
    if (failing) throw Object.assign(new Error("EIO: lost"), { code: "EIO" });
    realFileSystem.syncNow(fd);
    synced.push(realFileSystem.statusOf(fd).ino);
  };
  const fileSystem: FileSystem = {
    ...realFileSystem,
    write: (fd, bytes, position) => {
      const from = position ?? Number.NaN;
      again.push({ ino: realFileSystem.statusOf(fd).ino, from, to: from + bytes.length });
      return realFileSystem.write(fd, bytes, position);
    },
    syncNow: sync,
    sync: async (fd) => sync(fd),
  };
  const ledger = await open({ fileSystem });
  const append = async (): Promise<unknown> =>
    ledger.append({ entry: draft(), record: { subject: "s", content: { text: "x" } } });
  await append();
  const payloads = join(`${path}.d`, "payloads");
  const records = join(payloads, readdirSync(payloads).find((name) => statSync(join(payloads, name)).size > 0) ?? "");
  const files = [path, records];
  const before = files.map((file) => statSync(file).size);
  failing = true;
  await refuses(append(), "LEDGER_UNAVAILABLE");
  const lost = files.map((file) => statSync(file));
  failing = false;
  again.length = 0;
  synced.length = 0;
  await append();
  for (const [index, { ino, size }] of lost.entries()) {
    const from = before[index] ?? 0;
    assert.ok(size > from);
    assert.ok(
      again.some((write) => write.ino === ino && write.from <= from && write.to >= size),
      files[index],
    );
    assert.ok(synced.filter((one) => one === ino).length >= 2, files[index]);
  }
});

test("an entry that has no canonical form is refused and nothing is written", async (t) => {
  const { open, path } = bench(t);
  const ledger = await open();
  await refuses(ledger.append({ entry: { ...draft(), amount: 0.1 } }), "INVALID_ENTRY");
  assert.equal(statSync(path).size, 0);
  await ledger.close();
  await refuses(ledger.append({ entry: draft() }), "CLOSED");
});

test("a policy in use is kept by its hash, whole", async (t) => {
  const { open } = bench(t);
  const ledger = await open();
  const bytes = Buffer.from("rules: []\n");
  const name = `sha256:${hash("sha256", bytes, "hex")}`;
  ledger.storePolicy(name, bytes);
  ledger.storePolicy(name, bytes);
  assert.deepEqual(ledger.readPolicy(name), bytes);
  assert.equal(ledger.readPolicy("0".repeat(64)), null);
  assert.throws(() => ledger.storePolicy("../../x", bytes), CanopyError);
});

test("an entry that another process wrote is made durable before it counts, unless a sync is known to have failed", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-settled-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  const synced: string[] = [];
  const fileSystem: FileSystem = {
    ...realFileSystem,
    sync: () => {
      synced.push("log");
      return Promise.resolve();
    },
  };
  const options = { path, home: join(folder, "home"), signer, clock: { now: () => 0 }, index: false, fileSystem };
  const ledger = await openFileLedger(options);
  const { entry } = await ledger.append({ entry: { event: "x", timestamp: "2026-01-01T00:00:00Z" } });
  synced.splice(0);
  await ledger.settled(entry);
  assert.equal(synced.length, 0, "its own are durable");
  await ledger.settled({ ...entry, seq: entry.seq + 1 });
  assert.equal(synced.length, 1);
  writeFileSync(join(`${path}.d`, "poisoned"), "1 sync failed\n");
  await assert.rejects(ledger.settled({ ...entry, seq: entry.seq + 1 }), {
    code: "LEDGER_UNAVAILABLE",
    message: "an entry of the log could not be made durable: the log could not be synced",
  });
  rmSync(join(`${path}.d`, "poisoned"));
  await ledger.close();
  await assert.rejects(ledger.settled(entry), { code: "CLOSED" });
  const late = await openFileLedger({ ...options, durability: "batch" });
  synced.splice(0);
  await late.settled({ ...entry, seq: 99 });
  assert.equal(synced.length, 0, "who answers before the sync waits for none");
  await late.close();
});
