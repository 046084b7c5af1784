// Makes a log as a busy day would leave it: agents whose calls come in turns, traces, refusals, questions, incidents;
// with the file that says how far it is durable, so that it can be indexed.
import { hash } from "node:crypto";
import { closeSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from "node:fs";
import { GENESIS } from "../packages/runtime/dist/ledger/chain.js";
import { prepareEntry, sealEntry } from "../packages/runtime/dist/ledger/entry.js";
import { headSlot } from "../packages/runtime/dist/storage/head-file.js";
import { request } from "./ledger-load.mjs";

const sha256 = (data) => hash("sha256", data, "hex");
const LOG_ID = "0".repeat(32);
const ACTIONS = ["execute_shell", "read_file", "modify_file", "call_external_api", "send_email", "delete_file"];
const AGENTS = 50;
const START = Date.UTC(2026, 0, 1);

/** Entries of one trace: this many decisions, each with its start and result when it is allowed. */
export const DECISIONS_OF_A_TRACE = 4;

/** Write a log of about `entries` lines (a trace is never cut). Returns how many, and how many traces. */
export function makeQueryLog(path, entries) {
  const writer = new LogWriter(path);
  let trace = 0;
  for (; writer.seq < entries; trace += 1) writeTrace(writer, trace);
  writer.close();
  return { entries: writer.seq, traces: trace };
}

export function traceName(number) {
  return `trace-${String(number).padStart(8, "0")}`;
}

function writeTrace(writer, trace) {
  const common = { avid: `AVID-${sha256(String(trace % AGENTS))}`, trace_id: traceName(trace) };
  for (let n = 0; n < DECISIONS_OF_A_TRACE; n += 1) {
    const timestamp = `${new Date(START + writer.seq * 50).toISOString().slice(0, 19)}Z`;
    const action_type = ACTIONS[(trace + n * n) % ACTIONS.length];
    const draw = (trace * 7 + n * 3) % 25;
    const decision = draw < 20 ? "ALLOW" : draw < 23 ? "DENY" : "REQUIRE_APPROVAL";
    const rule_ref = decision === "ALLOW" ? null : `rule_${draw}`;
    const { entry } = request();
    const findings = rule_ref === null ? [] : [{ rule_ref, decision, severity: "high" }];
    const reason = rule_ref === null ? entry.reason : `${decision} by ${rule_ref}`;
    const id = writer.add({ ...entry, ...common, timestamp, action_type, decision, findings, reason });
    const follow = {
      ...common,
      timestamp,
      action_type,
      authorization_id: id,
      severity: "low",
      layers: {},
      witness: null,
    };
    if (decision === "ALLOW") {
      writer.add({ ...follow, event: "tool_start", decision: "BEGIN", reason: "the tool was started" });
      writer.add({
        ...follow,
        event: "tool_result",
        decision: "RESULT",
        reason: "the tool returned",
        ok: true,
        outcome: "ok",
      });
    } else if (decision === "REQUIRE_APPROVAL") {
      writer.add({
        ...follow,
        event: "approval_granted",
        decision: "APPROVED",
        reason: "approved",
        approver: `ed25519:${trace % 5}`,
      });
    }
  }
  if (trace % 1000 === 999) {
    const incident_id = `inc-${sha256(common.trace_id).slice(0, 24)}`;
    const timestamp = `${new Date(START + writer.seq * 50).toISOString().slice(0, 19)}Z`;
    writer.add({
      ...common,
      event: "incident_event",
      timestamp,
      action_type: "incident",
      decision: "INCIDENT",
      reason: "incident opened",
      severity: "high",
      layers: {},
      witness: null,
      description: "looked at",
      incident_id,
    });
  }
}

class LogWriter {
  seq = 0;
  #path;
  #fd;
  #text = "";
  #hash = GENESIS;

  constructor(path) {
    this.#path = path;
    this.#fd = openSync(path, "w");
  }

  add(draft) {
    this.seq += 1;
    const prepared = prepareEntry(draft, LOG_ID, false);
    const { line, entryHash } = sealEntry(prepared, { prevHash: this.#hash, seq: this.seq, payloadRef: null }, sha256);
    this.#hash = entryHash;
    this.#text += line;
    if (this.#text.length > 4_194_304) this.#write();
    return entryHash;
  }

  close() {
    this.#write();
    closeSync(this.#fd);
    const head = { log_id: LOG_ID, segment: 1, bytes: statSync(this.#path).size, seq: this.seq, hash: this.#hash };
    mkdirSync(`${this.#path}.d`, { recursive: true, mode: 0o700 });
    writeFileSync(`${this.#path}.d/synced`, Buffer.concat([headSlot(head), Buffer.alloc(768, 32)]), { mode: 0o600 });
  }

  #write() {
    writeSync(this.#fd, this.#text);
    this.#text = "";
  }
}
