// The console in a pseudo-terminal, on a long log that grows: the time from a key to the paint that it makes.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { execFile } from "node:child_process";
import { root } from "../scripts/setup.mjs";
import { request } from "./ledger-load.mjs";
import { makeLog } from "./ledger-make.mjs";

export const title = "key to paint in a pseudo-terminal, 200 decisions a second arriving";

const PACE = 200;
const SECONDS = 25;
const driver = fileURLToPath(new URL("console-pty.py", import.meta.url));
const writer = fileURLToPath(new URL("console-writer.mjs", import.meta.url));

export async function run({ full }) {
  if (spawnSync("python3", ["-c", "import pty"]).status !== 0)
    return [{ measure: "no python3 with a pty here", value: "not run" }];
  const entries = full ? 1_000_000 : 50_000;
  const folder = mkdtempSync(join(tmpdir(), "canopy-console-"));
  try {
    const log = join(folder, "audit.log");
    let made = 0;
    // Rows that all look the same would not be painted anew.
    makeLog(log, entries, () => ({ ...request().entry, reason: `nothing speaks against call ${(made += 1)}` }));
    const main = join(root, "packages", "cli", "dist", "start", "canopy.js");
    const words = [String(SECONDS), process.execPath, main, "console", log];
    const env = { ...process.env, CANOPY_HOME: join(folder, "home"), NO_COLOR: "" };
    const writing = spawn(process.execPath, [
      writer,
      log,
      lastHash(log),
      String(entries),
      String(PACE),
      String(SECONDS + 5),
    ]);
    const { stdout } = await promisify(execFile)("python3", [driver, ...words], { env, maxBuffer: 1 << 26 });
    writing.kill();
    return rows(JSON.parse(stdout), entries);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rows({ first_paint_ms, keys, exit }, entries) {
  const times = keys.map(({ ms }) => ms ?? Infinity).sort((left, right) => left - right);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  const p95 = at(0.95);
  return [
    { measure: `entries at the start; keys pressed; exit code`, value: `${entries}; ${times.length}; ${exit}` },
    { measure: "first rows painted, from the start of the process", value: `${first_paint_ms?.toFixed(0)} ms` },
    { measure: "key to paint, median", value: `${at(0.5).toFixed(1)} ms` },
    { measure: "key to paint, p95", value: `${p95.toFixed(1)} ms`, should: "≤ 50 ms", met: p95 <= 50 },
    { measure: "key to paint, longest", value: `${times.at(-1).toFixed(1)} ms` },
  ];
}

function lastHash(log) {
  const fd = openSync(log, "r");
  const { size } = fstatSync(fd);
  const bytes = Buffer.alloc(Math.min(8192, size));
  readSync(fd, bytes, 0, bytes.length, size - bytes.length);
  closeSync(fd);
  return JSON.parse(bytes.toString().trimEnd().split("\n").at(-1)).entry_hash;
}
