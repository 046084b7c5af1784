// The parts that a ledger stands on, each by itself: locks, files that are made once, keys, signatures, heads, lines found
// and read, filters with an index in any state.

import { hash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { BatchSigner } from "./batch-signer.ts";
import type { EntryFilter } from "./entry-filter.ts";
import { openFileLedger } from "./file-ledger.ts";
import { realFileSystem, syncFile, type FileSystem } from "./file-system.ts";
import { headSlot, HeadFile, type Head } from "./head-file.ts";
import { historyLines } from "./history-lines.ts";
import { realHost, type Host } from "./host.ts";
import { catchUpIndex } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import { linesBackward, linesForward } from "./line-scan.ts";
import { LogLock } from "./log-lock.ts";
import { logIdOf } from "./log-id.ts";
import { LogReader } from "./log-reader.ts";
import { firstLine, lineEndingAt } from "./log-search.ts";
import { LruMap } from "./lru-map.ts";
import { readOrCreate, readWhole, replaceFile } from "./owner-file.ts";
import { readLines } from "./read-lines.ts";
import { logOf, segmentFiles } from "./segment-files.ts";
import { logPathsOf } from "./sidecar.ts";
import { openDatabase } from "./sqlite.ts";
import { openStories, outcome } from "./story-record.fixture.test.ts";
import { SubjectKeys } from "./subject-keys.ts";
import { seededSigner } from "./tlog/tlog-process.fixture.test.ts";
import { verifiedLines } from "./verified-lines.ts";

const { story, finish } = openStories(new URL("../../../../vectors/record/parts.txt", import.meta.url), (line) =>
  line.replaceAll(/\/[\w/.-]*canopy-parts-\w+/gu, "~").replaceAll(/[0-9a-f]{40,}/gu, (hex) => `${hex.slice(0, 6)}#`),
);
const fs = realFileSystem;

function scratch(t: TestContext): string {
  const made = mkdtempSync(join(realpathSync(tmpdir()), "canopy-parts-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function short(bytes: Uint8Array | string): string {
  return `${bytes.length}:${hash("sha256", bytes).slice(0, 6)}`;
}

/** The real calls but one, which fails with that code. */
function failing(call: "link" | "open" | "write" | "unlink" | "rename" | "makeFolder", code: string): FileSystem {
  const fail = (): never => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
  return { ...fs, [call]: fail };
}

/** A host whose time passes while it is waited for, and whose lock answers as it is told; tells what is done. */
function hostThat(answers: readonly (boolean | "busy" | "broken")[], tell: (line: string) => void): Host {
  const left = [...answers];
  let now = 0;
  const answer = (): boolean => {
    const next = left.shift() ?? true;
    tell(`lock: ${next}`);
    if (next === "busy") throw Object.assign(new Error("database is locked"), { errcode: 5 });
    if (next === "broken") throw Object.assign(new Error("disk I/O error"), { errcode: 10 });
    return next;
  };
  return {
    ...realHost,
    elapsed: () => now,
    chance: () => 0.5,
    turn: async () => tell("waits a turn"),
    pause: async (ms) => {
      tell(`waits ${ms}`);
      now += ms;
    },
    openLock: (path) => {
      if (left[0] === "busy" || left[0] === "broken") answer();
      if (!existsSync(path)) writeFileSync(path, "");
      return { tryTake: answer, giveBack: () => tell("gives back"), close: () => tell("closes") };
    },
  };
}

story("a lock that others hold, or that is broken", async (say, t) => {
  const folder = scratch(t);
  const rows: Record<string, readonly (boolean | "busy" | "broken")[]> = {
    free: [true],
    "busy for a moment": ["busy", "busy", true],
    "busy for long": Array.from({ length: 40 }, () => "busy"),
    broken: ["broken"],
    "held for a moment": [false, false, false, false, true],
    "held for long": Array.from({ length: 60 }, () => false),
    "broken later": [false, "broken"],
  };
  for (const [name, answers] of Object.entries(rows)) {
    const told: string[] = [];
    const host = hostThat(answers, (line) => told.push(line));
    const result = await outcome(async () => {
      const lock = await LogLock.open(fs, join(folder, name), 30, host);
      await lock.acquire();
      told.push(`again: ${lock.tryAcquire()}`);
      lock.release();
      lock.close();
    });
    say(name, result ?? "taken");
    say("done", told.length > 16 ? [...told.slice(0, 8), `${told.length} in all`, ...told.slice(-3)] : told);
  }
  const told: string[] = [];
  const host = hostThat([], (line) => told.push(line));
  const path = join(folder, "replaced");
  const lock = await LogLock.open(fs, path, 30, host);
  rmSync(path);
  say("gone", await outcome(() => lock.tryAcquire()));
  writeFileSync(path, "");
  linkSync(path, `${path}.other`);
  rmSync(path);
  writeFileSync(path, "");
  say("replaced", await outcome(() => lock.acquire()));
  say("done", told);
  mkdirSync(join(folder, "a folder"));
  say("a folder", await outcome(() => LogLock.open(fs, join(folder, "a folder"), 30, host)));
  say("nowhere", await outcome(() => LogLock.open(fs, join(folder, "no", "where"), 10_000)));
  writeFileSync(join(folder, "text"), "this is no database, and longer than its head".repeat(30));
  say("text", await outcome(() => LogLock.open(fs, join(folder, "text"), 10_000)));
  const [one, two] = [
    await LogLock.open(fs, join(folder, "real"), 10_000),
    await LogLock.open(fs, join(folder, "real"), 10_000),
  ];
  say("two at once", [one.tryAcquire(), two.tryAcquire(), one.tryAcquire()]);
  one.release();
  say("then", [two.tryAcquire(), one.tryAcquire()]);
  two.release();
  one.close();
  two.close();
});

story("files that are made once", async (say, t) => {
  const folder = scratch(t);
  const path = join(folder, "secret");
  const calls: string[] = [];
  const told: FileSystem = {
    ...fs,
    link: (from, to) => (calls.push("links"), fs.link(from, to)),
    unlink: (name) => (calls.push("removes"), fs.unlink(name)),
    syncNow: () => void calls.push("syncs"),
    syncFolder: () => void calls.push("syncs the names"),
  };
  const made = (create: string, own = told): Promise<unknown> =>
    outcome(() =>
      readOrCreate(
        own,
        path,
        () => Buffer.from(create),
        (count) => Buffer.alloc(count, 1),
      ).toString(),
    );
  const state = (): void => say("there", [readdirSync(folder).sort(), calls.splice(0)]);
  say("made", await made("one"));
  state();
  say("read", await made("two"));
  state();
  linkSync(path, `${path}.draft`);
  say("with its draft", await made("two"));
  state();
  rmSync(path);
  rmSync(`${path}.draft`);
  for (const [call, code] of [
    ["link", "EEXIST"],
    ["link", "EIO"],
    ["write", "ENOSPC"],
    ["open", "EMFILE"],
  ] as const) {
    say(`${call} says ${code}`, await made("three", { ...failing(call, code), syncNow: () => undefined }));
    say("there", readdirSync(folder).sort());
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
  }
  say("whole", [readWhole(fs, path)]);
  writeFileSync(path, "");
  say("empty", readWhole(fs, path)?.length);
  truncateSync(path, 67_108_864);
  say("large", readWhole(fs, path)?.length);
  truncateSync(path, 67_108_865);
  say("larger", await outcome(() => readWhole(fs, path)));
  say("replaced", await outcome(() => replaceFile(fs, path, "text")));
  say("by", readFileSync(path, "utf8"));
  say("not replaced", await outcome(() => replaceFile(failing("rename", "EIO"), path, "other")));
  say("still", readFileSync(path, "utf8"));
  say("synced", await outcome(() => syncFile(fs, path)));
  say("not synced", await outcome(() => syncFile({ ...fs, sync: () => Promise.reject(new Error("EIO")) }, path)));
});

function named({ tag, id }: { readonly tag: Buffer; readonly id: Buffer }): readonly string[] {
  return [tag.toString("hex"), id.toString("hex")];
}

story("keys of subjects", async (say, t) => {
  const home = scratch(t);
  const folder = join(home, "payloads");
  mkdirSync(join(folder, "keys"), { recursive: true });
  let draws = 0;
  const bytes = (count: number): Buffer => Buffer.alloc(count, (draws += 1));
  const open = (): SubjectKeys => new SubjectKeys(fs, folder, home, { bytes });
  const one = open();
  const two = open();
  const key = one.keyOf("s");
  say("of s", named(key));
  say("again, and by another", [
    one.keyOf("s") === key,
    named(two.keyOf("s")),
    two.keyOf("s").key.export().equals(key.key.export()),
  ]);
  say("of t", named(one.keyOf("t")));
  say("found", [
    one.find(key.tag, key.id) !== null,
    one.find(key.tag, Buffer.alloc(8)) !== null,
    one.find(Buffer.alloc(16), key.id) !== null,
  ]);
  say("unchanged", [one.unchanged(), two.unchanged()]);
  say("destroys none", one.destroy("x", "now"));
  say("destroys", one.destroy("s", "now"));
  say("noted", readFileSync(join(folder, "erased"), "utf8"));
  say("unchanged", [one.unchanged(), one.unchanged(), two.unchanged(), two.unchanged()]);
  say("found", one.find(key.tag, key.id) !== null);
  say("a new one", named(two.keyOf("s")));
  say(
    "names",
    ["place", "place", "other", "x".repeat(5000), "é".repeat(1400)].map((name) => one.resourceKeys("log")(name)),
  );
  say("names of another log", one.resourceKeys("other")("place"));
  say("commitment", [one.resourceCommitment("log"), one.resourceCommitment("other")]);
  one.close();
  two.close();
  const [name = ""] = readdirSync(join(folder, "keys"));
  const path = join(folder, "keys", name);
  const whole = readFileSync(path);
  for (const damaged of [
    whole.subarray(0, 67),
    Buffer.concat([whole, Buffer.alloc(1)]),
    Buffer.alloc(68),
    Buffer.alloc(0),
  ]) {
    writeFileSync(path, damaged);
    const keys = open();
    say(`a file of ${damaged.length}`, await outcome(() => [keys.keyOf("s"), keys.keyOf("t")].length));
    keys.close();
  }
  for (const length of [0, 31, 33]) {
    writeFileSync(join(home, "payload.key"), Buffer.alloc(length));
    say(`a master of ${length}`, await outcome(() => open()));
  }
});

story("signatures of batches in their file", async (say, t) => {
  const folder = scratch(t);
  const path = join(folder, "proofs.jsonl");
  const signer = seededSigner(1);
  const through = (what: string): void => {
    const proofs = new BatchSigner(fs, path, signer);
    say(what, [proofs.signedThrough(1000), short(readFileSync(path))]);
    proofs.close();
  };
  through("nothing");
  const proofs = new BatchSigner(fs, path, signer);
  say("none", proofs.sign("log", 1, []));
  say("one", proofs.sign("log", 1, ["a".repeat(64)]));
  say(
    "three, found unsigned",
    proofs
      .sign(
        "log",
        2,
        ["b", "c", "d"].map((digit) => digit.repeat(64)),
        true,
      )
      .map(({ path: up, index }) => [index, up.length]),
  );
  say("lines", readFileSync(path, "utf8").trimEnd().split("\n"));
  proofs.close();
  through("two");
  appendFileSync(path, '{"first":9');
  through("half a line");
  through("half a line, again");
  appendFileSync(
    path,
    `${JSON.stringify({ first: 900, size: 2, root: "x", signature: "x", key_id: "x" })}\n${'{"x":1}\n'.repeat(8000)}`,
  );
  through("long ago");
  appendFileSync(path, `${JSON.stringify({ first: 3, size: 2, root: "x", signature: "x", key_id: "x" })}\n`);
  through("lately");
  rmSync(path);
  mkdirSync(path);
  say("a folder", await outcome(() => new BatchSigner(fs, path, signer)));
});

function head(bytes: number, more: Partial<Head> = {}): Head {
  return { log_id: "a".repeat(32), segment: 1, bytes, seq: bytes, hash: "f".repeat(64), ...more };
}

function write(file: HeadFile, next: Head): void {
  file.write(next, headSlot(next));
}

story("heads, written in turn, settled and reset", (say, t) => {
  const path = join(scratch(t), "head");
  const [one, two] = [new HeadFile(fs, path), new HeadFile(fs, path)];
  const state = (what: string): void => {
    const text = readFileSync(path, "latin1");
    const slots = Array.from({ length: 4 }, (_, n) =>
      text
        .slice(256 * n, 256 * (n + 1))
        .split(" ")
        .slice(2, 4)
        .join(":"),
    );
    say(what, [slots, one.read()?.bytes ?? null]);
  };
  state("new");
  for (const bytes of [100, 200, 300, 250, 300]) {
    write(one, head(bytes));
    state(`writes ${bytes}`);
  }
  write(two, head(350));
  state("another writes 350");
  write(one, head(340));
  state("writes 340");
  write(one, head(10, { segment: 2 }));
  state("writes the next segment");
  write(two, head(900));
  state("another writes 900 of the first");
  write(one, head(20, { segment: 1, log_id: "b".repeat(32) }));
  state("writes another log's");
  for (const bytes of [400, 500, 450]) {
    one.settle(head(bytes));
    state(`settles ${bytes}`);
  }
  one.reset(head(50));
  state("resets to 50");
  one.close();
  two.close();
});

story("a bounded map", (say) => {
  const gone: number[] = [];
  const map = new LruMap<number>(2, (value) => gone.push(value));
  map.set("a", 1);
  map.set("b", 2);
  say("asked", [map.get("a"), map.peek("b"), map.get("x"), map.size]);
  map.set("c", 3);
  say("dropped", gone.splice(0));
  map.set("a", 4);
  map.delete("x");
  say("replaced", [gone.splice(0), map.size, map.peek("a")]);
  map.dropOldest();
  map.dropOldest();
  map.dropOldest();
  say("emptied", [gone, map.size]);
});

const LONG = "x".repeat(70_000);
const TEXTS: Readonly<Record<string, string>> = {
  nothing: "",
  one: "needle a\n",
  open: "needle a\nneedle b",
  blank: "\n\nneedle\n\n",
  none: "a\nb\n",
  twice: "needle needle\nx\nneedle\n",
  long: `a\n${LONG} needle\nb needle\n`,
  longest: `needle ${LONG.repeat(20)}\nneedle\n`,
  many: "needle\nother\n".repeat(20_000),
};

story("lines that hold something, from both ends", (say, t) => {
  const path = join(scratch(t), "file");
  for (const [name, text] of Object.entries(TEXTS)) {
    writeFileSync(path, text);
    const fd = fs.open(path, "read");
    const ends = [text.length, Math.max(0, text.length - 1)];
    for (const [direction, scan] of [
      ["forward", linesForward],
      ["backward", linesBackward],
    ] as const) {
      for (const to of ends) {
        for (const from of [0, Math.min(text.length, text.indexOf("\n") + 1)]) {
          for (const needle of ["needle", "e"]) {
            let seen = 0;
            const found = Array.from(
              scan(fs, { fd, from, to }, needle, (bytes) => (seen += bytes)),
              ({ line, offset }) => [offset, line.length],
            );
            say(`${name} ${direction} ${from} to ${to} "${needle}"`, [
              found.length,
              ...found.slice(0, 3),
              ...found.slice(-1),
              seen,
            ]);
          }
        }
      }
    }
    say(`${name}: first`, firstLine(fs, fd)?.length ?? null);
    for (const end of [0, 1, 9, ...ends]) say(`${name}: ending at ${end}`, lineEndingAt(fs, fd, end)?.start ?? null);
    fs.close(fd);
    say(`${name}: lines`, [...readLines(fs, path)].length);
    say(`${name}: log id`, logIdOf(fs, path));
  }
});

/** A log of two segments with a few kinds of entries. */
async function log(t: TestContext): Promise<string> {
  const folder = scratch(t);
  let draws = 0;
  const bytes = (count: number): Buffer => Buffer.alloc(count, (draws += 1));
  const ledger = await openFileLedger({
    path: join(folder, "audit.log"),
    home: join(folder, "home"),
    signer: seededSigner(1),
    clock: { now: () => Date.UTC(2026, 0, 1) },
    index: false,
    rotateBytes: 30_000,
    randomness: { bytes },
    host: { ...realHost, bytes, elapsed: () => 0 },
    fileSystem: { ...fs, sync: async () => undefined, syncNow: () => undefined, syncFolder: () => undefined },
  });
  for (let n = 0; n < 160; n += 1) {
    const timestamp = `2026-01-01T00:${String(Math.floor(n / 60)).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}Z`;
    const kind = {
      avid: `s${n % 3}`,
      decision: n % 4 === 0 ? "DENY" : "ALLOW",
      trace_id: `t${n % 7}`,
      action_type: n % 5 === 0 ? "mail" : "read",
    };
    await ledger.append({
      entry: { event: "authorize_action", timestamp, ...kind, ...(n % 9 === 0 ? { tenant_id: "acme" } : {}) },
    });
  }
  await ledger.close();
  return join(folder, "audit.log");
}

const FILTERS: readonly EntryFilter[] = [
  {},
  { avid: "s1" },
  { trace_id: "t3" },
  { decision: "DENY", action_type: "mail" },
  { tenant_id: "acme" },
  { after_seq: 100, before_seq: 110 },
  { avid: "s2", after_seq: 140 },
  { from_ms: Date.UTC(2026, 0, 1, 0, 2), avid: "s0" },
  { to_ms: Date.UTC(2026, 0, 1, 0, 0, 10) },
  { incident_id: "none" },
];

const INDEXES: readonly (readonly [string, (path: string, index: string) => void])[] = [
  ["none", (_log, index) => rmSync(index, { force: true })],
  ["whole", () => undefined],
  [
    "of half of it",
    (_log, index) =>
      change(
        index,
        "UPDATE meta SET segment=1, offset=(SELECT offset+length+1 FROM entries WHERE seq=30), hash=''; DELETE FROM entries WHERE seq>30",
      ),
  ],
  ["that leads elsewhere", (_log, index) => change(index, "UPDATE entries SET offset=offset+1 WHERE seq>20")],
  ["that leads to another", (_log, index) => change(index, "UPDATE entries SET offset=0, segment=1 WHERE seq=50")],
  ["that leaves some out", (_log, index) => change(index, "DELETE FROM entries WHERE seq%5=0")],
  ["of another log", (_log, index) => change(index, "UPDATE meta SET log_id='x'")],
  ["that is broken", (_log, index) => writeFileSync(index, Buffer.alloc(9000, 7))],
  ["that can't be written", (_log, index) => (rmSync(index), mkdirSync(index))],
  ["of a log that was cut", (path) => truncateSync(path, 5000)],
  [
    "of a log with a changed line",
    (path) => writeFileSync(path, readFileSync(path, "utf8").replace('"DENY"', '"DENX"')),
  ],
  ["of a log with a foreign line", (path) => appendFileSync(path, '{"a":1}\nhello\n')],
  ["of a log whose first segment is gone", (path) => rmSync(join(`${path}.d`, "segments", "000001.log"))],
  ["of a log without its sidecar's head", (path) => rmSync(join(`${path}.d`, "synced"))],
];

function change(index: string, sql: string): void {
  const database = openDatabase(index, 100);
  database.exec(sql);
  database.close();
}

for (const [state, harm] of INDEXES) {
  story(`a log that is asked by filters, with an index ${state}`, async (say, t) => {
    const path = await log(t);
    const paths = logPathsOf(path);
    const index = new IndexDatabase(paths.index);
    while (catchUpIndex(fs, paths, index, 1 << 20));
    index.close();
    harm(path, paths.index);
    for (const scan of [false, true]) {
      const unusable: unknown[] = [];
      const told: number[] = [];
      const options = { scan, progress: (bytes: number) => void told.push(bytes) };
      const readers = [
        LogReader.open(path, {
          ...options,
          unusable: ({ problem, segment, offset, line }) => unusable.push([problem, segment, offset, line.length]),
        }),
        LogReader.open(path, options),
      ];
      for (const [which, reader] of readers.entries()) {
        for (const filter of FILTERS) {
          const answers = await Promise.all([
            outcome(() => Array.from(reader.query(filter), ({ seq }) => seq)),
            outcome(() => Array.from(reader.query(filter, "backward"), ({ seq }) => seq)),
            outcome(() => reader.newest(3, filter).map(({ seq }) => seq)),
            outcome(() => reader.count(filter)),
          ]);
          const shown = answers.map((answer) =>
            Array.isArray(answer)
              ? answer.length > 6
                ? `${answer.length}: ${short(answer.join())}`
                : answer
              : answer instanceof Error
                ? answer.message
                : answer,
          );
          if (which === 0 || answers.some((answer) => answer instanceof Error))
            say(`${scan ? "scan" : "ask"} ${which} ${JSON.stringify(filter)}`, shown);
        }
        say("entry 70", await outcome(() => reader.entry(70)?.seq ?? null));
        reader.close();
        say("after its end", await outcome(() => reader.newest(1).length));
      }
      say("unusable", [unusable.length, ...unusable.slice(0, 3)]);
      say("progress", told.length > 0);
    }
  });
}

story("files of a log, and its lines as they stand", async (say, t) => {
  const path = await log(t);
  const show = async (what: string, of: string): Promise<void> => {
    const warnings: string[] = [];
    const files = await outcome(() => segmentFiles(fs, of, warnings));
    say(what, Array.isArray(files) ? [files.map(({ name, first }) => [name, first?.seq ?? null]), warnings] : files);
    if (!Array.isArray(files)) return;
    const lines = [...historyLines(fs, segmentFiles(fs, of, []))];
    say("lines", [
      lines.length,
      lines.at(0)?.index ?? null,
      lines.at(-1)?.index ?? null,
      lines.at(-1)?.number ?? null,
      lines.at(-1)?.segment ?? null,
    ]);
  };
  await show("the log", path);
  await show("a segment", join(`${path}.d`, "segments", "000002.log"));
  say(
    "logs",
    [
      "/x/audit.log.d/segments/000001.log",
      "/x/audit.log/segments/000001.log",
      "/x/audit.log.d/other/000001.log",
      "/x/audit.log",
    ].map(logOf),
  );
  const first = readFileSync(path, "utf8").split("\n", 1).join("");
  for (const name of ["000009.log", "x", "../audit.log", "000003.log"]) {
    writeFileSync(path, `${first.replace(/"previous_segment":"[^"]*"/u, `"previous_segment":"${name}"`)}\n\n x \n`);
    await show(`after ${name}`, path);
  }
  writeFileSync(path, "no entry\n");
  await show("of no entry", path);
  const own = verifiedLines(fs, join(`${path}.d`, "segments", "000001.log"));
  let count = 0;
  let step = own.next();
  for (; step.done !== true; step = own.next()) count += step.value.length;
  say("verified", [count, step.value.failure, step.value.entries]);
  symlinkSync(path, `${path}.link`);
  say("a link", await outcome(() => LogReader.open(`${path}.link`)));
  say("nothing", await outcome(() => LogReader.open(`${path}.none`)));
});

finish();
