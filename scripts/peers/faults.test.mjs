// Faults of the system at calls that change files: a sample of what `npm run test:faults` does, and strace as the witness
// that the library which injects them misses no call, and that faults injected by the system's own means end the same.
// Fails, not skips, where strace or a C compiler is missing.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { callsIn, formatPoint, pointsOf, sampleOf, SCENARIOS } from "../faults/points.mjs";
import { injector, runClean, runPoint, runWrapped } from "../faults/run-point.mjs";

const SAMPLE = 72;
const SEED = 5;
const JOBS = 4;

const library = injector();
const KINDS = new Map(
  Object.entries({
    write: ["write", "pwrite64", "writev", "pwritev", "pwritev2"],
    sync: ["fsync", "fdatasync", "sync_file_range"],
    open: ["open", "openat", "openat2", "creat"],
    rename: ["rename", "renameat", "renameat2"],
    truncate: ["truncate", "ftruncate"],
    link: ["link", "linkat", "symlink", "symlinkat"],
    unlink: ["unlink", "unlinkat", "rmdir"],
    mkdir: ["mkdir", "mkdirat"],
    other: ["fallocate", "copy_file_range", "sendfile", "splice"],
  }).flatMap(([kind, calls]) => calls.map((call) => [call, kind])),
);

test("the library that injects faults sees every call that strace sees", async (t) => {
  const outer = mkdtempSync(join(tmpdir(), "canopy-strace-"));
  t.after(() => rmSync(outer, { recursive: true, force: true }));
  const output = join(outer, "calls");
  const calls = [...KINDS.keys()].join(",");
  const { trace, folder } = await runClean(library, "short", () => [
    "strace",
    "-f",
    "-y",
    "-qq",
    "-o",
    output,
    "-e",
    `trace=${calls}`,
  ]);
  const seen = counts(callsIn(trace));
  const told = counts(callsIn(fromStrace(readFileSync(output, "utf8"), folder)));
  assert.deepEqual(seen, told);
  assert.ok(Object.values(told).reduce((sum, count) => sum + count, 0) > 500);
});

for (const [call, fault, when] of [
  ["write", "error=EIO", 1],
  ["write", "error=ENOSPC", 9],
  ["write", "signal=KILL", 5],
  ["fdatasync", "error=EIO", 1],
  ["fdatasync", "signal=KILL", 4],
  ["openat", "error=EINTR", 2],
]) {
  test(`strace: ${fault} at ${call} ${when} of the log`, async (t) => {
    const outer = mkdtempSync(join(tmpdir(), "canopy-strace-"));
    t.after(() => rmSync(outer, { recursive: true, force: true }));
    const output = join(outer, "calls");
    const inject = `inject=${call}:${fault}:when=${when}`;
    const wrap = (folder) => ["strace", "-f", "-qq", "-o", output, "-P", join(folder, "audit.log"), "-e", inject];
    const kills = fault === "signal=KILL";
    await runWrapped(library, { scenario: "mend", fault: kills ? "KILL" : "EIO" }, wrap);
    assert.match(readFileSync(output, "utf8"), kills ? /killed by SIGKILL/u : /INJECTED/u);
  });
}

test(
  `at ${SAMPLE} points spread over kinds of calls, faults and files, what was answered is there and nothing is wrong`,
  { concurrency: JOBS },
  async (t) => {
    const points = [];
    for (const scenario of Object.keys(SCENARIOS)) {
      const { trace } = await runClean(library, scenario);
      points.push(...pointsOf(scenario, trace));
    }
    assert.ok(points.length >= 1000, `there are only ${points.length} points`);
    const waiting = sampleOf(points, SAMPLE, SEED);
    let reached = 0;
    const work = async () => {
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        const text = formatPoint(point);
        await t.test(text, async () => {
          if ((await runPoint(library, point)).reached) reached += 1;
        });
      }
    };
    await Promise.all(Array.from({ length: JOBS }, work));
    // Which calls a thread comes to before the log is closed differs a little from run to run.
    assert.ok(reached > SAMPLE * 0.8, `only ${reached} of ${SAMPLE} points were reached`);
  },
);

function counts(calls) {
  return Object.fromEntries(calls.map(({ kind, file, count }) => [`${kind} ${file}`, count]).sort());
}

/** What strace told, as lines of the library's trace. */
function fromStrace(text, folder) {
  const lines = text.split("\n").flatMap((line) => {
    const [, call = "", given = ""] = /^\d+\s+(\w+)\((.*)/u.exec(line) ?? [];
    const kind = KINDS.get(call);
    if (kind === undefined) return [];
    // The second name counts where a call has two; else the first path, or that of the descriptor.
    const paths = [...given.matchAll(/"((?:[^"\\]|\\.)*)"/gu)].map(([, path]) => path);
    const path = ["rename", "link"].includes(kind)
      ? paths.at(-1)
      : call.startsWith("open")
        ? paths[0]
        : onFile(given, paths);
    if (path === undefined || !path.startsWith(`${folder}/`)) return [];
    const makes = kind === "open" && /O_CREAT/u.test(given);
    return `${makes ? "create" : kind} ${nameOf(path.slice(folder.length + 1))} 1`;
  });
  return lines.join("\n");
}

function onFile(given, paths) {
  const [, of] = /^\d+<([^>]*)>/u.exec(given) ?? [];
  return of?.replace(/ ?\(deleted\)$/u, "") ?? paths[0];
}

/** As inject.c names files. */
function nameOf(path) {
  return path.replaceAll(/[0-9a-f]{8,}|\d+/gu, "#");
}
