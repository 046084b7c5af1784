import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import type { Signer } from "../ledger/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { realFileSystem } from "./file-system.ts";
import { catchUpIndex, coversLog } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import { isBusy } from "./sqlite.ts";
import { logPaths, type LogPaths } from "./sidecar.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };

interface Place {
  readonly path: string;
  readonly open: () => Promise<FileLedger>;
  readonly index: () => number;
}

/** With the home's own index, which decisions go by. */
function pathsOf(path: string): LogPaths {
  return logPaths(realFileSystem, path, join(dirname(path), "home"));
}

function place(t: TestContext, rotateBytes: number | null = null): Place {
  const folder = mkdtempSync(join(tmpdir(), "canopy-index-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  return {
    path,
    open: () => openFileLedger({ path, home: join(folder, "home"), signer, clock: { now: () => 0 }, rotateBytes }),
    // What the worker does, here and now.
    index: () => {
      const paths = pathsOf(path);
      const database = new IndexDatabase(paths.index);
      try {
        let steps = 1;
        while (catchUpIndex(realFileSystem, paths, database, 4_194_304)) steps += 1;
        return steps;
      } finally {
        database.close();
      }
    },
  };
}

async function fill(ledger: FileLedger, count: number): Promise<string[]> {
  const timestamp = "2026-01-01T00:00:00Z";
  const hashes: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const { entry } = await ledger.append({ entry: { event: "authorize_action", timestamp, trace_id: `t${n % 3}` } });
    hashes.push(entry.entry_hash);
    await ledger.append({ entry: { event: "tool_result", timestamp, authorization_id: entry.entry_hash } });
  }
  await ledger.append({ entry: { event: "kill_switch", timestamp, scope: "agent:A", engaged: true } });
  await ledger.append({ entry: { event: "kill_switch", timestamp, scope: "agent:B", engaged: true } });
  await ledger.append({ entry: { event: "kill_switch", timestamp, scope: "agent:A", engaged: false } });
  return hashes;
}

async function answersRight(ledger: FileLedger, hashes: readonly string[]): Promise<void> {
  for (const hash of hashes) {
    const history = await ledger.historyOf(hash);
    assert.deepEqual(
      history.map((entry) => entry.event),
      ["authorize_action", "tool_result"],
    );
  }
  assert.equal((await ledger.getTrace("t1")).length, Math.floor((hashes.length + 1) / 3));
  assert.deepEqual(await ledger.getTrace("none"), []);
  assert.deepEqual(await ledger.historyOf("f".repeat(64)), []);
  assert.deepEqual(
    ledger.killSwitches().map((entry) => entry["scope"]),
    ["agent:B"],
  );
}

test("a reopened log answers the same with no index, a partial one, a whole one, and over segments", async (t) => {
  for (const rotateBytes of [null, 2500]) {
    const { open, index, path } = place(t, rotateBytes);
    const first = await open();
    const before = await fill(first, 10);
    await first.close();
    const bare = await open();
    await answersRight(bare, before);
    assert.equal(existsSync(pathsOf(path).index), false);
    await bare.close();
    index();
    const indexed = await open();
    await answersRight(indexed, before);
    const after = await fill(indexed, 5);
    await indexed.close();
    const partial = await open();
    for (const hash of [...before, ...after]) assert.equal((await partial.historyOf(hash)).length, 2);
    await partial.close();
    index();
    const whole = await open();
    for (const hash of [...before, ...after]) assert.equal((await whole.historyOf(hash)).length, 2);
    assert.equal((await whole.getTrace("t1")).length, 5);
    await whole.close();
  }
});

test("an index of another log, a broken one and a deleted one are made anew, and never believed", async (t) => {
  const { open, index, path } = place(t);
  const other = place(t);
  const ledger = await open();
  const hashes = await fill(ledger, 10);
  await ledger.close();
  const stranger = await other.open();
  await fill(stranger, 12);
  await stranger.close();
  other.index();
  rmSync(pathsOf(path).index, { force: true });
  writeFileSync(pathsOf(path).index, readFileSync(pathsOf(other.path).index));
  const misled = await open();
  await answersRight(misled, hashes);
  await misled.close();
  index();
  const mended = await open();
  await answersRight(mended, hashes);
  await mended.close();
  writeFileSync(pathsOf(path).index, "not a database, but long enough to look at".repeat(200));
  const broken = await open();
  await answersRight(broken, hashes);
  await broken.close();
});

/** Whether the index holds the entry and the result that names it; not while the worker is writing. */
function isFilled(path: string, hash: string): boolean {
  if (!existsSync(path)) return false;
  try {
    const database = new IndexDatabase(path);
    try {
      return database.withHash(hash).length === 2;
    } finally {
      database.close();
    }
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

test("the worker fills the index while the log is open", async (t) => {
  const { open, path } = place(t);
  const ledger = await open();
  const hashes = await fill(ledger, 10);
  const paths = pathsOf(path);
  // The file is there before it holds anything.
  for (const deadline = performance.now() + 30_000; !isFilled(paths.index, hashes[0] ?? "");) {
    assert.ok(performance.now() < deadline, "waited for the index");
    await sleep(50);
  }
  await ledger.close();
});

test("a step that saw the log's head before a rotation indexes no line of the segment after it", async (t) => {
  const { open, index, path } = place(t, 2500);
  const paths = pathsOf(path);
  const ledger = await open();
  await fill(ledger, 1);
  const before = readFileSync(paths.head);
  const hashes = await fill(ledger, 8);
  assert.ok(existsSync(join(paths.segments, "000001.log")));
  const now = readFileSync(paths.head);
  // What the step reads first, as it was then; the rotation has happened by the time it opens the log.
  writeFileSync(paths.head, before);
  index();
  const database = new IndexDatabase(paths.index);
  const through = database.through();
  const rows = hashes.flatMap((hash) => database.withHash(hash));
  database.close();
  assert.equal(through?.segment, 1);
  assert.equal(coversLog(realFileSystem, paths, through, 2), true);
  assert.deepEqual(rows, [], "only the lines before the head are indexed");
  writeFileSync(paths.head, now);
  index();
  for (const hash of hashes) assert.equal((await ledger.historyOf(hash)).length, 2);
  await ledger.close();
});

test("whoever can write where the log stands, but not in the home, can take nothing out of the index", async (t) => {
  const { open, index, path } = place(t);
  const ledger = await open();
  const hashes = await fill(ledger, 10);
  await ledger.close();
  index();
  // The very index, without what stops agents and what shows that an authorization was used.
  const forged = `${path}.d/index.sqlite`;
  copyFileSync(pathsOf(path).index, forged);
  const database = new DatabaseSync(forged);
  database.exec("DELETE FROM entries");
  database.close();
  const reopened = await open();
  await answersRight(reopened, hashes);
  await reopened.close();
});
