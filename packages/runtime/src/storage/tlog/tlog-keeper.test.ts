import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openCheckpoint, type Checkpoint } from "../../ledger/tlog/checkpoint.ts";
import { parseVerifierKey } from "../../ledger/tlog/verifier-key.ts";
import { openFileLedger, type FileLedger } from "../file-ledger.ts";
import type { FileLedgerOptions } from "../file-ledger-options.ts";
import { realFileSystem } from "../file-system.ts";
import { LogLock } from "../log-lock.ts";
import { verifyLog } from "../verify-log.ts";
import { verifyEd25519, type CheckpointKeys } from "./checkpoint-keys.ts";
import { parseCheckpointMeta } from "./checkpoint-meta.ts";
import { nodeSha256 } from "./node-sha256.ts";
import { keysOf, seededSigner } from "./tlog-process.fixture.test.ts";
import type { TlogOptions } from "./tlog-options.ts";
import { TlogReader } from "./tlog-reader.ts";

const signer = seededSigner(1);
const checkpointSigner = seededSigner(2);
const keys = keysOf(checkpointSigner);

interface Place {
  readonly folder: string;
  readonly path: string;
  readonly open: (tlog?: Partial<TlogOptions> | null, more?: Partial<FileLedgerOptions>) => Promise<FileLedger>;
}

async function inPlace(work: (place: Place) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-keeper-"));
  const path = join(folder, "audit.log");
  const base = { path, home: join(folder, "home"), signer, clock: { now: () => 1.8e12 }, index: false };
  try {
    await work({
      folder,
      path,
      open: (tlog = {}, more = {}) =>
        openFileLedger({ ...base, ...(tlog === null ? {} : { tlog: { keys, ...tlog } }), ...more }),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function append(ledger: FileLedger, count: number, decision = "ALLOW"): Promise<void> {
  const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", decision };
  await Promise.all(Array.from({ length: count }, (_, n) => ledger.append({ entry: { ...entry, n } })));
}

function checkpointOf(path: string, from: CheckpointKeys = keys): Checkpoint {
  const note = readFileSync(join(`${path}.d`, "tlog", "checkpoint"), "utf8");
  const vkeys = from.vkeys(note.split("\n", 1)[0] ?? "").map((vkey) => parseVerifierKey(vkey, nodeSha256));
  return openCheckpoint(note, vkeys, verifyEd25519);
}

function entriesOf(path: string): readonly Readonly<Record<string, unknown>>[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** The checkpoint's root is that of the log's own lines, and every meta entry says what is so. */
async function assertSound(path: string, from: CheckpointKeys = keys): Promise<Checkpoint> {
  const checkpoint = checkpointOf(path, from);
  const strict = await TlogReader.open(path, { strict: true });
  const quick = await TlogReader.open(path);
  assert.deepEqual(quick.warnings, []);
  assert.equal(quick.has_tiles, true);
  assert.deepEqual(strict.rootAt(checkpoint.size), Buffer.from(checkpoint.root));
  for (let index = 0; index < checkpoint.size; index += 37) {
    assert.deepEqual(
      quick.inclusion(index, checkpoint.size).map(String),
      strict.inclusion(index, checkpoint.size).map(String),
    );
  }
  strict.close();
  quick.close();
  assert.equal((await verifyLog(path)).valid, true);
  return checkpoint;
}

function metasOf(path: string): readonly NonNullable<ReturnType<typeof parseCheckpointMeta>>[] {
  return entriesOf(path).flatMap((entry) => parseCheckpointMeta(entry) ?? []);
}

async function until(isSo: () => boolean, limitMs = 60_000): Promise<void> {
  for (const start = performance.now(); !isSo(); await sleep(20)) {
    assert.ok(performance.now() - start < limitMs, "it did not come to be");
  }
}

test("a short run leaves a checkpoint that holds its entries and says what they are", async () => {
  await inPlace(async ({ path, open }) => {
    const ledger = await open();
    await append(ledger, 3);
    await append(ledger, 2, "DENY");
    await ledger.close();
    const { size, origin } = await assertSound(path);
    assert.deepEqual([size, origin], [6, `canopy/${ledger.log_id}`]);
    const [meta] = metasOf(path);
    assert.equal(meta?.covered_entries, 5);
    assert.deepEqual(meta?.decisions, { ALLOW: 3, DENY: 2, REQUIRE_APPROVAL: 0 });
    assert.equal(meta?.previous_checkpoint, null);
    assert.equal(meta?.key_id, "seed-2");
    assert.equal(meta?.index?.runs, 1);
    const again = await open();
    await append(again, 300);
    await again.close();
    assert.equal((await assertSound(path)).size, 307);
    const second = metasOf(path)[1];
    assert.deepEqual(
      [second?.covered_entries, second?.previous_checkpoint?.size, second?.decisions.ALLOW],
      [306, 6, 303],
    );
    // Nothing new: nothing is added by opening and closing.
    await (await open()).close();
    assert.equal(entriesOf(path).length, 307);
  });
});

test("while a log is open its entries are covered within a moment, off the path of appends", async () => {
  await inPlace(async ({ path, open }) => {
    const notes: string[] = [];
    const ledger = await open({ onCheckpoint: (note) => notes.push(note) });
    await append(ledger, 5);
    await until(() => notes.length > 0);
    await append(ledger, 2000);
    await until(() => checkpointOf(path).size >= 2006);
    await assertSound(path);
    await append(ledger, 1);
    await ledger.close();
    const { size } = await assertSound(path);
    assert.equal(size, entriesOf(path).length);
    assert.equal(notes.at(-1), readFileSync(join(`${path}.d`, "tlog", "checkpoint"), "utf8"));
  });
});

test("an idle log says that it is alive, and only that", async () => {
  await inPlace(async ({ path, open }) => {
    const ledger = await open({ heartbeatMs: 300 });
    await append(ledger, 1);
    await until(() => metasOf(path).filter((meta) => meta.heartbeat).length >= 2);
    await ledger.close();
    await assertSound(path);
    assert.equal(metasOf(path)[0]?.heartbeat, false);
  });
});

test("two processes' worth of ledgers on one log make one row of checkpoints", async () => {
  await inPlace(async ({ path, open }) => {
    const [first, second] = [await open(), await open()];
    for (let round = 0; round < 6; round += 1) {
      await Promise.all([append(first, 40), append(second, 40)]);
      await sleep(150);
    }
    await Promise.all([first.close(), second.close()]);
    const { size } = await assertSound(path);
    assert.ok(size >= 480);
    const metas = metasOf(path);
    for (const [index, meta] of metas.entries()) {
      assert.ok(meta.covered_entries >= (metas[index - 1]?.covered_entries ?? 0));
    }
  });
});

test("a log of several segments has one tree", async () => {
  await inPlace(async ({ path, open }) => {
    for (let run = 0; run < 4; run += 1) {
      const ledger = await open({ entries: true }, { rotateBytes: 65_536 });
      for (let n = 0; n < 8; n += 1) await append(ledger, 40);
      await ledger.close();
    }
    assert.ok(existsSync(join(`${path}.d`, "segments", "000003.log")));
    const { size } = await assertSound(path);
    assert.ok(existsSync(join(`${path}.d`, "tlog", "tile", "entries", "004")));
    assert.ok(size > 1280);
  });
});

test("tiles, state or checkpoint that are lost or wrong are made again from the log", async () => {
  await inPlace(async ({ path, open }) => {
    const more = async (): Promise<void> => {
      const ledger = await open();
      await append(ledger, 150);
      await ledger.close();
      await assertSound(path);
    };
    await more();
    await more();
    const tlog = join(`${path}.d`, "tlog");
    const damages: readonly (() => void)[] = [
      () => rmSync(join(tlog, "state")),
      () => rmSync(join(tlog, "tile"), { recursive: true }),
      () => rmSync(tlog, { recursive: true }),
      () => writeFileSync(join(tlog, "tile", "0", "000"), Buffer.alloc(8192, 7)),
      () => writeFileSync(join(tlog, "state"), "{}"),
      () =>
        writeFileSync(
          join(tlog, "state"),
          readFileSync(join(tlog, "state"), "utf8").replace(/"offset":\d/u, '"offset":9'),
        ),
      () => writeFileSync(join(tlog, "checkpoint"), "nonsense"),
      () => rmSync(join(tlog, "index"), { recursive: true }),
      () => writeFileSync(join(tlog, "aside"), "left over"),
    ];
    for (const damage of damages) {
      damage();
      await more();
    }
  });
});

test("what is counted is counted in the log: a state that says otherwise is not gone on with", async () => {
  await inPlace(async ({ path, open }) => {
    const first = await open();
    await append(first, 5);
    await first.close();
    const file = join(`${path}.d`, "tlog", "state");
    const state: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(file, "utf8"));
    const decisions = { ALLOW: 0, DENY: 700, REQUIRE_APPROVAL: 0 };
    for (const lie of [{ decisions }, { policy_hash: "ab".repeat(32) }]) {
      writeFileSync(file, JSON.stringify({ ...state, ...lie }));
      const ledger = await open();
      await append(ledger, 1, "DENY");
      await ledger.close();
      const meta = metasOf(path).at(-1);
      const denied = entriesOf(path).filter(({ decision }) => decision === "DENY").length;
      assert.deepEqual([meta?.decisions, meta?.policy_hash], [{ ALLOW: 5, DENY: denied, REQUIRE_APPROVAL: 0 }, null]);
    }
    await assertSound(path);
  });
});

test("a checkpoint by another key or of another log is not gone on with", async () => {
  await inPlace(async ({ path, open }) => {
    const other = keysOf(seededSigner(3));
    const ledger = await open({ keys: other });
    await append(ledger, 20);
    await ledger.close();
    const again = await open();
    await append(again, 1);
    await again.close();
    await assertSound(path);
    assert.equal(metasOf(path).at(-1)?.previous_checkpoint, null);
    // A rotated key: what the old one signed still binds.
    const rotated = keysOf(seededSigner(4), checkpointSigner);
    const third = await open({ keys: rotated });
    await append(third, 1);
    await third.close();
    await assertSound(path, rotated);
    assert.equal(metasOf(path).at(-1)?.previous_checkpoint?.size, 23);
  });
});

test("a log that was cut and continued gets no checkpoint that contradicts the signed one, unless that was asked for", async () => {
  await inPlace(async ({ folder, path, open }) => {
    const ledger = await open();
    await append(ledger, 30);
    await ledger.close();
    const before = readFileSync(join(`${path}.d`, "tlog", "checkpoint"), "utf8");
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, `${lines.slice(0, 10).join("\n")}\n`);
    rmSync(join(folder, "home", "heads"), { recursive: true });
    rmSync(join(`${path}.d`, "synced"));
    rmSync(join(`${path}.d`, "proofs.jsonl"));
    await assert.rejects(open(), { code: "LEDGER_REFUSED" });
    const continued = await open({}, { continueForeign: true });
    await append(continued, 2);
    await continued.close();
    // Taken over on request: the log's new history is signed, and says that it has no checkpoint before.
    assert.notEqual(readFileSync(join(`${path}.d`, "tlog", "checkpoint"), "utf8"), before);
    await assertSound(path);
    assert.equal(metasOf(path).at(-1)?.previous_checkpoint, null);
  });
});

test("a log that was rewritten under the keeper gets no further checkpoint, and an entry says so", async () => {
  await inPlace(async ({ path, open }) => {
    const ledger = await open();
    await append(ledger, 30);
    await ledger.close();
    const other = mkdtempSync(join(tmpdir(), "canopy-keeper-"));
    // A checkpoint of the same log that this home signed, of another history: as if all else had been put back.
    const forked = await openFileLedger({
      path: join(other, "audit.log"),
      home: join(other, "home"),
      signer,
      clock: { now: () => 1.8e12 },
      index: false,
      tlog: { keys, origin: `canopy/${ledger.log_id}` },
    });
    await append(forked, 20, "DENY");
    await forked.close();
    const note = readFileSync(join(other, "audit.log.d", "tlog", "checkpoint"), "utf8");
    rmSync(other, { recursive: true });
    writeFileSync(join(`${path}.d`, "tlog", "checkpoint"), note);
    const again = await open();
    await append(again, 1);
    await again.close();
    assert.equal(readFileSync(join(`${path}.d`, "tlog", "checkpoint"), "utf8"), note);
    const said = entriesOf(path).at(-1);
    assert.equal(said?.["event"], "checkpoint_failed");
    assert.match(String(said?.["problem"]), /was signed for this log/u);
    assert.equal((await verifyLog(path)).valid, true);
  });
});

test("answers that are not synced at once are covered once they are", async () => {
  for (const durability of ["batch", "none"] as const) {
    await inPlace(async ({ path, open }) => {
      const ledger = await open({}, { durability });
      await append(ledger, 20);
      if (durability === "batch") await until(() => metasOf(path).length > 0);
      await ledger.close();
      assert.equal((await assertSound(path)).size, entriesOf(path).length);
    });
  }
});

function killedAfter(path: string, home: string, lifeMs: number): Promise<string> {
  return new Promise((resolve) => {
    const fixture = fileURLToPath(new URL("./tlog-process.fixture.test.js", import.meta.url));
    const child = spawn(process.execPath, [fixture, path, home], { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
    setTimeout(() => child.kill("SIGKILL"), lifeMs);
    child.on("close", () => resolve(errors));
  });
}

test("processes killed at any moment leave a log whose next opener has a sound tree", async () => {
  await inPlace(async ({ folder, path, open }) => {
    for (const lives of [
      [700, 900],
      [1100, 820],
      [760, 1010],
    ]) {
      const errors = await Promise.all(lives.map((life) => killedAfter(path, join(folder, "home"), life)));
      assert.deepEqual(errors, ["", ""]);
      const ledger = await open({ entries: true });
      await append(ledger, 1);
      await ledger.close();
      await assertSound(path);
    }
    const metas = metasOf(path);
    assert.ok(metas.every((meta) => meta.index !== null));
  });
});

test("no checkpoint is signed over a line that was changed, whatever became of the tree's files", async () => {
  await inPlace(async ({ path, open }) => {
    for (let run = 0; run < 3; run += 1) {
      const ledger = await open();
      await append(ledger, 3);
      await ledger.close();
    }
    // The line's own hash is right: only the chain tells. The home's head is of the last line, which nobody touched.
    const lines = readFileSync(path, "utf8").split("\n");
    const [body = ""] = (lines[4] ?? "").replace('"ALLOW"', '"ALLOT"').split(',"entry_hash"');
    const { prev_hash }: { readonly prev_hash: string } = JSON.parse(lines[4] ?? "");
    const hash = createHash("sha256").update(`${prev_hash}${body}}`).digest("hex");
    writeFileSync(path, lines.with(4, `${body},"entry_hash":"${hash}"}`).join("\n"), { flag: "r+" });
    rmSync(join(`${path}.d`, "tlog"), { recursive: true });
    const ledger = await open();
    await append(ledger, 1);
    await ledger.close();
    assert.equal(existsSync(join(`${path}.d`, "tlog", "checkpoint")), false);
    const failed = entriesOf(path).filter(({ event }) => event === "checkpoint_failed");
    assert.match(String(failed[0]?.["problem"]), /does not follow from the one before/u);
  });
});

test("keys that can't be read when the thread is to start stop nothing, and the log says so", async () => {
  await inPlace(async ({ open, path }) => {
    const disk = { isBroken: false };
    const flaky: CheckpointKeys = {
      ...keys,
      vkeys: (origin) => {
        if (disk.isBroken) throw new Error("EIO: injected");
        return keys.vkeys(origin);
      },
    };
    const ledger = await open({ keys: flaky });
    disk.isBroken = true;
    await append(ledger, 1);
    const said = (): boolean => entriesOf(path).some(({ event }) => event === "checkpoint_failed");
    for (let waited = 0; waited < 10_000 && !said(); waited += 50) await sleep(50);
    assert.ok(said());
    await append(ledger, 1);
    disk.isBroken = false;
    await ledger.close();
    assert.equal(checkpointOf(path).size, entriesOf(path).length);
  });
});

test("a burst far beyond a thousand entries is written whole and in order, also while another holds the tree's lock", async () => {
  await inPlace(async ({ path, open }) => {
    const ledger = await open();
    await append(ledger, 2500);
    // A step under way asks this thread, which must not wait for the lock then.
    await until(() => existsSync(join(`${path}.d`, "tlog", "checkpoint")) && checkpointOf(path).size > 2500);
    const lock = await LogLock.open(realFileSystem, join(`${path}.d`, "tlog", "lock.sqlite"), 5000);
    await lock.acquire();
    await append(ledger, 2500);
    lock.release();
    lock.close();
    await append(ledger, 100);
    await ledger.close();
    const { size } = await assertSound(path);
    const numbers = entriesOf(path).flatMap(({ event, n }) => (event === "authorize_action" ? [Number(n)] : []));
    assert.equal(size, entriesOf(path).length);
    assert.deepEqual(
      numbers,
      [2500, 2500, 100].flatMap((count) => Array.from({ length: count }, (_, n) => n)),
    );
  });
});
