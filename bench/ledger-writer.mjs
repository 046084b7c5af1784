// One of eight processes that append to one log, or to a log of its own, with eight callers.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { openFileLedger } from "../packages/runtime/dist/storage/file-ledger.js";
import { clock, request, signer } from "./ledger-load.mjs";

const [path, home, at, ms] = process.argv.slice(2);
const ledger = await openFileLedger({ path, home, signer, clock });
await sleep(Number(at) - Date.now());
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const end = Date.now() + Number(ms);
let calls = 0;
const caller = async () => {
  while (Date.now() < end) {
    await ledger.append(request());
    calls += 1;
  }
};
await Promise.all(Array.from({ length: 8 }, caller));
delay.disable();
process.send({ calls, blockMs: delay.max / 1e6 }, () => process.exit(0));
