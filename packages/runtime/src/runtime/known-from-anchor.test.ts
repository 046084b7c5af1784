import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { CanopyError } from "../core/errors.ts";
import { formatVerifierKey } from "../ledger/tlog/verifier-key.ts";
import { FolderAnchor } from "../storage/anchors/folder-anchor.ts";
import { GrowingLog, testKey, type TestKey } from "../storage/anchors/growing-log.fixture.test.ts";
import { syslogMessage } from "../storage/anchors/syslog-message.ts";
import { withSignatures } from "../storage/anchors/log-witness.ts";
import { startWitness } from "../storage/anchors/witness-server.fixture.test.ts";
import { LogWitness } from "../storage/anchors/log-witness.ts";
import { TOOLS } from "../storage/anchors/growing-log.fixture.test.ts";
import { headSlot } from "../storage/head-file.ts";
import { verifyLog, type VerifyOptions, type VerifyResult } from "../storage/verify-log.ts";
import { knownFromAnchor, type Verifier } from "./known-from-anchor.ts";

const VECTORS = new URL("../../../../vectors/audit/", import.meta.url);
const BASE = fileURLToPath(new URL("base-24.log", VECTORS));
const ORIGIN = "canopy/vectors";

interface Setting {
  readonly folder: string;
  readonly key: TestKey;
  readonly verifier: Verifier;
  /** The log of the vector file, as lines of a tree. */
  readonly log: GrowingLog;
}

function setting(t: TestContext): Setting {
  const folder = mkdtempSync(join(tmpdir(), "canopy-known-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const key = testKey(ORIGIN);
  const trust = { vkeys: [formatVerifierKey(key.verifier)] };
  const lines = readFileSync(BASE, "utf8").trimEnd().split("\n");
  return {
    folder,
    key,
    verifier: { cwd: folder, home: join(folder, "home"), trust, log: null },
    log: new GrowingLog(key, lines),
  };
}

async function verifyWith(path: string, text: string, verifier: Verifier): Promise<VerifyResult> {
  const { checkpoints, head } = await knownFromAnchor(text, verifier);
  const options: VerifyOptions = { checkpoints, ...(head === null ? {} : { anchor: head }) };
  return verifyLog(path, options);
}

interface Vector {
  readonly file: string;
  readonly strict_should: string;
}

const { files: VECTOR_FILES }: { readonly files: readonly Vector[] } = JSON.parse(
  readFileSync(new URL("manifest.json", VECTORS), "utf8"),
);

test("every log that only an anchor can tell is refused with each kind of anchor, and the untouched one is not", async (t) => {
  const { folder, verifier, log } = setting(t);
  const base = await verifyLog(BASE);
  const anchor = join(folder, "elsewhere");
  mkdirSync(anchor);
  await new FolderAnchor(anchor).publish(log.note(18));
  await new FolderAnchor(anchor).publish(log.note());
  writeFileSync(join(folder, "note"), log.note());
  const sender = { timeMs: 0, host: "h", pid: 1 };
  const received = [4, 20, 24].map((size) => `Nov 23 relay ${syslogMessage(log.note(size), sender)}\n`);
  writeFileSync(join(folder, "syslog"), `something else\n${received.join("")}`);
  const head = { log_id: "x", segment: 1, bytes: 1, seq: 24, hash: base.head ?? "" };
  writeFileSync(join(folder, "some.head"), headSlot(head));
  const anchors = ["folder:elsewhere", `folder:${anchor}`, "note", "syslog", "some.head", `24:${base.head}`];
  const marked = VECTOR_FILES.filter(({ strict_should }) => strict_should === "reject-with-anchor");
  assert.equal(marked.length, 3);
  for (const text of anchors) {
    const untouched = await verifyWith(BASE, text, verifier);
    assert.deepEqual([text, untouched.valid, untouched.anchored], [text, true, true]);
    for (const { file } of marked) {
      const { valid, failure } = await verifyWith(fileURLToPath(new URL(file, VECTORS)), text, verifier);
      const expected = file === "truncate-tail.log" ? "shrunk" : "checkpoint";
      assert.deepEqual([text, file, valid, failure], [text, file, false, expected]);
    }
  }
});

test("an older checkpoint that holds narrows down where a log was changed", async (t) => {
  const { folder, verifier, log } = setting(t);
  for (const size of [10, 20, 24]) writeFileSync(join(folder, `${size}`), log.note(size));
  const known = await Promise.all(["10", "20", "24"].map((name) => knownFromAnchor(name, verifier)));
  const checkpoints = known.flatMap((one) => one.checkpoints);
  const edited = await verifyLog(fileURLToPath(new URL("edit-last-and-rehash.log", VECTORS)), { checkpoints });
  assert.deepEqual([edited.first_bad_line, edited.within], [21, { first: 21, last: 24 }]);
  assert.deepEqual(
    edited.checkpoints.map(({ name, holds }) => [name, holds]),
    [
      ["10", true],
      ["20", true],
      ["24", false],
    ],
  );
  const rewritten = await verifyLog(fileURLToPath(new URL("rewrite-whole-chain.log", VECTORS)), { checkpoints });
  assert.equal(rewritten.failure, "checkpoint");
  assert.ok((rewritten.first_bad_line ?? 99) <= 11);
  const cut = await verifyLog(fileURLToPath(new URL("truncate-tail.log", VECTORS)), { checkpoints });
  assert.deepEqual([cut.failure, cut.first_bad_line], ["shrunk", 20]);
});

function code(expected: string): (error: unknown) => boolean {
  return (error) => error instanceof CanopyError && error.code === expected;
}

test("a checkpoint by a key that nobody trusts, a broken one, and none at all are no anchor", async (t) => {
  const { folder, verifier, log } = setting(t);
  writeFileSync(join(folder, "forged"), log.note(24, testKey(ORIGIN)));
  await assert.rejects(knownFromAnchor("forged", verifier), code("NOT_TRUSTED"));
  writeFileSync(join(folder, "changed"), log.note().replace("\n24\n", "\n23\n"));
  await assert.rejects(knownFromAnchor("changed", verifier), code("INVALID_CHECKPOINT"));
  writeFileSync(join(folder, "note"), log.note());
  await assert.rejects(knownFromAnchor("note", { ...verifier, trust: null }), code("NOT_TRUSTED"));
  writeFileSync(join(folder, "empty"), "");
  await assert.rejects(knownFromAnchor("empty", verifier), code("INVALID_CHECKPOINT"));
  await assert.rejects(knownFromAnchor("missing", verifier), code("FILE_UNUSABLE"));
  await assert.rejects(knownFromAnchor("folder:missing", verifier), code("ANCHOR_UNAVAILABLE"));
  await assert.rejects(knownFromAnchor("http://host.example/note", verifier), code("ANCHOR_UNAVAILABLE"));
  mkdirSync(join(folder, "bare"));
  await assert.rejects(knownFromAnchor("folder:bare", verifier), code("INVALID_CHECKPOINT"));
});

test("a receiver that was shown two histories keeps both, and the log can't agree with both", async (t) => {
  const { folder, verifier, log } = setting(t);
  const lines = [log.note(), log.forked(20, 4).note(), log.note(20)];
  const text = lines.map((note) => `${syslogMessage(note, { timeMs: 0, host: "h", pid: 1 })}\n`).join("");
  writeFileSync(join(folder, "syslog"), text);
  const result = await verifyWith(BASE, "syslog", verifier);
  assert.deepEqual([result.valid, result.failure, result.within], [false, "checkpoint", { first: 1, last: 24 }]);
  assert.equal(result.first_bad_line, 1);
});

test("a URL gives its checkpoint; with a trust policy it counts once the quorum cosigned it", async (t) => {
  const { verifier, log, key } = setting(t);
  const running = await startWitness(t, "w.example", [key.verifier]);
  const witness = new LogWitness({ name: "w", key: running.key.verifier, url: null }, new URL(running.url), TOOLS);
  t.after(() => witness.close());
  const answer = await witness.submit(log.note(), log.tree());
  assert.ok(answer.outcome === "cosigned");
  let served = log.note();
  const server = createServer((_request, response) => response.end(served));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const url = `http://127.0.0.1:${address.port}/log`;
  const policy = `log ${formatVerifierKey(key.verifier)}\nwitness w ${running.vkey}\nquorum w\n`;
  const strict: Verifier = { ...verifier, trust: { policy } };
  await assert.rejects(
    knownFromAnchor(url, strict),
    (error) => error instanceof CanopyError && error.code === "NOT_TRUSTED" && /quorum/u.test(error.message),
  );
  served = withSignatures(served, answer.signatures);
  const known = await knownFromAnchor(url, strict);
  assert.deepEqual(known.cosigned_by, ["w"]);
  assert.equal((await verifyLog(BASE, { checkpoints: known.checkpoints })).valid, true);
});
