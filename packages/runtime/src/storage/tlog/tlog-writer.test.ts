import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
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

test("a step reads each new line once, for the tree, the counts and the index together", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-writer-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  const ledger = await openFileLedger({
    path,
    home: join(folder, "home"),
    signer: seededSigner(1),
    clock: { now: () => 1e12 },
    index: false,
  });
  const paths = logPathsOf(path);
  const { fs, count } = counted();
  const writer = new TlogWriter({
    fs,
    paths,
    origin: ORIGIN,
    isOwn: signedByOneOf(keysOf(checkpointSigner).vkeys(ORIGIN)),
    entries: false,
    index: openWindowIndex(paths),
  });
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
  // The first step looks besides at the start of the segment, to know which it is.
  await append(ledger, 20);
  await takeStep(writer, lock, host);
  for (const size of [900, 1, 2600, 40]) {
    const before = readFileSync(path).length;
    await append(ledger, size);
    count.bytes = 0;
    assert.notEqual((await takeStep(writer, lock, host, { whole: false })).note, null);
    const added = readFileSync(path).length - before;
    // Besides the lines it reads where the log ends and what the newest checkpoint is.
    assert.ok(count.bytes >= added && count.bytes < added + 8192, `${count.bytes} bytes read of ${added}`);
  }
  lock.close();
  writer.close();
  await ledger.close();
  const metas = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.includes(CHECKPOINT_META));
  assert.deepEqual(
    metas.map((line) => JSON.parse(line).covered_entries),
    [20, 921, 923, 3524, 3565],
  );
});
