// One decision in memory: all four layers, digest included, nothing recorded. Over shell commands that others wrote.
// The reference decides the same commands in the same run, with its audit write replaced by nothing.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createRuntime } from "canopy-runtime";
import { referencePython } from "../scripts/peers/reference.mjs";
import { root } from "../scripts/setup.mjs";
import { summarize } from "./statistics.mjs";

export const title = "a decision in memory, CPU µs per decision";

const SETS = ["redcode_bash", "nl2bash", "tldr"];
const REPEATS = 20;

export async function run({ full }) {
  const files = SETS.map((name) => join(root, "vectors", "external", `${name}.jsonl`));
  const requests = files.flatMap((file) =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text)),
  );
  const runtime = createRuntime({ cwd: null });
  const reference = startReference(files);
  const rounds = full ? 9 : 3;
  const ours = requests.map(() => []);
  const theirs = [];
  for (let round = 0; round < rounds + 1; round += 1) {
    requests.forEach((request, index) => {
      const spent = cpuOf(runtime, request);
      if (round > 0) ours[index].push(spent);
    });
    theirs.push(...(await reference.round()));
  }
  reference.stop();
  await runtime.close();
  const our = summarize(ours.map((values) => summarize(values).min));
  const their = summarize(theirs);
  const ratio = their.median / our.median;
  return [
    {
      measure: `median over ${our.count} commands`,
      value: `${our.median.toFixed(1)} µs`,
      should: "≤ 20 µs",
      met: our.median <= 20,
    },
    { measure: "mean", value: `${our.mean.toFixed(1)} µs`, should: "≤ 40 µs", met: our.mean <= 40 },
    { measure: "p99", value: `${our.p99.toFixed(1)} µs`, should: "≤ 250 µs", met: our.p99 <= 250 },
    { measure: "reference 0.4.2, median", value: `${their.median.toFixed(1)} µs` },
    { measure: "times less CPU than the reference", value: `${ratio.toFixed(1)}x`, should: "≥ 10x", met: ratio >= 10 },
  ];
}

function cpuOf(runtime, { action_type, action_payload }) {
  const before = process.cpuUsage();
  for (let repeat = 0; repeat < REPEATS; repeat += 1)
    runtime.evaluate({ public_key: "bench-agent" }, action_type, action_payload);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / REPEATS;
}

function startReference(files) {
  const child = spawn(referencePython(), [join(root, "bench", "reference-decide.py"), ...files], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async round() {
      child.stdin.write("round\n");
      const [text] = await once(lines, "line");
      return JSON.parse(text);
    },
    stop: () => child.stdin.end(),
  };
}
