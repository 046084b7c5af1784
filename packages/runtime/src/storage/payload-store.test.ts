import assert from "node:assert/strict";
import { createCipheriv, createSecretKey, hash } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../core/errors.ts";
import type { PayloadRecord } from "../ledger/ports.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { openBlock, parsePayloadRef, PayloadStore, type PayloadRef } from "./payload-store.ts";
import { SubjectKeys, unwrapSubjectKey } from "./subject-keys.ts";

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);
const HASH = "0123456789abcdef".repeat(4);

interface Made {
  readonly folder: string;
  readonly fs: FileSystem;
  readonly keys: SubjectKeys;
  readonly store: PayloadStore;
  /** What is open of the folder's files. */
  readonly open: Set<number>;
}

/** A store in a new folder; `fails` names a call and how the path ends that it fails for, while it stands there. */
function made(t: TestContext, fails: { call: string; end: string } = { call: "", end: "" }): Made {
  const root = mkdtempSync(join(tmpdir(), "canopy-payloads-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, "payloads");
  mkdirSync(join(folder, "keys"), { recursive: true });
  const open = new Set<number>();
  const paths = new Map<number, string>();
  const check = (call: string, path: string): void => {
    if (fails.call !== call || !path.endsWith(fails.end)) return;
    throw Object.assign(new Error("EIO: injected"), { code: "EIO" });
  };
  const fs: FileSystem = {
    ...realFileSystem,
    open: (path, mode) => {
      check("open", path);
      const fd = realFileSystem.open(path, mode);
      paths.set(fd, path);
      if (path.endsWith(".bin")) open.add(fd);
      return fd;
    },
    close: (fd) => {
      open.delete(fd);
      realFileSystem.close(fd);
    },
    write: (fd, bytes, at) => {
      const isTorn = fails.call === "write" && (paths.get(fd) ?? "").endsWith(fails.end);
      const count = realFileSystem.write(fd, isTorn ? bytes.subarray(0, 5) : bytes, at);
      check("write", paths.get(fd) ?? "");
      return count;
    },
    syncNow: (fd) => check("syncNow", paths.get(fd) ?? ""),
    syncFolder: (path) => check("syncFolder", path),
  };
  const keys = new SubjectKeys(fs, folder, root);
  t.after(() => keys.close());
  return { folder, fs, keys, open, store: new PayloadStore(fs, folder, keys, { logId: "log-1" }) };
}

const record = (subject: string, n: number): PayloadRecord => ({ subject, content: { n } });

/** Write records as one batch enters them. */
function write(
  store: PayloadStore,
  records: readonly (PayloadRecord | null)[],
  at = T0,
): readonly (PayloadRef | null)[] {
  const { refs } = store.place(store.seal(records), at);
  const parsed = refs.map((ref) => parsePayloadRef(ref ?? undefined));
  for (const ref of parsed) if (ref !== null) store.entered(ref);
  return parsed;
}

function said(act: () => unknown): string {
  try {
    return JSON.stringify(act()) ?? "nothing";
  } catch (error) {
    if (error instanceof CanopyError) return `${error.code}: ${error.message}; ${error.fix ?? ""}`;
    return String(error);
  }
}

const misplaced =
  "LEDGER_REFUSED: a record of the log is not used: another entry's stands in its place; keep the log and its sidecar as evidence: `canopy ledger fsck` names the entries; then restore them from a copy";
const unreadable = (why: string): string =>
  `LEDGER_UNAVAILABLE: a record of the log can't be read: ${why}; restore the folder \`payloads\` of the log's sidecar, and \`payload.key\` of CANOPY_HOME`;

test("a reference is a day, an offset, a length, an index and a hash, and nothing besides", () => {
  const whole = { day: "2026-01-31", offset: 12, length: 345, index: 6, hash: HASH };
  assert.deepEqual(parsePayloadRef(`2026-01-31:12:345:6:${HASH}`), whole);
  const longest = `2026-01-31:999999999999999:999999999:999999:${HASH}`;
  assert.equal(parsePayloadRef(longest)?.offset, 999_999_999_999_999);
  const places: readonly string[] = [
    "x2026-01-31:1:2:3",
    "2026-01-31:1:2:3x",
    "2026-01-31:1:2",
    "2026-01-31:1:2:3:4",
    "2026-01-31::2:3",
    "026-01-31:1:2:3",
    "2026-1-31:1:2:3",
    "2026-01-1:1:2:3",
    "2026-01-31:a:2:3",
    "2026-01-31:1:-2:3",
    "2026-01-31:1:2:",
    "2026-01-31:1::3",
    "2026/01/31:1:2:3",
    "a026-01-31:1:2:3",
    "2026-a1-31:1:2:3",
    "",
    "2026-01-a1:1:2:3",
    "2026-01-31:1:a:3",
    "2026-01-31:1:2:a",
    "2026-01-31:1:2:3\n",
    "02026-01-31:1:2:3",
    "2026-01-31:1000000000000000:2:3",
    "2026-01-31:1:1000000000:3",
    "2026-01-31:1:2:1000000",
  ];
  const hashes = ["", HASH.slice(1), `${HASH}0`, HASH.toUpperCase(), `g${HASH.slice(1)}`, `${HASH}\n`, `${HASH}:1`];
  const wrong: readonly (string | number | null | undefined)[] = [
    ...places.map((place) => `${place}:${HASH}`),
    ...hashes.map((digits) => `2026-01-31:12:345:6:${digits}`),
    "2026-01-31:12:345:6",
    7,
    null,
    undefined,
  ];
  for (const text of wrong) assert.equal(parsePayloadRef(text), null, String(text));
});

test("records of a batch stand in one block for each subject, that of the last record last, and are read again", (t) => {
  const { store, folder, open } = made(t);
  assert.equal(store.openFile(), null);
  const records = [record("a", 1), null, record("b", 2), record("a", 3), record("c", 4), record("b", 5)];
  const sealed = store.seal(records);
  assert.deepEqual(sealed.seats, [
    { block: 0, index: 0 },
    null,
    { block: 2, index: 0 },
    { block: 0, index: 1 },
    { block: 1, index: 0 },
    { block: 2, index: 1 },
  ]);
  const refs = write(store, records);
  const size = statSync(join(folder, "2026-01-01.bin")).size;
  const [a, none, b, , c, last] = refs;
  assert.equal(none, null);
  assert.deepEqual(
    [a?.offset, c?.offset, b?.offset, last?.offset],
    [0, a?.length, (a?.length ?? 0) + (c?.length ?? 0), b?.offset],
  );
  assert.equal((last?.offset ?? 0) + (last?.length ?? 0), size);
  assert.notEqual(store.openFile(), null);
  assert.deepEqual([...open], [store.openFile()]);
  for (const [at, ref] of refs.entries()) {
    if (ref === null) continue;
    assert.deepEqual(store.read(ref), records[at]?.content);
    assert.equal(store.isWhole(ref), true);
  }
  assert.deepEqual([...open], [store.openFile()], "what is read is closed");
  assert.deepEqual(store.place({ blocks: [], seats: [null, null] }, T0 + DAY_MS).refs, [null, null]);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".bin")),
    ["2026-01-01.bin"],
  );
  store.close();
  assert.equal(store.openFile(), null);
  assert.equal(open.size, 0);
});

test("what no entry names is cut off before the next block, by whoever knows where the newest ends", (t) => {
  const { store, folder, keys, fs } = made(t);
  const path = join(folder, "2026-01-01.bin");
  const [first] = write(store, [record("a", 1)]);
  const end = first?.length ?? 0;
  // Another batch whose lines were never written.
  const placed = store.place(store.seal([record("a", 2)]), T0);
  assert.ok(statSync(path).size > end);
  placed.undo();
  assert.equal(statSync(path).size, end);
  appendFileSync(path, "left over");
  const [second] = write(store, [record("a", 3)]);
  assert.equal(second?.offset, end);
  // Nothing is known here of where it ends: what stands there stays, until an entry tells.
  const other = new PayloadStore(fs, folder, keys, { logId: "log-1" });
  t.after(() => other.close());
  appendFileSync(path, "left over");
  const size = statSync(path).size;
  assert.equal(other.place(other.seal([record("a", 4)]), T0).refs[0]?.startsWith(`2026-01-01:${size}:`), true);
  assert.ok(second !== null && second !== undefined);
  const whole = second.offset + second.length;
  const over = statSync(path).size - whole;
  assert.equal(other.eraseOrphans(second), over);
  assert.equal(statSync(path).size, whole);
  assert.equal(other.eraseOrphans(second), 0);
  assert.equal(other.eraseOrphans({ ...second, length: second.length + 1 }), 0);
  // An older entry does not move the end back, and a file that is shorter than it was is written on at its end.
  other.entered({ ...second, offset: 0 });
  appendFileSync(path, "left over");
  assert.equal(write(other, [record("a", 5)])[0]?.offset, whole + 1);
  truncateSync(path, 10);
  assert.equal(write(other, [record("a", 6)])[0]?.offset, 10);
  store.close();
});

const at = (day: number, length: number): PayloadRef => ({
  day: `2026-01-0${day}`,
  offset: 0,
  length,
  index: 0,
  hash: HASH,
});

test("of the ends of days the newest four are kept in mind", (t) => {
  const { store, folder } = made(t);
  for (const day of [3, 5, 1, 4]) store.entered(at(day, 100 + day));
  store.entered(at(2, 102));
  for (const [day, offset] of [
    [2, 102],
    [3, 103],
    [4, 104],
    [5, 105],
    // Forgotten: all that stands there counts.
    [1, 200],
  ] as const) {
    const path = join(folder, `2026-01-0${day}.bin`);
    appendFileSync(path, "x".repeat(200));
    const { refs } = store.place(store.seal([record("a", day)]), T0 + (day - 1) * DAY_MS);
    assert.ok(refs[0]?.startsWith(`2026-01-0${day}:${offset}:`), refs[0] ?? "");
  }
  store.close();
});

test("a day's file stays open until its writes are synced, then it is closed", (t) => {
  const { store, open } = made(t);
  write(store, [record("a", 1)]);
  const first = store.openFile();
  write(store, [record("a", 1)]);
  assert.equal(store.openFile(), first);
  write(store, [record("a", 2)], T0 + DAY_MS);
  const second = store.openFile();
  assert.notEqual(second, first);
  store.closeRetired([first, null]);
  assert.deepEqual([...open], [first, second]);
  store.closeRetired([null]);
  assert.deepEqual([...open], [second]);
  store.closeRetired([]);
  assert.deepEqual([...open], [second]);
  write(store, [record("a", 3)], T0 + 2 * DAY_MS);
  assert.equal(open.size, 2);
  store.close();
  assert.equal(open.size, 0);
  store.close();
});

test("a write that fails leaves nothing behind, and a name that can't be made durable is not used", (t) => {
  const fails = { call: "", end: "" };
  const { store, folder, open, fs, keys } = made(t, fails);
  const sealed = store.seal([record("a", 1)]);
  Object.assign(fails, { call: "syncFolder", end: "payloads" });
  assert.throws(() => store.place(sealed, T0), { code: "EIO" });
  assert.deepEqual([open.size, store.openFile()], [0, null]);
  // Empty still: its name may not be durable, so it is synced before the first block.
  assert.throws(() => store.place(sealed, T0), { code: "EIO" });
  Object.assign(fails, { call: "", end: "" });
  write(store, [record("a", 1)]);
  const size = statSync(join(folder, "2026-01-01.bin")).size;
  Object.assign(fails, { call: "write", end: ".bin" });
  assert.throws(() => store.place(sealed, T0), { code: "EIO" });
  assert.equal(statSync(join(folder, "2026-01-01.bin")).size, size);
  // The file has blocks: its name is durable already.
  Object.assign(fails, { call: "syncFolder", end: "payloads" });
  store.close();
  const again = new PayloadStore(fs, folder, keys, { logId: "log-1" });
  again.place(sealed, T0);
  again.close();
});

test("a record that is gone, cut, changed, of another log or out of place is said to be so", async (t) => {
  const { store, folder, fs, keys, open } = made(t);
  const [ref, other] = write(store, [record("a", 1), record("b", 2)]);
  assert.ok(ref !== null && ref !== undefined && other !== null && other !== undefined);
  const path = join(folder, "2026-01-01.bin");
  const bytes = readFileSync(path);
  const damaged = unreadable("its block is missing or damaged");
  const sealed = unreadable("its block does not decrypt");
  const absent = unreadable("its block does not hold it");
  const notWritten = unreadable("its block is not the one that was written");
  const cases: readonly [string, PayloadRef, string][] = [
    ["as it is", ref, '{"n":1}'],
    ["another's place", { ...ref, offset: other.offset, length: other.length }, misplaced],
    ["another's hash", { ...ref, hash: other.hash }, misplaced],
    ["another day", { ...ref, day: "2025-12-31" }, "null"],
    ["no such index", { ...ref, index: 1 }, absent],
    ["half a block", { ...ref, length: ref.length - 1 }, sealed],
    ["two blocks", { ...ref, length: ref.length + other.length }, sealed],
    ["more than there is", { ...other, length: other.length + 1 }, damaged],
    ["after the end", { ...ref, offset: bytes.length }, damaged],
    ["off by one", { ...ref, offset: 1 }, damaged],
    ["only a header", { ...ref, length: 60 }, damaged],
    ["a header and a byte", { ...ref, length: 61 }, sealed],
    ["nothing", { ...ref, length: 0 }, damaged],
  ];
  for (const [name, asked, expected] of cases) {
    assert.equal(
      said(() => store.read(asked)),
      expected,
      name,
    );
    assert.equal(store.isWhole(asked), name === "as it is", name);
  }
  const foreign = new PayloadStore(fs, folder, keys, { logId: "log-2" });
  assert.equal(
    said(() => foreign.read(ref)),
    sealed,
  );
  // Each byte of it matters but the length in its header, which is authenticated.
  for (const at of [0, 3, 4, 8, 32, 44, ref.length - 1]) {
    const changed = Buffer.from(bytes.subarray(0, ref.length));
    changed[at] = (changed[at] ?? 0) ^ 1;
    const keyOf = (tag: Buffer, id: Buffer): ReturnType<typeof createSecretKey> | null =>
      keys.find(tag, id)?.key ?? null;
    // Of another subject there is no key: that doesn't make it an erased one.
    const expected = at < 4 ? damaged : at === 8 ? notWritten : sealed;
    assert.equal(
      said(() => openBlock(changed, ref, { keyOf, logId: Buffer.from("log-1") })),
      expected,
      String(at),
    );
  }
  keys.destroy("a", "then");
  assert.equal(store.read(ref), null);
  assert.equal(store.isWhole(ref), true, "what was erased is whole");
  assert.deepEqual(store.read(other), { n: 2 });
  assert.equal(store.stillReadable(), false);
  assert.equal(store.stillReadable(), true);
  await store.sync(ref);
  await store.sync({ ...ref, day: "2025-12-31" });
  assert.deepEqual([...open], [store.openFile()]);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("2025")),
    [],
  );
  store.close();
});

function named(bytes: Buffer): Pick<PayloadRef, "length" | "hash"> {
  return { length: bytes.length, hash: hash("sha256", bytes, "hex") };
}

test("a block whose plaintext is no list of objects is not taken", () => {
  const key = createSecretKey(Buffer.alloc(32, 7));
  const block = (plaintext: string): Buffer => {
    const header = Buffer.alloc(44, 1);
    header.write("CPB1", 0, "latin1");
    header.writeUInt32BE(44 + plaintext.length + 16, 4);
    const cipher = createCipheriv("aes-256-gcm", key, header.subarray(32, 44));
    cipher.setAAD(Buffer.concat([header.subarray(0, 32), Buffer.from("log")]));
    return Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  };
  const opened = (plaintext: string): string => {
    const bytes = block(plaintext);
    const asked: string[] = [];
    const keyOf = (tag: Buffer, id: Buffer): typeof key => {
      asked.push(`${tag.length} ${id.length}`);
      return key;
    };
    const result = said(() => openBlock(bytes, named(bytes), { keyOf, logId: Buffer.from("log") }));
    assert.deepEqual(asked, ["16 8"]);
    return result;
  };
  assert.equal(opened('[{"n":1}]'), '[{"n":1}]');
  assert.equal(opened('{"n":1}'), unreadable("its block does not hold it"));
  assert.equal(opened("[1"), unreadable("its block does not decrypt"));
  try {
    const bytes = block("[1");
    openBlock(bytes, named(bytes), { keyOf: () => key, logId: Buffer.from("log") });
    assert.fail();
  } catch (error) {
    assert.ok(error instanceof CanopyError && error.cause instanceof SyntaxError);
  }
  try {
    openBlock(Buffer.alloc(0), named(Buffer.alloc(0)), { keyOf: () => key, logId: Buffer.alloc(0) });
    assert.fail();
  } catch (error) {
    assert.ok(error instanceof CanopyError && !("cause" in error));
  }
});

test("what may not be on the disk is written again from where it was not, and synced", (t) => {
  const written: string[] = [];
  const { folder, fs, keys, open } = made(t);
  const watched: FileSystem = {
    ...fs,
    write: (fd, bytes, at) => {
      written.push(`${bytes.length} at ${at}`);
      return fs.write(fd, bytes, at);
    },
    syncNow: () => void written.push("synced"),
  };
  const store = new PayloadStore(watched, folder, keys, { logId: "log-1" });
  write(store, [record("a", 1)]);
  const size = statSync(join(folder, "2026-01-01.bin")).size;
  const before = readFileSync(join(folder, "2026-01-01.bin"));
  for (const [from, expected] of [
    [0, [`${size} at 0`, "synced"]],
    [10, [`${size - 10} at 10`, "synced"]],
    [size, ["synced"]],
    [size + 5, ["synced"]],
  ] as const) {
    written.splice(0);
    store.rewrite("2026-01-01", from);
    assert.deepEqual(written, expected);
  }
  assert.deepEqual(readFileSync(join(folder, "2026-01-01.bin")), before);
  store.close();
  assert.equal(open.size, 0);
});

test("days before one are deleted in order, but the one that is written, and nothing else of the folder", (t) => {
  const { store, folder } = made(t);
  const names = ["2025-12-30.bin", "2025-12-31.bin", "2026-01-02.bin", "2025-12-30.bin.x", "x2025-12-30.bin", "0.bin"];
  for (const name of [...names].reverse()) appendFileSync(join(folder, name), "x");
  assert.deepEqual(store.expireBefore("2025-12-30"), []);
  write(store, [record("a", 1)]);
  assert.deepEqual(store.expireBefore("2026-01-02"), ["2025-12-30", "2025-12-31"]);
  assert.deepEqual(readdirSync(folder).sort(), [
    "0.bin",
    "2025-12-30.bin.x",
    "2026-01-01.bin",
    "2026-01-02.bin",
    "erased",
    "keys",
    "x2025-12-30.bin",
  ]);
  store.close();
});

test("a key of a subject is bound to its home, its subject and its file", (t) => {
  const { keys, folder } = made(t);
  const { tag, id } = keys.keyOf("a");
  assert.equal(keys.keyOf("a"), keys.keyOf("a"), "kept at hand");
  assert.notDeepEqual(keys.keyOf("b").tag, tag);
  assert.deepEqual([tag.length, id.length], [16, 8]);
  const file = join(folder, "keys", `${tag.toString("hex")}.key`);
  const wrapped = readFileSync(file);
  const master = readFileSync(join(folder, "..", "payload.key"));
  assert.deepEqual([wrapped.length, master.length], [68, 32]);
  assert.ok(unwrapSubjectKey(wrapped, tag, master).key.equals(keys.keyOf("a").key));
  assert.throws(() => unwrapSubjectKey(wrapped.subarray(1), tag, master), /wrong length/);
  assert.throws(() => unwrapSubjectKey(wrapped, Buffer.alloc(16), master));
  assert.throws(() => unwrapSubjectKey(wrapped, tag, Buffer.alloc(32)));
  for (const at of [0, 8, 20, 52]) {
    const changed = Buffer.from(wrapped);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => unwrapSubjectKey(changed, tag, master), Error, String(at));
  }
  assert.equal(keys.find(tag, Buffer.alloc(8)), null);
  assert.equal(keys.find(Buffer.alloc(16), id), null);
  assert.equal(keys.destroy("never", "then"), false);
  assert.equal(keys.destroy("a", "then"), true);
  assert.equal(keys.find(tag, id), null);
  assert.equal(readFileSync(join(folder, "erased"), "utf8"), `${tag.toString("hex")} then\n`);
  assert.notDeepEqual(keys.keyOf("a").id, id, "whoever comes again has another key");
});

test("a home whose key has another length is not used", (t) => {
  const root = mkdtempSync(join(tmpdir(), "canopy-payloads-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  appendFileSync(join(root, "payload.key"), Buffer.alloc(31));
  assert.throws(
    () => new SubjectKeys(realFileSystem, root, root),
    /`payload\.key` of CANOPY_HOME has the wrong length/,
  );
});
