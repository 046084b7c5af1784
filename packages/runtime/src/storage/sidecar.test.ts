import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { GENESIS } from "../ledger/chain.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { sha256Hex } from "./chain-host.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { HashChainAuditLog } from "./hash-chain-audit-log.ts";
import { headSlot, parseHeads, type Head } from "./head-file.ts";
import { headPath, homeFolder, indexPath } from "./head-path.ts";
import { key48, nameKey, OFTEN, textKey } from "./index-keys.ts";
import { KillSwitches } from "./kill-switches.ts";
import { LruMap } from "./lru-map.ts";
import { systemRandomness } from "./randomness.ts";
import {
  logPaths,
  logPathsOf,
  makeFolder,
  makeSidecar,
  segmentName,
  segmentPath,
  segmentsUpTo,
  syncFolderNames,
} from "./sidecar.ts";
import { systemEntry, timestampOf } from "./system-entry.ts";

function scratch(t: TestContext): string {
  const made = mkdtempSync(join(realpathSync(tmpdir()), "canopy-sidecar-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function said(act: () => unknown): string {
  try {
    act();
    return "done";
  } catch (error) {
    if (!(error instanceof CanopyError)) return String(error);
    return `${error.code}: ${error.message}; ${error.fix ?? ""}${"cause" in error ? ", caused" : ""}`;
  }
}

test("every spelling of a log's path gives the same paths, those of a home apart, and what is no plain file is refused", (t) => {
  const folder = scratch(t);
  symlinkSync(folder, join(folder, "round"));
  const log = join(folder, "audit.log");
  for (const path of [log, `${folder}/./audit.log`, join(folder, "round", "audit.log")]) {
    assert.deepEqual(logPaths(realFileSystem, path), logPathsOf(log));
  }
  const paths = logPathsOf(log, "/home");
  assert.deepEqual(
    [paths.index, paths.head, paths.sinks, paths.executors, paths.proven],
    [
      indexPath("/home", log),
      headPath("/home", log),
      homeFolder("/home", "sinks", log),
      homeFolder("/home", "executors", log),
      homeFolder("/home", "proven", log),
    ],
  );
  assert.equal(new Set(Object.values(paths)).size, Object.keys(paths).length);
  const beside = Object.entries(logPathsOf(log)).map(([name, path]) => `${name} ${path.slice(log.length)}`);
  assert.deepEqual(beside, [
    "log ",
    "folder .d",
    "lock .d/lock.sqlite",
    "logId .d/log-id",
    "synced .d/synced",
    "head .d/synced",
    "poisoned .d/poisoned",
    "proofs .d/proofs.jsonl",
    "index .d/index.sqlite",
    "sinks .d/sinks",
    "executors .d/executors",
    "proven .d/proven",
    "payloads .d/payloads",
    "policies .d/policies",
    "segments .d/segments",
    "torn .d/torn",
    "tlog .d/tlog",
  ]);
  const none = join(folder, "none", "audit.log");
  assert.equal(
    said(() => logPaths(realFileSystem, none)),
    `LEDGER_REFUSED: the folder of the log \`${none}\` can't be reached; make the folder, or name another log, caused`,
  );
  symlinkSync(join(folder, "else"), log);
  assert.equal(
    said(() => logPaths(realFileSystem, log)),
    `LEDGER_REFUSED: the log \`${log}\` is a link; name the regular file itself`,
  );
  rmSync(log);
  mkdirSync(log);
  assert.equal(
    said(() => logPaths(realFileSystem, log)),
    `LEDGER_REFUSED: the log \`${log}\` is not a regular file; name the regular file itself`,
  );
});

const refused = (path: string): string =>
  `LEDGER_REFUSED: \`${path}\` is not a folder; remove the link or file of that name`;

test("the sidecar's folders are made for their owner alone, each name made durable, or refused for what stands there", (t) => {
  const folder = scratch(t);
  const log = join(folder, "a", "b", "audit.log");
  const synced: string[] = [];
  const fs: FileSystem = { ...realFileSystem, syncFolder: (path) => void synced.push(path.slice(folder.length)) };
  makeSidecar(fs, logPathsOf(log));
  const base = "/a/b/audit.log.d";
  assert.deepEqual(synced.splice(0), ["/a/b", "/a", "", base, `${base}/payloads`, base, base, base]);
  for (const name of ["", "payloads", "payloads/keys", "policies", "segments", "torn"]) {
    assert.equal(statSync(join(`${log}.d`, name)).mode & 0o777, 0o700, name);
  }
  makeSidecar(fs, logPathsOf(log));
  assert.deepEqual(synced, []);
  const file = join(folder, "file");
  writeFileSync(file, "");
  assert.equal(
    said(() => makeFolder(fs, file)),
    refused(file),
  );
  symlinkSync(folder, join(folder, "link"));
  assert.equal(
    said(() => makeFolder(fs, join(folder, "link"))),
    refused(join(folder, "link")),
  );
  const denied: FileSystem = {
    ...fs,
    makeFolder: () => {
      throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    },
  };
  const wanted = join(folder, "wanted");
  assert.equal(
    said(() => makeFolder(denied, wanted)),
    `LEDGER_UNAVAILABLE: the folder \`${wanted}\` can't be made; put the log into a folder that you may write to, caused`,
  );
});

test("the names that a log and its head stand under are made durable, as far as this user can read", () => {
  const synced: string[] = [];
  const fs = (code: string | null): FileSystem => ({
    ...realFileSystem,
    syncFolder: (path) => {
      synced.push(path);
      if (code !== null && path === "/") throw Object.assign(new Error(code), { code });
    },
  });
  const folders = ["/var", "/var/audit.log.d", "/var/audit.log.d/payloads", "/home/heads", "/home", "/"];
  for (const [code, expected] of [
    [null, "done"],
    ["EACCES", "done"],
    ["EIO", "Error: EIO"],
  ] as const) {
    assert.equal(
      said(() => syncFolderNames(fs(code), logPathsOf("/var/audit.log"), "/home/heads")),
      expected,
    );
    assert.deepEqual(synced.splice(0), folders);
  }
});

test("closed segments are named by six digits or more, and those that are there are found", (t) => {
  const paths = logPathsOf(join(scratch(t), "audit.log"));
  assert.deepEqual(
    [segmentName(1), segmentName(123_456), segmentName(1_234_567)],
    ["000001.log", "123456.log", "1234567.log"],
  );
  assert.deepEqual(segmentsUpTo(realFileSystem, paths, 1), [1]);
  mkdirSync(paths.segments, { recursive: true });
  for (const n of [1, 3, 4]) writeFileSync(segmentPath(paths, n), "");
  assert.deepEqual(segmentsUpTo(realFileSystem, paths, 4), [1, 3, 4]);
  assert.deepEqual(segmentsUpTo(realFileSystem, paths, 6), [1, 3, 4, 6]);
});

test("numbers of the index: words that most entries hold are small, the rest spread without meeting them", () => {
  assert.equal(key48(`0123456789ab${"f".repeat(52)}`), 0x0123456789ab);
  assert.equal(textKey("a"), Number.parseInt(sha256Hex("a").slice(0, 12), 16));
  const words = [
    "authorize_action",
    "tool_start",
    "tool_result",
    "ALLOW",
    "BEGIN",
    "RESULT",
    "DENY",
    "REQUIRE_APPROVAL",
    "checkpoint_meta",
  ];
  assert.deepEqual(words.map(nameKey), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(nameKey(words[OFTEN] ?? ""), 5);
  for (const text of ["", "kill_switch", "x", "y", "z", "é"]) {
    assert.equal(nameKey(text), 9 + Math.floor(Number.parseInt(sha256Hex(text).slice(0, 8), 16) / 2), text);
  }
});

test("of kill switches the newest of each scope counts, and anything but a plain release stops", () => {
  const switches = new KillSwitches();
  const learn = (n: number, more: JsonObject): string => {
    const entry: LedgerEntry = {
      event: "kill_switch",
      timestamp: "",
      seq: n,
      log_id: "",
      prev_hash: GENESIS,
      entry_hash: "",
      ...more,
    };
    switches.learn(entry);
    return switches
      .engaged()
      .map(({ seq }) => seq)
      .join();
  };
  const steps: readonly [JsonObject, string][] = [
    [{ engaged: true, event: "other" }, ""],
    [{ engaged: true, scope: "agent:a" }, "2"],
    [{ engaged: true }, "2,3"],
    [{ engaged: false, scope: "agent:b" }, "2,3"],
    [{ engaged: true, scope: "agent:a" }, "3,5"],
    [{ engaged: false, scope: "all" }, "5"],
    [{ scope: "tenant:t" }, "5,7"],
    [{ scope: "tenant:t", engaged: "false" }, "5,8"],
    [{ scope: 1, engaged: null }, "5,8,9"],
    [{ scope: "tenant:t", engaged: false }, "5,9"],
    [{ scope: "agent:a", engaged: false }, "9"],
  ];
  for (const [at, [more, expected]] of steps.entries()) assert.equal(learn(at + 1, more), expected, String(at + 1));
});

const file = (...heads: readonly (Head | Buffer)[]): Buffer =>
  Buffer.concat(heads.map((one) => (Buffer.isBuffer(one) ? one : headSlot(one))));

const head = (segment: number, bytes: number): Head => ({ log_id: "id", segment, bytes, seq: 1, hash: GENESIS });

test("of the heads in a file the highest that is whole counts", () => {
  const slot = headSlot(head(1, 5));
  assert.equal(slot.length, 256);
  const changed = (at: number, byte: number): Buffer => {
    const copy = Buffer.from(slot);
    copy[at] = byte;
    return copy;
  };
  const cases: readonly [Buffer, Head | null][] = [
    [Buffer.alloc(0), null],
    [Buffer.alloc(1024), null],
    [slot, head(1, 5)],
    [slot.subarray(0, 255), null],
    [file(head(1, 5), head(1, 7)), head(1, 7)],
    [file(head(1, 7), head(1, 5)), head(1, 7)],
    [file(head(2, 0), head(1, 7)), head(2, 0)],
    [file(head(1, 7), head(2, 0), Buffer.alloc(256)), head(2, 0)],
    [file(Buffer.alloc(256), head(1, 7), slot.subarray(0, 9)), head(1, 7)],
    [changed(0, 0x78), null],
    [changed(16, 0x78), null],
    [changed(60, 0x78), null],
    [headSlot({ ...head(1, 5), hash: "x" }), null],
  ];
  for (const [at, [bytes, expected]] of cases.entries()) assert.deepEqual(parseHeads(bytes), expected, String(at));
});

test("a bounded map keeps what was asked for last, and tells of what leaves", () => {
  const gone: number[] = [];
  const map = new LruMap<number>(2, (value) => gone.push(value));
  map.set("a", 1);
  map.set("b", 2);
  assert.deepEqual([map.get("a"), map.peek("b"), map.get("c"), map.size], [1, 2, undefined, 2]);
  map.set("c", 3);
  assert.deepEqual(gone.splice(0), [2]);
  map.set("a", 4);
  assert.deepEqual([gone.splice(0), map.size], [[1], 2]);
  map.delete("x");
  map.dropOldest();
  assert.deepEqual([gone.splice(0), map.size, map.get("a")], [[3], 1, 4]);
  map.dropOldest();
  map.dropOldest();
  assert.deepEqual([gone, map.size], [[4], 0]);
});

test("no byte that is given out is given again, whatever is asked for in between", () => {
  const randomness = systemRandomness();
  const given = [4096, 1, 4095, 1, 4096, 0, 5000, 17].map((count) => Buffer.from(randomness.bytes(count)));
  assert.deepEqual(
    given.map(({ length }) => length),
    [4096, 1, 4095, 1, 4096, 0, 5000, 17],
  );
  const sixteens = given.flatMap((bytes) =>
    Array.from({ length: Math.floor(bytes.length / 16) }, (_, at) => bytes.toString("hex", at * 16, at * 16 + 16)),
  );
  assert.equal(new Set(sixteens).size, sixteens.length);
});

test("the seed's view gives what is JSON objects of the current file, and an entry of the ledger's own has all members", async (t) => {
  const path = join(scratch(t), "audit.log");
  writeFileSync(path, '{"trace_id":"t","n":1}\n[]\nx\n\nnull\n{"trace_id":"u"}\n{"trace_id":"t","n":2}');
  const log = new HashChainAuditLog(path);
  assert.equal([...log.iterEntries()].length, 3);
  assert.deepEqual(log.getTrace("t"), [
    { trace_id: "t", n: 1 },
    { trace_id: "t", n: 2 },
  ]);
  assert.deepEqual(log.getTrace("none"), []);
  assert.deepEqual([await log.verifyIntegrity(), (await log.verify()).failure], [false, "genesis"]);
  assert.equal(timestampOf(1999), "1970-01-01T00:00:01Z");
  assert.deepEqual(systemEntry("e", "t", "r"), {
    event: "e",
    timestamp: "t",
    reason: "r",
    avid: "",
    action_type: "ledger",
    decision: "RECORD",
    severity: "low",
    layers: {},
    witness: null,
  });
});
