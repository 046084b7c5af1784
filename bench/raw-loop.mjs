// The floor that appends are measured against: the same bytes written to the same five files, the same two of them
// synced, and nothing else. A batch's records and lines are written once each, its proof and its two heads once.
import { closeSync, fdatasync, fdatasyncSync, mkdirSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as soon } from "node:timers/promises";
import { promisify } from "node:util";

const syncLater = promisify(fdatasync);
const HEAD_BYTES = 256;
const MAX_BATCH = 256;

/** Sizes of the files of a log that grow, in bytes. */
function sizesOf(path) {
  const folder = `${path}.d/payloads`;
  const records = readdirSync(folder).filter((name) => name.endsWith(".bin"));
  return {
    line: statSync(path).size,
    record: records.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0),
    proof: statSync(`${path}.d/proofs.jsonl`).size,
  };
}

/** Bytes that one lone append writes to each file of the log at `path`, from a number of them. */
export async function bytesPerAppend(path, appends, append) {
  await append();
  const before = sizesOf(path);
  for (let n = 0; n < appends; n += 1) await append();
  const after = sizesOf(path);
  const each = (name) => Math.round((after[name] - before[name]) / appends);
  return { line: each("line"), record: each("record"), proof: each("proof") };
}

/** The bare loop, for a lone caller and for many. */
export class RawLoop {
  #files;
  #bytes;
  #waiting = [];
  #running = false;
  #turn = 0;

  constructor(folder, sizes) {
    mkdirSync(folder);
    const open = (name) => openSync(join(folder, name), "a");
    const update = (name) => openSync(join(folder, name), "w+");
    this.#files = {
      log: open("log"),
      records: open("records"),
      proofs: open("proofs"),
      heads: [update("synced"), update("home")],
    };
    this.#bytes = {
      line: Buffer.alloc(sizes.line, "l"),
      record: Buffer.alloc(sizes.record, "r"),
      proof: Buffer.alloc(sizes.proof, "p"),
      head: Buffer.alloc(HEAD_BYTES, "h"),
    };
  }

  /** One append, in this very call. */
  appendNow() {
    const { log, records } = this.#files;
    writeSync(records, this.#bytes.record);
    writeSync(log, this.#bytes.line);
    fdatasyncSync(records);
    fdatasyncSync(log);
    this.#finish();
  }

  /** One append, written and synced together with whoever else waits. */
  append() {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#running) void this.#run();
    });
  }

  close() {
    const { log, records, proofs, heads } = this.#files;
    for (const fd of [log, records, proofs, ...heads]) closeSync(fd);
  }

  async #run() {
    this.#running = true;
    await soon();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      const { log, records } = this.#files;
      writeSync(records, Buffer.concat(batch.map(() => this.#bytes.record)));
      writeSync(log, Buffer.concat(batch.map(() => this.#bytes.line)));
      await Promise.all([syncLater(records), syncLater(log)]);
      this.#finish();
      for (const resolve of batch) resolve();
      await soon();
    }
    this.#running = false;
  }

  #finish() {
    const { proofs, heads } = this.#files;
    writeSync(proofs, this.#bytes.proof);
    this.#turn = 1 - this.#turn;
    for (const fd of heads) writeSync(fd, this.#bytes.head, 0, HEAD_BYTES, HEAD_BYTES * (2 + this.#turn));
  }
}
