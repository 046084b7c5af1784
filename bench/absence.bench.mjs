// The index over a log: what an entry costs to index, what the files take, and what it takes to prove that an agent never did
// something, and to check that.
import { hash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatEntryTime } from "../packages/runtime/dist/ledger/entry-index/entry-time.js";
import { TreeFrontier } from "../packages/runtime/dist/ledger/tlog/tree.js";
import { formatCheckpoint } from "../packages/runtime/dist/ledger/tlog/checkpoint.js";
import { lineLeaf } from "../packages/runtime/dist/ledger/tlog/entry-data.js";
import { verifyIndexProof } from "../packages/runtime/dist/ledger/entry-index/verify-index-proof.js";
import { EMPTY_INDEX, IndexBuilder } from "../packages/runtime/dist/storage/entry-index/index-builder.js";
import { proveOverLog } from "../packages/runtime/dist/storage/entry-index/prove-log.js";
import { nodeSha256 } from "../packages/runtime/dist/storage/tlog/node-sha256.js";
import { TlogReader } from "../packages/runtime/dist/storage/tlog/tlog-reader.js";
import { request } from "./ledger-load.mjs";

export const title = "the index of entries, and proofs of absence over it";

const WINDOW = 200;
const START = Date.UTC(2026, 10, 1) / 1000;

export async function run({ full }) {
  const rows = [];
  for (const entries of full ? [1000, 10_000, 1_000_000] : [1000, 10_000]) rows.push(...(await measure(entries)));
  return rows;
}

async function measure(entries) {
  const folder = mkdtempSync(join(process.env.CANOPY_BENCH_FOLDER ?? tmpdir(), "canopy-bench-"));
  try {
    const { path, building } = makeLog(folder, entries);
    const name = entries.toLocaleString("en");
    const index = join(`${path}.d`, "tlog", "index");
    const bytes = readdirSync(index).reduce((sum, file) => sum + statSync(join(index, file)).size, 0);
    const reader = await TlogReader.open(path);
    const never = { avid: `AVID-${"0".repeat(64)}`, action_type: "execute_shell" };
    const whole = prove(reader, path, never, {});
    const hour = prove(reader, path, never, {
      from: START + Math.floor(entries / 400),
      to: START + Math.floor(entries / 300),
    });
    reader.close();
    return [
      { measure: `${name} entries: CPU to index one`, value: `${(building / entries).toFixed(1)} µs` },
      { measure: `${name} entries: the slowest window of ${WINDOW}`, value: `${slowest.toFixed(0)} ms` },
      { measure: `${name} entries: files of the index`, value: `${(bytes / entries).toFixed(0)} bytes each` },
      { measure: `${name} entries: prove absence, whole log`, value: told(whole) },
      { measure: `${name} entries: prove absence, within a time`, value: told(hour) },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let slowest = 0;

function makeLog(folder, entries) {
  const path = join(folder, "audit.log");
  const tlog = join(`${path}.d`, "tlog");
  mkdirSync(tlog, { recursive: true });
  const fd = openSync(path, "w");
  const index = IndexBuilder.open(join(tlog, "index"), EMPTY_INDEX, { coveredEntries: () => [], lines: () => [] });
  const tree = TreeFrontier.at(0, () => new Uint8Array(32), nodeSha256);
  let pending = [];
  let building = 0;
  slowest = 0;
  const add = (members) => {
    const base = { log_id: "0".repeat(32), prev_hash: "0".repeat(64), seq: tree.size + 1 };
    const text = JSON.stringify({ ...base, ...members });
    const line = Buffer.from(`${text.slice(0, -1)},"entry_hash":"${hash("sha256", text)}"}`);
    pending.push(line);
    tree.append(lineLeaf(line, nodeSha256));
    writeSync(fd, Buffer.concat([line, Buffer.from("\n")]));
  };
  for (let at = 0; at < entries; at += 1) {
    add({ ...request().entry, ...membersOf(at) });
    if (at % WINDOW !== WINDOW - 1 && at !== entries - 1) continue;
    const { covered_entries: first } = index.state;
    const before = process.cpuUsage();
    const started = performance.now();
    const state = index.addWindow(first, tree.size, pending);
    slowest = Math.max(slowest, performance.now() - started);
    const used = process.cpuUsage(before);
    building += used.user + used.system;
    pending = [];
    const { runs, root } = state;
    const members = {
      event: "checkpoint_meta",
      action_type: "ledger",
      timestamp: time(at),
      avid: "",
      decision: "RECORD",
    };
    add({ ...members, ...SAID, covered_entries: state.covered_entries, index: { runs, root } });
  }
  closeSync(fd);
  index.close();
  const body = formatCheckpoint({ origin: "canopy/bench", size: tree.size, root: tree.root() });
  const signature = Buffer.alloc(68).toString("base64");
  writeFileSync(join(tlog, "checkpoint"), `${body}\n— canopy/bench ${signature}\n`);
  return { path, building };
}

function time(at) {
  return formatEntryTime(START + Math.floor(at / 200));
}

const SAID = {
  previous_checkpoint: null,
  decisions: { ALLOW: 0, DENY: 0, REQUIRE_APPROVAL: 0 },
  policy_hash: null,
  origin: "canopy/bench",
  key_id: "bench",
  resource_key_commitment: "0".repeat(64),
};

/** What differs from decision to decision: a trace for every four, a thousand agents, a resource of its own beside two that recur. */
function membersOf(at) {
  const own = hash("sha256", `resource ${Math.floor(at / 3)}`).slice(0, 32);
  const shared = ["tool", `host ${at % 50}`].map((name) => hash("sha256", name).slice(0, 32));
  return {
    timestamp: time(at),
    avid: `AVID-${hash("sha256", `agent ${at % 1000}`)}`,
    trace_id: `trace-${Math.floor(at / 4)}`,
    resource_keys: [own, ...shared].toSorted((a, b) => (a < b ? -1 : 1)),
  };
}

function prove(reader, path, where, times) {
  const statement = { claim: "absent", where, except_agent: null, tenant: null, from: null, to: null, ...times };
  const before = performance.now();
  const { text } = proveOverLog(reader, path, { statement, resource: null });
  const proved = performance.now() - before;
  const bytes = Buffer.from(text);
  const tools = { sha256: nodeSha256, verifySignature: () => false };
  verifyIndexProof(bytes, null, tools);
  const checking = performance.now();
  verifyIndexProof(bytes, null, tools);
  return { proved, verified: performance.now() - checking, size: bytes.length };
}

function told({ proved, verified, size }) {
  return `${proved.toFixed(0)} ms, ${(size / 1024).toFixed(0)} KiB, check ${verified.toFixed(1)} ms`;
}
