// One of eight processes whose eight callers pay on one log.
import { setTimeout as sleep } from "node:timers/promises";
import { createRuntime } from "canopy-runtime";
import { AGENT, BUDGET, PAYMENT, PLAIN } from "./state-load.mjs";

const [path, policy, at, ms] = process.argv.slice(2);
const open = (log, more = {}) =>
  createRuntime({
    home: `${log}.home`,
    audit_log_path: log,
    cwd: "/",
    policy: policy === "budget" ? BUDGET : PLAIN,
    ...more,
  });

// As in a process that has run for a while: the first calls are spent on compiling what they call.
const warm = open(`${path}.${process.pid}`, { durability: "none" });
for (let call = 0; call < 100; call += 1) {
  await Promise.all(Array.from({ length: 8 }, () => warm.authorize(AGENT, ...PAYMENT)));
}
await warm.close();
const runtime = open(path);
await runtime.open();
await sleep(Math.max(1, Number(at) - Date.now()));
const end = Number(at) + Number(ms);
let calls = 0;
const caller = async () => {
  while (Date.now() < end) {
    const { decision, reason } = await runtime.authorize(AGENT, ...PAYMENT);
    if (decision !== "ALLOW") throw new Error(`a payment of the benchmark was not allowed: ${reason}`);
    calls += 1;
  }
};
await Promise.all(Array.from({ length: 8 }, caller));
await runtime.close();
process.send({ calls }, () => process.exit(0));
