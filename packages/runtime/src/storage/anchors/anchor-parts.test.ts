// What anchors stand on, each by itself: notes that are read without a log, what a home remembers, words of conflicts.

import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import type { EntryDraft, LedgerEntry } from "../../ledger/ports.ts";
import { realFileSystem } from "../file-system.ts";
import { logPathsOf } from "../sidecar.ts";
import { conflictEntry, conflictError, recordedConflictError, type AnchorConflict } from "./anchor-conflict.ts";
import { AnchorMemory } from "./anchor-memory.ts";
import { cosignedConflict } from "./cosigned-note.ts";
import { FolderAnchor } from "./folder-anchor.ts";
import { GrowingLog, testKey } from "./growing-log.fixture.test.ts";
import { noteAt, notesInFolder, notesInText } from "./kept-notes.ts";
import { LogAnchors } from "./log-anchors.ts";
import { withSignatures } from "./log-witness.ts";
import { checkpointsFolder, rememberedCheckpoints } from "./remembered-checkpoints.ts";
import { syslogMessage } from "./syslog-message.ts";

const log = new GrowingLog(testKey("canopy/test")).grow(60);
const other = new GrowingLog(testKey("canopy/other")).grow(60);
const fork = log.forked(5, 60);

function scratch(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "canopy-anchors-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function said(work: () => unknown): Promise<string> {
  try {
    return JSON.stringify(await work()) ?? "nothing";
  } catch (error) {
    assert.ok(error instanceof CanopyError, String(error));
    return `${error.code}: ${error.message}; ${error.fix ?? ""}`;
  }
}

const unusable = (name: string, why: string): string =>
  `ANCHOR_UNAVAILABLE: the anchor \`${name}\` ${why}; see that it can be reached from here; \`canopy anchors\` shows how each stands`;

async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise((resolve) => void server.close(resolve)));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

test("the checkpoint at a URL is what it answers with 200, of a bounded length; who may not be asked is not", async (t) => {
  const note = log.note();
  const asked: string[] = [];
  const at = await serve(t, ({ url = "", method = "" }, response) => {
    asked.push(`${method} ${url}`);
    const body = url.startsWith("/long") ? "x".repeat(Number(url.slice(5))) : note;
    response.writeHead(url === "/none" ? 404 : url === "/moved" ? 302 : 200).end(body);
  });
  assert.equal(await noteAt(new URL(`${at}/newest`)), note);
  assert.equal((await noteAt(new URL(`${at}/long65536`))).length, 65_536);
  const no = (path: string, why: string): string => unusable(`${at}${path}`, `gives no checkpoint: ${why}`);
  assert.equal(await said(() => noteAt(new URL(`${at}/none`))), no("/none", "status 404"));
  assert.equal(await said(() => noteAt(new URL(`${at}/moved`))), no("/moved", "status 302"));
  assert.match(await said(() => noteAt(new URL(`${at}/long65537`))), /gives no checkpoint: .*65536/u);
  assert.deepEqual(asked, ["GET /newest", "GET /long65536", "GET /none", "GET /moved", "GET /long65537"]);
  const https = "must be https, or http on this machine itself";
  assert.equal(
    await said(() => noteAt(new URL("http://a.example/?k=v"))),
    unusable("http://a.example/?k=…2674d68b", https),
  );
});

test("a folder gives every checkpoint that it keeps, of all logs; one that isn't there or is no folder is said", async (t) => {
  const folder = scratch(t);
  assert.deepEqual(await notesInFolder(folder), []);
  const anchor = new FolderAnchor(folder);
  const notes = [log.note(3), log.note(7), other.note(5)];
  for (const note of notes) await anchor.publish(note);
  const [part = ""] = readdirSync(folder);
  for (const name of [`${part}0`, `x${part}`, part.slice(1), part.toUpperCase().replaceAll(/[0-9]/gu, "Z")]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, `${"0".repeat(15)}3.note`), log.note(3));
  }
  assert.deepEqual([...(await notesInFolder(folder))].sort(), [...notes].sort());
  // A file's name is its size, whole.
  writeFileSync(join(folder, part, `x${"0".repeat(15)}9.note`), log.note(9));
  writeFileSync(join(folder, part, `${"0".repeat(15)}9.notes`), log.note(9));
  assert.equal((await notesInFolder(folder)).length, 3);
  const gone = join(folder, "gone");
  assert.equal(await said(() => notesInFolder(gone)), unusable(`folder:${gone}`, "does not exist"));
  const file = join(folder, "file");
  writeFileSync(file, "");
  assert.match(
    await said(() => notesInFolder(file)),
    /^ANCHOR_UNAVAILABLE: the anchor `folder:.*` can't be read: ENOTDIR/u,
  );
});

const sizesOf = (notes: readonly string[]): readonly number[] =>
  notes.map((note) => readCheckpoint(note).checkpoint.size);

test("a text is one note, or lines of a receiver: of each log the newest, ever fewer before, and every two of a size", () => {
  const sender = { timeMs: 0, host: "h", pid: 1 };
  const line = (note: string): string => `Jan 1 receiver: ${syslogMessage(note, sender)} end`;
  const text = (notes: readonly string[]): string =>
    ["first", ...notes.map(line), '{"canopy_checkpoint":1,"note":"x"}'].join("\n");
  assert.deepEqual(notesInText(log.note(4)), [log.note(4)]);
  assert.deepEqual(notesInText(""), []);
  assert.deepEqual(notesInText("one\ntwo\n"), []);
  const few = [log.note(4), other.note(2), log.note(2)];
  assert.deepEqual([...notesInText(text(few))].sort(), [...few].sort());
  assert.deepEqual(notesInText(text([log.note(4), log.note(4)])), [log.note(4)]);
  const sizes = Array.from({ length: 60 }, (_, at) => at + 1);
  const kept = sizesOf(notesInText(text(sizes.map((size) => log.note(size)))));
  assert.ok(kept.length < 25 && kept.length > 8, kept.join());
  assert.deepEqual([...kept].sort((a, b) => a - b).slice(-8), [53, 54, 55, 56, 57, 58, 59, 60]);
  // Backwards it is the same.
  const backwards = sizesOf(notesInText(text(sizes.toReversed().map((size) => log.note(size)))));
  assert.deepEqual(new Set(backwards), new Set(kept));
  // Two of one size stay however old they are: one of them is of another log.
  assert.ok(!kept.includes(21));
  const forked = notesInText(text([...sizes.map((size) => log.note(size)), fork.note(21)]));
  assert.deepEqual(
    forked.filter((note) => readCheckpoint(note).checkpoint.size === 21),
    [log.note(21), fork.note(21)],
  );
});

const nameOf = (size: number): string => `${String(size).padStart(16, "0")}.note`;

test("a home remembers the newest sixteen checkpoints of a log, whatever else lies there", (t) => {
  const home = scratch(t);
  assert.deepEqual(rememberedCheckpoints(realFileSystem, home, "ab"), []);
  const folder = join(checkpointsFolder(home, "ab"), "0".repeat(32));
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const sizes = Array.from({ length: 40 }, (_, at) => ((at * 17) % 40) + 1);
  for (const size of sizes) write(nameOf(size), log.note(size));
  for (const name of [`x${nameOf(50)}`, `${nameOf(50)}x`, nameOf(50).slice(1), ".draft"]) write(name, log.note(50));
  const found = rememberedCheckpoints(realFileSystem, home, "ab");
  assert.deepEqual(
    found.map(({ name, size }) => `${name} ${size}`),
    Array.from({ length: 16 }, (_, at) => `home ${25 + at}`),
  );
  assert.deepEqual(Buffer.from(found[15]?.root ?? []), Buffer.from(log.tree().rootAt(40)));
  // What can't be read is passed over: no note, too long, a folder.
  write(nameOf(38), "x");
  write(nameOf(39), `${log.note(39)}${"x".repeat(65_536)}`);
  rmSync(join(folder, nameOf(40)));
  mkdirSync(join(folder, nameOf(40)));
  const left = rememberedCheckpoints(realFileSystem, home, "ab").map(({ size }) => size);
  assert.deepEqual(
    left,
    Array.from({ length: 13 }, (_, at) => 25 + at),
  );
  mkdirSync(join(checkpointsFolder(home, "ab"), "anchors"));
  writeFileSync(join(checkpointsFolder(home, "ab"), "anchors", nameOf(60)), log.note(60));
  assert.equal(rememberedCheckpoints(realFileSystem, home, "ab").length, 13);
  // A log's name is its folder's where that is hex.
  assert.equal(checkpointsFolder("/h", "0af"), "/h/checkpoints/0af");
  for (const id of ["", "xyz", "../a", "0".repeat(65), "0AF", "0af\n"]) {
    assert.match(checkpointsFolder("/h", id), /^\/h\/checkpoints\/[0-9a-f]{64}$/u, id);
  }
});

const signatures = (text: string): number => readCheckpoint(text).note.signatures.length;

test("signatures are added to a note each once, told apart by name, key and bytes", () => {
  const note = log.note(3);
  const [own] = readCheckpoint(note).note.signatures;
  assert.ok(own !== undefined);
  const differs = [
    { ...own, name: "other" },
    { ...own, key_id: "00000000" },
    { ...own, bytes: Buffer.alloc(own.bytes.length, 1) },
  ];
  assert.equal(withSignatures(note, []), note);
  assert.equal(withSignatures(note, [own, own]), note);
  for (const one of differs) {
    assert.equal(signatures(withSignatures(note, [one])), 2);
    assert.equal(signatures(withSignatures(note, [one, one, own])), 2);
  }
  assert.equal(signatures(withSignatures(note, [...differs, ...differs])), 4);
});

test("what is remembered of an anchor is of that anchor, of sound members, and lost without harm", async (t) => {
  const home = scratch(t);
  const memory = new AnchorMemory(home, "ab");
  const nothing = { size: 0, published_at: null, failing_since: null, error: null, recorded: false };
  assert.deepEqual(await memory.read("a"), { anchor: "a", ...nothing });
  const known = { anchor: "a", size: 7, published_at: "p", failing_since: "f", error: "e", recorded: true };
  await memory.write(known);
  assert.deepEqual(await memory.read("a"), known);
  assert.deepEqual(await memory.read("b"), { anchor: "b", ...nothing });
  const folder = join(checkpointsFolder(home, "ab"), "anchors");
  const [name = ""] = readdirSync(folder);
  assert.match(name, /^[0-9a-f]{16}\.json$/u);
  const put = (value: unknown): void => writeFileSync(join(folder, name), JSON.stringify(value));
  const odd: readonly [object, object][] = [
    [{ size: -1 }, { size: 0 }],
    [{ size: 1.5 }, { size: 0 }],
    [{ size: "7" }, { size: 0 }],
    [{ published_at: 1 }, { published_at: null }],
    [{ failing_since: {} }, { failing_since: null }],
    [{ error: true }, { error: null }],
    [{ recorded: "true" }, { recorded: false }],
    [{ more: 1 }, {}],
  ];
  for (const [change, read] of odd) {
    put({ ...known, ...change });
    assert.deepEqual(await memory.read("a"), { ...known, ...read }, JSON.stringify(change));
  }
  for (const value of [{ ...known, anchor: "b" }, [], null, { ...known, error: "x".repeat(65_536) }]) {
    put(value);
    assert.deepEqual(await memory.read("a"), { anchor: "a", ...nothing });
  }
  writeFileSync(join(folder, name), "{");
  assert.deepEqual(await memory.read("a"), { anchor: "a", ...nothing });
  // A file stands where a folder would have to be made.
  writeFileSync(join(home, "file"), "");
  await new AnchorMemory(join(home, "file"), "ab").write(known);
  rmSync(join(folder, name));
  mkdirSync(join(folder, name));
  await memory.write(known);
  assert.deepEqual(readdirSync(folder), [name], "nothing half is left");
});

const CONFLICT: AnchorConflict = {
  anchor: "a",
  standing: "forked",
  anchor_size: 1,
  anchor_root: "00",
  log_size: 9,
  log_root: "11",
};

const refusal = (anchor: string): string =>
  `the log \`/l\` takes no more entries: the anchor \`${anchor}\` keeps another history of it (entry 7)`;

test("a conflict is said in words, with what to do, and recorded with all its members", async () => {
  const restore =
    "restore the log, or what the anchor kept; to go on with it as it is: canopy ledger accept-rollback /l --anchor a --reason TEXT";
  const cases: readonly [Partial<AnchorConflict>, string, string][] = [
    [{}, "is not the one that the anchor `a` knows: they differ within 1 entry", restore],
    [
      { standing: "rolled_back", anchor_size: 12 },
      "was rolled back: the anchor `a` keeps a checkpoint of 12 entries, and it has 9",
      restore,
    ],
    [
      { standing: "set_back", kept_size: 0 },
      "can't be compared: the anchor `a` kept a checkpoint of 1 entry, and keeps none now",
      restore,
    ],
    [
      { standing: "set_back", kept_size: 3 },
      "can't be compared: the anchor `a` kept a checkpoint of 1 entry, and keeps one of 3 now",
      restore,
    ],
    [
      { standing: "refused", anchor_size: 2 },
      "is not the one that the log witness `a` knows, at 2 entries",
      "compare copies of the log with `canopy verify`; a log witness never forgets, so a new start needs another log_origin",
    ],
  ];
  for (const [change, words, fix] of cases) {
    const error = conflictError("/l", { ...CONFLICT, ...change });
    assert.deepEqual(
      [error.code, error.message, error.fix, error.at],
      ["LEDGER_REFUSED", `the log \`/l\` ${words}`, fix, "/l"],
    );
  }
  const entry = { event: "x", timestamp: "", seq: 7, log_id: "", prev_hash: "", entry_hash: "" };
  const recorded = (more: JsonObject): string =>
    recordedConflictError("/l", { ...entry, ...more } satisfies LedgerEntry).message;
  assert.deepEqual(
    [recorded({ anchor: "b" }), recorded({}), recorded({ anchor: 1 })],
    ["b", "unknown", "unknown"].map(refusal),
  );
  const { reason: _reason, ...rest } = conflictEntry(CONFLICT, 0);
  assert.deepEqual(rest, {
    ...rest,
    event: "anchor_conflict",
    timestamp: "1970-01-01T00:00:00Z",
    severity: "critical",
    ...CONFLICT,
  });
});

test("a cosigned note that no key of this home signed says nothing; another error is not hidden", async (t) => {
  const path = join(scratch(t), "audit.log");
  writeFileSync(path, "");
  let closed = 0;
  const openTree = (): ReturnType<GrowingLog["openTree"]> =>
    log.openTree().then((tree) => ({
      ...tree,
      size: tree.size,
      rootAt: (size) => tree.rootAt(size),
      close: () => void (closed += 1),
    }));
  const of = (openNote: GrowingLog["openNote"]): Parameters<typeof cosignedConflict>[1] => ({ openNote, openTree });
  assert.equal(await cosignedConflict(null, of(log.openNote), path), null);
  assert.equal(closed, 0);
  assert.equal(await cosignedConflict(log.note(5), of(log.openNote), path), null);
  assert.equal(await cosignedConflict(other.note(5), of(log.openNote), path), null);
  const forked = await cosignedConflict(fork.note(9), of(log.openNote), path);
  assert.deepEqual([forked?.standing, forked?.anchor_size, forked?.anchor], ["forked", 9, "log_witnesses"]);
  assert.equal(closed, 3);
  const broken = {
    openNote: log.openNote,
    openTree: () =>
      openTree().then((tree) => ({
        ...tree,
        rootAt: (): never => {
          throw new CanopyError("LEDGER_REFUSED", "broken");
        },
      })),
  };
  assert.equal(await said(() => cosignedConflict(log.note(5), broken, path)), "LEDGER_REFUSED: broken; ");
  assert.equal(closed, 4);
});

test("anchors that can't be opened at the first checkpoint are recorded once, and hinder nothing", async (t) => {
  const folder = scratch(t);
  const recorded: EntryDraft[] = [];
  const of = (): LogAnchors =>
    new LogAnchors({
      fs: realFileSystem,
      paths: logPathsOf(join(folder, "audit.log")),
      home: join(folder, "home"),
      logId: "ab",
      origin: "canopy/test",
      keys: { vkeys: () => [] },
      options: { anchors: ["nonsense"] },
      now: () => 1000,
    });
  const ledger = {
    record: async (entry: EntryDraft): Promise<void> => void recorded.push(entry),
    onConflict: () => Promise.resolve(),
    isTakenOver: false,
  };
  const anchors = of();
  // Nobody to serve yet: what is offered is passed over.
  const alone = of();
  alone.offer(log.note(1));
  await alone.close();
  anchors.serve(ledger);
  anchors.offer(log.note(1));
  anchors.offer(log.note(2));
  await anchors.close();
  anchors.offer(log.note(3));
  await anchors.close();
  assert.equal(recorded.length, 1);
  const [entry] = recorded;
  assert.deepEqual(
    [entry?.event, entry?.["anchor"], entry?.["since"], entry?.["anchor_size"]],
    ["anchor_unreachable", "all", "1970-01-01T00:00:01.000Z", 0],
  );
  assert.equal(entry?.["error"], "`nonsense` is no anchor: it is neither a folder nor a URL");
  await assert.rejects(of().check(), { code: "INVALID_CONFIG" });
  const failing = of();
  failing.serve({ ...ledger, record: () => Promise.reject(new Error("closed")) });
  failing.offer(log.note(1));
  await failing.close();
});
