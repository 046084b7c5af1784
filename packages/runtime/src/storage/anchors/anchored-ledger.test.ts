// A ledger and its anchors together: real files, servers, receivers and log witnesses.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CanopyError } from "../../core/errors.ts";
import { parseVerifierKey } from "../../ledger/tlog/verifier-key.ts";
import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { realFileSystem } from "../file-system.ts";
import { readHead } from "../head-file.ts";
import { headPath } from "../head-path.ts";
import { nodeSha256 } from "../tlog/node-sha256.ts";
import { verifyLog } from "../verify-log.ts";
import {
  decide,
  eventsOf,
  linesOf,
  makeSite,
  openSite,
  rewriteWithStolenKeys,
  run,
  type Site,
} from "./anchored-ledger.fixture.test.ts";
import { FolderAnchor } from "./folder-anchor.ts";
import { notesInFolder } from "./kept-notes.ts";
import { noteOfSyslogLine } from "./syslog-message.ts";
import { startWitness } from "./witness-server.fixture.test.ts";
import type { KnownCheckpoint } from "../checkpoint-audit.ts";

function refused(words: RegExp, code = "LEDGER_REFUSED"): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof CanopyError, String(error));
    assert.deepEqual([error.code, words.test(error.message)], [code, true], error.message);
    return true;
  };
}

async function keptElsewhere(site: Site): Promise<readonly KnownCheckpoint[]> {
  const notes = await notesInFolder(site.elsewhere);
  return notes.map((note) => ({ name: "elsewhere", ...readCheckpoint(note).checkpoint }));
}

async function newestSize(site: Site): Promise<number> {
  return Math.max(0, ...(await keptElsewhere(site)).map(({ size }) => size));
}

/** Wait for something that happens in the background. */
async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 2400; attempt += 1) {
    if (await isTrue()) return;
    await sleep(25);
  }
  assert.fail(`it never happened: ${what}`);
}

test("each checkpoint gets to every anchor while the log is open, and the last one at its end", async (t) => {
  const site = makeSite(t);
  const received: string[] = [];
  const receiver = createServer((socket) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    socket.on("end", () => void received.push(text));
  });
  await new Promise<void>((resolve) => void receiver.listen(0, "127.0.0.1", resolve));
  t.after(() => receiver.close());
  const address = receiver.address();
  assert.ok(typeof address === "object" && address !== null);
  const anchors = [`folder:${site.elsewhere}`, `syslog+tcp://127.0.0.1:${address.port}`];
  const ledger = await openSite(site, { anchors, worker: true });
  await decide(ledger, 5);
  await until("a checkpoint", async () => (await newestSize(site)) >= 5);
  await decide(ledger, 5);
  await ledger.close();
  assert.equal(await newestSize(site), linesOf(site).length);
  const notes = received.flatMap((message) => noteOfSyslogLine(message) ?? []);
  assert.equal(readCheckpoint(notes.at(-1) ?? "").checkpoint.size, linesOf(site).length);
  assert.deepEqual(
    eventsOf(site).filter((event) => event.startsWith("anchor_")),
    [],
  );
  const verified = await verifyLog(site.log, { home: site.home, checkpoints: await keptElsewhere(site) });
  assert.deepEqual([verified.valid, verified.checkpoints.every(({ holds }) => holds)], [true, true]);
  await (await openSite(site)).close();
});

test("a log that was written anew with all keys of the machine verifies alone, and is refused where an anchor stands", async (t) => {
  const site = makeSite(t);
  await run(site, 40);
  const written = linesOf(site).length;
  await rewriteWithStolenKeys(site, 40);
  assert.equal(linesOf(site).length, written);
  // Everything here agrees with the new history: head file, tiles, checkpoint, signatures.
  assert.equal((await verifyLog(site.log, { home: site.home })).valid, true);
  const verified = await verifyLog(site.log, { home: site.home, checkpoints: await keptElsewhere(site) });
  assert.deepEqual([verified.valid, verified.failure, verified.first_bad_line], [false, "checkpoint", 1]);
  await assert.rejects(openSite(site), refused(/not the one that the anchor `folder:.*elsewhere` knows/));
  // A longer one doesn't help.
  await run(site, 40, { anchors: [] });
  await assert.rejects(openSite(site), refused(/not the one/));
});

test("a log that was cut, with a head file that was cut too, is refused where an anchor stands", async (t) => {
  const site = makeSite(t);
  await run(site, 10);
  const before = join(site.folder, "before");
  for (const path of ["home", "audit.log", "audit.log.d"])
    cpSync(join(site.folder, path), join(before, path), { recursive: true });
  await run(site, 10);
  for (const path of ["home", "audit.log", "audit.log.d"]) {
    rmSync(join(site.folder, path), { recursive: true });
    renameSync(join(before, path), join(site.folder, path));
  }
  assert.equal((await verifyLog(site.log, { home: site.home })).valid, true);
  const verified = await verifyLog(site.log, { home: site.home, checkpoints: await keptElsewhere(site) });
  assert.deepEqual([verified.failure, verified.first_bad_line], ["shrunk", linesOf(site).length + 1]);
  await assert.rejects(
    openSite(site),
    refused(/was rolled back: the anchor `folder:.*` keeps a checkpoint of 22 entries, and it has 11/),
  );
});

test("a rollback that is accepted stands in the log, and the anchor keeps the log as it goes on", async (t) => {
  const site = makeSite(t);
  await run(site, 10);
  await rewriteWithStolenKeys(site, 3);
  const accepted = { anchors: [`folder:${site.elsewhere}`], reason: "the disk was restored" };
  await assert.rejects(openSite(site, { accepted: { ...accepted, anchors: [] } }), refused(/rolled back/));
  await run(site, 1, { accepted });
  const entry: Readonly<Record<string, unknown>> = JSON.parse(
    linesOf(site).find((line) => line.includes("rollback_accepted")) ?? "{}",
  );
  assert.deepEqual([entry["anchor_size"], entry["accepted_reason"]], [11, "the disk was restored"]);
  assert.equal(await newestSize(site), linesOf(site).length);
  await run(site, 1);
  assert.equal((await verifyLog(site.log, { checkpoints: await keptElsewhere(site) })).valid, true);
});

test("a log that is not taken over after all leaves the home's head as it was", async (t) => {
  const site = makeSite(t);
  await run(site, 10);
  const path = headPath(site.home, site.log);
  const known = readHead(realFileSystem, path);
  const whole = readFileSync(site.log);
  writeFileSync(site.log, `${linesOf(site).slice(0, 3).join("\n")}\n`);
  await assert.rejects(openSite(site, { continueForeign: true }), refused(/rolled back/));
  assert.deepEqual(readHead(realFileSystem, path), known);
  assert.equal((await verifyLog(site.log, { home: site.home })).failure, "shrunk");
  await assert.rejects(openSite(site, { anchors: [] }), refused(/shrank/));
  writeFileSync(site.log, whole);
  await run(site, 1);
  // Of a log that the home did not know it knows nothing then, either.
  writeFileSync(site.log, `${linesOf(site).slice(0, 3).join("\n")}\n`);
  rmSync(path);
  await assert.rejects(openSite(site, { continueForeign: true }), refused(/rolled back/));
  assert.equal(readHead(realFileSystem, path), null);
});

test("an anchor that shows another history stops a log that is in use, in every process of it", async (t) => {
  const site = makeSite(t);
  await run(site, 3);
  const ledger = await openSite(site, { worker: true });
  const other = await openSite(site);
  await decide(ledger, 1);
  await until("a checkpoint", async () => (await newestSize(site)) >= 5);
  // The same log, forked on another machine with the same keys, gets ahead.
  const twin = makeSite(t);
  for (const path of ["home", "audit.log", "audit.log.d"])
    cpSync(join(site.folder, path), join(twin.folder, path), { recursive: true });
  const stolen: Site = { ...twin, keys: site.keys, signer: site.signer, elsewhere: site.elsewhere };
  await run(stolen, 50, { anchors: [], mark: "fork ", continueForeign: true });
  const note = readFileSync(join(`${stolen.log}.d`, "tlog", "checkpoint"), "utf8");
  assert.equal(await new FolderAnchor(site.elsewhere).publish(note), null);
  await decide(ledger, 1);
  await until("the conflict", () => eventsOf(site).includes("anchor_conflict"));
  await assert.rejects(decide(ledger, 1), refused(/was rolled back: the anchor/));
  await assert.rejects(decide(other, 1), refused(/takes no more entries: the anchor/));
  await assert.rejects(ledger.erase("someone"), refused(/was rolled back/));
  await Promise.all([ledger.close(), other.close()]);
  assert.equal(eventsOf(site).at(-1), "anchor_conflict");
  await assert.rejects(openSite(site), refused(/was rolled back/));
});

test("an anchor that can't be reached is recorded once, however often the log is opened, and holds up nothing", async (t) => {
  const site = makeSite(t);
  const server = createHttpServer((request, response) => {
    request.resume();
    response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const anchors = [`http://127.0.0.1:${address.port}/log`];
  for (let round = 0; round < 3; round += 1) await run(site, 2, { anchors });
  assert.equal(eventsOf(site).filter((event) => event === "anchor_unreachable").length, 1);
  await assert.rejects(openSite(site, { anchors, required: 1 }), refused(/status 503/, "LEDGER_UNAVAILABLE"));
  renameSync(site.elsewhere, `${site.elsewhere}-gone`);
  await assert.rejects(openSite(site), refused(/ENOENT/, "LEDGER_UNAVAILABLE"));
});

async function witnessed(
  t: TestContext,
  site: Site,
): Promise<{ readonly policy: string; readonly stop: () => Promise<void> }> {
  await run(site, 1, { anchors: [] });
  const id = readFileSync(join(`${site.log}.d`, "log-id"), "utf8");
  const vkeys = site.keys.vkeys(`canopy/${id}`).map((vkey) => parseVerifierKey(vkey, nodeSha256));
  const { vkey, url, stop } = await startWitness(t, "w.example", vkeys);
  return { policy: `witness w ${vkey} ${url}\nquorum w\n`, stop };
}

test("a log witness cosigns the log; written anew, it is refused by it and stops", async (t) => {
  const site = makeSite(t);
  const { policy: witnesses } = await witnessed(t, site);
  await run(site, 5, { anchors: [], witnesses });
  const cosigned = join(`${site.log}.d`, "tlog", "cosigned");
  assert.match(readFileSync(cosigned, "utf8"), /\n— w\.example /);
  await run(site, 5, { anchors: [], witnesses });
  assert.equal(readCheckpoint(readFileSync(cosigned, "utf8")).checkpoint.size, linesOf(site).length);
  await rewriteWithStolenKeys(site, 30);
  const ledger = await openSite(site, { anchors: [], witnesses, worker: true });
  await decide(ledger, 1);
  await until("the conflict", () => eventsOf(site).includes("anchor_conflict"));
  await assert.rejects(decide(ledger, 1), refused(/log witness `w` knows/));
  await ledger.close();
});

test("what log witnesses cosigned last is held against the log when it is opened, though they can't be asked", async (t) => {
  const site = makeSite(t);
  const { policy: witnesses, stop } = await witnessed(t, site);
  await run(site, 5, { anchors: [], witnesses });
  await stop();
  const cosigned = join(`${site.log}.d`, "tlog", "cosigned");
  const note = readFileSync(cosigned, "utf8");
  // Cut, with a home that knows nothing of the log but its keys.
  const whole = readFileSync(site.log);
  const cut = `${linesOf(site).slice(0, 3).join("\n")}\n`;
  writeFileSync(site.log, cut);
  rmSync(join(site.home, "heads"), { recursive: true });
  rmSync(join(site.home, "checkpoints"), { recursive: true });
  const open = { anchors: [], witnesses, continueForeign: true };
  const rolledBack = refused(/rolled back: the anchor `log_witnesses` keeps a checkpoint of \d+ entries, and it has 3/);
  await assert.rejects(openSite(site, open), rolledBack);
  // Another log in its place.
  writeFileSync(cosigned, note.replace(/\n.{43}=\n/u, `\n${"A".repeat(43)}=\n`));
  await (await openSite(site, { ...open, anchors: [] })).close();
  writeFileSync(site.log, whole);
  writeFileSync(cosigned, note);
  await (await openSite(site, open)).close();
  writeFileSync(site.log, cut);
  rmSync(join(site.home, "heads"), { recursive: true });
  await assert.rejects(openSite(site, open), rolledBack);
  const accepted = { anchors: ["log_witnesses"], reason: "restored from a backup" };
  await (await openSite(site, { ...open, accepted })).close();
  assert.equal(eventsOf(site).filter((event) => event === "rollback_accepted").length, 1);
  // It stands in the log that this was accepted.
  await run(site, 1, { anchors: [], witnesses });
});

test("a log witness that is gone is recorded; a trust policy that can't be used is told at once", async (t) => {
  const site = makeSite(t);
  const { policy: witnesses, stop } = await witnessed(t, site);
  await stop();
  await run(site, 1, { anchors: [], witnesses });
  await run(site, 1, { anchors: [], witnesses });
  await assert.rejects(
    openSite(site, { anchors: [], witnesses: "witness w nothing\n" }),
    (error) => error instanceof CanopyError && error.code === "INVALID_TRUST",
  );
});

test("a changed tile or checkpoint misleads nobody: the line that was changed is still the one that is named", async (t) => {
  const site = makeSite(t);
  await run(site, 40);
  const checkpoints = await keptElsewhere(site);
  const kept = readFileSync(site.log, "utf8");
  // White space inside an entry passes the chain, which hashes what the line means where it isn't spelled as we do.
  const lines = kept.split("\n");
  const line = 17;
  lines[line - 1] = (lines[line - 1] ?? "").replace('"decision":', '"decision": ');
  writeFileSync(site.log, lines.join("\n"));
  assert.equal((await verifyLog(site.log, { strict: false })).valid, true);
  const found = await verifyLog(site.log, { checkpoints });
  assert.deepEqual([found.failure, found.first_bad_line], ["form", line]);
  writeFileSync(site.log, kept);

  const tlog = join(`${site.log}.d`, "tlog");
  const hidden = join(site.folder, "hidden");
  mkdirSync(hidden);
  for (const name of ["tile", "checkpoint"]) {
    renameSync(join(tlog, name), join(hidden, name));
    assert.equal((await verifyLog(site.log, { checkpoints })).valid, true, name);
    renameSync(join(hidden, name), join(tlog, name));
  }
  writeFileSync(join(tlog, "checkpoint"), "nothing");
  rmSync(join(site.home, "heads"), { recursive: true });
  assert.equal((await verifyLog(site.log, { home: site.home, checkpoints })).valid, true);
});

test("segments that are swapped, replaced or lost are found, and named", async (t) => {
  const site = makeSite(t);
  await run(site, 60, { rotateBytes: 4000 });
  const checkpoints = await keptElsewhere(site);
  const folder = join(`${site.log}.d`, "segments");
  const name = (number: number): string => join(folder, `00000${number}.log`);
  const [first, second] = [readFileSync(name(1)), readFileSync(name(2))];
  assert.equal((await verifyLog(site.log, { checkpoints })).valid, true);
  writeFileSync(name(1), second);
  writeFileSync(name(2), first);
  const swapped = await verifyLog(site.log, { checkpoints });
  assert.deepEqual([swapped.valid, swapped.failure], [false, "segment"]);
  writeFileSync(name(1), first);
  const edited = second.toString("utf8").replace('"trace_id":', '"trace_id" :');
  writeFileSync(name(2), edited);
  const changed = await verifyLog(site.log, { checkpoints });
  assert.deepEqual([changed.failure, changed.segment, changed.first_bad_line], ["form", "000002.log", 2]);
  writeFileSync(name(2), second);
  // With its first segments gone, the tiles still know their lines: the rest is held against the anchor.
  rmSync(name(1));
  assert.equal((await verifyLog(site.log, { checkpoints })).valid, true);
  rmSync(join(`${site.log}.d`, "tlog", "tile"), { recursive: true });
  await assert.rejects(
    verifyLog(site.log, { checkpoints }),
    (error) => error instanceof CanopyError && error.code === "FILE_UNUSABLE" && /first segments/u.test(error.message),
  );
});
