import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { sign } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { cosignedMessage, formatCosignature, parseCosignature } from "../../ledger/tlog/cosignature.ts";
import { formatSignature, parseNote } from "../../ledger/tlog/note.ts";
import { cosignedEnough } from "../../ledger/tlog/trusted-checkpoint.ts";
import { parseTrustPolicy } from "../../ledger/tlog/trust-policy.ts";
import type { AnchorConflict } from "./anchor-conflict.ts";
import { AnchorMemory } from "./anchor-memory.ts";
import { GrowingLog, testKey, TOOLS } from "./growing-log.fixture.test.ts";
import { LogWitness, withSignatures } from "./log-witness.ts";
import { unavailable } from "./anchor-suite.fixture.test.ts";
import { startWitness, type RunningWitness } from "./witness-server.fixture.test.ts";
import { WitnessTarget } from "./witness-target.ts";

const ORIGIN = "canopy/test";

function client(t: TestContext, running: RunningWitness, timeoutMs?: number): LogWitness {
  const witness = { name: "w", key: running.key.verifier, url: running.url };
  const made = new LogWitness(witness, new URL(running.url), TOOLS, timeoutMs);
  t.after(() => made.close());
  return made;
}

test("a growing log is cosigned; a client that forgot what the log witness knows is told and goes on", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN));
  const running = await startWitness(t, "w.example", [log.key.verifier]);
  const first = client(t, running);
  for (const grown of [7, 33, 1]) {
    const answer = await first.submit(log.grow(grown).note(), log.tree());
    assert.equal(answer.outcome, "cosigned");
  }
  const answer = await client(t, running).submit(log.grow(9).note(), log.tree());
  assert.equal(answer.outcome, "cosigned");
  assert.deepEqual(running.answered, [200, 200, 200, 409, 200]);
  const policy = parseTrustPolicy(`witness w ${running.vkey}\nquorum w\n`, TOOLS.sha256);
  const note = withSignatures(log.note(), answer.outcome === "cosigned" ? answer.signatures : []);
  assert.equal(cosignedEnough(parseNote(note), policy, TOOLS).quorum, "reached");
  assert.equal((await first.submit(log.note(), log.tree())).outcome, "cosigned");
});

test("a fork, grown or not, a rollback and a fork after one are refused; an older checkpoint of the same log is not", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN)).grow(40);
  const running = await startWitness(t, "w.example", [log.key.verifier]);
  await client(t, running).submit(log.note(), log.tree());
  const same = log.forked(20, 20);
  const grown = log.forked(20, 60);
  const cut = log.forked(30, 0);
  const refused = { outcome: "refused", known: 40 };
  assert.deepEqual(await client(t, running).submit(same.note(), same.tree()), refused);
  assert.deepEqual(await client(t, running).submit(grown.note(), grown.tree()), refused);
  assert.deepEqual(await client(t, running).submit(cut.note(), cut.tree()), refused);
  assert.deepEqual(await client(t, running).submit(log.note(12), log.tree()), { outcome: "superseded" });
  assert.deepEqual(running.answered, [200, 409, 422, 409, 422, 409, 409]);
});

test("a log witness that doesn't know the log or its key, breaks the rules or is silent can't be used", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN)).grow(4);
  const stranger = await startWitness(t, "w.example", [testKey("canopy/other").verifier]);
  await assert.rejects(
    client(t, stranger).submit(log.note(), log.tree()),
    unavailable(/doesn't know this log \(404\)/),
  );
  const other = await startWitness(t, "w.example", [testKey(ORIGIN).verifier]);
  await assert.rejects(
    client(t, other).submit(log.note(), log.tree()),
    unavailable(/doesn't take this log's key \(403\)/),
  );
  const running = await startWitness(t, "w.example", [log.key.verifier]);
  const forged = await startWitness(t, "w.example", [log.key.verifier]);
  const replies = [
    [{ status: 409, body: "7\n" }, /409 without the size/],
    [{ status: 409, body: "07\n", type: "text/x.tlog.size" }, /409 without the size/],
    [{ status: 409, body: "0\n", type: "text/x.tlog.size" }, /409 to the size 0 that it knows/],
    [{ status: 200, body: "" }, /no cosignature/],
    [{ status: 200, body: "— w.example AAAA\n" }, /no cosignature/],
    [{ status: 200, body: log.note().split("\n\n")[1] ?? "" }, /no cosignature that holds/],
    [{ status: 500 }, /status 500/],
    [{ status: 302 }, /status 302/],
  ] as const;
  for (const [reply, words] of replies) {
    running.next(reply);
    await assert.rejects(client(t, running).submit(log.note(), log.tree()), unavailable(words));
  }
  const theirs = await client(t, forged).submit(log.note(), log.tree());
  assert.ok(theirs.outcome === "cosigned");
  running.next({ status: 200, body: withSignatures(log.note(), theirs.signatures).split("\n").slice(5).join("\n") });
  await assert.rejects(client(t, running).submit(log.note(), log.tree()), unavailable(/no cosignature that holds/));
  for (const size of [1, 2, 3]) running.next({ status: 409, body: `${size}\n`, type: "text/x.tlog.size" });
  await assert.rejects(client(t, running).submit(log.note(), log.tree()), unavailable(/with every answer/));
  await running.stop();
  await assert.rejects(client(t, running).submit(log.note(), log.tree()), unavailable(/ECONNREFUSED/));
});

test("however many cosignatures a log witness sends, one counts, so that those of others fit beside it", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN)).grow(4);
  const running = await startWitness(t, "w.example", [log.key.verifier]);
  const { name, key_id } = running.key.verifier;
  const { text } = parseNote(log.note());
  const lines = Array.from({ length: 100 }, (_, n) => {
    const time = 1000 + ((n * 7) % 100);
    const signature = sign(null, cosignedMessage(text, time), running.key.private_key);
    return formatSignature(formatCosignature({ name, key_id, time, signature }));
  });
  running.next({ status: 200, body: lines.join("") });
  const answer = await client(t, running).submit(log.note(), log.tree());
  assert.ok(answer.outcome === "cosigned");
  const times = answer.signatures.map((line) => parseCosignature(line)?.time);
  assert.deepEqual(times, [1099]);
});

interface Cosigning {
  readonly target: WitnessTarget;
  readonly conflicts: AnchorConflict[];
  readonly folder: string;
  readonly cosigned: () => string;
}

function cosigning(t: TestContext, log: GrowingLog, lines: string, clock = { now: () => 0 }): Cosigning {
  const home = mkdtempSync(join(tmpdir(), "canopy-witness-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const conflicts: AnchorConflict[] = [];
  const folder = join(home, "tlog");
  const target = new WitnessTarget({
    policy: parseTrustPolicy(lines, TOOLS.sha256),
    log,
    tools: TOOLS,
    memory: new AnchorMemory(home, "00"),
    folder,
    onConflict: async (conflict) => void conflicts.push(conflict),
    now: clock.now,
    timeoutMs: 30_000,
  });
  t.after(() => target.close());
  return { target, conflicts, folder, cosigned: () => readFileSync(join(folder, "cosigned"), "utf8") };
}

test("two of three log witnesses are enough, and what they cosigned is kept: the newest, and one an hour", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN)).grow(5);
  const three = await Promise.all(["a", "b", "c"].map((name) => startWitness(t, name, [log.key.verifier])));
  const lines = three.map(({ vkey, url }, at) => `witness w${at} ${vkey} ${url}`).join("\n");
  const policy = `${lines}\ngroup g 2 w0 w1 w2\nquorum g\n`;
  let now = Date.now();
  const { target, folder, cosigned, conflicts } = cosigning(t, log, policy, { now: () => now });
  await target.publish(log.note());
  await three[2]?.stop();
  await target.publish(log.grow(1).note());
  // The same again is no rollback: nothing is put aside.
  await target.publish(log.note());
  const verdict = cosignedEnough(parseNote(cosigned()), parseTrustPolicy(policy, TOOLS.sha256), TOOLS);
  assert.deepEqual([verdict.quorum, [...verdict.names].sort()], ["reached", ["w0", "w1"]]);
  assert.match(cosigned(), /^canopy\/test\n6\n/);
  assert.deepEqual(readdirSync(join(folder, "checkpoints")), ["5"]);
  now += 3_700_000;
  await target.publish(log.grow(1).note());
  assert.deepEqual(readdirSync(join(folder, "checkpoints")).sort(), ["5", "7"]);
  await three[1]?.stop();
  await assert.rejects(target.publish(log.grow(1).note()), unavailable(/quorum: .*w1: .*w2: /));
  assert.match(cosigned(), /^canopy\/test\n7\n/);
  assert.deepEqual(conflicts, []);
});

test("a pipe in the place of what was cosigned last is not waited for, and a link in that of its folder not followed", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN)).grow(5);
  const witness = await startWitness(t, "a", [log.key.verifier]);
  const { target, folder, cosigned } = cosigning(t, log, `witness w ${witness.vkey} ${witness.url}\nquorum w\n`);
  mkdirSync(folder);
  assert.equal(spawnSync("mkfifo", [join(folder, "cosigned")]).status, 0);
  await target.publish(log.note());
  assert.match(cosigned(), /^canopy\/test\n5\n/);
  const elsewhere = join(folder, "..", "elsewhere");
  mkdirSync(elsewhere);
  rmSync(join(folder, "checkpoints"), { recursive: true });
  symlinkSync(elsewhere, join(folder, "checkpoints"));
  await assert.rejects(target.publish(log.grow(1).note()), { code: "FILE_UNUSABLE" });
  assert.deepEqual(readdirSync(elsewhere), []);
});

test("one log witness that refuses does not stop a log that two others vouch for; two do", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN)).grow(5);
  const other = log.forked(3, 9);
  for (const [deceived, expected] of [
    [1, 0],
    [2, 1],
  ] as const) {
    const three = await Promise.all(["a", "b", "c"].map((name) => startWitness(t, name, [log.key.verifier])));
    for (const shown of three.slice(0, deceived)) await client(t, shown).submit(other.note(), other.tree());
    const lines = three.map(({ vkey, url }, at) => `witness w${at} ${vkey} ${url}`).join("\n");
    const { target, conflicts } = cosigning(t, log, `${lines}\ngroup g 2 w0 w1 w2\nquorum g\n`);
    await target.publish(log.note());
    assert.equal(conflicts.length, expected);
    if (expected === 1) assert.deepEqual([conflicts[0]?.standing, conflicts[0]?.anchor_size], ["refused", 12]);
  }
});

test("of a log witness's answer only its own cosignatures are kept, whoever else signed", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN)).grow(5);
  const running = await startWitness(t, "w.example", [log.key.verifier]);
  const answer = await client(t, running).submit(log.note(), log.tree());
  assert.equal(answer.outcome, "cosigned");
  const [own] = answer.outcome === "cosigned" ? answer.signatures : [];
  assert.ok(own);
  const others = [
    { ...own, key_id: "00000000" },
    { ...own, name: "other.example" },
  ];
  running.next({ status: 200, body: [...others, own].map(formatSignature).join("") });
  const again = await client(t, running).submit(log.note(), log.tree());
  assert.deepEqual(again.outcome === "cosigned" ? again.signatures : [], [own]);
});

test("a log witness says which size it knows by type and number, and one that refuses is known by what it said before", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN)).grow(8);
  const running = await startWitness(t, "w.example", [log.key.verifier]);
  const witness = client(t, running);
  const type = "text/x.tlog.size";
  running.next({ status: 422 });
  assert.deepEqual(await witness.submit(log.note(), log.tree()), { outcome: "refused", known: null });
  running.next({ status: 409, body: "5", type: `${type}; charset=utf-8` });
  running.next({ status: 422 });
  assert.deepEqual(await witness.submit(log.note(), log.tree()), { outcome: "refused", known: 5 });
  for (const [body, kind] of [
    ["6\n\n", type],
    ["\n6", type],
    ["6", `x${type}`],
    ["6", "text/plain"],
    ["", type],
  ] as const) {
    running.next({ status: 409, body, type: kind });
    await assert.rejects(
      witness.submit(log.note(), log.tree()),
      unavailable(/says 409 without the size that it knows/),
    );
  }
  running.next({ status: 409, body: "8\n", type });
  assert.deepEqual(await witness.submit(log.note(7), log.tree()), { outcome: "superseded" });
  assert.deepEqual(await witness.submit(log.note(7), log.tree()), { outcome: "superseded" });
  const behind = new GrowingLog(log.key).grow(7);
  assert.deepEqual(await witness.submit(behind.note(), behind.tree()), { outcome: "refused", known: 8 });
});

test("a cosignature without a time is none", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN)).grow(4);
  const running = await startWitness(t, "w.example", [log.key.verifier]);
  const { name, key_id } = running.key.verifier;
  const signature = sign(null, cosignedMessage(parseNote(log.note()).text, 0), running.key.private_key);
  running.next({ status: 200, body: formatSignature(formatCosignature({ name, key_id, time: 0, signature })) });
  await assert.rejects(
    client(t, running).submit(log.note(), log.tree()),
    unavailable(/answers no cosignature that holds by its key/),
  );
});
