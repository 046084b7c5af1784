// Appends chained lines to a log at a steady pace, as agents that decide would: LINES-PER-SECOND for SECONDS.
import { hash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { prepareEntry, sealEntry } from "../packages/runtime/dist/ledger/entry.js";
import { request } from "./ledger-load.mjs";

const [path, prev, after, pace, seconds] = process.argv.slice(2);
const sha256 = (data) => hash("sha256", data, "hex");
const fd = openSync(path, "a");
let prevHash = prev;
const began = performance.now();
const lines = Number(pace) * Number(seconds);
for (let done = 0; done < lines; done += 1) {
  const wait = began + (done / Number(pace)) * 1000 - performance.now();
  if (wait > 1) await sleep(wait);
  const timestamp = new Date().toISOString();
  const reason = `nothing speaks against call ${Number(after) + 1 + done}`;
  const prepared = prepareEntry({ ...request().entry, timestamp, reason }, "0".repeat(32), false);
  const sealed = sealEntry(prepared, { prevHash, seq: Number(after) + 1 + done, payloadRef: null }, sha256);
  writeSync(fd, sealed.line);
  prevHash = sealed.entryHash;
}
closeSync(fd);
