import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CanopyError } from "../../core/errors.ts";
import type { EntryDraft } from "../../ledger/ports.ts";
import type { AcceptedRollback, AnchorConflict } from "./anchor-conflict.ts";
import { AnchorMemory } from "./anchor-memory.ts";
import { checkAnchors, type AnchorsChecked } from "./check-anchors.ts";
import { FolderAnchor } from "./folder-anchor.ts";
import { GrowingLog, testKey } from "./growing-log.fixture.test.ts";
import { LedgerAnchors } from "./ledger-anchors.ts";

const ORIGIN = "canopy/test";

interface Place {
  readonly home: string;
  readonly path: string;
  readonly anchor: FolderAnchor;
  readonly memory: AnchorMemory;
}

function place(t: TestContext): Place {
  const home = mkdtempSync(join(tmpdir(), "canopy-anchors-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const path = join(home, "elsewhere");
  mkdirSync(path);
  return { home, path, anchor: new FolderAnchor(path, { name: "elsewhere" }), memory: new AnchorMemory(home, "ab") };
}

interface Check {
  readonly required?: number;
  readonly accepted?: AcceptedRollback;
  readonly own?: FolderAnchor;
}

function check({ anchor, memory }: Place, log: GrowingLog, options: Check = {}): Promise<AnchorsChecked> {
  const { required = 0, accepted = null, own = null } = options;
  return checkAnchors({
    path: "audit.log",
    origin: ORIGIN,
    log,
    anchors: [anchor],
    memory,
    required,
    accepted,
    own,
    proofsBytes: 5,
    nowMs: 0,
    cosigned: null,
  });
}

function refused(words: RegExp, code = "LEDGER_REFUSED"): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof CanopyError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, words);
    return true;
  };
}

interface Published {
  readonly anchors: LedgerAnchors;
  readonly entries: EntryDraft[];
  readonly conflicts: AnchorConflict[];
}

function publisher(
  t: TestContext,
  { anchor, memory }: Place,
  log: GrowingLog,
  replace: AnchorsChecked["replace"] = new Map(),
): Published {
  const entries: EntryDraft[] = [];
  const conflicts: AnchorConflict[] = [];
  const anchors = new LedgerAnchors({
    log,
    anchors: [anchor],
    others: [],
    memory,
    replace,
    record: async (entry) => void entries.push(entry),
    onConflict: async (conflict) => void conflicts.push(conflict),
    now: () => 0,
    pauses: { firstMs: 1, longestMs: 4 },
  });
  t.after(() => anchors.close());
  return { anchors, entries, conflicts };
}

test("a log that grew since its last checkpoint opens; one that was cut or rewritten does not, and it is said how to go on", async (t) => {
  const here = place(t);
  const log = new GrowingLog(testKey(ORIGIN)).grow(40);
  assert.deepEqual((await check(here, log)).entries, []);
  await here.anchor.publish(log.note());
  await check(here, log);
  await check(here, log.grow(5));
  await assert.rejects(
    check(here, log.forked(39, 0)),
    refused(/rolled back: the anchor `elsewhere` keeps a checkpoint of 40 entries, and it has 39/),
  );
  await assert.rejects(check(here, log.forked(20, 20)), refused(/not the one that the anchor `elsewhere` knows/));
  await assert.rejects(check(here, log.forked(20, 90)), (error) => {
    assert.match(
      error instanceof CanopyError ? (error.fix ?? "") : "",
      /canopy ledger accept-rollback audit\.log --anchor elsewhere/,
    );
    return refused(/not the one/)(error);
  });
});

test("an anchor that keeps less than it was given is not believed", async (t) => {
  const here = place(t);
  const log = new GrowingLog(testKey(ORIGIN)).grow(40);
  const { anchors } = publisher(t, here, log);
  anchors.offer(log.note(30));
  await anchors.flush(60_000);
  anchors.offer(log.note());
  await anchors.flush(60_000);
  await check(here, log);
  await here.anchor.replace(log.note(), log.note(30));
  await assert.rejects(check(here, log), refused(/kept a checkpoint of 40 entries, and keeps one of 30 now/));
  rmSync(here.path, { recursive: true });
  mkdirSync(here.path);
  await assert.rejects(check(here, log), refused(/kept a checkpoint of 40 entries, and keeps none now/));
});

test("a rollback that is accepted is recorded, and from the next checkpoint on the anchor holds again", async (t) => {
  const here = place(t);
  const log = new GrowingLog(testKey(ORIGIN)).grow(40);
  const before = publisher(t, here, log).anchors;
  before.offer(log.note());
  await before.flush(60_000);
  const cut = log.forked(30, 0);
  const accepted = { anchors: ["elsewhere"], reason: "restored from backup" };
  await assert.rejects(check(here, cut, { accepted: { ...accepted, anchors: ["other"] } }), refused(/rolled back/));
  const { entries, replace } = await check(here, cut, { accepted });
  const [entry] = entries;
  assert.deepEqual(
    [entry?.event, entry?.["anchor"], entry?.["anchor_size"], entry?.["log_size"], entry?.["accepted_reason"]],
    ["rollback_accepted", "elsewhere", 40, 30, "restored from backup"],
  );
  assert.equal(entry?.["proofs_bytes"], 5);
  const { anchors } = publisher(t, here, cut, replace);
  anchors.offer(cut.grow(2, "new ").note());
  await anchors.flush(60_000);
  // It keeps less than it was given once, and that was accepted.
  await check(here, cut);
  await assert.rejects(check(here, log), refused(/not the one/));
});

test("the word of the home itself is overruled on the record like another's, and answers for no anchor", async (t) => {
  const here = place(t);
  const log = new GrowingLog(testKey(ORIGIN)).grow(40);
  const own = new FolderAnchor(join(here.home, "own"), { name: "home", create: true });
  await own.publish(log.note());
  const accepted = { anchors: ["home"], reason: "restored from backup" };
  const { entries, replace } = await check(here, log.forked(30, 0), { accepted, own, required: 1 });
  assert.deepEqual(
    entries.map((entry) => [entry.event, entry["anchor"], entry["anchor_size"], entry["accepted_reason"]]),
    [["rollback_accepted", "home", 40, "restored from backup"]],
  );
  assert.deepEqual([...replace.keys()], ["home"]);
  assert.deepEqual((await check(here, log, { accepted, own })).entries, []);
  await assert.rejects(check(here, log, { accepted, own, required: 2 }), refused(/1 of 2/, "LEDGER_UNAVAILABLE"));
});

test("a folder must answer, and of the others as many as the settings say", async (t) => {
  const here = place(t);
  const log = new GrowingLog(testKey(ORIGIN)).grow(4);
  await assert.rejects(check(here, log, { required: 2 }), refused(/1 of 2 anchors/, "LEDGER_UNAVAILABLE"));
  renameSync(here.path, `${here.path}-gone`);
  await assert.rejects(check(here, log), refused(/ENOENT/, "LEDGER_UNAVAILABLE"));
});

test("a checkpoint that no key of this home signed says nothing, so the anchor has not answered", async (t) => {
  const here = place(t);
  const log = new GrowingLog(testKey(ORIGIN)).grow(4);
  await here.anchor.publish(log.note(4, testKey(ORIGIN)));
  await assert.rejects(check(here, log), refused(/no key of this home signed/, "LEDGER_UNAVAILABLE"));
});

test("of checkpoints that come faster than an anchor takes them, the newest gets there", async (t) => {
  const here = place(t);
  const log = new GrowingLog(testKey(ORIGIN)).grow(60);
  const { anchors, conflicts } = publisher(t, here, log);
  for (let size = 1; size <= 60; size += 1) anchors.offer(log.note(size));
  await anchors.flush(60_000);
  assert.equal(await here.anchor.newest(ORIGIN), log.note());
  assert.ok((await here.anchor.all(ORIGIN)).length < 5);
  assert.equal((await here.memory.read("elsewhere")).size, 60);
  assert.deepEqual(conflicts, []);
});

test("an outage is recorded once, and its end; then the newest checkpoint gets there", async (t) => {
  const here = place(t);
  const log = new GrowingLog(testKey(ORIGIN)).grow(60);
  renameSync(here.path, `${here.path}-gone`);
  const { anchors, entries } = publisher(t, here, log);
  for (let size = 1; size <= 6 || (entries.length === 0 && size <= 60); size += 1) {
    anchors.offer(log.note(size));
    await sleep(size <= 6 ? 10 : 500);
  }
  const outage = await here.memory.read("elsewhere");
  assert.match(outage.error ?? "", /ENOENT/);
  assert.notEqual(outage.failing_since, null);
  assert.deepEqual(
    entries.map(({ event }) => event),
    ["anchor_unreachable"],
  );
  renameSync(`${here.path}-gone`, here.path);
  anchors.offer(log.note());
  await anchors.flush(60_000);
  assert.deepEqual(
    entries.map(({ event }) => event),
    ["anchor_unreachable", "anchor_reached"],
  );
  assert.equal(await here.anchor.newest(ORIGIN), log.note());
  assert.equal((await here.memory.read("elsewhere")).failing_since, null);
});

test("an anchor that is ahead because another process published is no conflict; one that knows another log is", async (t) => {
  const here = place(t);
  const log = new GrowingLog(testKey(ORIGIN)).grow(60);
  await here.anchor.publish(log.note(50));
  const { anchors, conflicts } = publisher(t, here, log);
  anchors.offer(log.note(40));
  await anchors.flush(60_000);
  assert.deepEqual(conflicts, []);
  const fork = log.forked(30, 40);
  await here.anchor.publish(fork.note());
  anchors.offer(log.note());
  await anchors.flush(60_000);
  assert.deepEqual(
    conflicts.map(({ standing, anchor_size, log_size }) => [standing, anchor_size, log_size]),
    [["rolled_back", 70, 60]],
  );
});

test("closing gives up an anchor that does not answer, at once", async (t) => {
  const here = place(t);
  const log = new GrowingLog(testKey(ORIGIN)).grow(6);
  rmSync(here.path, { recursive: true });
  const { anchors } = publisher(t, here, log);
  anchors.offer(log.note());
  await anchors.flush(60_000);
  anchors.close();
  anchors.offer(log.note());
  assert.match((await here.memory.read("elsewhere")).error ?? "", /ENOENT/);
});
