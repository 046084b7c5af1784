import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../core/errors.ts";
import { GENESIS } from "../ledger/chain.ts";
import { readAt, realFileSystem, syncFile, writeAll, type FileSystem } from "./file-system.ts";
import { realHost } from "./host.ts";
import { EMPTY_TAIL, LogFile } from "./log-file.ts";
import { logIdOf } from "./log-id.ts";
import { makeOwnerFolder } from "./owner-folder.ts";
import { readWhole, replaceFile } from "./owner-file.ts";
import { keepPolicy, readPolicyIn, storePolicyIn } from "./policy-store.ts";
import { allSynced, PoisonMark } from "./poison.ts";
import { logOf, segmentFiles } from "./segment-files.ts";
import { logPathsOf } from "./sidecar.ts";
import { LogLines } from "./tlog/log-lines.ts";

function scratch(t: TestContext): string {
  const made = mkdtempSync(join(realpathSync(tmpdir()), "canopy-files-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
}

function said(act: () => unknown): string {
  try {
    return JSON.stringify(act()) ?? "nothing";
  } catch (error) {
    assert.ok(error instanceof Error);
    if (!(error instanceof CanopyError)) return error.message;
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
    return `${error.code}: ${error.message}${cause}; ${error.fix ?? ""}`;
  }
}

test("all bytes are written, in as many calls as it takes, each where the last one ended; a disk that takes none fails", () => {
  for (const position of [null, 0, 100]) {
    const calls: string[] = [];
    const fs: FileSystem = {
      ...realFileSystem,
      write: (_fd, bytes, at) => {
        calls.push(`${Buffer.from(bytes).toString()} at ${at}`);
        return Math.min(2, bytes.length);
      },
    };
    writeAll(fs, 0, Buffer.from("abcde"), position);
    const at = (offset: number): string => String(position === null ? null : position + offset);
    assert.deepEqual(calls, [`abcde at ${at(0)}`, `cde at ${at(2)}`, `e at ${at(4)}`]);
  }
  for (const count of [0, -1]) {
    assert.throws(() => writeAll({ ...realFileSystem, write: () => count }, 0, Buffer.from("a")), /took no bytes/u);
  }
  writeAll({ ...realFileSystem, write: failing("EIO") }, 0, Buffer.alloc(0));
});

test("bytes are read in as many calls as it takes, fewer only at the end", () => {
  const text = Buffer.from("abcdefgh");
  const asked: string[] = [];
  const read: FileSystem["read"] = (_fd, into, position) => {
    asked.push(`${into.length} at ${position}`);
    return text.copy(into, 0, position, Math.min(position + 3, text.length));
  };
  const fs = { ...realFileSystem, read };
  assert.equal(readAt(fs, 0, 1, 5).toString(), "bcdef");
  assert.deepEqual(asked.splice(0), ["5 at 1", "2 at 4"]);
  assert.equal(readAt(fs, 0, 6, 5).toString(), "gh");
  assert.deepEqual(asked, ["5 at 6", "3 at 8"]);
});

const sync = (): Promise<void> => Promise.reject(new Error("EIO"));

test("what a path names is told without following a link, and a file is synced by a descriptor of its own", async (t) => {
  const folder = scratch(t);
  const at = (name: string): string => join(folder, name);
  writeFileSync(at("file"), "abc");
  symlinkSync(at("file"), at("link"));
  linkSync(at("file"), at("second"));
  const kind = (name: string): unknown => realFileSystem.statusAt(at(name))?.kind ?? null;
  assert.deepEqual(["file", "link", ".", "none"].map(kind), ["file", "link", "folder", null]);
  const { size, links, ino } = realFileSystem.statusAt(at("file")) ?? assert.fail();
  assert.deepEqual([size, links, ino], [3, 2, statSync(at("file")).ino]);
  assert.equal(realFileSystem.statusAt("/dev/null")?.kind, "other");
  assert.throws(() => realFileSystem.open(at("link"), "read"), { code: "FILE_UNUSABLE" });
  assert.throws(() => realFileSystem.open(at("file"), "fresh"), { code: "EEXIST" });
  const made = realFileSystem.open(at("made"), "fresh");
  realFileSystem.close(made);
  assert.equal(statSync(at("made")).mode & 0o777, 0o600);
  realFileSystem.makeFolder(at("own"));
  assert.equal(statSync(at("own")).mode & 0o777, 0o700);
  const closed: number[] = [];
  const close = (fd: number): void => {
    closed.push(fd);
    realFileSystem.close(fd);
  };
  await syncFile({ ...realFileSystem, close }, at("file"));
  await assert.rejects(syncFile({ ...realFileSystem, close, sync }, at("file")), /EIO/u);
  assert.equal(closed.length, 2);
});

test("a folder is made with those above it; what can't be made is told, also where nothing is above", (t) => {
  const folder = scratch(t);
  assert.equal(makeOwnerFolder(join(folder, "a", "b", "c")), join(folder, "a"));
  assert.equal(makeOwnerFolder(join(folder, "a", "b", "d")), join(folder, "a", "b", "d"));
  assert.equal(makeOwnerFolder(join(folder, "a", "b")), null);
  writeFileSync(join(folder, "file"), "");
  assert.throws(() => makeOwnerFolder(join(folder, "file", "x")), { code: "ENOTDIR" });
  const calls: string[] = [];
  const gone = (path: string): never => {
    calls.push(path);
    return failing("ENOENT")();
  };
  assert.throws(() => makeOwnerFolder("/a/b", { makeFolder: gone }), { code: "ENOENT" });
  assert.deepEqual(calls, ["/a/b", "/a", "/"]);
  assert.throws(() => makeOwnerFolder("/a", { makeFolder: failing("EACCES") }), { code: "EACCES" });
  // Another process makes it in between, or it fails for another reason.
  for (const [code, made] of [
    ["EEXIST", "/a"],
    ["EROFS", null],
  ] as const) {
    const seen: string[] = [];
    const makeFolder = (path: string): void => {
      seen.push(path);
      if (path === "/a/b") failing(seen.length === 1 ? "ENOENT" : code)();
    };
    if (made === null) assert.throws(() => makeOwnerFolder("/a/b", { makeFolder }), { code });
    else assert.equal(makeOwnerFolder("/a/b", { makeFolder }), made);
    assert.deepEqual(seen, ["/a/b", "/a", "/a/b"]);
  }
});

test("a policy is kept and given by the hash of its bytes alone", (t) => {
  const folder = scratch(t);
  const digits = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const none = Buffer.alloc(0);
  const put = (hash: string, bytes: Uint8Array = none): string =>
    said(() => storePolicyIn(realFileSystem, folder, hash, bytes));
  const get = (hash: string): string => said(() => readPolicyIn(realFileSystem, folder, hash)?.length);
  assert.equal(get(`sha256:${digits}`), "nothing");
  assert.equal(put(`sha256:${digits}`), "nothing");
  assert.equal(put(`sha256:${digits}`), "nothing");
  assert.deepEqual([get(`sha256:${digits}`), get(digits)], ["0", "0"]);
  const other = "INVALID_ENTRY: a policy must be kept under the hash of its bytes; ";
  for (const hash of [digits, `sha256:${"0".repeat(64)}`]) assert.equal(put(hash), other);
  assert.equal(put(`sha256:${digits}`, Buffer.from("x")), other);
  for (const hash of ["", "x", `${digits}0`, `x${digits}`, `sha512:${digits}`, digits.toUpperCase()]) {
    const expected = `INVALID_ENTRY: not a policy hash: \`${hash}\`, expected sha256: and 64 hex digits; `;
    assert.equal(get(hash), expected);
  }
  appendFileSync(join(folder, digits), "x");
  assert.equal(
    put(`sha256:${digits}`),
    `LEDGER_REFUSED: the policy kept as \`${join(folder, digits)}\` is not the one of that hash; move that file away: it was changed after it was kept`,
  );
  mkdirSync(join(folder, "audit.log.d", "policies"), { recursive: true });
  writeFileSync(join(folder, "audit.log"), "");
  keepPolicy(realFileSystem, join(folder, "audit.log"), `sha256:${digits}`, none);
  assert.equal(readFileSync(join(folder, "audit.log.d", "policies", digits)).length, 0);
});

test("a small file is read whole, replaced whole, and refused when it is large", (t) => {
  const path = join(scratch(t), "file");
  assert.equal(readWhole(realFileSystem, path), null);
  replaceFile(realFileSystem, path, "one");
  replaceFile(realFileSystem, path, "two");
  assert.equal(readWhole(realFileSystem, path)?.toString(), "two");
  const status = realFileSystem.statusAt(path) ?? assert.fail();
  const sized = (size: number): FileSystem => ({ ...realFileSystem, statusOf: () => ({ ...status, size }) });
  assert.equal(readWhole(sized(67_108_864), path)?.toString(), "two");
  assert.throws(() => readWhole(sized(67_108_865), path), {
    name: "RangeError",
    message: `\`${path}\` has over 67108864 bytes: expected a small file`,
  });
});

test("the mark of a failed sync is seen by all, one line for each time, and taken away", async (t) => {
  const path = join(scratch(t), "poisoned");
  const one = new PoisonMark(realFileSystem, path, { pid: 7 });
  const other = new PoisonMark(realFileSystem, path, { pid: 8 });
  assert.deepEqual([one.isSet(), other.isSet()], [false, false]);
  one.set("first\nreason\n");
  assert.deepEqual([one.isSet(), other.isSet()], [true, true]);
  other.set("second");
  assert.equal(readFileSync(path, "utf8"), "7 first reason \n8 second\n");
  rmSync(path);
  assert.deepEqual([one.isSet(), other.isSet()], [true, true], "whoever saw it fail remembers");
  other.clear();
  one.clear();
  assert.deepEqual([one.isSet(), other.isSet()], [false, false]);
  assert.throws(() => new PoisonMark({ ...realFileSystem, unlink: failing("EACCES") }, path, { pid: 7 }).clear(), {
    code: "EACCES",
  });
  const dying = new PoisonMark({ ...realFileSystem, open: failing("EIO") }, path, { pid: 9 });
  dying.set("x");
  assert.deepEqual([dying.isSet(), one.isSet()], [true, false]);
  // Of several syncs the first that fails is marked at once, and all are waited for.
  let late = false;
  const slow = new Promise<void>((resolve) => {
    setImmediate(() => {
      late = true;
      resolve();
    });
  });
  const syncs = [slow, Promise.reject(new Error("EIO")), Promise.reject(new Error("ENOSPC"))];
  await assert.rejects(allSynced(syncs, one), /^Error: EIO$/u);
  assert.equal(late, true);
  assert.equal(readFileSync(path, "utf8"), "7 sync failed: Error: EIO\n7 sync failed: Error: ENOSPC\n");
  one.clear();
  await allSynced([Promise.resolve(), slow], one);
  assert.equal(one.isSet(), false);
});

test("the file of a log is a plain file with one name that can be written, and keeps its place", (t) => {
  const folder = scratch(t);
  const paths = logPathsOf(join(folder, "audit.log"));
  const open = (path?: string, fs: FileSystem = realFileSystem): LogFile => new LogFile(fs, paths, realHost, path);
  const log = open();
  assert.deepEqual([log.segment, log.tail, log.size(), log.isFresh, log.isInPlace()], [1, EMPTY_TAIL, 0, false, true]);
  assert.deepEqual(EMPTY_TAIL, { bytes: 0, seq: 0, hash: GENESIS });
  const evidence = "keep the file as evidence and run `canopy verify` on it";
  assert.equal(
    said(() => open(folder)),
    `LEDGER_REFUSED: the log \`${folder}\` is a folder: expected a regular file; ${evidence}`,
  );
  assert.equal(
    said(() => open("/dev/null")),
    `LEDGER_REFUSED: the log \`/dev/null\` is a device: expected a regular file; ${evidence}`,
  );
  linkSync(paths.log, join(folder, "second"));
  const closed: number[] = [];
  const close = (fd: number): void => {
    closed.push(fd);
    realFileSystem.close(fd);
  };
  assert.equal(
    said(() => open(paths.log, { ...realFileSystem, close })),
    `LEDGER_REFUSED: the log \`${paths.log}\` has a second name: a hard link; ${evidence}`,
  );
  assert.equal(closed.length, 1, "what can't be used is closed");
  rmSync(paths.log);
  assert.equal(log.isInPlace(), false);
  writeFileSync(paths.log, "");
  assert.equal(log.isInPlace(), false);
  log.close();
});

test("a log's end without a line feed gets one, once, and an append that fails leaves nothing", (t) => {
  const folder = scratch(t);
  const paths = logPathsOf(join(folder, "audit.log"));
  const log = new LogFile(realFileSystem, paths, realHost);
  assert.equal(log.endLine(), 0);
  appendFileSync(paths.log, "{}");
  assert.deepEqual([log.endLine(), log.endLine()], [3, 3]);
  assert.equal(readFileSync(paths.log, "utf8"), "{}\n");
  log.tail = { bytes: 3, seq: 1, hash: GENESIS };
  log.append("a\nb\n", 2, "f".repeat(64));
  assert.deepEqual(log.tail, { bytes: 7, seq: 3, hash: "f".repeat(64) });
  log.close();
  const torn: FileSystem = {
    ...realFileSystem,
    write: (fd, bytes, at) => {
      if (bytes.length === 1) failing("ENOSPC")();
      return realFileSystem.write(fd, bytes.subarray(0, bytes.length - 1), at);
    },
  };
  const full = new LogFile(torn, paths, realHost);
  full.tail = log.tail;
  assert.throws(() => full.append("c\nd\n", 2, GENESIS), { code: "ENOSPC" });
  assert.equal(readFileSync(paths.log, "utf8"), "{}\na\nb\n");
  assert.deepEqual(full.tail, log.tail);
  full.close();
  const stuck = new LogFile({ ...torn, truncate: failing("EIO") }, paths, realHost);
  stuck.tail = log.tail;
  assert.throws(() => stuck.append("c\nd\n", 2, GENESIS), { code: "ENOSPC" }, "the first error is told");
  stuck.close();
});

const line = (more: object): string => {
  const sealed = { seq: 1, log_id: "id", event: "x", prev_hash: GENESIS, entry_hash: GENESIS };
  return `${JSON.stringify({ ...sealed, ...more })}\n`;
};

test("which log a file is its last line says, or where that is none of ours its first", (t) => {
  const path = join(scratch(t), "audit.log");
  assert.equal(logIdOf(realFileSystem, path), null);
  const cases: readonly [string, string | null][] = [
    ["", null],
    ["\n", null],
    ["{}\n", null],
    [line({}), "id"],
    [line({ log_id: "a" }) + line({ log_id: "b" }), "b"],
    [`${line({ log_id: "a" })}{"b`, "a"],
    [`${line({ log_id: "a" })}{}\n`, "a"],
    [`{}\n${line({ log_id: "b" })}`, "b"],
    [`{}\n${line({ log_id: "b" })}{`, null],
  ];
  for (const [text, expected] of cases) {
    writeFileSync(path, text);
    assert.equal(logIdOf(realFileSystem, path), expected, text);
  }
});

const lacks = (name: string, why: string): string => `segment ${name}, which came before, ${why}`;
const gone = (name: string): string => lacks(name, "is not there: entries before it were not checked");
const PUT_BACK = "entries before it were not checked; take that away and put the segment back from a copy";

test("the files of a log are found by the names in their first lines, each once, and what is not there is said", (t) => {
  const folder = scratch(t);
  const log = join(folder, "audit.log");
  const segments = join(folder, "audit.log.d", "segments");
  mkdirSync(segments, { recursive: true });
  const after = (name: unknown): string => line({ event: "log_rotated", previous_segment: name });
  const write = (name: string, text: string): void => writeFileSync(join(segments, name), text);
  const found = (path = log): readonly string[] => {
    const warnings: string[] = [];
    const files = segmentFiles(realFileSystem, path, warnings);
    return [...files.map(({ name, first }) => `${name ?? "itself"}${first === null ? "?" : ""}`), ...warnings];
  };
  writeFileSync(log, "");
  assert.deepEqual(found(), ["itself?"]);
  writeFileSync(log, line({}));
  assert.deepEqual(found(), ["itself"]);
  writeFileSync(log, after("000002.log"));
  assert.deepEqual(found(), ["itself", gone("000002.log")]);
  const place = join(segments, "000002.log");
  writeFileSync(log, line({ event: "log_rotated", previous_segment: "000002.log", seq: 3 }));
  for (const [put, why] of [
    [() => mkdirSync(place), "is a folder, and no file"],
    [() => symlinkSync(log, place), "is a symbolic link, and no file of the log"],
    [() => spawnSync("mkfifo", [place]), "is a pipe, a socket or a device, and no file"],
  ] as const) {
    put();
    assert.deepEqual(found(), ["itself", lacks("000002.log", `${why}: ${PUT_BACK}`)]);
    assert.throws(() => LogLines.open(realFileSystem, log).lines(0).next(), { message: new RegExp(`${why}: `, "u") });
    rmSync(place, { recursive: true });
  }
  write("000002.log", after("000001.log"));
  write("000001.log", line({}));
  assert.deepEqual(found(), ["000001.log", "000002.log", "itself"]);
  // A closed segment by itself is looked at with what came before it.
  assert.deepEqual(found(join(segments, "000002.log")), ["000001.log", "itself"]);
  for (const name of ["1.log", "000001.logx", "x000001.log", "000001xlog", "../000001.log", 1, null]) {
    writeFileSync(log, after(name));
    assert.deepEqual(found(), ["itself"], String(name));
  }
  writeFileSync(log, line({ event: "x", previous_segment: "000001.log" }));
  assert.deepEqual(found(), ["itself"]);
  write("000001.log", after("000002.log"));
  writeFileSync(log, after("000002.log"));
  assert.deepEqual(
    found(),
    [
      "000001.log",
      "000002.log",
      "itself",
      lacks("000002.log", "is one that comes after it: entries before it were not checked"),
    ],
    "no circle is gone round",
  );
  assert.equal(logOf(log), log);
  assert.equal(logOf(join(segments, "000001.log")), log);
  assert.equal(
    logOf(join(folder, "audit.log.e", "segments", "000001.log")),
    join(folder, "audit.log.e", "segments", "000001.log"),
  );
  assert.equal(logOf(join(folder, "audit.log.d", "x", "000001.log")), join(folder, "audit.log.d", "x", "000001.log"));
});
