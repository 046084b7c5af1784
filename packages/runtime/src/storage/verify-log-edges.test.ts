// Verifying logs that are made by hand, line by line: what each thing known from outside says of them.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { canonicalJson } from "../core/canonical.ts";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { GENESIS } from "../ledger/chain.ts";
import { merkleTree } from "../ledger/merkle.ts";
import { lineLeaf } from "../ledger/tlog/entry-data.ts";
import type { KnownCheckpoint } from "./checkpoint-audit.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { headSlot, type Head } from "./head-file.ts";
import { headPath } from "./head-path.ts";
import { nodeSha256 } from "./tlog/node-sha256.ts";
import { TileFiles } from "./tlog/tile-files.ts";
import { usableLog, verifyLog, type VerifyOptions, type VerifyResult } from "./verify-log.ts";

const LOG_ID = "0123456789abcdef";

interface Line {
  readonly text: string;
  readonly hash: string;
}

/** The lines of one file, from a number on. */
function chain(entries: readonly JsonObject[], seq = 1): readonly Line[] {
  let prev_hash: string = GENESIS;
  return entries.map((members, at) => {
    const entry = { event: "incident", log_id: LOG_ID, seq: seq + at, timestamp: "2026-01-01T00:00:00Z", ...members };
    const canonical = canonicalJson({ ...entry, prev_hash });
    const own = hash("sha256", prev_hash + canonical);
    prev_hash = own;
    return { text: `${canonical.slice(0, -1)},"entry_hash":"${own}"}`, hash: own };
  });
}

const numbered = (count: number): readonly JsonObject[] => Array.from({ length: count }, (_, n) => ({ n }));
const fileOf = (lines: readonly Line[]): string => lines.map(({ text }) => `${text}\n`).join("");

/** What begins the second segment after those lines, changed as told. */
function rotation(lines: readonly Line[], change: JsonObject = {}): JsonObject {
  return {
    event: "log_rotated",
    segment: 2,
    previous_segment: "000001.log",
    previous_head: lines.at(-1)?.hash ?? "",
    previous_entries: lines.length,
    ...change,
  };
}

interface Made {
  readonly log: string;
  readonly home: string;
  readonly segment: string;
}

function place(t: TestContext): Made {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "canopy-verify-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, "audit.log");
  const segment = join(`${log}.d`, "segments", "000001.log");
  mkdirSync(dirname(segment), { recursive: true });
  return { log, home: join(folder, "home"), segment };
}

const FIRST = chain(numbered(5));
const SECOND = chain([rotation(FIRST), ...numbered(3)], 6);
const ALL = [...FIRST, ...SECOND];

function known(lines: readonly Line[], size: number, more: Partial<KnownCheckpoint> = {}): KnownCheckpoint {
  const leaves = lines.slice(0, size).map(({ text }) => lineLeaf(Buffer.from(text), nodeSha256));
  return { name: `at ${size}`, size, root: merkleTree(leaves, nodeSha256).root, ...more };
}

/** In one line: whether it is valid, how many are good, where and why not, and what is anchored. */
async function told(log: string, options: VerifyOptions = {}): Promise<string> {
  const result = await verifyLog(log, options);
  const { valid, entries, failure, first_bad_line, segment, within, anchored } = result;
  const where = valid ? "valid" : `${failure ?? ""} in ${segment ?? "the log"}, line ${first_bad_line ?? ""}`;
  const among = within === null ? "" : `, among ${within.first} to ${within.last}`;
  return `${entries}: ${where}${among}${anchored ? ", anchored" : ""}`;
}

const hashAt = (at: number): string => ALL[at - 1]?.hash ?? "";

test("an anchor holds where its entry has its hash, and fails at the line or at the end", async (t) => {
  const { log, segment } = place(t);
  writeFileSync(segment, fileOf(FIRST));
  writeFileSync(log, fileOf(SECOND));
  const whole = "9: valid, anchored";
  const cases: readonly [entries: number, head: string, expected: string][] = [
    [9, hashAt(9), whole],
    [5, hashAt(5), whole],
    [6, hashAt(6), whole],
    [1, hashAt(1), whole],
    [0, GENESIS, whole],
    [9, hashAt(8), "9: checkpoint in the log, line 4, anchored"],
    [8, hashAt(9), "9: checkpoint in the log, line 3, anchored"],
    [6, hashAt(5), "9: checkpoint in the log, line 1, anchored"],
    [2, hashAt(9), "9: checkpoint in the log, line 1, anchored"],
    [10, hashAt(9), "9: shrunk in the log, line 5, anchored"],
  ];
  for (const [entries, head, expected] of cases) {
    assert.equal(await told(log, { anchor: { entries, head } }), expected, String(entries));
  }
  assert.equal(await told(log), "9: valid");
});

test("a segment follows another that it names, with its last hash and its number of entries, or it doesn't", async (t) => {
  const { log, segment } = place(t);
  writeFileSync(segment, fileOf(FIRST));
  const broken = "5: segment in the log, line 1";
  const cases: readonly [change: JsonObject, expected: string][] = [
    [{}, "7: valid"],
    [{ previous_head: FIRST[3]?.hash ?? "" }, broken],
    [{ previous_entries: 4 }, broken],
    [{ previous_entries: "5" }, broken],
    // Whoever isn't a rotation names nothing before it: then that is all there is.
    [{ event: "log_rotates" }, "0: genesis in the log, line 1"],
    [{ previous_segment: "1.log" }, "0: genesis in the log, line 1"],
  ];
  for (const [change, expected] of cases) {
    const second = chain([rotation(FIRST, change), { n: 1 }], 6);
    writeFileSync(log, fileOf(second));
    if (expected.startsWith("0")) assert.match(await told(log), /^(?:0|2): /u);
    else assert.equal(await told(log), expected, JSON.stringify(change));
  }
  // What comes after a link that is broken is not looked at: no checkpoint is held against it, no anchor finds it.
  const second = chain([rotation(FIRST, { previous_entries: 4 }), { n: 1 }], 6);
  writeFileSync(log, fileOf(second));
  const checkpoints = [known([...FIRST, ...second], 7), known(FIRST, 5)];
  const result = await verifyLog(log, { checkpoints });
  assert.deepEqual(
    result.checkpoints.map(({ size, holds }) => [size, holds]),
    [
      [5, true],
      [7, false],
    ],
  );
  assert.deepEqual(
    [result.failure, result.first_bad_line, result.segment, result.head],
    ["segment", 1, null, hashAt(5)],
  );
});

test("a line that was opened or spelled anew fails where the log is ours and known from outside", async (t) => {
  const { log, segment } = place(t);
  const [first, second] = [fileOf(FIRST), fileOf(SECOND)];
  const write = (closed: string, current: string): void => {
    writeFileSync(segment, closed);
    writeFileSync(log, current);
  };
  const whole = { checkpoints: [known(ALL, 9)] };
  const part = { checkpoints: [known(ALL, 8)] };
  const anchor = { anchor: { entries: 9, head: hashAt(9) } };
  const cases: readonly [string, string, VerifyOptions, string][] = [
    // A closed segment was written to its end; the log's last line only if a checkpoint is of it.
    [first.slice(0, -1), second, whole, "5: form in 000001.log, line 5, anchored"],
    [first.slice(0, -1), second, part, "5: form in 000001.log, line 5, anchored"],
    [first.slice(0, -1), second, anchor, "5: form in 000001.log, line 5, anchored"],
    [first.slice(0, -1), second, {}, "9: valid"],
    [first, second.slice(0, -1), whole, "9: form in the log, line 4, anchored"],
    [first, second.slice(0, -1), part, "9: valid, anchored"],
    [first, second.slice(0, -1), anchor, "9: valid, anchored"],
    [first, second.slice(0, -1), {}, "9: valid"],
    // A blank line.
    [`\n${first}`, second, part, "5: form in 000001.log, line 1, anchored"],
    // Also where it is the first: what came before is looked at, and every line must be spelled as ours are.
    [first, `\n${second}`, {}, "9: valid"],
    [first, ` \t\r\n${second}`, anchor, "9: form in the log, line 1, anchored"],
    [first, `${"\n".repeat(262_401)}${second}`, anchor, "9: form in the log, line 1, anchored"],
    [`\n${first}`, second, {}, "9: valid"],
    [`\n${first.replace('":', '": ')}`, second, anchor, "5: form in 000001.log, line 1, anchored"],
    [first, `${second}\n`, anchor, "9: form in the log, line 5, anchored"],
    [first, `${second}\n`, {}, "9: valid"],
    // Beside the log and nobody else vouches for it: it anchors nothing, and is compared all the same.
    [first, second.slice(0, -1), { checkpoints: [known(ALL, 9, { isBeside: true })] }, "9: form in the log, line 4"],
    [first, second, { checkpoints: [known(ALL, 9, { isBeside: true }), known(ALL, 4)] }, "9: valid, anchored"],
  ];
  for (const [closed, current, options, expected] of cases) {
    write(closed, current);
    assert.equal(await told(log, options), expected, JSON.stringify([closed.length, current.length, expected]));
  }
});

test("lines of another writer may be spelled as they like, also where an anchor is given", async (t) => {
  const { log } = place(t);
  const { text = "", hash: own = "" } = chain([{ n: 1 }])[0] ?? {};
  const members: JsonObject = JSON.parse(text);
  const { log_id: _id, seq: _seq, entry_hash: _own, ...rest } = members;
  const foreign = hash("sha256", GENESIS + canonicalJson(rest));
  writeFileSync(log, `\n${JSON.stringify({ entry_hash: foreign, ...rest }).replace('":', '": ')}\n`);
  assert.equal(await told(log, { anchor: { entries: 1, head: foreign } }), "1: valid, anchored");
  writeFileSync(log, `\n${text}\n`);
  assert.match(await told(log, { anchor: { entries: 1, head: own } }), /^1: /u);
});

const headOf = (segmentNumber: number, seq: number, bytes: number, own: string): Head => {
  return { log_id: LOG_ID, segment: segmentNumber, bytes, seq, hash: own };
};

test("the head that a home keeps holds where a line of its hash ends, and fails at that line or the end", async (t) => {
  const { log, home, segment } = place(t);
  writeFileSync(segment, fileOf(FIRST));
  writeFileSync(log, fileOf(SECOND));
  const path = headPath(home, log);
  mkdirSync(dirname(path), { recursive: true });
  const size = (lines: readonly Line[], count: number): number => fileOf(lines.slice(0, count)).length;
  const whole = "9: valid, anchored";
  const full = size(SECOND, 4);
  const cases: readonly [Head, string][] = [
    [headOf(2, 9, full, hashAt(9)), whole],
    [headOf(2, 7, size(SECOND, 2), hashAt(7)), whole],
    [headOf(1, 5, size(FIRST, 5), hashAt(5)), whole],
    [headOf(1, 3, size(FIRST, 3), hashAt(3)), whole],
    [headOf(2, 9, 0, GENESIS), whole],
    [headOf(3, 9, 10, hashAt(9)), whole],
    [headOf(2, 9, full, hashAt(8)), "9: checkpoint in the log, line 4, anchored"],
    [headOf(2, 7, size(SECOND, 2), hashAt(9)), "9: checkpoint in the log, line 2, anchored"],
    [headOf(2, 7, size(SECOND, 2) - 1, hashAt(7)), "9: checkpoint in the log, line 2, anchored"],
    [headOf(2, 2, full, hashAt(8)), "9: checkpoint in the log, line 1, anchored"],
    [headOf(2, 99, full, hashAt(8)), "9: checkpoint in the log, line 4, anchored"],
    [headOf(2, 9, full + 1, hashAt(9)), "9: shrunk in the log, line 5, anchored"],
    [headOf(1, 4, size(FIRST, 4), hashAt(5)), "5: checkpoint in 000001.log, line 4, anchored"],
    [headOf(1, 6, size(FIRST, 5) + 9, hashAt(6)), "5: shrunk in 000001.log, line 6, anchored"],
  ];
  for (const [head, expected] of cases) {
    writeFileSync(path, headSlot(head));
    assert.equal(await told(log, { home }), expected, JSON.stringify(head));
  }
  rmSync(path);
  assert.equal(await told(log, { home }), "9: valid");
});

test("a log whose first segments are gone is compared by its tiles, or not at all", async (t) => {
  const { log, segment } = place(t);
  writeFileSync(log, fileOf(SECOND));
  const checkpoints = [known(ALL, 9)];
  const lacks = /lacks its first segments, so no checkpoint can be compared with it: expected a log/u;
  await assert.rejects(verifyLog(log, { checkpoints }), lacks);
  const alone = await verifyLog(log);
  assert.deepEqual([alone.valid, alone.entries, alone.checkpoints], [true, 4, []]);
  assert.match(alone.warnings.join(), /segment 000001\.log, which came before, is not there/u);
  const tiles = new TileFiles(realFileSystem, join(`${log}.d`, "tlog"));
  const leaves = ALL.map(({ text }) => Buffer.from(lineLeaf(Buffer.from(text), nodeSha256)));
  tiles.writeTile(0, 0, Buffer.concat(leaves));
  assert.equal(await told(log, { checkpoints }), "4: valid, anchored");
  const changed = chain([rotation(FIRST), { n: 0 }, { n: 7 }, { n: 2 }], 6);
  writeFileSync(log, fileOf(changed));
  assert.equal(await told(log, { checkpoints }), "4: checkpoint in the log, line 3, among 8 to 8, anchored");
  writeFileSync(segment, fileOf(FIRST));
  assert.equal(await told(log, { checkpoints }), "9: checkpoint in the log, line 3, among 8 to 8, anchored");
  // A line that can't be read comes first only where it stands first.
  const unread = fileOf(changed).split("\n");
  writeFileSync(log, unread.with(3, "{").join("\n"));
  assert.equal(await told(log, { checkpoints }), "8: checkpoint in the log, line 3, among 8 to 8, anchored");
  writeFileSync(log, unread.with(1, "{").join("\n"));
  assert.equal(await told(log, { checkpoints }), "6: json in the log, line 2, anchored");
});

test("what limits a verdict is said, and nothing else", async (t) => {
  const { log, segment } = place(t);
  writeFileSync(segment, fileOf(FIRST));
  writeFileSync(log, fileOf(SECOND));
  const anchor = { entries: 9, head: hashAt(9) };
  const unanchored = "no anchor was given: a log that was rewritten as a whole, or cut at its end, looks valid";
  const unsigned = "signatures: not checked";
  const quick = "lines were checked by their hash alone, not read one by one";
  const cases: readonly [VerifyOptions, readonly string[]][] = [
    [{}, [unanchored, unsigned]],
    [{ anchor }, [unsigned]],
    [{ anchor, strict: true }, [unsigned]],
    [{ anchor, strict: false }, [unsigned, quick]],
    [{ anchor, signatures: () => null }, ["the last 9 entries are in no signed batch"]],
    [{ checkpoints: [known(ALL, 9)] }, [unsigned]],
    [{ checkpoints: [known(ALL, 9, { isBeside: true })] }, [unanchored, unsigned]],
  ];
  for (const [options, expected] of cases) {
    const { warnings, signatures, valid } = await verifyLog(log, options);
    assert.deepEqual(warnings, expected);
    assert.equal(valid, true);
    const none = { batches: 0, entries: 0, unknown_key: null };
    assert.deepEqual(signatures, options.signatures === undefined ? "not checked" : none);
  }
});

const denied = (): never => {
  throw Object.assign(new Error("EACCES"), { code: "EACCES" });
};

const refusal = (path: string, why: string): string =>
  `the log \`${path}\` ${why}: expected a log with at least one entry`;

const refused = async (path: string): Promise<string> => {
  try {
    return JSON.stringify(await verifyLog(path));
  } catch (error) {
    assert.ok(error instanceof CanopyError && error.code === "FILE_UNUSABLE");
    assert.equal(error.at, path);
    assert.equal(error.fix, "check the path; `canopy config` shows which log is in force");
    return `${error.message}${error.cause === undefined ? "" : `; ${error.cause instanceof Error}`}`;
  }
};

test("a file that is no log is refused, with its name and what to do", async (t) => {
  const { log } = place(t);
  const folder = dirname(log);
  assert.equal(await refused(log), `${refusal(log, "is missing or can't be reached")}; true`);
  assert.equal(await refused(folder), refusal(folder, "is not a regular file"));
  writeFileSync(log, "");
  assert.equal(await refused(log), refusal(log, "is empty"));
  for (const blank of ["\n", " \t\r\n\n"]) {
    writeFileSync(log, blank);
    assert.equal(await refused(log), refusal(log, "has no entries"));
  }
  writeFileSync(log, fileOf(FIRST));
  symlinkSync(log, join(folder, "link"));
  assert.equal((await verifyLog(join(folder, "link"))).path, log);
  const closed: number[] = [];
  const close = (fd: number): void => {
    closed.push(fd);
    realFileSystem.close(fd);
  };
  const watched: FileSystem = { ...realFileSystem, close };
  assert.equal(usableLog(watched, log), log);
  assert.equal(closed.length, 1);
  assert.throws(
    () => usableLog({ ...realFileSystem, open: denied }, log),
    (error) => error instanceof CanopyError && error.message === refusal(log, "can't be read") && "cause" in error,
  );
  assert.throws(
    () => usableLog({ ...realFileSystem, statusAt: () => null }, log),
    (error) =>
      error instanceof CanopyError && error.message === refusal(log, "is not a regular file") && !("cause" in error),
  );
});

test("of a large log it is told now and then how far it was judged", async (t) => {
  const { log } = place(t);
  const filler = "x".repeat(2_097_152);
  const lines = chain(Array.from({ length: 10 }, (_, n) => ({ n, filler })));
  for (const line of lines) appendFileSync(log, fileOf([line]));
  const total = fileOf(lines).length;
  const heard: (readonly [number, number])[] = [];
  const progress = (done: number, of: number): void => void heard.push([done, of]);
  const result: VerifyResult = await verifyLog(log, { strict: false, progress });
  assert.equal(result.valid, true);
  assert.equal(heard.length, 1);
  for (const [at, [done, of]] of heard.entries()) {
    assert.equal(of, total);
    // At each step a little over 16 MiB more.
    assert.ok(done > (at + 1) * 16_777_216 && done < (at + 1) * 16_777_216 + 3_000_000, String(done));
  }
});
