// What a command costs before it does anything: CPU of the whole process, beside a Node that runs an empty program.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime } from "canopy-runtime";
import { root } from "../scripts/setup.mjs";
import { summarize } from "./statistics.mjs";

export const title = "start-up, CPU ms over a bare node";

const REPORT =
  'process.on("exit", () => { const { user, system } = process.cpuUsage(); require("fs").writeSync(3, String(user + system)); });';

export async function run({ full }) {
  const folder = mkdtempSync(join(tmpdir(), "canopy-start-up-"));
  const report = join(folder, "report.cjs");
  const empty = join(folder, "empty.mjs");
  const log = join(folder, "audit.log");
  writeFileSync(report, REPORT);
  writeFileSync(empty, "");
  const runtime = createRuntime({ home: join(folder, "home"), audit_log_path: log, env: {} });
  await runtime.authorize({ public_key: "bench-agent" }, "execute_shell", { command: "ls" });
  await runtime.close();
  const main = join(root, "packages", "cli", "dist", "start", "canopy.js");
  const programs = { bare: [empty], help: [main, "--help"], verify: [main, "verify", log] };
  const spent = { bare: [], help: [], verify: [] };
  for (let round = 0; round < (full ? 31 : 11); round += 1) {
    for (const [name, args] of Object.entries(programs)) spent[name].push(cpuMs(["--require", report, ...args]));
  }
  rmSync(folder, { recursive: true, force: true });
  const [bare, help, verify] = [spent.bare, spent.help, spent.verify].map((values) => summarize(values).median);
  return [
    { measure: "bare node", value: `${bare.toFixed(0)} ms` },
    over("canopy --help", help - bare),
    over("canopy verify, a log of one entry", verify - bare),
  ];
}

function over(measure, ms) {
  return { measure, value: `+${ms.toFixed(0)} ms`, should: "≤ 15 ms", met: ms <= 15 };
}

function cpuMs(args) {
  const { output, status } = spawnSync(process.execPath, args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  if (status !== 0) throw new Error(`\`node ${args.join(" ")}\` ended with ${status}`);
  return Number(output[3]) / 1000;
}
