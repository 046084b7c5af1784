import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { canonicalJson } from "../core/canonical.ts";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { GENESIS } from "../ledger/chain.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { isAskedFor, needleOf, type EntryFilter } from "./entry-filter.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { LogReader, lineStanding } from "./log-reader.ts";
import { LogView, provenEntry } from "./log-view.ts";
import { hashOfLine, parseEntry, relatedId, tryParseAnyEntry, tryParseEntry } from "./parse-entry.ts";
import { readLines } from "./read-lines.ts";
import { logPathsOf } from "./sidecar.ts";
import { verifiedLines } from "./verified-lines.ts";
import { verifyFile } from "./verify-file.ts";

const TIME = "2026-01-01T00:00:05Z";
const AT = Date.parse(TIME);
const ENTRY: LedgerEntry = {
  seq: 7,
  log_id: "id",
  event: "authorize_action",
  timestamp: TIME,
  trace_id: "t",
  incident_id: "i",
  decision: "ALLOW",
  avid: "A",
  action_type: "x",
  tenant_id: "org",
  authorization_id: "b".repeat(64),
  prev_hash: GENESIS,
  entry_hash: "a".repeat(64),
};

test("an entry is asked for where every member that is given holds, ranges at their edges", () => {
  const cases: readonly [EntryFilter, boolean][] = [
    [{}, true],
    [{ trace_id: "t", incident_id: "i", event: "authorize_action", decision: "ALLOW" }, true],
    [{ avid: "A", action_type: "x", tenant_id: "org", authorization_id: ENTRY.entry_hash }, true],
    [{ authorization_id: "b".repeat(64) }, true],
    [{ authorization_id: "c".repeat(64) }, false],
    ...(["trace_id", "incident_id", "event", "decision", "avid", "action_type", "tenant_id"] as const).flatMap(
      (member): [EntryFilter, boolean][] => [
        [{ [member]: "" }, false],
        [{ [member]: "other", after_seq: 0 }, false],
      ],
    ),
    [{ after_seq: 6 }, true],
    [{ after_seq: 7 }, false],
    [{ before_seq: 8 }, true],
    [{ before_seq: 7 }, false],
    [{ after_seq: 6, before_seq: 8, avid: "B" }, false],
    // The entry may have been written up to the end of its second.
    [{ from_ms: AT }, true],
    [{ from_ms: AT + 999 }, true],
    [{ from_ms: AT + 1000 }, false],
    [{ to_ms: AT }, false],
    [{ to_ms: AT + 1 }, true],
    [{ from_ms: AT + 500, to_ms: AT + 1 }, true],
    [{ from_ms: AT + 1000, to_ms: AT + 2000 }, false],
    [{ from_ms: AT - 1000, to_ms: AT }, false],
  ];
  for (const [filter, expected] of cases) assert.equal(isAskedFor(ENTRY, filter), expected, JSON.stringify(filter));
  const timeless = { ...ENTRY, timestamp: "then" };
  assert.equal(isAskedFor(timeless, {}), true);
  assert.equal(isAskedFor(timeless, { from_ms: 0 }), false);
  assert.equal(isAskedFor(timeless, { to_ms: AT + 1e9 }), false);
});

test("the text that is looked for stands in every line that is asked for", () => {
  const cases: readonly [EntryFilter, string][] = [
    [{}, "{"],
    [{ from_ms: 1, to_ms: 2, after_seq: 3, before_seq: 4 }, "{"],
    [{ authorization_id: "b", avid: "A" }, "b"],
    [{ avid: "A" }, '"avid":"A"'],
    [{ avid: 'a"\n' }, '"avid":"a\\"\\n"'],
    [{ tenant_id: "org", trace_id: "t" }, '"trace_id":"t"'],
    [{ tenant_id: "org" }, '"tenant_id":"org"'],
    [{ action_type: "x", decision: "DENY", event: "e", incident_id: "i" }, '"incident_id":"i"'],
  ];
  for (const [filter, expected] of cases) assert.equal(needleOf(filter), expected);
});

/** A line of ours that chains, spelled as we do. */
function lineOf(members: JsonObject, prev_hash: string = GENESIS): string {
  const canonical = canonicalJson({ event: "x", log_id: "id", seq: 1, timestamp: TIME, ...members, prev_hash });
  return `${canonical.slice(0, -1)},"entry_hash":"${hash("sha256", prev_hash + canonical)}"}`;
}

const foreignLine = (): string => {
  const canonical = canonicalJson({ n: 1, prev_hash: GENESIS });
  return `${canonical.slice(0, -1)},"entry_hash":"${hash("sha256", GENESIS + canonical)}"}`;
};

test("a line is an entry of ours, a foreign one, or was changed, however it is spelled", () => {
  const good = lineOf({ n: 1 });
  const cases: readonly [string, string][] = [
    [good, "entry"],
    [good.replace('":', '": '), "entry"],
    [good.replace('"n":1', '"n":2'), "changed"],
    [good.replace('"n":1', '"n": 2'), "changed"],
    [foreignLine(), "foreign"],
    [foreignLine().replace('"n":1', '"n":2'), "changed"],
    [lineOf({ seq: "1" }), "foreign"],
    [lineOf({ seq: 1.5 }), "foreign"],
    [lineOf({ log_id: 1 }), "foreign"],
    [lineOf({ event: null }), "foreign"],
    [lineOf({}, "x"), "foreign"],
    ["{}", "changed"],
    ["null", "changed"],
    ["", "changed"],
  ];
  for (const [line, expected] of cases) assert.equal(lineStanding(line), expected, line);
  const proven = provenEntry(Buffer.from(good));
  assert.deepEqual(proven, JSON.parse(good));
  assert.equal(hashOfLine(good), good.slice(-66, -2));
  assert.equal(hashOfLine(foreignLine()), foreignLine().slice(-66, -2));
  for (const line of ["", "[]", "{}", '{"entry_hash":"x"}', '{"prev_hash":"x"}', good.replace("1", "2")]) {
    assert.equal(hashOfLine(line), null, line);
  }
  assert.deepEqual(parseEntry(good), JSON.parse(good));
  assert.throws(
    () => parseEntry("{}"),
    (error) =>
      error instanceof CanopyError &&
      error.code === "LEDGER_REFUSED" &&
      error.message === "a line of the log is not an entry of ours" &&
      error.fix === "keep the file as evidence; `canopy verify` names the line",
  );
  for (const line of ["null", "1", "{", "[]", '"x"', "{}"]) assert.equal(tryParseEntry(line), null, line);
  for (const line of ["null", "1", "{", '"x"']) assert.equal(tryParseAnyEntry(line), null, line);
  const any = tryParseAnyEntry('{"a":1,"__proto__":{"b":2}}');
  assert.deepEqual([any?.["a"], any?.["b"], any?.["toString"]], [1, undefined, undefined]);
  const related: readonly [JsonObject, string | null][] = [
    [{ authorization_id: "a", request_id: "r" }, "a"],
    [{ authorization_id: 1, request_id: "r" }, "r"],
    [{ request_id: 1 }, null],
    [{}, null],
  ];
  for (const [members, expected] of related)
    assert.equal(relatedId({ event: "x", timestamp: TIME, ...members }), expected);
});

interface Place {
  readonly log: string;
  readonly segment: (n: number) => string;
}

function place(t: TestContext): Place {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "canopy-view-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, "audit.log");
  mkdirSync(join(`${log}.d`, "segments"), { recursive: true });
  return { log, segment: (n) => join(`${log}.d`, "segments", `${String(n).padStart(6, "0")}.log`) };
}

function numbered(from: number, to: number, first: JsonObject = {}): string {
  return Array.from(
    { length: to - from + 1 },
    (_, at) => `${lineOf({ seq: from + at, ...(at === 0 ? first : {}) })}\n`,
  ).join("");
}

const seqs = (lines: Iterable<{ readonly line: Buffer; readonly segment: number }>): string =>
  Array.from(lines, ({ line, segment: at }) => `${at}:${String(tryParseEntry(line.toString())?.seq)}`).join(" ");

const size = (text: string): number => Buffer.byteLength(text);

test("a log of segments is read from both ends, in any part, as it stood at first; every file is closed", (t) => {
  const { log, segment } = place(t);
  writeFileSync(segment(1), numbered(1, 3));
  writeFileSync(segment(2), numbered(4, 5, { event: "log_rotated", segment: 2 }));
  writeFileSync(log, numbered(6, 9, { event: "log_rotated", segment: 3 }));
  const open = new Set<number>();
  const fs: FileSystem = {
    ...realFileSystem,
    open: (path, mode) => {
      const fd = realFileSystem.open(path, mode);
      open.add(fd);
      return fd;
    },
    close: (fd) => {
      assert.ok(open.delete(fd));
      realFileSystem.close(fd);
    },
  };
  const heard: string[] = [];
  const view = new LogView(fs, logPathsOf(log), (done, total) => heard.push(`${done} of ${total}`));
  assert.equal(view.current, 3);
  const end = view.end();
  const sizes = [
    numbered(1, 3),
    numbered(4, 5, { event: "log_rotated", segment: 2 }),
    numbered(6, 9, { event: "log_rotated", segment: 3 }),
  ].map(size);
  assert.deepEqual(end, { segment: 3, offset: sizes[2] });
  writeFileSync(log, numbered(10, 10), { flag: "a" });
  const start = { segment: 1, offset: 0 };
  const all = "1:1 1:2 1:3 2:4 2:5 3:6 3:7 3:8 3:9";
  assert.equal(seqs(view.forward({ from: start, to: end }, "{")), all);
  const total = sizes.reduce((sum, one) => sum + one, 0);
  assert.deepEqual(heard.splice(0).at(-1), `${total} of ${total}`);
  assert.equal(seqs(view.backward({ from: start, to: end }, "{")), all.split(" ").toReversed().join(" "));
  assert.deepEqual(heard.splice(0).at(-1), `${total} of ${total}`);
  const second = size(`${lineOf({ seq: 1 })}\n`);
  assert.equal(
    seqs(view.forward({ from: { segment: 1, offset: second }, to: { segment: 2, offset: 0 } }, "{")),
    "1:2 1:3",
  );
  assert.equal(seqs(view.backward({ from: { segment: 2, offset: 0 }, to: { segment: 3, offset: 0 } }, "{")), "2:5 2:4");
  assert.equal(seqs(view.forward({ from: start, to: { segment: 3, offset: 1e9 } }, '"seq":9')), "3:9");
  assert.equal(seqs(view.forward({ from: end, to: end }, "{")), "");
  assert.equal(view.at({ segment: 1, offset: second, length: 5 }).toString(), lineOf({ seq: 2 }).slice(0, 5));
  assert.equal(view.at({ segment: 1, offset: (sizes[0] ?? 0) - 2, length: 5 }).length, 2);
  assert.equal(open.size, 3);
  view.close();
  view.close();
  assert.equal(open.size, 0);
  // The first line says which file of the log it is, if it can be one.
  for (const [first, expected] of [
    [{ event: "log_rotated", segment: 7 }, 7],
    [{ event: "log_rotated", segment: "7" }, 1],
    [{ event: "log_rotated", segment: 1.5 }, 1],
    [{ event: "other", segment: 7 }, 1],
    [{ seq: "x" }, 1],
  ] as const) {
    writeFileSync(log, numbered(6, 6, first));
    const other = new LogView(fs, logPathsOf(log));
    assert.equal(other.current, expected);
    other.close();
  }
  assert.equal(open.size, 0);
});

const noAccess = (): never => {
  throw Object.assign(new Error("EACCES"), { code: "EACCES" });
};

test("a log that can't be read is refused with its name, and nothing stays open", (t) => {
  const { log } = place(t);
  const told = (): string => {
    try {
      new LogView(realFileSystem, logPathsOf(log)).close();
      return "opened";
    } catch (error) {
      assert.ok(error instanceof CanopyError && error.code === "FILE_UNUSABLE");
      assert.equal(error.fix, "name a log, set CANOPY_AUDIT_LOG_PATH, or run `canopy quickstart` to see one");
      return `${error.message}${"cause" in error ? ", caused" : ""}`;
    }
  };
  assert.equal(told(), `the log \`${log}\` does not exist, caused`);
  mkdirSync(log);
  assert.throws(() => new LogView(realFileSystem, logPathsOf(log)), {
    code: "FILE_UNUSABLE",
    message: `\`${log}\` is a folder: expected a regular file`,
  });
  rmSync(log, { recursive: true });
  writeFileSync(log, "");
  assert.equal(told(), "opened");
  assert.throws(() => new LogView({ ...realFileSystem, open: noAccess }, logPathsOf(log)), {
    message: `the log \`${log}\` can't be read`,
  });
});

const second = (n: number): string => `2026-01-01T00:00:0${n}Z`;

test("a reader counts, finds and goes through what is asked for, by every kind of question", (t) => {
  const { log } = place(t);
  const lines = [1, 2, 3, 4].map((seq) =>
    lineOf({ seq, timestamp: second(seq), avid: `A${seq % 2}`, tenant_id: `t${seq}` }),
  );
  writeFileSync(log, [...lines, foreignLine(), lineOf({ seq: 5, n: 1 }).replace('"n":1', '"n":2'), ""].join("\n"));
  const heard: string[] = [];
  const reader = LogReader.open(log, {
    scan: true,
    unusable: ({ problem, segment, offset, line }) => heard.push(`${problem} ${segment} ${offset} ${line.length}`),
  });
  const ms = Date.parse(second(0));
  const counts: readonly [EntryFilter, number][] = [
    [{}, 4],
    [{ avid: "A1" }, 2],
    [{ tenant_id: "t3" }, 1],
    [{ from_ms: ms + 3000 }, 2],
    [{ to_ms: ms + 3000 }, 2],
    [{ from_ms: ms + 2000, to_ms: ms + 4000, avid: "A1" }, 1],
    [{ after_seq: 1, before_seq: 4 }, 2],
  ];
  for (const [filter, expected] of counts) {
    assert.equal(reader.count(filter), expected, JSON.stringify(filter));
    assert.equal([...reader.query(filter)].length, expected);
    const forward = Array.from(reader.query(filter), ({ seq }) => seq);
    assert.deepEqual(
      Array.from(reader.query(filter, "backward"), ({ seq }) => seq),
      forward.toReversed(),
    );
    assert.deepEqual(
      reader.newest(2, filter).map(({ seq }) => seq),
      forward.slice(-2),
    );
  }
  assert.deepEqual([reader.newest(0), reader.newest(-1)], [[], []]);
  assert.deepEqual([reader.entry(3)?.seq, reader.entry(9), reader.entry(0)], [3, null, null]);
  const [foreign = "", changed = ""] = new Set(heard);
  const before = lines.join("\n").length + 1;
  const both = [
    `foreign 1 ${before} ${foreignLine().length}`,
    `changed 1 ${before + foreignLine().length + 1} ${lineOf({ seq: 5, n: 1 }).length}`,
  ];
  assert.deepEqual([foreign, changed].toSorted(), both.toSorted());
  reader.close();
  reader.close();
  const strict = LogReader.open(log, { scan: true });
  assert.throws(
    () => [...strict.query()],
    (error) => {
      assert.ok(error instanceof CanopyError && error.code === "LEDGER_REFUSED");
      const at = `byte ${before + foreignLine().length + 1} of file 1 of the log`;
      assert.deepEqual(
        [error.message, error.at, error.fix],
        [`the line at ${at} is not as it was written`, at, "run `canopy verify` on the log"],
      );
      return true;
    },
  );
  strict.close();
});

test("lines of a file come as they stand, those of a chain as far as it holds", (t) => {
  const { log } = place(t);
  const long = "é".repeat(700_000);
  for (const text of ["", "\n", "a", "a\n", "a\nb", "a\n\nb\n", `${long}\n${long}x\n${long}`]) {
    writeFileSync(log, text);
    const expected = text.split("\n");
    if (expected.at(-1) === "") expected.pop();
    assert.deepEqual([...readLines(realFileSystem, log)], expected, text.slice(0, 9));
  }
  const first = lineOf({ n: 1 });
  const second = lineOf({ n: 2 }, first.slice(-66, -2));
  const good = (text: string): string => {
    writeFileSync(log, text);
    const lines: string[] = [];
    const steps = verifiedLines(realFileSystem, log);
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) lines.push(...step.value);
    const fd = realFileSystem.open(log, "read");
    const { at_end, entries } = verifyFile(realFileSystem, fd, { strict: true });
    realFileSystem.close(fd);
    assert.equal(entries, lines.length);
    return `${lines.map((line) => [first, second].indexOf(line)).join()}: ${step.value.failure ?? "whole"}, ${at_end ? "to its end" : "not to its end"}`;
  };
  assert.equal(good(""), ": whole, to its end");
  assert.equal(good(`${first}\n${second}\n`), "0,1: whole, to its end");
  assert.equal(good(`${first}\n${second}`), "0,1: whole, to its end");
  assert.equal(good(`${first}\n{}\n${second}\n`), "0: prev_hash, not to its end");
  assert.equal(good(`${first}\n{`), "0: json, to its end");
  assert.equal(good(`${second}\n`), ": genesis, not to its end");
});
