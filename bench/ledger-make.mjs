// Makes a log of many entries at once, as the ledger would have written it, without syncing each.
import { hash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { GENESIS } from "../packages/runtime/dist/ledger/chain.js";
import { prepareEntry, sealEntry } from "../packages/runtime/dist/ledger/entry.js";
import { request } from "./ledger-load.mjs";

const sha256 = (data) => hash("sha256", data, "hex");

/** Gives the line of each entry that it is given, chained to the one before. */
export function chainedLines() {
  let prevHash = GENESIS;
  let seq = 0;
  return (entry) => {
    seq += 1;
    const prepared = prepareEntry(entry, "0".repeat(32), false);
    const sealed = sealEntry(prepared, { prevHash, seq, payloadRef: null }, sha256);
    prevHash = sealed.entryHash;
    return sealed.line;
  };
}

/** Writes `entries` chained lines to a new file; `entryOf` makes each. */
export function makeLog(path, entries, entryOf = () => request().entry) {
  const fd = openSync(path, "w");
  const lineOf = chainedLines();
  let text = "";
  for (let seq = 1; seq <= entries; seq += 1) {
    text += lineOf(entryOf());
    if (seq % 2000 === 0 || seq === entries) {
      writeSync(fd, text);
      text = "";
    }
  }
  closeSync(fd);
}
