// What the keeping of a log's tree reads and writes, says and refuses: the files of tiles, lines by their place, following
// a log, its chain, forks, windows and steps, each in the states that a disk may be in.

import { hash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import type { TestContext } from "node:test";
import { GENESIS } from "../../ledger/chain.ts";
import { prepareEntry, sealEntry } from "../../ledger/entry.ts";
import { entryBundle, type TilePlace } from "../../ledger/tlog/tile.ts";
import type { EntryDraft } from "../../ledger/ports.ts";
import { sha256Hex } from "../chain-host.ts";
import { openFileLedger, type FileLedger } from "../file-ledger.ts";
import { realFileSystem, type FileSystem } from "../file-system.ts";
import { realHost } from "../host.ts";
import { IndexDatabase } from "../index-database.ts";
import { catchUpIndex } from "../index-catch-up.ts";
import { LogLock } from "../log-lock.ts";
import { logPathsOf } from "../sidecar.ts";
import { openDatabase } from "../sqlite.ts";
import { openStories, outcome, type Say } from "../story-record.fixture.test.ts";
import { systemEntry } from "../system-entry.ts";
import { signCheckpoint, signedByOneOf } from "./checkpoint-keys.ts";
import { CHECKPOINT_META, metaMembers } from "./checkpoint-meta.ts";
import { CountedWindow } from "./counted-window.ts";
import { coveredEntriesOf } from "./covered-entries.ts";
import { CHUNK_BYTES, eachLine } from "./each-line.ts";
import { ForkCheck } from "./fork-check.ts";
import { GrowingTree } from "./growing-tree.ts";
import { LineChain } from "./line-chain.ts";
import { LogFollower, openSegmentFile } from "./log-follower.ts";
import { LogLines } from "./log-lines.ts";
import { nodeSha256 } from "./node-sha256.ts";
import { openWindowIndex } from "./open-window-index.ts";
import { proveIncluded } from "./prove-included.ts";
import { writeStaticCopy } from "./static-copy.ts";
import { TileFiles } from "./tile-files.ts";
import { TlogReader } from "./tlog-reader.ts";
import { keysOf, seededSigner } from "./tlog-process.fixture.test.ts";
import { takeStep, type StepHost } from "./tlog-step.ts";
import { TlogWriter } from "./tlog-writer.ts";

const { story, finish } = openStories(new URL("../../../../../vectors/record/tree.txt", import.meta.url), (line) =>
  line.replaceAll(/\/[\w/.-]*canopy-tree-\w+/gu, "~").replaceAll(/[0-9a-f]{40,}/gu, (hex) => `${hex.slice(0, 6)}#`),
);

function scratch(t: TestContext): string {
  const made = mkdtempSync(join(realpathSync(tmpdir()), "canopy-tree-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function short(bytes: Uint8Array | null | undefined): string | null {
  return bytes === null || bytes === undefined ? null : `${bytes.length}:${hash("sha256", bytes).slice(0, 6)}`;
}

function there(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return paths
    .filter((path) => !path.includes("sqlite"))
    .map((path) =>
      statSync(join(folder, path)).isDirectory() ? `${path}/` : `${path} ${short(readFileSync(join(folder, path)))}`,
    );
}

/** The real calls, each told as it is made; nothing is synced. */
function told(tell: (line: string) => void, folder: string): FileSystem {
  const paths = new Map<number, string>();
  const name = (path: string): string => relative(folder, path);
  return {
    ...realFileSystem,
    open: (path, mode) => {
      tell(`opens ${name(path)} (${mode})`);
      const fd = realFileSystem.open(path, mode);
      paths.set(fd, name(path));
      return fd;
    },
    close: (fd) => {
      tell(`closes ${paths.get(fd)}`);
      realFileSystem.close(fd);
    },
    read: (fd, into, position) => {
      tell(`reads ${paths.get(fd)} ${into.length} at ${position}`);
      return realFileSystem.read(fd, into, position);
    },
    write: (fd, bytes, position) => {
      tell(`writes ${paths.get(fd)} ${short(bytes)} at ${position}`);
      return realFileSystem.write(fd, bytes, position);
    },
    truncate: (fd, size) => {
      tell(`cuts ${paths.get(fd)} to ${size}`);
      realFileSystem.truncate(fd, size);
    },
    rename: (from, to) => {
      tell(`renames ${name(from)} to ${name(to)}`);
      realFileSystem.rename(from, to);
    },
    unlink: (path) => {
      tell(`removes ${name(path)}`);
      realFileSystem.unlink(path);
    },
    makeFolder: (path) => {
      tell(`makes ${name(path)}/`);
      realFileSystem.makeFolder(path);
    },
    removeFolder: (path) => {
      tell(`removes ${name(path)}/`);
      realFileSystem.removeFolder(path);
    },
    list: (path) => {
      tell(`lists ${name(path)}`);
      return realFileSystem.list(path);
    },
    sync: async () => undefined,
    syncNow: () => undefined,
    syncFolder: () => undefined,
  };
}

// ——— tiles

const hashes = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, n) => nodeSha256(Buffer.from(`${n}`))));
const bundle = (count: number): Uint8Array =>
  entryBundle(Array.from({ length: count }, (_, n) => Buffer.from(`line ${n}`)));

const TILES: readonly (readonly [string, (tile: string) => void])[] = [
  ["nothing", () => undefined],
  ["a full one", (tile) => writeFileSync(tile, hashes(256))],
  ["a full one that is short", (tile) => writeFileSync(tile, hashes(255))],
  ["a full one that is long", (tile) => writeFileSync(tile, hashes(257))],
  ["partial ones", (tile) => partials(tile, { 1: hashes(1), 3: hashes(3), 200: hashes(200) })],
  ["a partial one that is short", (tile) => partials(tile, { 3: hashes(2), 7: hashes(7) })],
  [
    "partial ones of strange widths",
    (tile) => partials(tile, { 0: hashes(9), 256: hashes(256), x: hashes(9), "3.5": hashes(9), "-3": hashes(9) }),
  ],
  ["a full one and partial ones", (tile) => (writeFileSync(tile, hashes(256)), partials(tile, { 3: hashes(3) }))],
  ["a folder in its place", (tile) => mkdirSync(tile)],
];

function partials(tile: string, found: Readonly<Record<string, Uint8Array>>): void {
  mkdirSync(`${tile}.p`);
  for (const [width, bytes] of Object.entries(found)) writeFileSync(join(`${tile}.p`, width), bytes);
}

for (const [state, make] of TILES) {
  story(`a tile where there is ${state}`, async (say, t) => {
    const folder = scratch(t);
    const files = new TileFiles(realFileSystem, folder);
    mkdirSync(join(folder, "tile", "0"), { recursive: true });
    make(join(folder, "tile", "0", "000"));
    for (const width of [1, 3, 7, 200, 255, 256])
      say(`first ${width}`, await outcome(() => short(files.read(0, 0, width))));
    say("another", await outcome(() => short(files.read(0, 1, 3))));
    say("a level up", await outcome(() => short(files.read(1, 0, 3))));
    const before = there(folder).join();
    for (const width of [1, 3, 200, 256]) {
      say(`drops below ${width}`, await outcome(() => files.dropPartials(0, 0, width)));
      say("there", there(folder).join() === before ? "as before" : there(folder));
    }
    say("writes", await outcome(() => files.writeTile(0, 0, hashes(5))));
    say("there", there(folder));
  });
}

story("bundles of entries", async (say, t) => {
  const folder = scratch(t);
  const files = new TileFiles(realFileSystem, folder);
  const read = async (what: string): Promise<void> => {
    const found = [1, 5, 9, 256].map((width) => outcome(() => files.readEntries(0, width)));
    say(
      what,
      (await Promise.all(found)).map((one) => JSON.parse(JSON.stringify(one, ["width"]))),
    );
  };
  await read("nothing");
  files.writeEntries(0, 9, bundle(9));
  await read("9 of them");
  files.writeEntries(0, 5, bundle(9));
  await read("9 as 5");
  files.writeEntries(0, 9, bundle(9).subarray(1));
  await read("9 damaged");
  files.writeEntries(0, 256, bundle(256));
  await read("all");
  say("there", there(folder));
  files.dropPartials("entries", 0, 9);
  say("there", there(folder));
  files.dropPartials("entries", 0, 256);
  say("there", there(folder));
  files.dropPartials("entries", 1, 256);
});

story("small files of the tree", async (say, t) => {
  const folder = join(scratch(t), "deep", "tlog");
  const calls: string[] = [];
  const files = new TileFiles(
    told((line) => calls.push(line), folder),
    folder,
  );
  const does = async (what: string, act: () => unknown): Promise<void> => {
    say(what, await outcome(act));
    say("calls", calls.splice(0));
  };
  await does("reads none", () => files.readText("state"));
  await does("reads no checkpoint", () => files.checkpoint());
  await does("removes none", () => files.remove("state"));
  await does("writes", () => files.writeText("checkpoint", "one\n"));
  await does("writes over nothing", () => files.writeOver("state", "longer text\n"));
  await does("writes over what is longer", () => files.writeOver("state", "text\n"));
  await does("writes over what is shorter", () => files.writeOver("state", "longer text\n"));
  await does("probes", () => files.probe());
  await does("puts after a probe", () => files.writeText("checkpoint", "a\n"));
  await does("reads", () => [files.readText("state"), files.checkpoint()]);
  writeFileSync(join(folder, "checkpoint"), Buffer.alloc(1_048_577, 97));
  await does("reads none that is too long", () => files.checkpoint());
  writeFileSync(join(folder, "checkpoint"), Buffer.alloc(1_048_576, 97));
  await does("reads the longest", () => files.checkpoint()?.length);
  await does("removes", () => files.remove("state"));
  say("there", there(folder));
});

function noNodes(): Uint8Array {
  return new Uint8Array(0);
}

story("a tree that grows, and what of it is written", (say) => {
  const written: string[] = [];
  const sink = {
    writeTile: (level: number, index: number, bytes: Uint8Array): void =>
      void written.push(`tile ${level}/${index} ${short(bytes)}`),
    writeEntries: (index: number, width: number, bytes: Uint8Array): void =>
      void written.push(`entries ${index} of ${width} ${short(bytes)}`),
    dropPartials: (level: number | "entries", index: number, width: number): void =>
      void written.push(`drops ${level}/${index} below ${width}`),
    outdate: ({ level, index, width }: TilePlace, isLast: boolean): void =>
      void written.push(`outdates ${level}/${index} of ${width}${isLast ? ", the last" : ""}`),
  };
  const lines = Array.from({ length: 70_000 }, (_, n) => Buffer.from(`line ${n}`));
  const tree = new GrowingTree(sink, 0, noNodes, []);
  const flat = new GrowingTree(sink, 0, noNodes, null);
  say("empty", [tree.size, short(tree.root())]);
  tree.writeAll();
  let size = 0;
  for (const to of [1, 1, 2, 255, 256, 257, 513, 65_536, 65_537, 66_000]) {
    for (; size < to; size += 1) {
      tree.append(lines[size] ?? Buffer.alloc(0));
      flat.append(lines[size] ?? Buffer.alloc(0));
    }
    if (to === 513) tree.writeFull();
    tree.writeAll();
    say(`at ${to}`, [tree.size, short(tree.root()), short(flat.root())]);
    tree.dropOld();
    const all = written.splice(0);
    say("writes", all.length > 12 ? [...all.slice(0, 3), `${all.length} in all`, ...all.slice(-6)] : all);
  }
  // A line in the middle of other bytes, and one at their beginning: what stands before it is left as it was.
  const bytes = Buffer.from("xline 1\nline 2\n");
  for (const [from, to] of [
    [0, 7],
    [1, 7],
    [8, 14],
  ] as const) {
    const leaf = new GrowingTree(sink, 0, noNodes, null).append(bytes.subarray(from, to));
    say("leaf", [short(leaf), bytes.toString()]);
  }
});

// ——— lines

interface Sealing {
  prevHash: string;
  seq: number;
}

function sealed(at: Sealing, members: Readonly<Record<string, unknown>>, prevHash = at.prevHash): string {
  at.seq += 1;
  const draft: EntryDraft = {
    ...systemEntry("x", "2026-01-01T00:00:00Z", "é"),
    ...JSON.parse(JSON.stringify(members)),
  };
  const { line, entryHash } = sealEntry(
    prepareEntry(draft, "log", false),
    { prevHash, seq: at.seq, payloadRef: null },
    sha256Hex,
  );
  at.prevHash = entryHash;
  return line;
}

/** A log of two closed segments and a current one, as text by path. */
function segments(counts: readonly number[]): ReadonlyMap<string, string> {
  const at: Sealing = { prevHash: GENESIS, seq: 0 };
  const files = new Map<string, string>();
  for (const [segment, count] of counts.entries()) {
    const previous = `${String(segment).padStart(6, "0")}.log`;
    const first =
      segment === 0
        ? ""
        : sealed(
            at,
            { event: "log_rotated", segment: segment + 1, previous_segment: previous, previous_head: at.prevHash },
            GENESIS,
          );
    let text = first;
    for (let n = 0; n < count; n += 1) text += sealed(at, { n, long: n === 4 ? "é".repeat(3000) : "" });
    const name = `audit.log.d/segments/${String(segment + 1).padStart(6, "0")}.log`;
    files.set(segment === counts.length - 1 ? "audit.log" : name, text);
  }
  return files;
}

function placed(folder: string, files: ReadonlyMap<string, string>): string {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return join(folder, "audit.log");
}

const SHAPES: readonly (readonly [string, (log: string) => void])[] = [
  ["as they are", () => undefined],
  ["and blank ones", (log) => writeFileSync(log, readFileSync(log, "utf8").replaceAll("\n", "\r\n \t\n\n"))],
  ["and half of one", (log) => appendFileSync(log, '{"half":')],
  ["and a whole one without its end", (log) => truncateSync(log, statSync(log).size - 1)],
  ["and spaces at the end", (log) => appendFileSync(log, "   ")],
  ["of which the last are gone", (log) => truncateSync(log, 700)],
  ["without the first file", (log) => rmSync(join(`${log}.d`, "segments", "000001.log"))],
  ["without the second file", (log) => rmSync(join(`${log}.d`, "segments", "000002.log"))],
  ["in one file that is empty", (log) => (rmSync(`${log}.d`, { recursive: true }), writeFileSync(log, ""))],
];

for (const [shape, change] of SHAPES) {
  story(`lines by their place, ${shape}`, async (say, t) => {
    const folder = scratch(t);
    const log = placed(folder, segments([300, 20, 300]));
    change(log);
    const calls: string[] = [];
    const fs = told((line) => calls.push(line), folder);
    const whole = LogLines.open(realFileSystem, log);
    say("what", [whole.first, whole.segments, whole.warnings]);
    say("size", await outcome(() => whole.size));
    const size = whole.size;
    for (const index of [0, 1, 255, 256, 257, 300, 319, 320, 321, 500, size - 1, size, -1])
      say(`line ${index}`, await outcome(() => short(whole.line(index))));
    for (const [from, to] of [
      [0, 2],
      [254, 258],
      [299, 303],
      [size - 2, Infinity],
      [size, Infinity],
      [5, 5],
      [9, 3],
    ] as const) {
      say(
        `lines ${from} to ${to}`,
        await outcome(() =>
          Array.from(whole.lines(from, to), ({ index, segment, offset, bytes }) => [
            index,
            segment,
            offset,
            bytes.length,
          ]),
        ),
      );
    }
    whole.close();
    const full = LogLines.open(realFileSystem, log);
    const places = await outcome(() =>
      [...full.lines(full.first)].map(({ index, segment, offset }) => ({ index, segment, offset })),
    );
    full.close();
    const near = Array.isArray(places) ? places.at(-40) : null;
    for (const resume of [
      null,
      near,
      near && { ...near, offset: near.offset + 1 },
      { index: 400, segment: 9, offset: 0 },
      { index: 350, segment: 3, offset: 1e9 },
      { index: 400, segment: 3, offset: 0 },
    ]) {
      const lines = LogLines.open(fs, log, resume ?? null);
      calls.splice(0);
      say(`from ${JSON.stringify(resume)}`, await outcome(() => [lines.size, short(lines.line(lines.size - 1))]));
      say(
        "calls",
        calls.splice(0).filter((line) => !line.startsWith("closes")),
      );
      lines.close();
      say("closes", calls.splice(0));
    }
  });
}

story("a line that the index leads to", async (say, t) => {
  const folder = scratch(t);
  const log = placed(folder, segments([1400, 900]));
  const paths = logPathsOf(log);
  const text = readFileSync(log, "utf8");
  const last: { readonly seq: number; readonly entry_hash: string } = JSON.parse(
    text.trimEnd().split("\n").at(-1) ?? "",
  );
  const { headSlot } = await import("../head-file.ts");
  writeFileSync(
    paths.synced,
    headSlot({ log_id: "log", segment: 2, bytes: Buffer.byteLength(text), seq: last.seq, hash: last.entry_hash }),
  );
  const calls: string[] = [];
  const ask = async (what: string): Promise<void> => {
    const lines = LogLines.open(
      told((line) => calls.push(line), folder),
      log,
    );
    calls.splice(0);
    for (const index of [1023, 1024, 1025, 1399, 1400, 2300, 2301]) {
      say(`${what}: line ${index}`, await outcome(() => short(lines.line(index))));
      say("reads", calls.splice(0).filter((line) => line.startsWith("reads")).length);
    }
    lines.close();
  };
  await ask("no index");
  const index = new IndexDatabase(paths.index);
  while (catchUpIndex(realFileSystem, paths, index, 1 << 20));
  index.close();
  await ask("an index");
  const database = openDatabase(paths.index, 100);
  database.exec(
    "UPDATE entries SET offset=offset+1 WHERE seq=1026; UPDATE entries SET segment=9 WHERE seq=1400; UPDATE entries SET length=99999999 WHERE seq=2301; DELETE FROM entries WHERE seq=1401",
  );
  database.close();
  await ask("a wrong index");
  writeFileSync(paths.index, "no database");
  await ask("a broken index");
});

story("lines of a range of a file", async (say, t) => {
  const folder = scratch(t);
  const path = join(folder, "file");
  const long = "y".repeat(CHUNK_BYTES + 10);
  const texts: Record<string, string> = {
    nothing: "",
    one: "a\n",
    open: "a\nb",
    blank: "\n \n\t\r\n{\n}\n{ \n  x\n",
    long: `a\n${long}\nb\n`,
    "long and open": long,
    many: "abc\n".repeat(300_000),
  };
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(path, text);
    const calls: string[] = [];
    const fs = told((line) => calls.push(line), folder);
    const fd = fs.open(path, "read");
    for (const into of [undefined, Buffer.alloc(16), Buffer.alloc(CHUNK_BYTES)]) {
      for (const to of [text.length, text.length - 1]) {
        const found = await outcome(() =>
          Array.from(eachLine(fs, { fd, from: 0, to, ...(into && { into }) }), ({ bytes, offset, next }) => [
            bytes.length,
            offset,
            next,
          ]),
        );
        say(`${name} to ${to}`, Array.isArray(found) && found.length > 6 ? [found.length, found.at(-1)] : found);
      }
    }
    fs.close(fd);
    say("calls", [...new Set(calls)].slice(0, 12));
  }
});

// ——— following, chain, forks

const FOLLOWED: readonly (readonly [string, (log: string) => void])[] = [
  ["sound", () => undefined],
  ["with a changed line", (log) => edit(log, (lines) => lines.with(3, (lines[3] ?? "").replace('"n":2', '"n":7')))],
  ["with a line that is gone", (log) => edit(log, (lines) => lines.toSpliced(3, 1))],
  ["with a line of nobody's", (log) => edit(log, (lines) => lines.toSpliced(3, 0, '{"a":1}'))],
  ["with a blank line", (log) => edit(log, (lines) => lines.toSpliced(3, 0, " "))],
  ["with carriage returns", (log) => edit(log, (lines) => lines.map((line) => (line === "" ? line : `${line}\r`)))],
  [
    "with another first line",
    (log) => edit(log, (lines) => lines.with(0, (lines[0] ?? "").replace("log_rotated", "log_x"))),
  ],
  [
    "with another file before it",
    (log) => writeFileSync(join(`${log}.d`, "segments", "000001.log"), segments([3]).get("audit.log") ?? ""),
  ],
  ["with a file missing", (log) => rmSync(join(`${log}.d`, "segments", "000001.log"))],
  ["with its current file closed too", (log) => renameSync(log, join(`${log}.d`, "segments", "000003.log"))],
];

function edit(log: string, change: (lines: readonly string[]) => readonly string[]): void {
  writeFileSync(log, change(readFileSync(log, "utf8").split("\n")).join("\n"));
}

for (const [state, change] of FOLLOWED) {
  story(`a log that is followed, ${state}`, async (say, t) => {
    const folder = scratch(t);
    const log = placed(folder, segments([12, 5, 8]));
    const sizes = statSync(log).size;
    change(log);
    const opened: string[] = [];
    const fs = told((line) => void (/^(?:opens|closes)/u.test(line) && opened.push(line)), folder);
    const paths = logPathsOf(log);
    const hash = existsSync(log) ? readFileSync(log, "latin1").slice(-67, -3) : "0".repeat(64);
    const starts = [
      { segment: 1, offset: 0 },
      { segment: 2, offset: 0 },
      { segment: 1, offset: lineEnd(join(`${log}.d`, "segments", "000001.log"), 4) },
      { segment: 1, offset: 5 },
    ];
    for (const from of starts) {
      const follower = new LogFollower(fs, paths, from);
      for (const head of [
        { segment: 1, bytes: 100, hash },
        { segment: 2, bytes: 10, hash },
        { segment: 3, bytes: sizes, hash },
        { segment: 3, bytes: sizes, hash },
        { segment: 3, bytes: sizes, hash: "0".repeat(64) },
      ]) {
        const found = await outcome(() =>
          Array.from(follower.linesTo(head), ({ segment, next, bytes }) => `${segment}:${next - bytes.length}`),
        );
        say(`from ${from.segment}:${from.offset} to ${head.segment}:${head.bytes}`, found);
        say("place", follower.place);
      }
      follower.close();
      say("files", opened.splice(0));
    }
    for (const segment of [1, 2, 3, 4]) {
      const fd = await outcome(() => openSegmentFile(fs, paths, segment));
      if (typeof fd === "number") fs.close(fd);
      say(`segment ${segment}`, [
        typeof fd === "number" ? "there" : fd instanceof Error ? fd.message : fd,
        opened.splice(0),
      ]);
    }
  });
}

function lineEnd(path: string, count: number): number {
  if (!existsSync(path)) return 10;
  return Buffer.byteLength(readFileSync(path, "utf8").split("\n").slice(0, count).join("\n")) + 1;
}

function hashOf(line: string | undefined): string {
  const { entry_hash = "" }: { readonly entry_hash?: string } = JSON.parse(line ?? "{}");
  return entry_hash;
}

function foreign(before: string, n: number): string {
  const entry = { n, prev_hash: before };
  return JSON.stringify({ ...entry, entry_hash: sha256Hex(before + JSON.stringify(entry)) });
}

story("lines that follow from one another, or don't", (say) => {
  const at: Sealing = { prevHash: GENESIS, seq: 0 };
  const own = Array.from({ length: 4 }, (_, n) => sealed(at, { n, long: n === 2 ? "é".repeat(5000) : "" }).trimEnd());
  const spaced = own.map((line) => line.replace('"seq":', '"seq": '));
  const one = foreign(GENESIS, 1);
  const rows: Record<string, readonly string[]> = {
    ours: own,
    spaced,
    "one spaced": own.with(1, spaced[1] ?? ""),
    "the first again": [own[0] ?? "", own[0] ?? ""],
    "one left out": own.toSpliced(1, 1),
    "nothing between": own.toSpliced(1, 0, ""),
    foreign: [one, foreign(hashOf(one), 2)],
    "foreign with another hash": [one.replace('"n":1', '"n":2')],
    "foreign with nothing before": [one, foreign(GENESIS, 2)],
    "foreign, then ours": [one, own[1] ?? ""],
    "cut short": [own[0]?.slice(0, -1) ?? ""],
    "with more at its end": [`${own[0]} `],
    "with another hash": [`${own[0]?.slice(0, -4)}00"}`],
    text: ["hello"],
  };
  for (const [name, lines] of Object.entries(rows)) {
    for (const [before, isFirst] of [
      [null, true],
      [GENESIS, false],
      [null, false],
      [hashOf(own[0]), false],
    ] as const) {
      const chain = new LineChain(before, isFirst);
      say(
        `${name} after ${before === null ? (isFirst ? "the beginning" : "nothing") : before === GENESIS ? "genesis" : "the first"}`,
        lines.map((line) => chain.take(Buffer.from(line))),
      );
    }
  }
  const head = at.prevHash;
  const rotated = (previous: string): string =>
    sealed({ ...at }, { event: "log_rotated", previous_head: previous }, GENESIS).trimEnd();
  for (const first of [
    rotated(head),
    rotated(GENESIS),
    own[0] ?? "",
    sealed({ ...at }, { event: "x", previous_head: head }, GENESIS).trimEnd(),
  ]) {
    const chain = new LineChain(null, true);
    const before = own.map((line) => chain.take(Buffer.from(line)));
    chain.nextSegment();
    say("the next segment", [before, chain.take(Buffer.from(first)), chain.take(Buffer.from(first))]);
  }
});

const nothing = (): undefined => undefined;

story("a log that forked, and entries that accept it", (say) => {
  const sink = { writeTile: nothing, writeEntries: nothing, dropPartials: nothing, outdate: nothing };
  const entries: readonly (Readonly<Record<string, unknown>> | null)[] = [
    null,
    { event: "authorize_action" },
    { event: "rollback_accepted", anchor_size: 3 },
    { event: "rollback_accepted", anchor_size: 2 },
    { event: "rollback_accepted" },
    { event: "log_continued", expected_head: null },
    { event: "log_continued" },
    { event: "log_continued", expected_head: { seq: 3 } },
    { event: "log_continued", expected_head: { seq: 2 } },
    { event: "log_continued", expected_head: {} },
    { event: "other", expected_head: null, anchor_size: 9 },
  ];
  for (const size of [0, 3, 4, 9]) {
    for (const root of ["right", "wrong"]) {
      for (const entry of entries) {
        const tree = new GrowingTree(sink, 0, noNodes, null);
        const right = new GrowingTree(sink, 0, noNodes, null);
        for (let n = 0; n < Math.min(size, 4); n += 1) right.append(Buffer.from(`${n}`));
        const check = new ForkCheck({ origin: "x", size, root: root === "right" ? right.root() : Buffer.alloc(32) });
        const seen = [0, 1, 2, 3].map((n) => {
          tree.append(Buffer.from(`${n}`));
          check.saw(tree, n === 3 ? entry : null);
          return check.isForked(tree.size);
        });
        const isSame = entry !== null && entries.indexOf(entry) !== 1;
        if (!isSame || size === 3) say(`of ${size}, ${root}: ${JSON.stringify(entry)}`, [seen, check.isAccepted]);
      }
    }
    say("error", new ForkCheck({ origin: "x", size, root: Buffer.alloc(32) }).error(3));
  }
  const none = new ForkCheck(null);
  say("without a checkpoint", [none.isForked(0), none.isAccepted]);
  say("its error", none.error(7));
});

// ——— a whole log, step by step

const NOW = Date.UTC(2026, 0, 1);
const TIME = "2026-01-01T00:00:00Z";
const ORIGIN = "example.com/steps";
const checkpointSigner = seededSigner(2);
const isOwn = signedByOneOf(keysOf(checkpointSigner).vkeys(ORIGIN));

interface Steps {
  readonly log: string;
  readonly tlog: string;
  readonly append: (count: number, decision?: string) => Promise<void>;
  readonly step: (wanted?: { readonly heartbeat?: boolean; readonly whole?: boolean }) => Promise<void>;
  /** Another process's writer from here on. */
  readonly restart: (more?: { readonly entries?: boolean; readonly index?: boolean; readonly isOwn?: boolean }) => void;
  readonly say: Say;
  readonly fail: (problem: string | null) => void;
  readonly abort: () => void;
}

async function stepping(say: Say, t: TestContext, rotateBytes: number | null = null): Promise<Steps> {
  const folder = scratch(t);
  const log = join(folder, "audit.log");
  const paths = logPathsOf(log);
  let draws = 0;
  const bytes = (count: number): Buffer => Buffer.alloc(count, (draws += 1));
  const unsynced = told(() => undefined, folder);
  const ledger: FileLedger = await openFileLedger({
    path: log,
    home: join(folder, "home"),
    signer: seededSigner(1),
    clock: { now: () => NOW },
    index: false,
    rotateBytes,
    randomness: { bytes },
    host: { ...realHost, bytes, elapsed: () => 0 },
    fileSystem: unsynced,
  });
  const calls: string[] = [];
  const fs = told((line) => calls.push(line), folder);
  const state: { problem: string | null; isAborted: boolean } = { problem: null, isAborted: false };
  const open = ({ entries = false, index = true, isOwn: own = true } = {}): TlogWriter =>
    new TlogWriter({
      fs,
      paths,
      origin: ORIGIN,
      isOwn: own ? isOwn : () => false,
      entries,
      index: index ? openWindowIndex(paths, fs) : null,
      onIndexProblem: (problem) => say("the index can't be kept", problem),
      isAborted: () => state.isAborted,
    });
  let writer = open();
  mkdirSync(paths.tlog, { recursive: true });
  const lock = await LogLock.open(realFileSystem, join(folder, "lock.sqlite"), 1000);
  const host: StepHost = {
    append: async (meta) => {
      if (state.problem === "append") throw new Error("no entry");
      say("says", { ...meta, index: meta.index === null ? null : meta.index.runs });
      const members = metaMembers({ ...meta, key_id: "c", resource_key_commitment: "0".repeat(64) });
      const { entry } = await ledger.append({
        entry: { ...systemEntry(CHECKPOINT_META, TIME, "a checkpoint follows"), ...members },
      });
      return state.problem === "seq" ? entry.seq + 1 : entry.seq;
    },
    sign: async (text) => {
      if (state.problem === "sign") throw new Error("no signature");
      return signCheckpoint(text, ORIGIN, checkpointSigner);
    },
  };
  t.after(async () => {
    writer.close();
    lock.close();
    await ledger.close();
  });
  return {
    log,
    tlog: paths.tlog,
    say,
    append: async (count, decision = "ALLOW") => {
      const entry = { event: "authorize_action", timestamp: TIME, decision };
      await Promise.all(Array.from({ length: count }, () => ledger.append({ entry })));
    },
    step: async (wanted = {}) => {
      const before = [writer.durable()?.seq ?? null, writer.backlogBytes(), writer.hasWaiting, writer.checkpointSize];
      calls.splice(0);
      const result = await outcome(() => takeStep(writer, lock, host, wanted));
      const shown = result instanceof Error ? result : JSON.parse(JSON.stringify(result));
      if (typeof shown.note === "string") shown.note = shown.note.split("\n")[1];
      say(`step ${JSON.stringify(wanted)}`, shown);
      say("before, after", [before, [writer.backlogBytes(), writer.hasWaiting, writer.checkpointSize, writer.look()]]);
      const written = calls
        .splice(0)
        .filter((line) => /^(?:writes|renames|removes|cuts)/u.test(line) && !/tlog\/index/u.test(line));
      say(
        "writes",
        written.length > 14 ? [...written.slice(0, 4), `${written.length} in all`, ...written.slice(-8)] : written,
      );
    },
    restart: (more) => {
      writer.close();
      writer = open(more);
    },
    fail: (problem) => (state.problem = problem),
    abort: () => (state.isAborted = true),
  };
}

story("steps of a log, one after the other", async (say, t) => {
  const on = await stepping(say, t);
  await on.step();
  await on.append(3);
  await on.step();
  await on.step();
  await on.step({ heartbeat: true });
  await on.append(2, "DENY");
  await on.append(1, "REQUIRE_APPROVAL");
  await on.append(1, "OTHER");
  await on.step();
  await on.append(300);
  await on.step({ whole: false });
  await on.append(1100);
  await on.step({ whole: false });
  on.restart();
  await on.append(2);
  await on.step();
  say(
    "there",
    there(on.tlog).filter((path) => !path.startsWith("index")),
  );
});

story("steps of a log that was left to itself for long, with the index in parts", async (say, t) => {
  const on = await stepping(say, t);
  await on.append(10);
  await on.step();
  await on.append(5200);
  on.restart();
  for (let step = 0; step < 4; step += 1) await on.step({ whole: false });
  await on.append(1);
  await on.step({});
});

story("steps with bundles of entries, over segments", async (say, t) => {
  const on = await stepping(say, t, 20_000);
  on.restart({ entries: true, index: false });
  await on.append(30);
  await on.step();
  for (const count of [60, 60, 60, 70]) await on.append(count);
  await on.step();
  on.restart({ entries: true, index: false });
  await on.append(30);
  await on.step();
  on.restart({ entries: false, index: true });
  await on.append(1);
  await on.step();
  on.restart({ entries: true, index: true });
  await on.append(1);
  await on.step();
  say(
    "there",
    there(on.tlog).filter((path) => !path.startsWith("index")),
  );
  const reader = await TlogReader.open(on.log);
  const copy = join(dirname(on.log), "copy");
  say("copy", await outcome(() => writeStaticCopy(reader, copy)));
  say("there", there(copy));
  say("proof", await outcome(() => ({ ...proveIncluded(reader, 5), text: "…" })));
  say("none", await outcome(() => proveIncluded(reader, 1e6)));
  const lines = LogLines.open(realFileSystem, on.log);
  say("windows", [...coveredEntriesOf(lines)]);
  const window = new CountedWindow({ decisions: { ALLOW: 1, DENY: 2, REQUIRE_APPROVAL: 3 }, policy_hash: "x" });
  say("no window", [window.span, [...window.pass([])].length, window.span]);
  say("a window", [[...window.pass(lines.lines(20, 40))].length, window.span]);
  lines.close();
  reader.close();
});

/** What may become of the tree's files, and the log, between two steps. */
const BETWEEN: readonly (readonly [string, (on: Steps) => void])[] = [
  ["nothing", () => undefined],
  ["no state", ({ tlog }) => rmSync(join(tlog, "state"))],
  ["no checkpoint", ({ tlog }) => rmSync(join(tlog, "checkpoint"))],
  ["no tiles", ({ tlog }) => rmSync(join(tlog, "tile"), { recursive: true })],
  ["no tile of the right edge", ({ tlog }) => rmSync(join(tlog, "tile", "0", "001.p"), { recursive: true })],
  ["nothing of it", ({ tlog }) => (rmSync(tlog, { recursive: true }), mkdirSync(tlog))],
  ["a changed tile", ({ tlog }) => writeFileSync(join(tlog, "tile", "0", "000"), Buffer.alloc(8192, 7))],
  ["another place", ({ tlog }) => swap(join(tlog, "state"), /"offset":(\d)/u, '"offset":9')],
  ["a place between lines", ({ tlog }) => swap(join(tlog, "state"), /"offset":(\d+)/u, '"offset":77')],
  ["another leaf", ({ tlog }) => swap(join(tlog, "state"), /"leaf":"../u, '"leaf":"00')],
  ["another log's state", ({ tlog }) => swap(join(tlog, "state"), /"log_id":"../u, '"log_id":"zz')],
  ["a state ahead", ({ tlog }) => swap(join(tlog, "state"), /"covered":\d+/u, '"covered":9999')],
  ["another count", ({ tlog }) => swap(join(tlog, "state"), /"DENY":\d+/u, '"DENY":77')],
  ["another policy", ({ tlog }) => swap(join(tlog, "state"), /"policy_hash":null/u, '"policy_hash":"x"')],
  ["no index in the state", ({ tlog }) => swap(join(tlog, "state"), /"index":\{[^}]*\}/u, '"index":null')],
  ["no index", ({ tlog }) => rmSync(join(tlog, "index"), { recursive: true })],
  [
    "a file for the index",
    ({ tlog }) => (rmSync(join(tlog, "index"), { recursive: true }), writeFileSync(join(tlog, "index"), "x")),
  ],
  ["a foreign checkpoint", ({ tlog }) => swap(join(tlog, "checkpoint"), ORIGIN, "example.com/other")],
  ["a checkpoint that is none", ({ tlog }) => writeFileSync(join(tlog, "checkpoint"), "x")],
  ["a checkpoint of nobody's", (on) => on.restart({ isOwn: false })],
  ["a changed line", ({ log }) => swap(log, '"decision":"ALLOW"', '"decision":"ALLOT"')],
  [
    "a changed line and no tree",
    ({ log, tlog }) => (
      swap(log, '"decision":"ALLOW"', '"decision":"ALLOT"'),
      rmSync(tlog, { recursive: true }),
      mkdirSync(tlog)
    ),
  ],
  [
    "a folder for what is put aside",
    ({ tlog }) => (rmSync(join(tlog, "aside"), { force: true }), mkdirSync(join(tlog, "aside"))),
  ],
  ["no entry", (on) => on.fail("append")],
  ["no signature", (on) => on.fail("sign")],
  ["an entry that is not durable", (on) => on.fail("seq")],
  ["the end", (on) => on.abort()],
];

function swap(path: string, from: string | RegExp, to: string): void {
  writeFileSync(path, readFileSync(path, "latin1").replace(from, to), { encoding: "latin1", flag: "r+" });
}

for (const [what, change] of BETWEEN) {
  story(`a step after which there is ${what}`, async (say, t) => {
    const on = await stepping(say, t);
    await on.append(270);
    await on.append(4, "DENY");
    await on.step();
    on.restart();
    say(what);
    change(on);
    await on.append(1);
    await on.step();
    on.fail(null);
    await on.append(1);
    await on.step();
    say(
      "there",
      there(on.tlog).filter((path) => !path.startsWith("index/")),
    );
  });
}

finish();
