import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { LedgerEntry } from "../../ledger/ports.ts";
import { openFileLedger } from "../file-ledger.ts";
import { tryParseEntry } from "../parse-entry.ts";
import { seededSigner } from "../tlog/tlog-process.fixture.test.ts";
import { ProblemBook } from "./fsck-report.ts";
import { RecordCheck } from "./record-check.ts";

const DAYS = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"];
const folder = mkdtempSync(join(tmpdir(), "canopy-records-"));
const [log, home] = placesIn(folder);
const entries: LedgerEntry[] = [];

function placesIn(place: string): readonly [string, string] {
  return [join(place, "audit.log"), join(place, "home")];
}

// Two records on each of four days; those of the second day are expired, of the third damaged, of the fourth gone.
before(async () => {
  for (const day of DAYS) {
    const clock = { now: () => Date.parse(`${day}T12:00:00Z`) };
    const ledger = await openFileLedger({ path: log, home, signer: seededSigner(1), clock, index: false });
    for (const subject of ["s1", "s2"]) {
      const entry = { event: "e", timestamp: `${day}T12:00:00Z`, avid: subject };
      await ledger.append({ entry, record: { subject, content: { day } } });
    }
    await ledger.append({ entry: { event: "plain", timestamp: `${day}T12:00:00Z` } });
    await ledger.close();
  }
  for (const line of readFileSync(log, "utf8").trimEnd().split("\n")) {
    const entry = tryParseEntry(line);
    if (entry !== null && (entry.event === "e" || entry.event === "plain")) entries.push(entry);
  }
  const damaged = join(`${log}.d`, "payloads", "2026-01-03.bin");
  writeFileSync(damaged, readFileSync(damaged).fill(7, 60));
  for (const day of ["2026-01-02", "2026-01-04"]) rmSync(join(`${log}.d`, "payloads", `${day}.bin`));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function checked(more: readonly LedgerEntry[], keptHome = home, keptLog = log): readonly string[] {
  const fds = openFiles();
  const problems = new ProblemBook();
  const check = new RecordCheck(keptLog, keptHome, problems);
  // What was recorded comes after the entries that it is about, or before.
  for (const list of [more.slice(0, 1), entries, more.slice(1)]) {
    for (const entry of list) check.saw(entry, `${entry.event} ${entry.seq}`);
  }
  const counts = check.finish();
  check.close();
  assert.equal(openFiles(), fds);
  return [JSON.stringify(counts), ...problems.listed.map(({ code, place, detail }) => `${code} ${place}: ${detail}`)];
}

function openFiles(): number {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
}

function said(event: string, members: Readonly<Record<string, readonly (string | number)[] | string>>): LedgerEntry {
  const [first] = entries;
  assert.ok(first !== undefined);
  const { payload_ref: _none, ...rest } = first;
  return { ...rest, event, ...members };
}

const counts = (change: Readonly<Record<string, number>>): string =>
  JSON.stringify({ present: 2, erased: 0, expired: 0, lost: 0, unchecked: 0, ...change });
const LOST = "is gone, and no expiry is recorded";
const DAMAGED = "its block is cut, changed, or of another log";

function gone(list: readonly LedgerEntry[], day: string): readonly string[] {
  return list.map(({ seq }) => `record_lost e ${seq}: the file of ${day} ${LOST}`);
}

test("records that are gone or damaged are problems, unless an entry says what became of them", () => {
  assert.equal(entries.length, 12);
  const [second, third, fourth] = [entries.slice(3, 5), entries.slice(6, 8), entries.slice(9, 11)];
  const damaged = third.map(({ seq }) => `record_damaged e ${seq}: ${DAMAGED}`);
  const all = [...gone(second, "2026-01-02"), ...damaged, ...gone(fourth, "2026-01-04")];
  assert.deepEqual(checked([]), [counts({}), ...all]);
  const expired = said("records_expired", { days: ["2026-01-02", 4] });
  const withoutSecond = all.slice(2);
  for (const more of [[expired], [said("plain", {}), expired]]) {
    assert.deepEqual(checked(more), [counts({ expired: 2 }), ...withoutSecond]);
  }
  // What is damaged doesn't expire.
  const both = said("records_expired", { days: ["2026-01-02", "2026-01-03"] });
  assert.deepEqual(checked([both]), [counts({ expired: 2 }), ...withoutSecond]);
  const lost = said("ledger_recovery", {
    payload_lost: [third, fourth].flatMap((list) => list.map((e) => e.entry_hash)),
  });
  assert.deepEqual(checked([expired, lost]), [counts({ expired: 2, lost: 4 })]);
  const [one] = fourth;
  const partly = said("ledger_recovery", { payload_lost: [one?.entry_hash ?? "", 3] });
  assert.deepEqual(checked([expired, partly]), [counts({ expired: 2, lost: 1 }), ...damaged, all[5]]);
  const strangers = [
    said("other", { days: ["2026-01-02"], payload_lost: lost["payload_lost"] === undefined ? [] : ["x"] }),
    said("records_expired", { payload_lost: third.map((e) => e.entry_hash), days: "2026-01-02" }),
    said("ledger_recovery", { days: ["2026-01-02"], payload_lost: "x" }),
  ];
  assert.deepEqual(checked(strangers), [counts({}), ...all]);
});

test("a record that stands in the place of another, or that its entry doesn't name by its hash, is a problem", () => {
  const [one, other] = entries;
  assert.ok(one !== undefined && other !== undefined);
  const [ref, another] = [one, other].map(({ payload_ref }) => (typeof payload_ref === "string" ? payload_ref : ""));
  const without = ref?.split(":").slice(0, 4).join(":") ?? "";
  const odd: readonly (readonly [LedgerEntry["payload_ref"], string])[] = [
    [another ?? "", ""],
    [
      `${without}:${another?.split(":")[4]}`,
      "record_misplaced plain 7: another entry's record stands in the place of its own",
    ],
    [without, `record_damaged plain 7: ${DAMAGED}`],
    ["x", `record_damaged plain 7: ${DAMAGED}`],
    [null, `record_damaged plain 7: ${DAMAGED}`],
  ];
  const sound = checked([]).slice(1);
  for (const [payload_ref = null, problem] of odd) {
    const entry: LedgerEntry = { ...one, event: "plain", seq: 7, payload_ref };
    // The entry that is given first is judged first.
    assert.deepEqual(checked([entry]).slice(1), [...(problem === "" ? [] : [problem]), ...sound], problem);
  }
});

test("records that this home can't open are counted, and those whose key is gone are told", (t) => {
  const copy = mkdtempSync(join(tmpdir(), "canopy-records-"));
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(folder, copy, { recursive: true });
  const [own, known] = placesIn(copy);
  const withoutKey = join(copy, "no-home");
  const other = join(copy, "other-home");
  mkdirSync(other, { mode: 0o700 });
  writeFileSync(join(other, "payload.key"), Buffer.alloc(32, 9), { mode: 0o600 });
  const gone = [3, 4, 9, 10].map(
    (at) => `record_lost e ${entries[at]?.seq}: the file of ${DAYS[at < 9 ? 1 : 3]} ${LOST}`,
  );
  const changed = [6, 7].map((at) => `record_damaged e ${entries[at]?.seq}: ${DAMAGED}`);
  const doubts = [...gone.slice(0, 2), ...changed, ...gone.slice(2)];
  // Anybody can tell whether a block is the one that the entry names.
  assert.deepEqual(checked([], withoutKey, own), [counts({ present: 0, unchecked: 6 }), ...changed]);
  assert.deepEqual(checked([], other, own), [counts({ present: 0, unchecked: 2 }), ...doubts]);
  const keys = join(`${own}.d`, "payloads", "keys");
  for (const name of readdirSync(keys)) rmSync(join(keys, name));
  const without = [0, 1].map(
    (at) => `record_key_lost e ${entries[at]?.seq}: its subject's key is gone, and no erasure is noted`,
  );
  assert.deepEqual(checked([], known, own), [counts({ present: 0 }), ...without, ...doubts]);
});
