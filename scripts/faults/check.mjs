// What must hold of a log after a process was under a fault on it. Each check is on the bytes of the log, by the
// product's own verifiers in this process, which no fault touches.
//
//   as found   nothing but derived files is wrong, and perhaps the end of the log: a line that a killed process had not
//              finished. Entries that were written and not answered may be there; nothing says otherwise.
//   mended     a runtime opens the log, decides, executes and closes. After that nothing at all is wrong: the chain, the
//              head, signatures, records, policies, checkpoint, tiles and indexes, without any repair by hand.
//   answers    whatever the process under fault was told stands in the log: each decision, start, result, incident,
//              switch. No execution is begun or has a result twice; none is left without a result.
//   proofs     every entry is proven included under the checkpoint, to a verifier that has only the keys; the index of
//              entries is what the lines give; an agent's entries are proven complete, another's absence is proven; the
//              checkpoint that stood as found is one of the same tree; queries by index give what a scan gives.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CanopyError, createRuntime } from "../../packages/runtime/dist/index.js";
import { readCheckpoint } from "../../packages/runtime/dist/ledger/tlog/checkpoint.js";
import { checkLog } from "../../packages/runtime/dist/runtime/fsck.js";
import { checkpointVerifierKeys, homeSignatureChecks } from "../../packages/runtime/dist/runtime/keys.js";
import { auditIndex, checkIndexProof, proveOverLog } from "../../packages/runtime/dist/runtime/proofs.js";
import { checkIncluded, proveIncluded, TlogReader, trustFrom } from "../../packages/runtime/dist/runtime/tlog.js";
import { LogReader } from "../../packages/runtime/dist/storage/log-reader.js";
import { verifyLog } from "../../packages/runtime/dist/storage/verify-log.js";
import { settingsOf } from "./place.mjs";

/** What may be wrong before the log is opened again: what is derived, and made again by itself. */
const DERIVED = new Set(["tile_missing", "tile_wrong", "state_wrong", "index_wrong", "index_unreadable"]);
/** What a line that was not finished looks like. */
const UNFINISHED = new Set(["json", "utf8", "not_object"]);

/** Holds a subject's log against what the subject said. Throws at the first thing that isn't as it must be. */
export function checkAfter(folder, said) {
  // One at a time: a runtime that is closed waits only some seconds for its checkpoint, and these checks hold up its thread.
  const done = before.then(() => checkNow(folder, said));
  before = done.catch(() => undefined);
  return done;
}

let before = Promise.resolve();

async function checkNow(folder, said) {
  const settings = settingsOf(folder);
  const checkpoint = await checkAsFound(settings);
  await mend(settings);
  const entries = await checkMended(settings);
  checkAnswers(entries, said);
  await checkProofs(settings, entries, checkpoint);
}

/** Gives the text of the checkpoint that stood, or null. */
async function checkAsFound({ home, audit_log_path: log }) {
  const note = join(`${log}.d`, "tlog", "checkpoint");
  let report;
  try {
    const found = await verifyLog(log, { home });
    const cut = found.valid || (UNFINISHED.has(found.failure) && isLastLine(log, found));
    assert.ok(cut, `as found, the log does not verify: ${JSON.stringify(found)}`);
    report = await checkLog(log, { home });
  } catch (error) {
    // A process that was stopped early has made no log, or an empty one.
    if (!(error instanceof CanopyError) || error.code !== "FILE_UNUSABLE") throw error;
    assert.ok(!existsSync(note), "there is a checkpoint of a log that is not there");
    return null;
  }
  // A batch that was being kept when its process died is told until the next one signs its entries anew.
  const cut = isUnfinished(join(`${log}.d`, "proofs.jsonl")) ? "proofs_missing" : null;
  const wrong = report.problems.filter(({ code }) => !DERIVED.has(code) && code !== "chain" && code !== cut);
  assert.deepEqual(wrong, [], "as found, more than derived files is wrong");
  return existsSync(note) ? readFileSync(note, "utf8") : null;
}

function isUnfinished(path) {
  return existsSync(path) && /[^\n]$/u.test(readFileSync(path, "utf8"));
}

function isLastLine(log, { first_bad_line, segment }) {
  const text = readFileSync(log, "utf8");
  return segment === null && !text.endsWith("\n") && first_bad_line === text.split("\n").length;
}

/** Another process goes on with the log. Under much load it may leave the checkpoint to the next. */
async function mend(settings) {
  for (let tries = 0; tries < 3; tries += 1) {
    await goOn(settings);
    const { entries, checkpoint } = await checkLog(settings.audit_log_path, { home: settings.home });
    if (checkpoint?.size === entries) return;
  }
}

async function goOn(settings) {
  const runtime = createRuntime(settings);
  try {
    await runtime.open();
    const agent = { public_key: "agent-after", trace_id: "trace-after" };
    const decided = await runtime.authorize(agent, "read_file", { path: "notes.txt" });
    assert.equal(decided.decision, "ALLOW", decided.reason);
    await runtime.begin(decided.authorization_id, decided.action_digest);
    await runtime.attest(decided.authorization_id, { ok: true, result: "text" });
  } finally {
    await runtime.close();
  }
}

/** Gives the entries of all segments, in order. */
async function checkMended({ home, audit_log_path: log }) {
  const verified = await verifyLog(log, { home, strict: true, signatures: homeSignatureChecks(home) });
  assert.ok(verified.valid, `after it was opened again, the log does not verify: ${JSON.stringify(verified)}`);
  const report = await checkLog(log, { home });
  assert.deepEqual(report.problems, [], "after it was opened again, something is wrong");
  assert.equal(report.checkpoint?.size, report.entries, "the newest checkpoint does not cover the log");
  // An entry that is in no batch itself is covered by the next, through the chain.
  assert.deepEqual(
    verified.warnings.filter((warning) => /in no signed batch/u.test(warning)),
    [],
  );
  const folder = join(`${log}.d`, "segments");
  const closed = readdirSync(folder).filter((name) => /^\d+\.log$/u.test(name));
  const files = [...closed.sort().map((name) => join(folder, name)), log];
  const lines = files.flatMap((file) => readFileSync(file, "utf8").split("\n").slice(0, -1));
  return lines.map((line) => JSON.parse(line));
}

function checkAnswers(entries, said) {
  const byHash = new Map(entries.map((entry) => [entry.entry_hash, entry]));
  for (const { step, id = null, of = null, decision } of said) {
    if (id !== null) {
      const entry = byHash.get(id);
      assert.ok(entry !== undefined, `${step} was answered with ${id}, which is not in the log`);
      if (decision !== undefined) assert.equal(entry.decision, decision, `${step} was recorded otherwise`);
      if (of !== null) assert.deepEqual([entry.event, entry.authorization_id], ["tool_start", of]);
    } else if (of !== null && decision === "ALLOW") {
      const allowed = entries.some(({ event, authorization_id: to }) => event === "reauthorized" && to === of);
      assert.ok(allowed, `${step} was answered with ALLOW, and is not in the log`);
    } else {
      assert.notEqual(decision, "ALLOW", `${step} was answered with ALLOW, and with no entry`);
    }
  }
  checkExecutions(entries);
}

function checkExecutions(entries) {
  const of = (event) => entries.filter((entry) => entry.event === event).map((entry) => entry.authorization_id);
  const [started, ended] = [of("tool_start"), of("tool_result")];
  assert.equal(new Set(started).size, started.length, "an authorization was begun twice");
  assert.equal(new Set(ended).size, ended.length, "an execution has two results");
  for (const id of started) assert.ok(ended.includes(id), `the execution of ${id} was left without a result`);
}

async function checkProofs({ home, audit_log_path: log }, entries, checkpoint) {
  const reader = await TlogReader.open(log);
  try {
    assert.deepEqual(reader.warnings, []);
    const { origin, size } = readCheckpoint(reader.checkpointNote() ?? "").checkpoint;
    assert.equal(reader.size, entries.length);
    const trust = trustFrom({ vkeys: checkpointVerifierKeys(home, origin) });
    for (let index = 0; index < size; index += 1) {
      const { valid, line, reason } = checkIncluded(proveIncluded(reader, index).text, trust);
      assert.ok(valid, `entry ${index} is not proven: ${reason}`);
      assert.equal(JSON.parse(line).entry_hash, entries[index].entry_hash);
    }
    if (checkpoint !== null) checkEarlier(reader, checkpoint);
    const { wrong } = auditIndex(reader, size);
    assert.equal(wrong, null, `the index of entries is wrong: ${JSON.stringify(wrong)}`);
    checkStatements(reader, log, { entries, trust });
    checkQueries(log, entries);
  } finally {
    reader.close();
  }
}

/** The checkpoint as found is of the tree that the log has now. */
function checkEarlier(reader, note) {
  const { size, root } = readCheckpoint(note).checkpoint;
  assert.ok(size <= reader.size, "the checkpoint as found is of more entries than the log has");
  assert.equal(Buffer.compare(reader.rootAt(size), root), 0, "the checkpoint as found is of another tree");
}

function checkStatements(reader, log, { entries, trust }) {
  // The agent that was there first: of those under fault, when there are any.
  const { avid } = entries.find(({ event }) => event === "authorize_action");
  for (const [claim, value] of [
    ["present", avid],
    ["absent", "AVID-of-nobody"],
  ]) {
    const statement = { claim, where: { avid: value }, except_agent: null, tenant: null, from: null, to: null };
    const proof = proveOverLog(reader, log, { statement, resource: null });
    const { verdict, reason, found } = checkIndexProof(Buffer.from(proof.text ?? ""), trust);
    assert.deepEqual([verdict, reason], ["valid", null], `${claim} is not proven`);
    // What stands after that was written with the last entry: itself, and the rotation that it was the occasion of.
    const after = entries.slice(found.covered).map(({ event }) => event);
    assert.ok(
      after.every((event) => event === "checkpoint_meta" || event === "log_rotated"),
      `not covered: ${after}`,
    );
    const expected = entries.flatMap((entry, index) => (entry.avid === value ? [index] : []));
    assert.deepEqual(
      found.matching.map(({ index }) => index),
      expected,
      `${claim}: other entries than a scan gives`,
    );
  }
}

function checkQueries(log, entries) {
  const reader = LogReader.open(log);
  try {
    for (const decision of ["ALLOW", "DENY", "REQUIRE_APPROVAL"]) {
      const found = [...reader.query({ decision })].map(({ seq }) => seq);
      const expected = entries.filter((entry) => entry.decision === decision).map(({ seq }) => seq);
      assert.deepEqual(found, expected, `a query for ${decision} gives other entries than a scan`);
    }
  } finally {
    reader.close();
  }
}
