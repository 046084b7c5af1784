// Finding a trace in a long log: from the library and as a command, beside a bare Node; what an entry costs the index;
// and a workbook of a million rows, with its memory.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogReader } from "canopy-runtime/log-reader";
import { realFileSystem } from "../packages/runtime/dist/storage/file-system.js";
import { catchUpIndex } from "../packages/runtime/dist/storage/index-catch-up.js";
import { IndexDatabase } from "../packages/runtime/dist/storage/index-database.js";
import { logPaths } from "../packages/runtime/dist/storage/sidecar.js";
import { root } from "../scripts/setup.mjs";
import { makeQueryLog, traceName } from "./query-log.mjs";
import { summarize } from "./statistics.mjs";

export const title = "a trace in a long log, and a long workbook";

const MAIN = join(root, "packages", "cli", "dist", "start", "canopy.js");
const LOOK_UPS = 500;

export async function run({ full }) {
  // Ten million take 11 GB of disk: `CANOPY_BENCH_ENTRIES=10000000`.
  const entries = Number(process.env["CANOPY_BENCH_ENTRIES"] ?? (full ? 1_000_000 : 100_000));
  const folder = mkdtempSync(join(tmpdir(), "canopy-query-"));
  try {
    const log = join(folder, "audit.log");
    const made = makeQueryLog(log, entries);
    const indexed = buildIndex(log, made.entries);
    return [
      { measure: "entries", value: made.entries.toLocaleString("en-US") },
      ...indexed,
      ...lookUps(log, made.traces),
      ...commands(log, made.traces, full),
      ...workbook(folder, full ? 1_000_000 : 100_000),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function buildIndex(log, entries) {
  const paths = logPaths(realFileSystem, log);
  const database = new IndexDatabase(paths.index);
  const before = process.cpuUsage();
  while (catchUpIndex(realFileSystem, paths, database, 16_777_216));
  const { user, system } = process.cpuUsage(before);
  database.close();
  const perEntry = (user + system) / entries;
  return [
    { measure: "index, CPU an entry", value: `${perEntry.toFixed(1)} µs` },
    { measure: "index, bytes an entry", value: (statSync(paths.index).size / entries).toFixed(0) },
  ];
}

function lookUps(log, traces) {
  const reader = LogReader.open(log);
  const spent = [];
  for (let n = 0; n < LOOK_UPS; n += 1) {
    const trace_id = traceName((n * 7919) % traces);
    const began = performance.now();
    const found = [...reader.query({ trace_id })];
    spent.push(performance.now() - began);
    if (found.length === 0) throw new Error(`nothing found of ${trace_id}`);
  }
  reader.close();
  const { median } = summarize(spent);
  return [{ measure: "a trace, library, p50", value: `${median.toFixed(2)} ms`, should: "≤ 1 ms", met: median <= 1 }];
}

function commands(log, traces, full) {
  const spent = { bare: [], query: [] };
  for (let round = 0; round < (full ? 31 : 11); round += 1) {
    const query = [MAIN, "audit", "query", log, "--trace", traceName((round * 7919) % traces), "--json"];
    for (const [name, args] of Object.entries({ bare: ["-e", "0"], query })) {
      const began = performance.now();
      const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
      spent[name].push(performance.now() - began);
      if (status !== 0) throw new Error(`\`node ${args.join(" ")}\` ended with ${status}`);
    }
  }
  const [bare, query] = [spent.bare, spent.query].map((values) => summarize(values).median);
  const over = query - bare;
  return [
    { measure: "bare node", value: `${bare.toFixed(0)} ms` },
    { measure: "a trace, command", value: `+${over.toFixed(0)} ms`, should: "≤ 30 ms", met: over <= 30 },
  ];
}

// In a process of its own, whose memory is the workbook's alone.
const WORKBOOK = `
const { Workbook } = await import(process.argv[1]);
const [path, rows] = [process.argv[2], Number(process.argv[3])];
const book = Workbook.create(path);
book.addSheet({ name: "Rows", columns: Array.from({ length: 10 }, (_none, n) => ({ title: "Column " + n, width: 20 })) });
const id = "0123456789abcdef".repeat(4);
for (let n = 0; n < rows; n += 1) {
  book.row([n, new Date(1767225600000 + n * 1000), "AVID-" + id, "execute_shell", n % 9 ? "ALLOW" : "DENY", "low",
    "nothing in any layer speaks against it", "rule_" + (n % 50), "trace-" + (n >> 3), n.toString(16).padStart(64, "a")]);
}
book.close();
process.stdout.write(String(process.resourceUsage().maxRSS / 1024));
`;

function workbook(folder, rows) {
  const module = join(root, "packages", "cli", "dist", "export", "workbook.js");
  const path = join(folder, "rows.xlsx");
  const began = performance.now();
  const args = ["--input-type=module", "-e", WORKBOOK, module, path, String(rows)];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error("the workbook was not written");
  const seconds = (performance.now() - began) / 1000;
  const megabytes = Number(stdout);
  const measure = `workbook, ${rows.toLocaleString("en-US")} rows of 10 columns`;
  return [
    { measure: `${measure}, memory`, value: `${megabytes.toFixed(0)} MB`, should: "≤ 400 MB", met: megabytes <= 400 },
    { measure: `${measure}, time`, value: `${seconds.toFixed(1)} s` },
  ];
}
