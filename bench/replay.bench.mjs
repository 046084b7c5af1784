// Replaying a log: 10,000 and 100,000 recorded decisions, each made again from the log and compared byte for byte. The
// log is written by the runtime itself, unsynced, by 64 callers; then the command is run as a process of its own, as an
// auditor would, and its peak memory is read.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime } from "canopy-runtime";
import { root } from "../scripts/setup.mjs";

export const title = "every recorded decision made again from the log";

const SIZES = [10_000, 100_000];
const MUST_SECONDS = 30;
const CALLERS = 64;
const AGENTS = 20;

export async function run() {
  const rows = [];
  for (const size of SIZES) {
    const folder = mkdtempSync(join(tmpdir(), "canopy-bench-replay-"));
    try {
      rows.push(...(await replayed(folder, size)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return rows;
}

async function replayed(folder, size) {
  const [log, home] = [join(folder, "audit.log"), join(folder, "home")];
  await record(log, home, size);
  const { seconds, peakMb, report } = replay(log, home);
  const whole = report.same === size && report.different === 0 && report.not_replayable === 0;
  const name = `${size.toLocaleString("en")} decisions`;
  const megabytes = (statSync(log).size / 1e6).toFixed(0);
  const at = size === 100_000 ? { should: `≤ ${MUST_SECONDS} s`, met: seconds <= MUST_SECONDS } : {};
  return [
    { measure: `${name} (${megabytes} MB of log)`, value: `${seconds.toFixed(1)} s`, ...at },
    { measure: `${name}, the same`, value: String(report.same), should: "all", met: whole },
    { measure: `${name}, peak memory of the process`, value: `${peakMb.toFixed(0)} MB` },
  ];
}

async function record(log, home, size) {
  const runtime = createRuntime({ home, audit_log_path: log, cwd: root, durability: "none" });
  let next = 0;
  const caller = async () => {
    while (next < size) {
      next += 1;
      await runtime.authorize({ public_key: `agent-${next % AGENTS}`, trace_id: `t-${next % 1000}` }, ...request(next));
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  await runtime.close();
}

function request(index) {
  switch (index % 5) {
    case 0:
      return ["execute_shell", { command: `ls -la packages/part-${index} && cat README.md | head -50` }];
    case 1:
      return ["read_file", { path: `docs/page-${index}.md` }];
    case 2:
      return ["http_request", { url: `https://api-${index % 50}.example.com/v1/items/${index}`, method: "POST" }];
    case 3:
      return ["send_email", { to: `user-${index}@example.com`, subject: `Report ${index}`, body: "As asked." }];
    default:
      return ["spend_money", { amount: index % 90, currency: "USD", to: `shop-${index % 7}` }];
  }
}

// The peak is the process's own: `resourceUsage` counts in KiB.
const WRAPPER = `process.on("exit", () => process.stderr.write("peak " + process.resourceUsage().maxRSS + "\\n"));`;

function replay(log, home) {
  const cli = join(root, "packages", "cli", "dist", "main.js");
  const preload = `data:text/javascript,${encodeURIComponent(WRAPPER)}`;
  const start = performance.now();
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", preload, cli, "replay", log, "--home", home, "--json"],
    { encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  const seconds = (performance.now() - start) / 1000;
  return { seconds, peakMb: Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024, report: JSON.parse(stdout) };
}
