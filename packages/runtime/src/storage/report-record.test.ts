import assert from "node:assert/strict";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { hash } from "node:crypto";
import { CanopyError } from "../core/errors.ts";
import { trustFrom } from "../runtime/check-included.ts";
import { openFileLedger } from "./file-ledger.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { fsckLog } from "./fsck/fsck-log.ts";
import { realHost } from "./host.ts";
import { historyLines } from "./history-lines.ts";
import type { KnownCheckpoint } from "./checkpoint-audit.ts";
import { catchUpIndex } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import { hashOfLine } from "./parse-entry.ts";
import { logPathsOf } from "./sidecar.ts";
import type { KeyLookup } from "./signature-audit.ts";
import { openDatabase } from "./sqlite.ts";
import { verifyEd25519 } from "./tlog/checkpoint-keys.ts";
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

// What is synced when is another test's matter (disk-record.test.ts); here it would only take time.
const unsynced: FileSystem = {
  ...realFileSystem,
  sync: async () => undefined,
  syncNow: () => undefined,
  syncFolder: () => undefined,
};

let draws = 0;

function drawn(count: number): Buffer {
  draws += 1;
  return Buffer.alloc(count, draws);
}

function openAt(folder: string): ReturnType<typeof openFileLedger> {
  return openFileLedger({
    path: join(folder, "audit.log"),
    home: join(folder, "home"),
    signer,
    clock: { now: () => NOW },
    index: false,
    fileSystem: unsynced,
    randomness: { bytes: drawn },
    host: { ...realHost, bytes: drawn, elapsed: () => 0 },
    rotateBytes: 30_000,
    tlog: { keys, entries: true, worker: false },
  });
}

/** A log of three segments with records, checkpoints, an erasure and a kept policy; made once and copied. */
let made: Promise<string> | null = null;

async function make(): Promise<string> {
  const folder = newFolder();
  const policy = Buffer.from("rules: []\n");
  const policy_hash = `sha256:${hash("sha256", policy)}`;
  for (let run = 0; run < 3; run += 1) {
    const ledger = await openAt(folder);
    if (run === 0) {
      ledger.storePolicy(policy_hash, policy);
      await ledger.append({ entry: { event: "policy_activated", timestamp: "2026-01-01T00:00:00Z", policy_hash } });
    }
    for (let from = 0; from < 60; from += 20) {
      const appends = Array.from({ length: 20 }, (_, n) => {
        const avid = `s${(from + n) % 3}`;
        const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", decision: "ALLOW", avid };
        return ledger.append({ entry, record: { subject: avid, content: { n: from + n } } });
      });
      await Promise.all(appends);
    }
    if (run === 1) await ledger.erase("s2");
    await ledger.close();
  }
  const index = new IndexDatabase(logPathsOf(join(folder, "audit.log")).index);
  while (catchUpIndex(realFileSystem, logPathsOf(join(folder, "audit.log")), index, 1 << 20));
  index.close();
  await remember(folder);
  cpSync(folder, `${folder}-kept`, { recursive: true });
  folders.push(`${folder}-kept`);
  return folder;
}

/** What others keep of the sound log: the hash of each entry, and checkpoints of some sizes. */
const outside: { heads: readonly string[]; checkpoints: readonly KnownCheckpoint[] } = { heads: [], checkpoints: [] };

async function remember(folder: string): Promise<void> {
  const tree = await TlogReader.open(join(folder, "audit.log"));
  outside.heads = Array.from(tree.lines(0), ({ bytes }) => hashOfLine(bytes.toString()) ?? "");
  outside.checkpoints = [1, 61, 128, tree.size - 3, tree.size].map((size) => {
    return { name: `kept of ${size}`, size, root: tree.rootAt(size), isBeside: size === 61 };
  });
  tree.close();
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
  ["empty", (path) => truncateSync(path, 0)],
  ["zeroed", (path) => writeFileSync(path, Buffer.alloc(statSync(path).size))],
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

type Question = "verify" | "against" | "fsck" | "read" | "tree" | "beside" | "open" | "repair";
const OF_LINES: readonly Question[] = ["verify", "against", "fsck", "read", "tree", "open"];
const OF_TREE: readonly Question[] = ["verify", "fsck", "tree", "open"];
const OF_RECORDS: readonly Question[] = ["fsck", "read", "beside", "open"];
const OF_REST: readonly Question[] = ["verify", "against", "fsck", "open"];
const OF_INDEX: readonly Question[] = ["fsck", "read", "repair"];
const ALL: readonly Question[] = ["verify", "against", "fsck", "read", "tree", "beside", "open", "repair"];

/** What is asked where a file of that name is damaged so. */
function questionsOf(path: string, damage: string): readonly Question[] {
  if (path.endsWith(".log")) return OF_LINES;
  if (path.includes("/tlog/")) return damage === "gone" || damage === "changed" ? [...OF_TREE, "repair"] : OF_TREE;
  return /payload|policies/u.test(path) ? OF_RECORDS : OF_REST;
}

async function answersTo(question: Question, folder: string): Promise<readonly string[]> {
  const [log, home] = [join(folder, "audit.log"), join(folder, "home")];
  const about = async (act: () => unknown): Promise<readonly string[]> => [`${question} ${await said(folder, act)}`];
  switch (question) {
    case "verify":
      return [
        ...(await about(() => verifyLog(log, { home }))),
        `strict ${await said(folder, () => verifyLog(log, { strict: true }))}`,
      ];
    case "against":
      return against(folder, log);
    case "fsck":
      return about(() => fsckLog(log, { home, signatures: null, trustOf }));
    case "read":
      return about(() => readAll(log, home));
    case "tree":
      return [
        ...(await about(() => treeOf(log, false))),
        `tree of lines ${await said(folder, () => treeOf(log, true))}`,
      ];
    case "beside":
      return about(() => besideOf(folder, log));
    case "open":
      return about(async () => {
        const ledger = await openAt(folder);
        await ledger.close();
        const last = readFileSync(log, "utf8").trimEnd().split("\n").slice(-2);
        return last.map((line) => JSON.parse(line).reason);
      });
    case "repair":
      return repaired(folder);
    default: {
      const never: never = question;
      return never;
    }
  }
}

// Without what is said of the sound log, too.
function news(line: string, sound: readonly string[]): readonly string[] {
  if (sound.includes(line)) return [];
  const [subject] = line.split(" {", 1);
  const before = sound.find((other) => other.startsWith(`${subject} {`));
  if (subject === undefined || before === undefined || subject === line) return [line];
  const [now, then] = [line, before].map((text): unknown => JSON.parse(text.slice(subject.length + 1)));
  return [`${subject} ${JSON.stringify(difference(now, then))}`];
}

function difference(now: unknown, then: unknown): unknown {
  if (Array.isArray(now) && now.length > 6) return [...now.slice(0, 2), `${now.length} in all`, ...now.slice(-1)];
  if (!isMembers(now) || !isMembers(then)) return now;
  const changed = Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(then[name]));
  return Object.fromEntries(changed.map(([name, value]) => [name, difference(value, then[name])]));
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The one key that signs here, and what it is known by. */
const signatures: KeyLookup = (id) =>
  id === "seed-1"
    ? (message, signature) =>
        verifyEd25519(signer.public_key, message, Uint8Array.from(Buffer.from(signature, "base64url")))
    : null;

// Against what is kept elsewhere: heads, checkpoints, keys.
async function against(folder: string, log: string): Promise<readonly string[]> {
  const size = outside.heads.length;
  const anchors = [70, size, size + 1].map((entries) => ({ entries, head: outside.heads[entries - 1] ?? "" }));
  const lines: string[] = [];
  for (const anchor of anchors) {
    lines.push(`anchor ${anchor.entries} ${await said(folder, () => verifyLog(log, { anchor }))}`);
  }
  const { checkpoints } = outside;
  lines.push(`checkpoints ${await said(folder, () => verifyLog(log, { checkpoints }))}`);
  const other = checkpoints.slice(2, 3).map((one) => ({ ...one, root: Buffer.alloc(32, 1) }));
  lines.push(`strange ${await said(folder, () => verifyLog(log, { checkpoints: other }))}`);
  lines.push(`beside ${await said(folder, () => verifyLog(log, { checkpoints: checkpoints.slice(1, 2) }))}`);
  lines.push(`signatures ${await said(folder, () => verifyLog(log, { signatures }))}`);
  lines.push(`unknown ${await said(folder, () => verifyLog(log, { signatures: () => null }))}`);
  return lines;
}

// What the tree proves, from tiles and from lines.
async function treeOf(log: string, strict: boolean): Promise<unknown> {
  const tree = await TlogReader.open(log, { strict });
  try {
    const { size } = tree;
    const steps: Record<string, () => unknown> = {
      note: () => tree.checkpointNote()?.length ?? null,
      strange: () => tree.strangeCheckpoint()?.length ?? null,
      roots: () => [0, 1, 60, size].map((at) => digest(tree.rootAt(at))),
      paths: () => [0, 61, 128, size - 1].map((at) => digest(...tree.inclusion(at))),
      consistency: () => [1, 61, 128, size].map((at) => digest(...tree.consistency(at))),
      leaves: () => [0, 100, size - 1].map((at) => digest(tree.leaf(at))),
      lines: () => Array.from(tree.lines(size - 2), ({ index, bytes }) => [index, bytes.length]),
      slice: () => Array.from(tree.lines(60, 63), ({ index, bytes }) => [index, bytes.length]),
      since: () => [0, NOW, NOW + 1].map((time) => tree.entryIndexAtOrAfter(time)),
    };
    const answers: Record<string, unknown> = {};
    for (const [name, step] of Object.entries(steps)) answers[name] = await saidOf(step);
    return { size, tiles: tree.has_tiles, warnings: tree.warnings, ...answers };
  } finally {
    tree.close();
  }
}

function digest(...parts: readonly Uint8Array[]): string {
  return `${parts.length}:${hash("sha256", Buffer.concat(parts)).slice(0, 8)}`;
}

async function saidOf(act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof RangeError) return `out of range: ${error.message}`;
    if (!(error instanceof CanopyError)) throw error;
    return `${error.code}: ${error.message}; ${error.fix ?? ""}`;
  }
}

// Records and policies, by the right home and by others.
function besideOf(folder: string, log: string): unknown {
  const other = join(folder, "other");
  mkdirSync(other, { recursive: true });
  const reader = LogReader.open(log, { scan: true, unusable: () => undefined });
  const entries = [...reader.query()];
  reader.close();
  const answers: Record<string, unknown> = {};
  for (const [name, home, key] of [
    ["own", join(folder, "home"), null],
    ["none", other, null],
    ["another", other, Buffer.alloc(32, 7)],
    ["short", other, Buffer.alloc(31, 7)],
  ] as const) {
    if (key !== null) writeFileSync(join(other, "payload.key"), key);
    const records = new KeptRecords(log, home);
    const found: Record<string, number> = {};
    for (const entry of entries) {
      const record = records.record(entry);
      const how = "missing" in record ? record.missing : "there";
      found[how] = (found[how] ?? 0) + 1;
    }
    const kept = records.policyHashes();
    const [own = "sha256:"] = kept;
    const policies = [own, `${own}0`, own.slice(7), `sha256:${"0".repeat(64)}`].map((asked) => {
      const policy = records.policy(asked);
      return "missing" in policy ? policy.missing : policy.bytes.length;
    });
    answers[name] = { found, policies, kept, names: digest(Buffer.from(records.resourceKey("log", "place"))) };
    records.close();
  }
  rmSync(other, { recursive: true });
  return answers;
}

// What a repair makes right, and what stays wrong after it; on a copy of its own.
async function repaired(folder: string): Promise<readonly string[]> {
  const [log, home] = [join(folder, "audit.log"), join(folder, "home")];
  const options = { home, signatures: null, trustOf: null };
  const progress: string[] = [];
  const said1 = await said(folder, async () => {
    const told = (done: number, total: number, what: string): void => void progress.push(`${done}/${total} ${what}`);
    const {
      problems_total,
      repaired: mended,
      warnings,
      signed_entries,
    } = await fsckLog(log, {
      ...options,
      repair: true,
      progress: told,
    });
    return { problems_total, mended, warnings, signed_entries, progress };
  });
  const said2 = await said(folder, async () => {
    const { problems, warnings, checkpoint } = await fsckLog(log, { ...options, trustOf });
    return { problems, warnings, checkpoint };
  });
  return [`repair ${said1}`, `then ${said2}`];
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

async function compare(
  name: string,
  damage: (folder: string) => void,
  questions: readonly Question[] = ALL,
): Promise<void> {
  const sound = name === SOUND ? [] : ((WRITE ? written : recorded).get(SOUND)?.split("\n") ?? []);
  const lines: string[] = [];
  let folder = await copyOf();
  damage(folder);
  for (const question of questions) {
    // The log was opened since: that mends what can be mended.
    if (question === "repair" && questions.includes("open")) damage((folder = await copyOf()));
    for (const line of await answersTo(question, folder)) lines.push(...news(line, sound));
    assert.deepEqual(openFilesIn(folder), [], `files left open by ${question}; ${name}`);
  }
  const block = [name, ...lines].join("\n");
  assert.ok(!block.includes("crash: "), block);
  if (WRITE) written.set(name, block);
  else assert.equal(block, recorded.get(name), "if this is meant: npm run golden");
}

test("what is said of a sound log is as it stands on record, and no file stays open", () =>
  compare(SOUND, () => undefined));

for (const [damage, harm] of DAMAGES) {
  test(`what is said of a log beside which a file is ${damage} is as it stands on record`, async () => {
    for (const path of kinds(await copyOf()))
      await compare(`${plain(path)} is ${damage}`, (folder) => harm(join(folder, path)), questionsOf(path, damage));
  });
}

/** Lines of the current file, changed as bytes by whoever can write to it. */
const EDITS: readonly (readonly [string, (lines: string[]) => readonly string[]])[] = [
  ["the last line is gone", (lines) => lines.slice(0, -1)],
  ["the last line is doubled", (lines) => [...lines, ...lines.slice(-1)]],
  ["two lines are swapped", (lines) => [...lines.slice(0, 4), ...lines.slice(4, 6).toReversed(), ...lines.slice(6)]],
  ["a line is foreign", (lines) => [...lines, '{"a":1}']],
  ["a line in the middle is foreign", (lines) => lines.toSpliced(9, 0, '{"a":1}')],
  ["a line in the middle is no JSON", (lines) => lines.toSpliced(9, 0, "hello")],
  ["a line in the middle is gone", (lines) => lines.toSpliced(9, 1)],
  ["a line in the middle is cut", (lines) => lines.toSpliced(9, 1, lines[9]?.slice(0, 40) ?? "")],
  ["a line is blank", (lines) => lines.toSpliced(9, 0, "  \t")],
  ["a line ends in a carriage return", (lines) => lines.with(9, `${lines[9]}\r`)],
  ["a line ends in spaces", (lines) => lines.with(9, `${lines[9]}  `)],
  ["a line begins with a byte order mark", (lines) => lines.with(9, `\ufeff${lines[9]}`)],
  ["a line has a space more", (lines) => lines.with(9, (lines[9] ?? "").replace(":", ": "))],
  ["a line has a name twice", (lines) => lines.with(9, (lines[9] ?? "").replace("{", '{"avid":"s0",'))],
  ["all but the first line is gone", (lines) => lines.slice(0, 1)],
  ["the first line is gone", (lines) => lines.slice(1)],
  ["the first line comes last", (lines) => [...lines.slice(1), ...lines.slice(0, 1)]],
];

for (const [name, change] of EDITS) {
  test(`what is said where ${name} is as it stands on record`, () => compare(name, edit(change), OF_LINES));
}

/** Lines that were changed and chained anew, as whoever has the machine could: an entry by its event, and what is changed. */
const REWRITES: readonly (readonly [string, string, string | RegExp, string])[] = [
  ["covers one more", "checkpoint_meta", /"covered_entries":(\d+)\d/u, '"covered_entries":$19'],
  ["covers nothing", "checkpoint_meta", /"covered_entries":\d+/u, '"covered_entries":0'],
  ["covers itself", "checkpoint_meta", /"covered_entries":\d+/u, '"covered_entries":99999'],
  ["counts another decision", "checkpoint_meta", /"DENY":0/u, '"DENY":1'],
  ["counts half a decision", "checkpoint_meta", /"DENY":0/u, '"DENY":"x"'],
  ["names another policy", "checkpoint_meta", /"policy_hash":"sha256:../u, '"policy_hash":"sha256:00'],
  ["names another run of the index", "checkpoint_meta", /"runs":\d/u, '"runs":7'],
  ["names another root of the index", "checkpoint_meta", /"root":"../u, '"root":"00'],
  ["names no index", "checkpoint_meta", /"index":\{[^}]*\}/u, '"index":null'],
  ["names another root before", "checkpoint_meta", /("previous_checkpoint":\{"root":")../u, "$100"],
  ["names another size before", "checkpoint_meta", /"size":(\d+)\d/u, '"size":$19'],
  ["names a size before that is no size", "checkpoint_meta", /"size":\d+/u, '"size":-1'],
  ["names no checkpoint before", "checkpoint_meta", /"previous_checkpoint":\{[^}]*\}/u, '"previous_checkpoint":null'],
  ["is not of the ledger", "checkpoint_meta", '"action_type":"ledger"', '"action_type":"mail"'],
  ["has another seq", "authorize_action", /"seq":(\d+)\d/u, '"seq":$10'],
  ["is of another log", "authorize_action", /"log_id":"../u, '"log_id":"00'],
  ["is a takeover", "authorize_action", '{"avid"', '{"action_type":"ledger","avid"'],
  ["is another event", "authorize_action", '"event":"authorize_action"', '"event":"log_continued"'],
  ["tells of a new key", "authorize_action", '"event":"authorize_action"', '"event":"key_rotated"'],
  [
    "activates a policy",
    "authorize_action",
    '"event":"authorize_action"',
    '"event":"policy_activated","policy_hash":"sha256:00"',
  ],
  ["has its record elsewhere", "authorize_action", /("payload_ref":"[^:]*:\d+)/u, "$19"],
  ["has a record of another day", "authorize_action", /"payload_ref":"2026-01-01/u, '"payload_ref":"2026-01-02'],
  ["has another place in its block", "authorize_action", /("payload_ref":"[^"]*:)\d:/u, "$15:"],
  [
    "has lost another's record",
    "authorize_action",
    '"event":"authorize_action"',
    '"event":"ledger_recovery","payload_lost":["x"]',
  ],
  ["has no hash before", "authorize_action", /"prev_hash":"[0-9a-f]+"/u, '"prev_hash":null'],
];

for (const [name, event, from, to] of REWRITES) {
  test(`what is said where ${event} ${name}, chained anew, is as it stands on record`, () =>
    compare(
      `${event} ${name}`,
      edit((lines) => rechained(lines, event, (line) => line.replace(from, to))),
    ));
}

/** Lines of which one of that event, the second, is changed, and all after it are chained to it. */
function rechained(lines: readonly string[], event: string, change: (line: string) => string): readonly string[] {
  const hits = lines.flatMap((line, index) => (line.includes(`"event":"${event}"`) ? [index] : []));
  const at = hits[1] ?? hits[0] ?? -1;
  let head = "";
  return lines.map((line, index) => {
    if (index < at) return line;
    const body = line.replace(/,"entry_hash":"[0-9a-f]{64}"\}$/u, "}");
    const text = index === at ? change(body) : body.replace(/"prev_hash":"[0-9a-f]{64}"/u, `"prev_hash":"${head}"`);
    if (index === at) assert.notEqual(text, body, "nothing is changed");
    const before = /"prev_hash":"([0-9a-f]{64})"/u.exec(text)?.[1] ?? "";
    head = hash("sha256", before + text);
    return `${text.slice(0, -1)},"entry_hash":"${head}"}`;
  });
}

/** The index beside the log, changed as its own tables. */
const TABLES: readonly string[] = [
  "UPDATE entries SET offset=offset+1 WHERE seq=7",
  "UPDATE entries SET length=length+1 WHERE seq=7",
  "UPDATE entries SET segment=2 WHERE seq=7",
  "UPDATE entries SET hash=1 WHERE seq=7",
  "UPDATE entries SET agent=NULL WHERE seq=7",
  "DELETE FROM entries WHERE seq=7",
  "DELETE FROM entries",
  "INSERT INTO entries(seq, segment, offset, length, hash) VALUES (0, 1, 0, 9, 9)",
  "INSERT INTO entries(seq, segment, offset, length, hash) VALUES (9999, 1, 0, 9, 9)",
  "INSERT INTO entries(seq, segment, offset, length, hash) VALUES (9999, 9, 0, 9, 9)",
  "UPDATE meta SET offset=0, segment=1",
  "UPDATE meta SET offset=1",
  "UPDATE meta SET log_id='x'",
  "DELETE FROM meta",
  "DROP TABLE meta",
  "DROP TABLE entries",
];

test("what is said of an index whose tables were changed is as it stands on record", async () => {
  for (const sql of TABLES) {
    await compare(
      `the index: ${sql}`,
      (folder) => {
        const database = openDatabase(logPathsOf(join(folder, "audit.log")).index, 100);
        database.exec(sql);
        database.close();
      },
      OF_INDEX,
    );
  }
});

/** Segments and the files beside them, not one by one. */
const WHOLES: readonly (readonly [string, (log: string) => void])[] = [
  ["the sidecar is gone", (log) => rmSync(`${log}.d`, { recursive: true })],
  ["the tree's folder is gone", (log) => rmSync(join(`${log}.d`, "tlog"), { recursive: true })],
  ["the segments are gone", (log) => rmSync(join(`${log}.d`, "segments"), { recursive: true })],
  ["the first segment is gone", (log) => rmSync(join(`${log}.d`, "segments", "000001.log"))],
  ["the second segment is gone", (log) => rmSync(join(`${log}.d`, "segments", "000002.log"))],
  [
    "the first segment and the tree are gone",
    (log) => {
      rmSync(join(`${log}.d`, "segments", "000001.log"));
      rmSync(join(`${log}.d`, "tlog"), { recursive: true });
    },
  ],
  [
    "two segments have each other's name",
    (log) => {
      const [one, two] = ["000001.log", "000002.log"].map((name) => join(`${log}.d`, "segments", name));
      renameSync(one ?? "", `${one}.x`);
      renameSync(two ?? "", one ?? "");
      renameSync(`${one}.x`, two ?? "");
    },
  ],
  ["there is a strange segment", (log) => writeFileSync(join(`${log}.d`, "segments", "000009.log"), "x\n")],
  ["there is a file among the segments", (log) => writeFileSync(join(`${log}.d`, "segments", "x"), "x\n")],
  ["there is a mark of a failed sync", (log) => writeFileSync(join(`${log}.d`, "poisoned"), "1 sync failed\n")],
  ["the keys of subjects are gone", (log) => emptied(join(`${log}.d`, "payloads", "keys"))],
  ["the erased subjects are not noted", (log) => rmSync(join(`${log}.d`, "payloads", "erased"))],
  [
    "there are strange policies",
    (log) => {
      writeFileSync(join(`${log}.d`, "policies", "0".repeat(64)), "x");
      writeFileSync(join(`${log}.d`, "policies", "x"), "x");
    },
  ],
  [
    "older checkpoints are kept, one under another's size",
    (log) => {
      const tlog = join(`${log}.d`, "tlog");
      const note = readFileSync(join(tlog, "checkpoint"), "utf8");
      const size = note.split("\n")[1] ?? "";
      mkdirSync(join(tlog, "checkpoints"), { recursive: true });
      for (const name of [size, "7", "x.draft-1"]) writeFileSync(join(tlog, "checkpoints", name), note);
      writeFileSync(join(tlog, "cosigned"), note.replace(size, String(Number(size) + 1)));
    },
  ],
];

function emptied(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
}

test("what is said of a log that lacks or has whole parts is as it stands on record", async () => {
  for (const [name, harm] of WHOLES) await compare(name, (folder) => harm(join(folder, "audit.log")));
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
