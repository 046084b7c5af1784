import assert from "node:assert/strict";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CanopyError } from "../core/errors.ts";
import { trustFrom } from "../runtime/check-included.ts";
import { openFileLedger } from "./file-ledger.ts";
import { realFileSystem } from "./file-system.ts";
import { fsckLog } from "./fsck/fsck-log.ts";
import { historyLines } from "./history-lines.ts";
import { KeptRecords } from "./kept-records.ts";
import { LogReader } from "./log-reader.ts";
import { segmentFiles } from "./segment-files.ts";
import { proveIncluded } from "./tlog/prove-included.ts";
import { TlogReader } from "./tlog/tlog-reader.ts";
import { keysOf, seededSigner } from "./tlog/tlog-process.fixture.test.ts";
import { verifyLog } from "./verify-log.ts";

// What `verify`, `fsck` and the next opening of a log say when a file beside it or the log itself is damaged, each
// message whole. After a change that is meant, `npm run golden` writes the record anew.

const WRITE = process.env["CANOPY_GOLDEN"] === "write";
const RECORD = new URL("../../../../vectors/record/reports.txt", import.meta.url);
const NOW = Date.UTC(2026, 0, 1);
const keys = keysOf(seededSigner(2));
const signer = seededSigner(1);

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function newFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "canopy-reports-"));
  folders.push(folder);
  return folder;
}

function openAt(folder: string): ReturnType<typeof openFileLedger> {
  return openFileLedger({
    path: join(folder, "audit.log"),
    home: join(folder, "home"),
    signer,
    clock: { now: () => NOW },
    index: false,
    rotateBytes: 30_000,
    tlog: { keys, entries: true, worker: false },
  });
}

/** A log of three segments with records, checkpoints, an erasure and a kept policy; made once and copied. */
let made: Promise<string> | null = null;

async function make(): Promise<string> {
  const folder = newFolder();
  for (let run = 0; run < 3; run += 1) {
    const ledger = await openAt(folder);
    for (let n = 0; n < 60; n += 1) {
      const entry = {
        event: "authorize_action",
        timestamp: "2026-01-01T00:00:00Z",
        decision: "ALLOW",
        avid: `s${n % 3}`,
      };
      await ledger.append({ entry, record: { subject: `s${n % 3}`, content: { n } } });
    }
    if (run === 1) await ledger.erase("s2");
    await ledger.close();
  }
  cpSync(folder, `${folder}-kept`, { recursive: true });
  folders.push(`${folder}-kept`);
  return folder;
}

// At the place where it was made: a home knows its logs by their paths.
async function copyOf(): Promise<string> {
  made ??= make();
  const folder = await made;
  rmSync(folder, { recursive: true });
  cpSync(`${folder}-kept`, folder, { recursive: true });
  return folder;
}

/** Files of the log's, one of each kind, as paths in the folder. */
function kinds(folder: string): readonly string[] {
  const seen = new Set<string>();
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile() && !/sqlite|\.key$/u.test(path))
    .sort()
    .filter((path) => {
      const kind = plain(path).replaceAll(/\d+/gu, "#");
      return seen.size < seen.add(kind).size;
    });
}

const DAMAGES: readonly (readonly [string, (path: string) => void])[] = [
  ["gone", (path) => rmSync(path)],
  ["cut", (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ["longer", (path) => appendFileSync(path, "x\n")],
  ["changed", (path) => flip(path)],
];

function flip(path: string): void {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

// Without what differs from run to run: places of the disk, hashes, keys and ids.
function plain(text: string, folder = ""): string {
  return text
    .replaceAll(folder === "" ? "\0" : folder, "")
    .replaceAll(/AVID-[\w-]+|[\w+/=-]*[0-9a-f]{16,}[\w+/=-]*/gu, "#")
    .replaceAll(/[\w+/=-]{40,}/gu, "#");
}

async function said(folder: string, act: () => unknown): Promise<string> {
  try {
    return plain(JSON.stringify(await act()) ?? "nothing", folder);
  } catch (error) {
    if (!(error instanceof CanopyError)) return `crash: ${plain(String(error), folder)}`;
    return plain(`${error.code}: ${error.message}; ${error.fix ?? ""}`, folder);
  }
}

const trustOf = (origin: string): ReturnType<typeof trustFrom> => trustFrom({ vkeys: keys.vkeys(origin) });

async function reports(folder: string): Promise<readonly string[]> {
  const [log, home] = [join(folder, "audit.log"), join(folder, "home")];
  const options = { home, signatures: null, trustOf };
  const verified = await said(folder, () => verifyLog(log, { home }));
  const strict = await said(folder, () => verifyLog(log, { strict: true }));
  const checked = await said(folder, () => fsckLog(log, options));
  const read = await said(folder, () => readAll(log, home));
  const opened = await said(folder, async () => {
    const ledger = await openAt(folder);
    await ledger.close();
    const last = readFileSync(log, "utf8").trimEnd().split("\n").slice(-2);
    return last.map((line) => JSON.parse(line).reason);
  });
  return [`verify ${verified}`, `strict ${strict}`, `fsck ${checked}`, `read ${read}`, `open ${opened}`];
}

// What a reader finds: the newest entries with their records, a proof, and how long the history is.
async function readAll(log: string, home: string): Promise<unknown> {
  const reader = LogReader.open(log);
  const records = new KeptRecords(log, home);
  const tree = await TlogReader.open(log);
  try {
    const newest = reader.newest(7);
    const kept = newest.map((entry) => JSON.stringify(records.record(entry)));
    const { index, size } = proveIncluded(tree, 3);
    const lines = [...historyLines(realFileSystem, segmentFiles(realFileSystem, log, []))].length;
    const asked = {
      counts: [{ avid: "s1" }, { decision: "ALLOW", after_seq: 100 }, { tenant_id: "x" }].map((filter) =>
        reader.count(filter),
      ),
      backward: Array.from(reader.query({ avid: "s0", before_seq: 20 }, "backward"), ({ seq }) => seq),
      entry: reader.entry(64)?.event ?? null,
      none: reader.newest(0),
    };
    const found = newest.map(({ entry_hash }) => tree.indexOfHash(entry_hash));
    const beyond = await said("", () => proveIncluded(tree, size));
    const strange = tree.indexOfHash("0".repeat(64));
    return {
      newest: newest.map(({ seq, event }) => [seq, event]),
      kept,
      index,
      size,
      lines,
      asked,
      found,
      beyond,
      strange,
    };
  } finally {
    reader.close();
    tree.close();
    records.close();
  }
}

// Where the system tells which files a process has open.
function openFilesIn(folder: string): readonly string[] {
  if (!existsSync("/proc/self/fd")) return [];
  return readdirSync("/proc/self/fd")
    .map((fd) => targetOf(`/proc/self/fd/${fd}`))
    .filter((path) => path.startsWith(folder));
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

const recorded = new Map(
  readFileSync(RECORD, "utf8")
    .trimEnd()
    .split("\n\n")
    .map((block): [string, string] => [block.split("\n", 1).join(""), block]),
);
const written = new Map<string, string>();
/** Its block has everything; the others have what is said otherwise. */
const SOUND = "nothing is damaged";

async function compare(name: string, damage: (folder: string) => void): Promise<void> {
  const folder = await copyOf();
  damage(folder);
  const sound = name === SOUND ? [] : ((WRITE ? written : recorded).get(SOUND)?.split("\n") ?? []);
  const lines = (await reports(folder)).filter((line) => !sound.includes(line));
  const block = [name, ...lines].join("\n");
  assert.deepEqual(openFilesIn(folder), [], `files left open; ${block}`);
  assert.ok(!block.includes("crash: "), block);
  if (WRITE) written.set(name, block);
  else assert.equal(block, recorded.get(name), "if this is meant: npm run golden");
}

test("what is said of a sound log is as it stands on record, and no file stays open", () =>
  compare(SOUND, () => undefined));

for (const [damage, harm] of DAMAGES) {
  test(`what is said of a log beside which a file is ${damage} is as it stands on record`, async () => {
    for (const path of kinds(await copyOf()))
      await compare(`${plain(path)} is ${damage}`, (folder) => harm(join(folder, path)));
  });
}

test("the newest line changed, doubled or moved is said as it stands on record", async () => {
  await compare(
    "the last line is gone",
    edit((lines) => lines.slice(0, -1)),
  );
  await compare(
    "the last line is doubled",
    edit((lines) => [...lines, ...lines.slice(-1)]),
  );
  await compare(
    "two lines are swapped",
    edit((lines) => [...lines.slice(0, 4), ...lines.slice(4, 6).toReversed(), ...lines.slice(6)]),
  );
  await compare(
    "a line is foreign",
    edit((lines) => [...lines, '{"a":1}']),
  );
});

function edit(change: (lines: string[]) => readonly string[]): (folder: string) => void {
  return (folder) => {
    const log = join(folder, "audit.log");
    writeFileSync(log, `${change(readFileSync(log, "utf8").trimEnd().split("\n")).join("\n")}\n`);
  };
}

test("the reports on record are those that are compared", () => {
  if (WRITE) writeFileSync(RECORD, `${[...written.values()].sort().join("\n\n")}\n`);
});
