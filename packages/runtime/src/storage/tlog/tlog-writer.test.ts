import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openFileLedger, type FileLedger } from "../file-ledger.ts";
import { realFileSystem, type FileSystem } from "../file-system.ts";
import { LogLock } from "../log-lock.ts";
import { logPathsOf } from "../sidecar.ts";
import { systemEntry } from "../system-entry.ts";
import { signCheckpoint, signedByOneOf } from "./checkpoint-keys.ts";
import { CHECKPOINT_META, metaMembers } from "./checkpoint-meta.ts";
import { openWindowIndex } from "./open-window-index.ts";
import { keysOf, seededSigner } from "./tlog-process.fixture.test.ts";
import { takeStep, type StepHost } from "./tlog-step.ts";
import { TlogWriter } from "./tlog-writer.ts";

const checkpointSigner = seededSigner(2);
const ORIGIN = "example.com/writer";
const NOW = "2026-01-01T00:00:00Z";

/** The real calls, and how many bytes were read. */
function counted(): { readonly fs: FileSystem; readonly count: { bytes: number } } {
  const count = { bytes: 0 };
  const read: FileSystem["read"] = (...given) => {
    const bytes = realFileSystem.read(...given);
    count.bytes += bytes;
    return bytes;
  };
  return { fs: { ...realFileSystem, read }, count };
}

async function append(ledger: FileLedger, count: number): Promise<void> {
  const entry = {
    event: "authorize_action",
    timestamp: NOW,
    avid: "AVID-1",
    decision: "ALLOW",
    reason: "x".repeat(500),
  };
  await Promise.all(Array.from({ length: count }, (_, n) => ledger.append({ entry: { ...entry, trace_id: `t${n}` } })));
}

interface Stepping {
  readonly path: string;
  readonly ledger: FileLedger;
  readonly count: { bytes: number };
  /** Take a step; says whether a checkpoint was made. */
  readonly step: () => Promise<boolean>;
  /** Forget everything: the next step is another process's. */
  readonly restart: () => void;
}

async function inSteps(t: TestContext): Promise<Stepping> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-writer-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  const clock = { now: () => 1e12 };
  const ledger = await openFileLedger({
    path,
    home: join(folder, "home"),
    signer: seededSigner(1),
    clock,
    index: false,
  });
  const paths = logPathsOf(path);
  const { fs, count } = counted();
  const isOwn = signedByOneOf(keysOf(checkpointSigner).vkeys(ORIGIN));
  const open = (): TlogWriter =>
    new TlogWriter({ fs, paths, origin: ORIGIN, isOwn, entries: false, index: openWindowIndex(paths, fs) });
  let writer = open();
  const host: StepHost = {
    append: async (meta) => {
      const members = metaMembers({ ...meta, key_id: "c", resource_key_commitment: "0".repeat(64) });
      const { entry } = await ledger.append({
        entry: { ...systemEntry(CHECKPOINT_META, NOW, "a checkpoint follows"), ...members },
      });
      return entry.seq;
    },
    sign: async (text) => signCheckpoint(text, ORIGIN, checkpointSigner),
  };
  const lock = await LogLock.open(realFileSystem, join(paths.folder, "step.sqlite"), 1000);
  t.after(async () => {
    lock.close();
    writer.close();
    await ledger.close();
  });
  const step = async (): Promise<boolean> => (await takeStep(writer, lock, host, { whole: false })).note !== null;
  const restart = (): void => {
    writer.close();
    writer = open();
  };
  return { path, ledger, count, step, restart };
}

function metasOf(path: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line.includes(CHECKPOINT_META)).map((line) => JSON.parse(line));
}

test("a step reads each new line once, for the tree, the counts and the index together", async (t) => {
  const { path, ledger, count, step } = await inSteps(t);
  // The first step looks besides at the start of the segment, to know which it is.
  await append(ledger, 20);
  await step();
  for (const size of [900, 1, 2600, 40]) {
    const before = readFileSync(path).length;
    await append(ledger, size);
    count.bytes = 0;
    assert.equal(await step(), true);
    const added = readFileSync(path).length - before;
    // Besides the lines it reads where the log ends and what the newest checkpoint is.
    assert.ok(count.bytes >= added && count.bytes < added + 8192, `${count.bytes} bytes read of ${added}`);
  }
  assert.deepEqual(
    metasOf(path).map((meta) => meta["covered_entries"]),
    [20, 921, 923, 3524, 3565],
  );
});

test("a folder that was lost is made again by going through the log three times, however many windows it has", async (t) => {
  const { path, ledger, count, step, restart } = await inSteps(t);
  for (let window = 0; window < 30; window += 1) {
    await append(ledger, 100);
    await step();
  }
  restart();
  rmSync(join(`${path}.d`, "tlog"), { recursive: true });
  mkdirSync(join(`${path}.d`, "tlog"));
  await append(ledger, 1);
  const bytes = readFileSync(path).length;
  count.bytes = 0;
  assert.equal(await step(), true);
  // Once for the tree, once for where windows end, once for their lines; and the start of the segment each time.
  assert.ok(count.bytes < 3 * bytes + 1_048_576, `${count.bytes} bytes read of ${bytes}`);
  const [before, after] = metasOf(path).slice(-2);
  assert.notEqual(before?.["index"], null);
  assert.deepEqual([after?.["covered_entries"], after?.["previous_checkpoint"]], [3031, null]);
});
