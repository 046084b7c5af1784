// What a ledger does to its disk, call by call: what is written where, what is synced before what, which names are made
// and made durable, what is answered when, and how much is read. After a change that is meant, `npm run golden` writes the
// record anew; its diff is to be read as one reads code: an answer before its sync is a lost entry.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CanopyError } from "../core/errors.ts";
import { GENESIS } from "../ledger/chain.ts";
import type { AppendRequest } from "../ledger/ports.ts";
import type { FileLedgerOptions } from "./file-ledger-options.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { headSlot, parseHeads, type Head } from "./head-file.ts";
import { realHost, type Host } from "./host.ts";
import { keysOf, seededSigner } from "./tlog/tlog-process.fixture.test.ts";

const WRITE = process.env["CANOPY_GOLDEN"] === "write";
const RECORD = new URL("../../../../vectors/record/disk.txt", import.meta.url);
const DAY_MS = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);
const TIME = "2026-01-01T00:00:00Z";
const signer = seededSigner(1);
const keys = keysOf(seededSigner(2));

/** Which call fails next: its verb and how its path ends; a write that tears writes half, and says so. */
interface Fault {
  readonly call: string;
  readonly path: string;
  readonly code: string;
}

/** One log and all that is seen of it. */
class Scene {
  readonly folder = mkdtempSync(join(realpathSync(tmpdir()), "canopy-disk-"));
  readonly log = join(this.folder, "audit.log");
  readonly story: string[] = [];
  readonly faults: Fault[] = [];
  now = T0;
  elapsed = 0;
  readonly #paths = new Map<number, string>();
  readonly #late: (() => void)[] = [];
  readonly #heads = new Map<string, Buffer>();
  #drawn = 0;

  say(line: string): void {
    this.story.push(line.replaceAll(this.folder, "~").replaceAll(/\b[0-9a-f]{12,}\b/gu, "#"));
  }

  async open(more: Partial<FileLedgerOptions> = {}): Promise<FileLedger> {
    this.say("— opens");
    return openFileLedger({
      path: this.log,
      home: join(this.folder, "home"),
      signer,
      clock: { now: () => this.now },
      randomness: { bytes: (count) => this.#bytes(count) },
      index: false,
      fileSystem: this.#files(),
      host: this.#host(),
      ...more,
    });
  }

  /** Say what is done, do it, and say how it ended. */
  async does<Result>(what: string, work: () => Promise<Result>): Promise<Result | null> {
    this.say(`— ${what}`);
    try {
      const result = await work();
      this.say(`${what}: done`);
      return result;
    } catch (error) {
      assert.ok(error instanceof CanopyError, String(error));
      this.say(`${what}: ${error.code}: ${error.message}; ${error.fix ?? ""}; ${error.at ?? ""}`);
      return null;
    }
  }

  /** What was put off comes due, and is done. */
  async tick(): Promise<void> {
    this.say("— what was put off comes due");
    for (const work of this.#late.splice(0)) work();
    for (let turn = 0; turn < 6; turn += 1) await realHost.turn();
  }

  append(ledger: FileLedger, n: number, request: Partial<AppendRequest> = {}): Promise<void> {
    const entry = { event: "authorize_action", timestamp: TIME, n };
    return ledger.append({ entry, ...request }).then(
      ({ entry: { seq }, durability, batch }) =>
        this.say(`${n} is answered: ${seq}, ${durability}, ${batch.index} of ${batch.size}, ${batch.path.length} up`),
      (error: unknown) => this.say(`${n} is refused: ${String(error)}`),
    );
  }

  /** Keep the heads as they are now, for `putBack`. */
  keepHeads(): void {
    for (const path of readdirSync(this.folder, { recursive: true, encoding: "utf8" })) {
      if (/\/synced$|\.head$/u.test(path)) this.#heads.set(path, readFileSync(join(this.folder, path)));
    }
  }

  /** Put the kept heads below that path back: the power went before the newer ones were on the disk. */
  putBack(below: string): void {
    for (const [path, bytes] of this.#heads) if (path.startsWith(below)) writeFileSync(join(this.folder, path), bytes);
  }

  /** The files that stand there at the end, and the newest lines. */
  list(): void {
    this.say("— what stands there");
    for (const path of readdirSync(this.folder, { recursive: true, encoding: "utf8" }).sort()) {
      const status = statSync(join(this.folder, path));
      const mode = (status.mode & 0o777).toString(8);
      if (/sqlite/u.test(path)) continue;
      if (status.isDirectory()) this.say(`${path}/ ${mode}`);
      else
        this.say(`${path} ${mode}, ${status.size} bytes${this.#digest(path, readFileSync(join(this.folder, path)))}`);
    }
    if (!statSync(this.log).isFile()) return;
    const lines = readFileSync(this.log, "utf8").split("\n");
    for (const line of lines.filter((each) => each !== "").slice(-6)) this.say(shown(line));
  }

  #bytes(count: number): Buffer {
    this.#drawn += 1;
    return Buffer.alloc(count, this.#drawn);
  }

  // Records and their keys are encrypted with the system's chance.
  #digest(path: string, bytes: Uint8Array): string {
    return /\.(?:bin|key)$|sqlite/u.test(path) ? "" : ` ${hash("sha256", bytes).slice(0, 6)}`;
  }

  #host(): Host {
    return {
      ...realHost,
      pid: 7,
      elapsed: () => this.elapsed,
      chance: () => 0.5,
      later: (_ms, work) => {
        this.#late.push(work);
        return () => void this.#late.splice(this.#late.indexOf(work), 1);
      },
      bytes: (count) => this.#bytes(count),
    };
  }

  #fails(call: string, path: string): string | null {
    const found = this.faults.findIndex((fault) => fault.call === call && new RegExp(`${fault.path}$`, "u").test(path));
    if (found < 0) return null;
    const [fault] = this.faults.splice(found, 1);
    return fault?.code ?? null;
  }

  #does<Result>(call: string, path: string, rest: string, work: () => Result): Result {
    this.say(`${call} ${path}${rest}`);
    const code = this.#fails(call, path);
    if (code === null) return work();
    this.say(`  ${code}`);
    throw Object.assign(new Error(`${code}: injected`), { code });
  }

  #files(): FileSystem {
    const real = realFileSystem;
    const of = (fd: number): string => this.#paths.get(fd) ?? "?";
    return {
      ...real,
      open: (path, mode) =>
        this.#does("opens", path, ` (${mode})`, () => {
          const fd = real.open(path, mode);
          this.#paths.set(fd, path);
          return fd;
        }),
      close: (fd) => this.#does("closes", of(fd), "", () => real.close(fd)),
      read: (fd, into, at) => this.#does("reads", of(fd), ` ${into.length} at ${at}`, () => real.read(fd, into, at)),
      write: (fd, bytes, at) => {
        if (this.#fails("tears", of(fd)) !== null) bytes = bytes.subarray(0, bytes.length >> 1);
        const digest = this.#digest(of(fd), bytes);
        return this.#does("writes", of(fd), ` ${bytes.length} at ${at ?? "its end"}${digest}`, () =>
          real.write(fd, bytes, at),
        );
      },
      truncate: (fd, size) => this.#does("cuts", of(fd), ` to ${size}`, () => real.truncate(fd, size)),
      syncNow: (fd) => this.#does("syncs", of(fd), "", () => undefined),
      sync: async (fd) => {
        this.#does("begins to sync", of(fd), "", () => undefined);
        await realHost.turn();
        this.#does("has synced", of(fd), "", () => undefined);
      },
      link: (from, to) => this.#does("links", from, ` to ${to}`, () => real.link(from, to)),
      rename: (from, to) => this.#does("renames", from, ` to ${to}`, () => real.rename(from, to)),
      unlink: (path) => this.#does("removes", path, "", () => real.unlink(path)),
      syncFolder: (path) => this.#does("syncs the names in", path, "", () => undefined),
      makeFolder: (path) => this.#does("makes", path, "/", () => real.makeFolder(path)),
      removeFolder: (path) => this.#does("removes", path, "/", () => real.removeFolder(path)),
      list: (path) => this.#does("lists", path, "", () => real.list(path)),
    };
  }
}

/** A line of the log without what seals it; as it is where it is none. */
function shown(line: string): string {
  try {
    const { prev_hash: _before, entry_hash: _own, log_id: _log, ...entry }: Record<string, unknown> = JSON.parse(line);
    return JSON.stringify(entry);
  } catch {
    return line;
  }
}

const recorded = new Map(
  readFileSync(RECORD, "utf8")
    .trimEnd()
    .split("\n\n")
    .map((block): [string, string] => [block.split("\n", 1).join(""), block]),
);
const written = new Map<string, string>();
const names: string[] = [];

function scene(name: string, play: (scene: Scene) => Promise<void>): void {
  names.push(name);
  test(`${name}: what the disk sees of it is as it stands on record`, async () => {
    const stage = new Scene();
    try {
      await play(stage);
      stage.list();
    } finally {
      rmSync(stage.folder, { recursive: true, force: true });
    }
    assert.deepEqual(stage.faults, [], "a fault was not met");
    const block = [name, ...stage.story].join("\n");
    if (WRITE) written.set(name, block);
    else assert.equal(block, recorded.get(name), "if this is meant: npm run golden");
  });
}

const recordOf = (subject: string, n: number): Partial<AppendRequest> => ({ record: { subject, content: { n } } });

scene("a new log, one entry", async (on) => {
  const ledger = await on.open();
  await on.append(ledger, 1);
  await on.does("closes", () => ledger.close());
  await on.does("appends when closed", () => ledger.append({ entry: { event: "x", timestamp: TIME } }));
});

scene("entries with records of two subjects at once, then one of another day", async (on) => {
  const ledger = await on.open();
  await Promise.all([1, 2, 3].map((n) => on.append(ledger, n, recordOf(`s${n % 2}`, n))));
  await on.append(ledger, 4);
  on.now += DAY_MS;
  await on.append(ledger, 5, recordOf("s1", 5));
  await on.append(ledger, 6, recordOf("s1", 6));
  await on.does("closes", () => ledger.close());
});

for (const durability of ["batch", "none"] as const) {
  scene(`answers before the sync: ${durability}`, async (on) => {
    const ledger = await on.open({ durability });
    await on.append(ledger, 1, recordOf("s", 1));
    on.now += DAY_MS;
    await Promise.all([2, 3].map((n) => on.append(ledger, n, recordOf("s", n))));
    await on.does("closes", () => ledger.close());
    const again = await on.open({ durability });
    await on.does("closes", () => again.close());
  });
}

scene("a log that rotates, is opened again, and rotates", async (on) => {
  const ledger = await on.open({ rotateBytes: 900 });
  for (const n of [1, 2, 3, 4]) await on.append(ledger, n, n === 2 ? recordOf("s", n) : {});
  await on.does("closes", () => ledger.close());
  const again = await on.open({ rotateBytes: 900 });
  for (const n of [5, 6]) await on.append(again, n);
  await on.does("closes", () => again.close());
});

scene("two ledgers of one log in turn, over a rotation", async (on) => {
  const [one, two] = [await on.open(), await on.open({ rotateBytes: 700 })];
  await on.append(one, 1, recordOf("s", 1));
  await on.append(two, 2, recordOf("t", 2));
  await on.append(two, 3);
  await on.append(one, 4, recordOf("s", 4));
  await on.does("closes", () => two.close());
  await on.append(one, 5);
  await on.does("closes", () => one.close());
});

scene("records that are erased, and a subject that comes again", async (on) => {
  const ledger = await on.open();
  for (const n of [1, 2]) await on.append(ledger, n, recordOf("s", n));
  await on.does("erases s", () => ledger.erase("s"));
  await on.does("erases one that never was", () => ledger.erase("t"));
  await on.append(ledger, 3, recordOf("s", 3));
  await on.does("closes", () => ledger.close());
  await on.does("erases when closed", () => ledger.erase("s"));
});

scene("records past their retention", async (on) => {
  const ledger = await on.open();
  await on.append(ledger, 1, recordOf("s", 1));
  on.now += DAY_MS;
  await on.append(ledger, 2, recordOf("s", 2));
  await on.does("closes", () => ledger.close());
  on.now += 90 * DAY_MS;
  for (const retentionDays of [null, undefined, 30]) {
    const again = await on.open(retentionDays === undefined ? {} : { retentionDays });
    await on.does("closes", () => again.close());
  }
});

scene("a policy is kept once", async (on) => {
  const ledger = await on.open();
  const bytes = Buffer.from("rules: []\n");
  const name = `sha256:${hash("sha256", bytes)}`;
  for (const attempt of ["first", "second"]) {
    on.say(`— keeps it, ${attempt}`);
    ledger.storePolicy(name, bytes);
  }
  assert.deepEqual(ledger.readPolicy(name), bytes);
  assert.equal(ledger.readPolicy(`sha256:${"0".repeat(64)}`), null);
  await on.does("closes", () => ledger.close());
});

/** What may have become of a log and the files beside it while nobody had it open. */
const FOUND: readonly (readonly [string, (on: Scene) => void])[] = [
  ["as it was left", () => undefined],
  ["with half a line at its end", ({ log }) => appendFileSync(log, '{"half":')],
  ["with a line of nothing at its end", ({ log }) => appendFileSync(log, "\n")],
  ["with a foreign line at its end", ({ log }) => appendFileSync(log, '{"a":1}\n')],
  ["without its last line feed", ({ log }) => truncateSync(log, statSync(log).size - 1)],
  ["without its last line", ({ log }) => truncateSync(log, readFileSync(log).lastIndexOf(10, -2) + 1)],
  ["empty", ({ log }) => truncateSync(log, 0)],
  ["gone", ({ log }) => rmSync(log)],
  ["with its first line changed", ({ log }) => replaceIn(log, '"n":1', '"n":7')],
  ["with its last line changed", ({ log }) => replaceIn(log, '"n":3', '"n":7')],
  ["without the sidecar's head", ({ log }) => rmSync(join(`${log}.d`, "synced"))],
  ["without the home's head", ({ folder }) => rmSync(join(folder, "home", "heads"), { recursive: true })],
  [
    "without either head",
    ({ folder, log }) => {
      rmSync(join(folder, "home", "heads"), { recursive: true });
      rmSync(join(`${log}.d`, "synced"));
    },
  ],
  ["with an older head in the home", (on) => on.putBack("home/heads/")],
  ["with an older head in the sidecar", (on) => on.putBack("audit.log.d/synced")],
  ["with older heads", (on) => on.putBack("")],
  [
    "with its first line changed and without the home's head",
    ({ folder, log }) => {
      replaceIn(log, '"n":1', '"n":7');
      rmSync(join(folder, "home", "heads"), { recursive: true });
    },
  ],
  [
    "torn and without the home's head",
    ({ folder, log }) => {
      appendFileSync(log, '{"half":');
      rmSync(join(folder, "home", "heads"), { recursive: true });
    },
  ],
  ["without signatures", ({ log }) => truncateSync(join(`${log}.d`, "proofs.jsonl"), 0)],
  ["with half a signature", ({ log }) => truncateSync(join(`${log}.d`, "proofs.jsonl"), 300)],
  ["with bytes after its records", ({ log }) => appendFileSync(join(`${log}.d`, "payloads", "2026-01-01.bin"), "x")],
  ["without its records", ({ log }) => rmSync(join(`${log}.d`, "payloads", "2026-01-01.bin"))],
  ["with a mark of a failed sync", ({ log }) => writeFileSync(join(`${log}.d`, "poisoned"), "1 sync failed\n")],
  ["with a half rotation", ({ log }) => linkSync(log, join(`${log}.d`, "segments", "000001.log"))],
  ["with another name", ({ log, folder }) => linkSync(log, join(folder, "other"))],
  ["with a folder in place of its segments", ({ log }) => mkdirSync(join(`${log}.d`, "segments", "000001.log"))],
];

/** Heads of the kind that stands there, of a log that is another or is further. */
function otherHead(on: Scene, path: string, more: Partial<Head>): void {
  const file = join(on.folder, path);
  const bytes = readFileSync(file);
  const head = parseHeads(bytes) ?? assert.fail();
  writeFileSync(file, headSlot({ ...head, ...more }));
}

function homeHead({ folder }: Scene): string {
  const [name = ""] = readdirSync(join(folder, "home", "heads"));
  return join("home", "heads", name);
}

function forget({ folder }: Scene): void {
  rmSync(join(folder, "home", "heads"), { recursive: true });
}

const FOREIGN = [1, 2, 3].reduce<readonly string[]>((lines, n) => {
  const { entry_hash: prev_hash = "" }: { readonly entry_hash?: string } = JSON.parse(lines.at(-1) ?? "{}");
  const before = prev_hash === "" ? GENESIS : prev_hash;
  const entry = { n, prev_hash: before };
  return [...lines, JSON.stringify({ ...entry, entry_hash: hash("sha256", before + JSON.stringify(entry)) })];
}, []);

/** The same, in states that take more than one harm. */
const FOUND_WORSE: readonly (readonly [string, (on: Scene) => void])[] = [
  ["with a bad last line, from elsewhere", (on) => (forget(on), appendFileSync(on.log, '{"a":1}\n'))],
  [
    "with a bad last line and half of one, from elsewhere",
    (on) => (forget(on), appendFileSync(on.log, '{"a":1}\n{"b"')),
  ],
  ["without its last line feed, from elsewhere", (on) => (forget(on), truncateSync(on.log, statSync(on.log).size - 1))],
  ["of another writer, from elsewhere", (on) => (forget(on), writeFileSync(on.log, `${FOREIGN.join("\n")}\n`))],
  [
    "of another writer and torn, from elsewhere",
    (on) => (forget(on), writeFileSync(on.log, `${FOREIGN.join("\n")}\n{"n":4`)),
  ],
  ["with older heads and half a line", (on) => (on.putBack(""), appendFileSync(on.log, '{"half":'))],
  ["with older heads and a bad line", (on) => (on.putBack(""), replaceIn(on.log, '"n":3', '"n":7'))],
  [
    "with older heads and without its last line feed",
    (on) => (on.putBack(""), truncateSync(on.log, statSync(on.log).size - 1)),
  ],
  ["with older heads and without its records", (on) => (on.putBack(""), rmSync(records(on)))],
  ["with older heads and with half its records", (on) => (on.putBack(""), truncateSync(records(on), 100))],
  [
    "with older heads and a mark of a failed sync",
    (on) => (on.putBack(""), writeFileSync(join(`${on.log}.d`, "poisoned"), "x\n")),
  ],
  ["with a sidecar's head of another log", (on) => otherHead(on, "audit.log.d/synced", { log_id: "0".repeat(32) })],
  ["with a sidecar's head that is ahead", (on) => otherHead(on, "audit.log.d/synced", { bytes: 99_999 })],
  ["with a sidecar's head of another segment", (on) => otherHead(on, "audit.log.d/synced", { segment: 2 })],
  [
    "with a sidecar's head of another entry",
    (on) => (on.putBack("home/"), otherHead(on, "audit.log.d/synced", { hash: GENESIS })),
  ],
  ["with a home's head of another log", (on) => otherHead(on, homeHead(on), { log_id: "0".repeat(32) })],
  ["with a home's head of another entry", (on) => otherHead(on, homeHead(on), { hash: GENESIS })],
  ["with a home's head between lines", (on) => otherHead(on, homeHead(on), { bytes: 400 })],
  ["with a home's head of a later segment", (on) => otherHead(on, homeHead(on), { segment: 2 })],
  ["with a home's head of the beginning", (on) => otherHead(on, homeHead(on), { bytes: 0, seq: 0, hash: GENESIS })],
  ["with a log id that is empty", ({ log }) => writeFileSync(join(`${log}.d`, "log-id"), "")],
  [
    "with a key of its records that is short",
    ({ folder }) => writeFileSync(join(folder, "home", "payload.key"), "short"),
  ],
  [
    "with a link for a folder",
    ({ log, folder }) => (
      rmSync(join(`${log}.d`, "torn"), { recursive: true }),
      symlinkSync(join(folder, "home", "indexes"), join(`${log}.d`, "torn"))
    ),
  ],
  [
    "with a file for a folder",
    ({ log }) => (rmSync(join(`${log}.d`, "torn"), { recursive: true }), writeFileSync(join(`${log}.d`, "torn"), "")),
  ],
  [
    "that is a link",
    ({ log, folder }) => (renameSync(log, join(folder, "other")), symlinkSync(join(folder, "other"), log)),
  ],
  ["that is a folder", ({ log }) => (rmSync(log), mkdirSync(log))],
];

function records({ log }: Scene): string {
  return join(`${log}.d`, "payloads", "2026-01-01.bin");
}

function replaceIn(path: string, from: string, to: string): void {
  writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
}

/** Those that open on request only. */
const REFUSED: readonly string[] = [
  "without its last line feed",
  "without its last line",
  "empty",
  "gone",
  "with its last line changed",
  "without the home's head",
  "without either head",
  "with another name",
  "with its first line changed and without the home's head",
  "torn and without the home's head",
];

for (const [how, change] of [...FOUND, ...FOUND_WORSE]) {
  for (const continueForeign of REFUSED.includes(how) || how.includes("elsewhere") || how.includes("home's head of")
    ? [false, true]
    : [false]) {
    scene(`a log found ${how}${continueForeign ? ", to be continued" : ""}`, async (on) => {
      const ledger = await on.open();
      await on.append(ledger, 1, recordOf("s", 1));
      on.keepHeads();
      await Promise.all([on.append(ledger, 2, recordOf("s", 2)), on.append(ledger, 3)]);
      await ledger.close();
      on.story.splice(0);
      change(on);
      const again = await on.does("opens", () => on.open({ continueForeign }));
      if (again === null) return;
      await on.append(again, 4, recordOf("s", 4));
      await on.does("closes", () => again.close());
    });
  }
}

/** What may have become of a log of three segments whose heads may be older. */
const ROTATED: readonly (readonly [string, (on: Scene) => void])[] = [
  ["as it was left", () => undefined],
  ["with heads of the first segment", (on) => on.putBack("")],
  ["with the home's head of the first segment", (on) => on.putBack("home/")],
  ["with heads of the first segment, which is gone", (on) => (on.putBack(""), rmSync(segment(on, 1)))],
  ["with heads of the first segment, which is shorter", (on) => (on.putBack(""), truncateSync(segment(on, 1), 250))],
  [
    "with heads of the first segment, which is another",
    (on) => (on.putBack(""), replaceIn(segment(on, 1), '"n":1', '"n":7')),
  ],
  ["without its first segment", (on) => rmSync(segment(on, 1))],
  ["with its first segment changed", (on) => replaceIn(segment(on, 1), '"n":1', '"n":7')],
  ["with its second segment in its place", (on) => copyFileSync(segment(on, 2), on.log)],
  ["emptied", (on) => truncateSync(on.log, 0)],
  ["with a file left aside", (on) => writeFileSync(join(`${on.log}.d`, "segments", "next-9-9"), "x")],
  ["with another name among the segments", (on) => linkSync(on.log, segment(on, 4))],
];

function segment({ log }: Scene, number: number): string {
  return join(`${log}.d`, "segments", `00000${number}.log`);
}

for (const [how, change] of ROTATED) {
  scene(`a log of segments found ${how}`, async (on) => {
    const ledger = await on.open({ rotateBytes: 500 });
    await on.append(ledger, 1, recordOf("s", 1));
    on.keepHeads();
    for (const n of [2, 3, 4, 5]) await on.append(ledger, n, n === 4 ? recordOf("s", n) : {});
    await ledger.close();
    on.story.splice(0);
    change(on);
    const again = await on.does("opens", () => on.open({ rotateBytes: 1000 }));
    if (again === null) return;
    await on.append(again, 6, recordOf("s", 6));
    await on.does("closes", () => again.close());
  });
}

scene("answers before the sync, which comes later, and fails once", async (on) => {
  const ledger = await on.open({ durability: "batch" });
  await on.append(ledger, 1, recordOf("s", 1));
  on.story.splice(0);
  await on.append(ledger, 2);
  await on.tick();
  await on.append(ledger, 3, recordOf("s", 3));
  on.faults.push({ call: "has synced", path: "audit.log", code: "EIO" });
  await on.tick();
  await on.append(ledger, 4);
  on.elapsed += 60;
  await on.append(ledger, 5);
  await on.tick();
  await on.does("closes", () => ledger.close());
});

scene("what a ledger is asked", async (on) => {
  const [one, two] = [await on.open(), await on.open()];
  const asked = async (what: string, act: () => unknown): Promise<void> =>
    void (await on.does(what, async () =>
      on.say((JSON.stringify(await act()) ?? "nothing").replaceAll(/"[0-9a-f]{64}"/gu, '"#"')),
    ));
  await on.append(one, 1, recordOf("s", 1));
  const { entry } = await one.append({
    entry: { event: "authorize_action", timestamp: TIME, trace_id: "t" },
    ...recordOf("s", 2),
  });
  const id = entry.entry_hash;
  on.story.splice(0);
  await asked("history of none", () => one.historyOf("0".repeat(64)));
  await asked("history", () => two.historyOf(id));
  await asked("record", () => two.readRecord(id));
  await asked("record of none", () => two.readRecord("0".repeat(64)));
  await asked("trace", () => two.getTrace("t"));
  await asked("trace of none", () => two.getTrace("x"));
  await asked("settled", () => one.settled(entry));
  await asked("switches", () => one.killSwitches().length);
  await one.append({ entry: { event: "kill_switch", timestamp: TIME, scope: "all", engaged: true } });
  await asked("switches", () => [one.killSwitches().length, two.killSwitches().length]);
  await asked("governance", () =>
    one.governance.map((path) => path.replace(on.folder, "~").replace(/[0-9a-f]{16,}/u, "#")),
  );
  truncateSync(records(on), 100);
  await asked("a record that is cut", () => two.readRecord(id));
  rmSync(records(on));
  await asked("a record whose day is gone", () => two.readRecord(id));
  await asked("an unknown policy", () => one.readPolicy(`sha256:${"0".repeat(64)}`));
  await asked("a policy of another hash", () => one.storePolicy(`sha256:${"0".repeat(64)}`, Buffer.from("x")));
  await asked("what is no hash", () => one.readPolicy("../x"));
  await on.does("closes", () => one.close());
  await on.does("closes again", () => one.close());
  await asked("history when closed", () => one.historyOf(id));
  await asked("record when closed", () => one.readRecord(id));
  await asked("settled when closed", () => one.settled(entry));
  await asked("trace when closed", () => one.getTrace("t"));
  await on.does("closes", () => two.close());
});

scene("records of many days, and what stays open of them", async (on) => {
  const ledger = await on.open({ durability: "none" });
  for (let day = 0; day < 7; day += 1) {
    on.now += DAY_MS;
    await on.append(ledger, day, recordOf(`s${day % 2}`, day));
  }
  await on.does("closes", () => ledger.close());
});

/** A call that fails while entries are appended, and what is done after. */
const FAULTS: readonly (readonly Fault[])[] = [
  [{ call: "writes", path: "audit.log", code: "ENOSPC" }],
  [{ call: "tears", path: "audit.log", code: "short" }],
  [
    { call: "tears", path: "audit.log", code: "short" },
    { call: "cuts", path: "audit.log", code: "EIO" },
    { call: "writes", path: "audit.log", code: "EIO" },
  ],
  [{ call: "writes", path: ".bin", code: "ENOSPC" }],
  [{ call: "tears", path: ".bin", code: "short" }],
  [{ call: "begins to sync", path: "audit.log", code: "EIO" }],
  [{ call: "has synced", path: "audit.log", code: "EIO" }],
  [{ call: "has synced", path: ".bin", code: "EIO" }],
  [
    { call: "has synced", path: "audit.log", code: "EIO" },
    { call: "writes", path: "poisoned", code: "ENOSPC" },
  ],
  [
    { call: "has synced", path: "audit.log", code: "EIO" },
    { call: "syncs", path: "audit.log", code: "EIO" },
  ],
  [{ call: "writes", path: "synced", code: "EIO" }],
  [{ call: "writes", path: "proofs.jsonl", code: "ENOSPC" }],
  [{ call: "opens", path: ".bin", code: "EMFILE" }],
  [{ call: "syncs", path: "\\.key\\.[0-9a-f]+", code: "EIO" }],
];

for (const faults of FAULTS) {
  const said = faults.map(({ call, path, code }) => `${call} ${path}: ${code}`).join(", ");
  scene(`a call fails once: ${said}`, async (on) => {
    const ledger = await on.open();
    await on.append(ledger, 1);
    on.story.splice(0);
    on.faults.push(...faults);
    await Promise.all([on.append(ledger, 2, recordOf("s", 2)), on.append(ledger, 3)]);
    on.faults.splice(0);
    on.elapsed += 20;
    await on.append(ledger, 4, recordOf("s", 4));
    on.elapsed += 60;
    await on.append(ledger, 5, recordOf("s", 5));
    await on.does("closes", () => ledger.close());
  });
}

const ROTATION_FAULTS: readonly Fault[] = [
  { call: "syncs", path: "audit.log", code: "EIO" },
  { call: "opens", path: "next-7-3", code: "EMFILE" },
  { call: "syncs", path: "next-7-3", code: "EIO" },
  { call: "links", path: "audit.log", code: "EMLINK" },
  { call: "syncs the names in", path: "segments", code: "EIO" },
  { call: "renames", path: "next-7-3", code: "EIO" },
];

for (const fault of ROTATION_FAULTS) {
  scene(`a call fails once while a log rotates: ${fault.call} ${fault.path}`, async (on) => {
    const ledger = await on.open({ rotateBytes: 500 });
    await on.append(ledger, 1);
    await on.append(ledger, 2);
    on.story.splice(0);
    on.faults.push(fault);
    await on.append(ledger, 3);
    on.elapsed += 60;
    await on.append(ledger, 4);
    await on.does("closes", () => ledger.close());
  });
}

scene("a log with a tree, closed three times", async (on) => {
  const tlog = { keys, entries: true, worker: false };
  for (const counts of [[2], [1], [100, 160]]) {
    const ledger = await on.open({ tlog });
    for (const count of counts) {
      on.say(`— appends ${count}`);
      const entry = { event: "authorize_action", timestamp: TIME, decision: "DENY" };
      await Promise.all(Array.from({ length: count }, () => ledger.append({ entry })));
    }
    await on.does("closes", () => ledger.close());
  }
});

test("the scenes on record are those that are played", () => {
  if (WRITE) writeFileSync(RECORD, `${[...written.values()].join("\n\n")}\n`);
  else assert.deepEqual([...recorded.keys()], names);
});
