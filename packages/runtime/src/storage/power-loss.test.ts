// Power loss, replayed: a run's writes, syncs and names are traced; then the disk is rebuilt as it may be after the
// power went at any point of the trace, and the log is opened from that.
//
// The model is hostile within what file systems promise: what was synced is there; of each later write to a file all,
// a part, or nothing is there, whatever became of the others; names appear in the order they were made, up to any
// point after the last sync of a folder.

import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import type { AppendReceipt, Signer } from "../ledger/ports.ts";
import { openFileLedger } from "./file-ledger.ts";
import { realFileSystem, type FileSystem, type OpenMode } from "./file-system.ts";
import { verifyLog } from "./verify-log.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };

type Step =
  | { readonly do: "write"; readonly file: number; readonly at: number; readonly bytes: Buffer }
  | { readonly do: "truncate"; readonly file: number; readonly size: number }
  | { readonly do: "sync"; readonly file: number }
  | { readonly do: "name"; readonly path: string; readonly file: number | null }
  | { readonly do: "rename"; readonly from: string; readonly to: string; readonly file: number }
  | { readonly do: "sync begun" }
  | { readonly do: "sync names" }
  | { readonly do: "acknowledged"; readonly hash: string; readonly content: number };

function inodeOf(fd: number): string {
  const { dev, ino } = realFileSystem.statusOf(fd);
  return `${dev}:${ino}`;
}

/** The real calls, traced. */
function traced(folder: string): { readonly fs: FileSystem; readonly trace: Step[] } {
  const trace: Step[] = [];
  const fileOfFd = new Map<number, { file: number; append: boolean }>();
  const fileOfInode = new Map<string, number>();
  const name = (path: string): string => relative(folder, path);
  const fs: FileSystem = {
    ...realFileSystem,
    open: (path: string, mode: OpenMode) => {
      const existed = realFileSystem.statusAt(path) !== null;
      const fd = realFileSystem.open(path, mode);
      const inode = inodeOf(fd);
      let file = existed ? fileOfInode.get(inode) : undefined;
      if (file === undefined) {
        file = trace.length;
        fileOfInode.set(inode, file);
        trace.push({ do: "name", path: name(path), file });
      }
      fileOfFd.set(fd, { file, append: mode === "append" });
      return fd;
    },
    write: (fd, bytes, position) => {
      const at = position === null ? realFileSystem.statusOf(fd).size : position;
      const count = realFileSystem.write(fd, bytes, position);
      trace.push({ do: "write", file: fileOfFd.get(fd)?.file ?? -1, at, bytes: Buffer.from(bytes.subarray(0, count)) });
      return count;
    },
    truncate: (fd, size) => {
      realFileSystem.truncate(fd, size);
      trace.push({ do: "truncate", file: fileOfFd.get(fd)?.file ?? -1, size });
    },
    syncNow: (fd) => {
      realFileSystem.syncNow(fd);
      trace.push({ do: "sync", file: fileOfFd.get(fd)?.file ?? -1 });
    },
    sync: async (fd) => {
      // It counts from where it began: what was written while it ran is not covered by it.
      const begun: Step = { do: "sync begun" };
      trace.push(begun);
      const file = fileOfFd.get(fd)?.file ?? -1;
      await realFileSystem.sync(fd);
      trace[trace.indexOf(begun)] = { do: "sync", file };
    },
    link: (from, to) => {
      realFileSystem.link(from, to);
      const status = realFileSystem.statusAt(from);
      trace.push({ do: "name", path: name(to), file: fileOfInode.get(`${status?.dev}:${status?.ino}`) ?? -1 });
    },
    rename: (from, to) => {
      realFileSystem.rename(from, to);
      const status = realFileSystem.statusAt(to);
      const file = fileOfInode.get(`${status?.dev}:${status?.ino}`) ?? -1;
      trace.push({ do: "rename", from: name(from), to: name(to), file });
    },
    unlink: (path) => {
      realFileSystem.unlink(path);
      trace.push({ do: "name", path: name(path), file: null });
    },
    syncFolder: (path) => {
      realFileSystem.syncFolder(path);
      trace.push({ do: "sync names" });
    },
  };
  return { fs, trace };
}

function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

function nothing(): number {
  return 1;
}

function apply(content: Buffer, step: Step, part: number): Buffer {
  if (step.do === "truncate") {
    return step.size <= content.length
      ? content.subarray(0, step.size)
      : Buffer.concat([content, Buffer.alloc(step.size - content.length)]);
  }
  if (step.do !== "write") return content;
  const bytes = step.bytes.subarray(0, Math.ceil(step.bytes.length * part));
  const grown = Buffer.alloc(Math.max(content.length, step.at + bytes.length));
  content.copy(grown);
  bytes.copy(grown, step.at);
  return grown;
}

/** The disk after the power went before step `cut`. */
function diskAfter(trace: readonly Step[], cut: number, chance: () => number): Map<string, Buffer> {
  const durable = new Map<number, Buffer>();
  const pending = new Map<number, Step[]>();
  const names = new Map<string, number>();
  let pendingNames: Step[] = [];
  const applyName = (step: Step): void => {
    if (step.do === "rename") {
      names.delete(step.from);
      names.set(step.to, step.file);
    } else if (step.do === "name") {
      if (step.file === null) names.delete(step.path);
      else names.set(step.path, step.file);
    }
  };
  for (const step of trace.slice(0, cut)) {
    if (step.do === "write" || step.do === "truncate") {
      pending.set(step.file, [...(pending.get(step.file) ?? []), step]);
    } else if (step.do === "sync") {
      let content = durable.get(step.file) ?? Buffer.alloc(0);
      for (const done of pending.get(step.file) ?? []) content = apply(content, done, 1);
      durable.set(step.file, content);
      pending.delete(step.file);
    } else if (step.do === "sync names") {
      pendingNames.forEach(applyName);
      pendingNames = [];
    } else if (step.do === "name" || step.do === "rename") {
      pendingNames.push(step);
    }
  }
  pendingNames.slice(0, Math.floor((1 - chance()) * (pendingNames.length + 1))).forEach(applyName);
  for (const [file, steps] of pending) {
    let content = durable.get(file) ?? Buffer.alloc(0);
    for (const step of steps) {
      const luck = chance();
      if (luck < 0.4) content = apply(content, step, 1);
      else if (luck < 0.6) content = apply(content, step, chance());
    }
    durable.set(file, content);
  }
  return new Map([...names].map(([path, file]) => [path, durable.get(file) ?? Buffer.alloc(0)]));
}

async function record(folder: string): Promise<readonly Step[]> {
  const { fs, trace } = traced(folder);
  const options = {
    path: join(folder, "audit.log"),
    home: join(folder, "home"),
    signer,
    clock: { now: () => 1e12 },
    index: false,
  };
  const open = (): ReturnType<typeof openFileLedger> =>
    openFileLedger({ ...options, fileSystem: fs, rotateBytes: 6000 });
  const [first, second] = [await open(), await open()];
  const one = async (ledger: typeof first, n: number): Promise<AppendReceipt> => {
    const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", n };
    const receipt = await ledger.append({ entry, record: { subject: `s${n % 2}`, content: { n } } });
    trace.push({ do: "acknowledged", hash: receipt.entry.entry_hash, content: n });
    return receipt;
  };
  for (let n = 0; n < 6; n += 1) await one(n % 2 === 0 ? first : second, n);
  await Promise.all([6, 7, 8, 9, 10, 11].map((n) => one(n % 3 === 0 ? second : first, n)));
  for (let n = 12; n < 16; n += 1) await one(first, n);
  await Promise.all([16, 17, 18].map((n) => one(second, n)));
  await first.close();
  await second.close();
  return trace;
}

/** Builds the disk where the run was, because a home knows a log by its path. */
async function checkDisk(
  folder: string,
  disk: ReadonlyMap<string, Buffer>,
  done: readonly Step[],
  about: string,
): Promise<void> {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  for (const [path, content] of disk) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode: 0o600 });
  }
  const options = {
    path: join(folder, "audit.log"),
    home: join(folder, "home"),
    signer,
    clock: { now: () => 1e12 },
    index: false,
  };
  const ledger = await openFileLedger(options).catch((error: unknown) => {
    throw new Error(`${about}: does not open: ${String(error)}`, { cause: error });
  });
  for (const step of done) {
    if (step.do !== "acknowledged") continue;
    const [entry] = await ledger.historyOf(step.hash);
    assert.equal(entry?.entry_hash, step.hash, `${about}: acknowledged entry ${step.content} is gone`);
    assert.deepEqual(await ledger.readRecord(step.hash), { n: step.content }, about);
  }
  await ledger.append({ entry: { event: "after", timestamp: "2026-01-01T00:00:00Z" } });
  await ledger.close();
  const result = await verifyLog(options.path, { home: options.home });
  assert.equal(result.valid, true, `${about}: ${JSON.stringify(result)}`);
}

/** How many disks are tried at each point of the trace; the first has nothing that wasn't synced. */
const DISKS = Number(process.env["CANOPY_POWER_DISKS"] ?? 2);

test("whenever the power goes, what was acknowledged is there, with its record, and the log opens and goes on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-trace-"));
  try {
    const trace = await record(folder);
    assert.equal(trace.filter((step) => step.do === "acknowledged").length, 19);
    for (let cut = 0; cut <= trace.length; cut += 1) {
      for (let seed = 0; seed < DISKS; seed += 1) {
        const disk = diskAfter(trace, cut, seed === 0 ? nothing : random(cut * 1000 + seed));
        await checkDisk(folder, disk, trace.slice(0, cut), `cut at ${cut} of ${trace.length}, seed ${seed}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
