// Who can write the log's file, and has no key, takes away or respells what other processes wrote, while one that has not
// followed it yet has the log open. The head that the home keeps tells of it.

import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../core/errors.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { ACTOR, openWorld, signer, T0 } from "./forged-tail.fixture.test.ts";
import { stateOf } from "./forgeries.fixture.test.ts";
import { verifyLog } from "./verify-log.ts";

const TIME = "2026-01-01T00:00:00Z";
const LATER = "2026-01-01T01:00:00.000Z";
const STOP = { event: "kill_switch", timestamp: TIME, scope: "all", engaged: true };

interface Place {
  readonly folder: string;
  readonly log: string;
}

function place(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "canopy-cut-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, log: join(folder, "audit.log") };
}

async function authorization(ledger: FileLedger): Promise<string> {
  const counter_deltas = [{ counter: "spend", amount: "5" }];
  const entry = { ...ACTOR, event: "authorize_action", timestamp: TIME, decision: "ALLOW", expires_at: LATER };
  return (await ledger.append({ entry: { ...entry, counter_deltas } })).entry.entry_hash;
}

const start = (authorization_id: string): LedgerEntryDraft => ({
  ...ACTOR,
  event: "tool_start",
  timestamp: TIME,
  decision: "BEGIN",
  authorization_id,
});
type LedgerEntryDraft = Pick<LedgerEntry, "event" | "timestamp"> & Readonly<Record<string, string>>;

function isRefused(error: unknown): boolean {
  return error instanceof CanopyError && error.code === "LEDGER_REFUSED";
}

function notBegun(history: readonly LedgerEntry[]): void {
  assert.equal(history.length, 1);
}

/** Everything that a decision asks, and what it would write. */
async function refusesAll(ledger: FileLedger, id: string, told: string): Promise<void> {
  assert.throws(() => ledger.killSwitches(), isRefused, told);
  await assert.rejects(ledger.historyOf(id), isRefused, told);
  assert.throws(() => stateOf(ledger), isRefused, told);
  const guard = { authorization_id: id, check: notBegun };
  await assert.rejects(ledger.append({ entry: start(id), guard }), isRefused, told);
}

/** What somebody does to the lines that another process has written, the bytes before `from` left as they are. */
const DEEDS: Readonly<Record<string, (log: string, from: number) => void>> = {
  "all of them cut off": (log, from) => truncateSync(log, from),
  "the last one cut off": (log) => truncateSync(log, readFileSync(log, "latin1").lastIndexOf("\n{") + 1),
  "half of the last one cut off": (log) => truncateSync(log, statSync(log).size - 100),
  "a byte of the first one changed": (log, from) => {
    const bytes = readFileSync(log);
    bytes[from + 20] = (bytes[from + 20] ?? 0) ^ 1;
    writeFileSync(log, bytes);
  },
  "blanks in their place": (log, from) => {
    const bytes = readFileSync(log);
    writeFileSync(log, bytes.fill(" ", from, bytes.length - 1));
  },
  "the same said in other letters": (log, from) => respell(log, from),
};

/** Spells the names of events and members otherwise: what a line means, and so its hash, stays. */
function respell(log: string, from = 0): void {
  const text = readFileSync(log, "latin1");
  const spelled = text
    .slice(from)
    .replaceAll('"event":"kill_switch"', '"event":"\\u006bill_switch"')
    .replaceAll('"authorization_id":', '"\\u0061uthorization_id":')
    .replaceAll('"counter_deltas":', '"\\u0063ounter_deltas":');
  assert.notEqual(spelled, text.slice(from));
  writeFileSync(log, text.slice(0, from) + spelled, "latin1");
}

for (const [deed, act] of Object.entries(DEEDS)) {
  test(`what other processes wrote is not forgotten, and nothing rests on what is left: ${deed}`, async (t) => {
    const { folder, log } = place(t);
    const idle = await openWorld(folder);
    const id = await authorization(idle);
    assert.deepEqual([idle.killSwitches(), stateOf(idle).counters["spend"]?.used], [[], "5"]);
    const from = statSync(log).size;
    const other = await openWorld(folder);
    await Promise.all([other.append({ entry: STOP }), other.append({ entry: start(id) }), authorization(other)]);
    await other.close();
    act(log, from);
    const left = readFileSync(log);
    await refusesAll(idle, id, deed);
    assert.deepEqual(readFileSync(log), left, "not written, and nothing cut off that was durable");
    assert.deepEqual(readdirSync(`${log}.d/torn`), []);
    await idle.close();
    // Opening compares the end of the log; what stands before it, whoever asks for it.
    const again = await openWorld(folder).catch((error: unknown) => assert.ok(isRefused(error)));
    if (again === undefined) return;
    await refusesAll(again, id, deed);
    await again.close();
  });
}

test("what was not durable yet, and is none of this home's, is still set aside", async (t) => {
  const { folder, log } = place(t);
  const idle = await openWorld(folder);
  const id = await authorization(idle);
  writeFileSync(log, "half a line", { flag: "a" });
  assert.equal((await idle.historyOf(id)).length, 1);
  assert.equal(readdirSync(`${log}.d/torn`).length, 1);
  await idle.close();
});

const SMALL_SEGMENTS = { clock: { now: () => T0 }, signer, rotateBytes: 6000 };

test("a closed segment whose lines are spelled otherwise is refused, whether an index covers it or not", async (t) => {
  for (const first of [true, false]) {
    const { folder, log } = place(t);
    const open = (): Promise<FileLedger> =>
      openFileLedger({ path: log, home: join(folder, "home"), ...SMALL_SEGMENTS });
    const ledger = await open();
    const id = await authorization(ledger);
    await ledger.append({ entry: STOP });
    for (let n = 0; n < 30; n += 1) await ledger.append({ entry: { ...ACTOR, event: "note", timestamp: TIME } });
    await ledger.close();
    const [oldest = ""] = readdirSync(`${log}.d/segments`);
    assert.ok(readFileSync(join(`${log}.d/segments`, oldest), "latin1").includes("kill_switch"));
    if (!first) rmSync(join(folder, "home", "indexes"), { recursive: true, force: true });
    respell(join(`${log}.d/segments`, oldest));
    const again = await open();
    assert.throws(() => again.killSwitches(), isRefused);
    await assert.rejects(again.historyOf(id), isRefused);
    assert.throws(() => stateOf(again), isRefused);
    await again.close();
  }
});

test("an append that a stop forbids is refused under the lock, though its maker has not seen the stop", async (t) => {
  const { folder } = place(t);
  const [one, other] = [await openWorld(folder), await openWorld(folder)];
  assert.deepEqual(one.killSwitches(), []);
  const seen: (readonly LedgerEntry[])[] = [];
  const admit = (stops: readonly LedgerEntry[]): void => {
    seen.push(stops);
    if (stops.length > 0) throw new CanopyError("KILL_SWITCH", "stopped");
  };
  const entry = { ...ACTOR, event: "authorize_action", timestamp: TIME, decision: "ALLOW" };
  await one.append({ entry, admit });
  const { entry: stop } = await other.append({ entry: STOP });
  await assert.rejects(one.append({ entry, admit }), /stopped/u);
  assert.deepEqual(
    seen.map((stops) => stops.map(({ entry_hash }) => entry_hash)),
    [[], [stop.entry_hash]],
  );
  await Promise.all([one.close(), other.close()]);
});

test("of two that write at once, since somebody took the lock from under them, at most one is answered", async (t) => {
  const { folder, log } = place(t);
  const ledger = await openWorld(folder);
  const id = await authorization(ledger);
  const check = (): void => appendFileSync(log, "what another process writes without the lock\n");
  await assert.rejects(ledger.append({ entry: start(id), guard: { authorization_id: id, check } }), isRefused);
  // What was written follows from nothing that another may rest on: it is set aside.
  assert.deepEqual(
    (await ledger.historyOf(id)).map(({ event }) => event),
    ["authorize_action"],
  );
  await ledger.close();
  assert.equal((await verifyLog(log)).valid, true);
});

test("of what is put behind the log's end, however much, only so much is kept", async (t) => {
  const { folder, log } = place(t);
  const ledger = await openWorld(folder);
  const id = await authorization(ledger);
  const { size } = statSync(log);
  truncateSync(log, 1e13);
  assert.equal((await ledger.historyOf(id)).length, 1);
  assert.equal(statSync(log).size, size);
  // Whoever has cut it off records it, at the latest when it closes the log.
  await ledger.close();
  const [file = ""] = readdirSync(`${log}.d/torn`);
  assert.equal(statSync(join(`${log}.d/torn`, file)).size, 134_217_728);
  const told =
    readFileSync(log, "utf8")
      .split("\n")
      .find((line) => line.includes("torn_tail")) ?? "";
  assert.ok(told.includes(`"torn_tail":{"bytes":${1e13 - size},"file":"${file}","kept_bytes":134217728}`), told);
});
