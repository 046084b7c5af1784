import assert from "node:assert/strict";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { LedgerEntry } from "../ledger/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { KeptRecords } from "./kept-records.ts";
import { seededSigner } from "./tlog/tlog-process.fixture.test.ts";

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);

/** Nothing of this is about power losses. */
const unsynced: FileSystem = {
  ...realFileSystem,
  sync: () => Promise.resolve(),
  syncNow: () => undefined,
  syncFolder: () => undefined,
};

interface Written {
  readonly log: string;
  readonly home: string;
  readonly entries: readonly LedgerEntry[];
}

function scratch(t: TestContext): { log: string; home: string } {
  const folder = mkdtempSync(join(tmpdir(), "canopy-kept-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { log: join(folder, "audit.log"), home: join(folder, "home") };
}

/** A log with one record each of those subjects, each on its day. */
async function written(
  t: TestContext,
  subjects: readonly (readonly [subject: string, day: number])[],
  then: (ledger: FileLedger) => Promise<unknown> = () => Promise.resolve(),
): Promise<Written> {
  const { log, home } = scratch(t);
  let now = T0;
  const options = { path: log, home, signer: seededSigner(1), clock: { now: () => now }, index: false };
  const ledger = await openFileLedger({ ...options, fileSystem: unsynced, durability: "none", retentionDays: null });
  const entries: LedgerEntry[] = [];
  for (const [n, [subject, day]] of subjects.entries()) {
    now = T0 + day * DAY_MS;
    const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z" };
    const receipt = await ledger.append({ entry, record: { subject, content: { n } } });
    entries.push(receipt.entry);
  }
  const { entry } = await ledger.append({ entry: { event: "incident", timestamp: "2026-01-01T00:00:00Z" } });
  await then(ledger);
  await ledger.close();
  return { log, home, entries: [...entries, entry] };
}

function refOf(entry: LedgerEntry): string {
  const ref = entry["payload_ref"];
  return typeof ref === "string" ? ref : assert.fail();
}

/** What became of each record: its number, or why there is none. */
function found(records: KeptRecords, entries: readonly LedgerEntry[]): readonly unknown[] {
  return entries.map((entry) => {
    const record = records.record(entry);
    return "missing" in record ? record.missing : record.content["n"];
  });
}

function foundIn({ log, home, entries }: Written): readonly unknown[] {
  const records = new KeptRecords(log, home);
  try {
    return found(records, entries);
  } finally {
    records.close();
  }
}

test("each record that is kept is given, and of each that is not why", async (t) => {
  const at = await written(t, [
    ["a", 0],
    ["b", 0],
    ["a", 1],
  ]);
  const payloads = join(`${at.log}.d`, "payloads");
  assert.deepEqual(foundIn(at), [0, 1, 2, "no_record"]);
  const [first] = at.entries;
  assert.ok(first !== undefined);
  const foreign = { ...at, entries: [{ ...first, log_id: "another" }, first] };
  assert.deepEqual(foundIn(foreign), ["damaged", 0], "a block is of one log");
  // The home's key: none, of another home, of a wrong length.
  assert.deepEqual(foundIn({ ...at, home: payloads }), ["no_key", "no_key", "no_key", "no_record"]);
  const other = join(at.home, "other");
  mkdirSync(other);
  writeFileSync(join(other, "payload.key"), Buffer.alloc(32, 7));
  assert.deepEqual(foundIn({ ...at, home: other }), ["wrong_key", "wrong_key", "wrong_key", "no_record"]);
  for (const length of [0, 31, 33]) {
    writeFileSync(join(other, "payload.key"), Buffer.alloc(length, 7));
    assert.deepEqual(foundIn({ ...at, home: other }), ["no_key", "no_key", "no_key", "no_record"]);
  }
  // A day's file: cut, changed, not there, no file.
  const day = join(payloads, "2026-01-02.bin");
  const bytes = readFileSync(day);
  writeFileSync(day, bytes.subarray(0, -1));
  assert.deepEqual(foundIn(at), [0, 1, "damaged", "no_record"]);
  bytes[50] = (bytes[50] ?? 0) ^ 1;
  writeFileSync(day, bytes);
  assert.deepEqual(foundIn(at), [0, 1, "damaged", "no_record"]);
  rmSync(day);
  assert.deepEqual(foundIn(at), [0, 1, "day_gone", "no_record"]);
  // What stands there was not left there by expiry.
  mkdirSync(day);
  assert.deepEqual(foundIn(at), [0, 1, "damaged", "no_record"]);
  rmSync(day, { recursive: true });
  symlinkSync(join(payloads, "2026-01-01.bin"), day);
  assert.deepEqual(foundIn(at), [0, 1, "damaged", "no_record"]);
  rmSync(day);
  // The subject's key: lost, then of no length that a key has.
  const keys = join(payloads, "keys");
  const copies = readdirSync(keys).map((name) => [join(keys, name), readFileSync(join(keys, name))] as const);
  for (const [path] of copies) rmSync(path);
  assert.deepEqual(foundIn(at), ["key_lost", "key_lost", "day_gone", "no_record"]);
  for (const [path, key] of copies) writeFileSync(path, key.subarray(0, -1));
  assert.deepEqual(foundIn(at), ["wrong_key", "wrong_key", "day_gone", "no_record"]);
  for (const [path, key] of copies) writeFileSync(path, key);
  rmSync(join(payloads, "erased"));
  assert.deepEqual(foundIn(at), [0, 1, "day_gone", "no_record"]);
  for (const [path] of copies) rmSync(path);
  assert.deepEqual(foundIn(at), ["key_lost", "key_lost", "day_gone", "no_record"]);
});

test("only the block that an entry names by its hash is its record, wherever another one stands", async (t) => {
  const at = await written(t, [
    ["a", 0],
    ["a", 0],
  ]);
  const [first] = at.entries;
  assert.ok(first !== undefined);
  const [day, offset, length, , digits = ""] = refOf(first).split(":");
  // One without the hash of its block names any that stands there.
  const odd = ["x", `${day}:${offset}:${length}:0`, 7, null].map((ref) => ({ ...first, payload_ref: ref }));
  assert.deepEqual(foundIn({ ...at, entries: odd }), ["damaged", "damaged", "damaged", "damaged"]);
  const beyond = { ...at, entries: [{ ...first, payload_ref: `${day}:${offset}:${length}:1:${digits}` }] };
  assert.deepEqual(foundIn(beyond), ["damaged"]);
  const [, second] = at.entries;
  assert.ok(second !== undefined);
  const others = [`${day}:${offset}:${length}:0:${refOf(second).split(":")[4]}`, refOf(second)];
  const exchanged = others.map((ref) => ({ ...first, payload_ref: ref }));
  // The same place under another hash is looked at again.
  const mixed = { ...at, entries: [first, ...exchanged, first] };
  assert.deepEqual(foundIn(mixed), [0, "misplaced", 1, 0]);
});

test("what was erased is said to be, also when its subject came again; what was lost beside it is not", async (t) => {
  const at = await written(
    t,
    [
      ["a", 0],
      ["b", 0],
      ["c", 0],
    ],
    async (ledger) => {
      await ledger.erase("a");
      await ledger.erase("b");
      const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z" };
      await ledger.append({ entry, record: { subject: "b", content: {} } });
    },
  );
  assert.deepEqual(foundIn(at), ["erased", "erased", 2, "no_record"]);
  const keys = join(`${at.log}.d`, "payloads", "keys");
  for (const name of readdirSync(keys)) rmSync(join(keys, name));
  assert.deepEqual(foundIn(at), ["erased", "erased", "key_lost", "no_record"]);
});

test("of many days eight files are open at most, each read again when it is asked for, and all closed at the end", async (t) => {
  const days = Array.from({ length: 10 }, (_, day): [string, number] => ["a", day]);
  const at = await written(t, days);
  const open = new Set<number>();
  const opened: string[] = [];
  const fs: FileSystem = {
    ...realFileSystem,
    open: (path, mode) => {
      const fd = realFileSystem.open(path, mode);
      opened.push(path.split("/").at(-1) ?? "");
      open.add(fd);
      return fd;
    },
    close: (fd) => {
      assert.ok(open.delete(fd), "it was open");
      realFileSystem.close(fd);
    },
  };
  const records = new KeptRecords(at.log, at.home, fs);
  assert.deepEqual([opened.splice(0), open.size], [["payload.key"], 0]);
  const sizes = at.entries.slice(0, 10).map((entry) => {
    assert.ok("content" in records.record(entry));
    return open.size;
  });
  assert.deepEqual(sizes, [1, 2, 3, 4, 5, 6, 7, 8, 8, 8]);
  // The subject's key is read once.
  assert.deepEqual(opened.filter((name) => name.endsWith(".key")).length, 1);
  opened.splice(0);
  const ask = (day: number): readonly string[] => {
    assert.deepEqual(found(records, at.entries.slice(day, day + 1)), [day]);
    return opened.splice(0);
  };
  assert.deepEqual(ask(9), []);
  assert.deepEqual(ask(2), []);
  assert.deepEqual(ask(0), ["2026-01-01.bin"]);
  assert.deepEqual(ask(1), ["2026-01-02.bin"]);
  assert.deepEqual(ask(2), ["2026-01-03.bin"]);
  // A day that isn't there takes a place, and lets it go again.
  const [first] = at.entries;
  assert.ok(first !== undefined);
  for (let day = 10; day < 30; day += 1) {
    const gone: LedgerEntry = {
      ...first,
      payload_ref: refOf(first).replace("2026-01-01", `2025-01-${day}`),
    };
    assert.deepEqual(found(records, [gone]), ["day_gone"]);
  }
  assert.equal(open.size, 0);
  assert.deepEqual(ask(5), ["2026-01-06.bin"]);
  assert.equal(open.size, 1);
  records.close();
  assert.equal(open.size, 0);
  records.close();
});

test("entries of one batch share one reading of their block", async (t) => {
  const { log, home } = scratch(t);
  const options = { path: log, home, signer: seededSigner(1), clock: { now: () => T0 }, index: false };
  const ledger = await openFileLedger({ ...options, fileSystem: unsynced, durability: "none" });
  const receipts = await Promise.all(
    [0, 1, 2].map((n) => {
      const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z" };
      return ledger.append({ entry, record: { subject: "a", content: { n } } });
    }),
  );
  await ledger.close();
  let reads = 0;
  const fs: FileSystem = {
    ...realFileSystem,
    read: (fd, into, at) => {
      reads += 1;
      return realFileSystem.read(fd, into, at);
    },
  };
  const records = new KeptRecords(log, home, fs);
  const entries = receipts.map(({ entry }) => entry);
  const blocks = new Set(entries.map((entry) => refOf(entry).split(":")[1]));
  assert.equal(blocks.size, 1);
  found(records, entries.slice(0, 1));
  const before = reads;
  assert.deepEqual(found(records, entries), [0, 1, 2]);
  assert.equal(reads, before);
  records.close();
});

test("a policy is given by its hash while its bytes are those, and all that are kept are listed", async (t) => {
  const at = await written(t, []);
  const folder = join(`${at.log}.d`, "policies");
  const records = new KeptRecords(at.log, at.home);
  t.after(() => records.close());
  const digits = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  assert.deepEqual(records.policyHashes(), []);
  assert.deepEqual(records.policy(`sha256:${digits}`), { missing: "no_policy" });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, digits), "");
  const names = [`${digits}0`, `x${digits}`, digits.slice(1), digits.toUpperCase(), "z".repeat(64)];
  for (const name of names) copyFileSync(join(folder, digits), join(folder, name));
  assert.deepEqual(records.policyHashes(), [`sha256:${digits}`]);
  const policy = records.policy(`sha256:${digits}`);
  assert.ok("bytes" in policy && policy.bytes.length === 0);
  const wrong = [digits, `x sha256:${digits}`, `sha256:${digits}0`, `sha256:${digits.slice(1)}`, `sha512:${digits}`];
  for (const hash of [...wrong, `sha256:${digits.toUpperCase()}`, `sha256:${digits}\n`]) {
    assert.deepEqual(records.policy(hash), { missing: "no_policy" }, hash);
  }
  appendFileSync(join(folder, digits), "x");
  assert.deepEqual(records.policy(`sha256:${digits}`), { missing: "policy_changed" });
});

test("places have the names that the ledger gave them, by log, and none without the home's key", async (t) => {
  const names: string[] = [];
  const at = await written(t, [["a", 0]], (ledger) => {
    names.push(ledger.log_id, ledger.resourceKey("fs:/a"), ledger.resourceKey("fs:/b"));
    return Promise.resolve();
  });
  const [log = "", a, b] = names;
  const records = new KeptRecords(at.log, at.home);
  const none = new KeptRecords(at.log, join(at.home, "nowhere"));
  assert.deepEqual([records.resourceKey(log, "fs:/a"), records.resourceKey(log, "fs:/b")], [a, b]);
  assert.notEqual(a, b);
  assert.notEqual(records.resourceKey("another", "fs:/a"), a);
  assert.equal(records.resourceKey(log, "fs:/a"), a);
  assert.equal(none.resourceKey(log, "fs:/a"), "");
  records.close();
  none.close();
});
