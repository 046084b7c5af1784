// Our log before a log witness that others wrote: torchwood's `litewitness`, a C2SP tlog-witness in Go. It cosigns the log
// as it grows, and refuses a fork, a stale size and a stranger. Built with `go install` into .cache/peers, once; fails, not
// skips, when it can't be had (Go 1.24 or later, ssh-agent and ssh-keygen are needed: it signs through an agent).
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { root } from "../setup.mjs";

const VERSION = "v0.9.0";
const NAME = "litewitness.test/w";
const ORIGIN = "canopy.test/log";
const dist = (path) => import(pathToFileURL(join(root, "packages/runtime/dist", path)).href);
const { GrowingLog, testKey, TOOLS } = await dist("storage/anchors/growing-log.fixture.test.js");
const { LogWitness, withSignatures } = await dist("storage/anchors/log-witness.js");
const { formatVerifierKey, verifierKey } = await dist("ledger/tlog/verifier-key.js");
const { cosignedEnough } = await dist("ledger/tlog/trusted-checkpoint.js");
const { parseTrustPolicy } = await dist("ledger/tlog/trust-policy.js");
const { parseNote } = await dist("ledger/tlog/note.js");

test("litewitness cosigns our log as it grows, and our policy accepts its cosignatures", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN));
  const { client, vkey, url, witness } = await start(t, log);
  for (const grown of [7, 33, 1, 216, 1]) {
    const answer = await client.submit(log.grow(grown).note(), log.tree());
    assert.equal(answer.outcome, "cosigned");
    const policy = parseTrustPolicy(`witness w ${vkey} ${url}\nquorum w\n`, TOOLS.sha256);
    const verdict = cosignedEnough(parseNote(withSignatures(log.note(), answer.signatures)), policy, TOOLS);
    assert.deepEqual([verdict.quorum, verdict.names], ["reached", ["w"]]);
  }
  // One that forgot what it knows is told with 409, and goes on.
  const forgetful = new LogWitness(witness, new URL(url), TOOLS);
  t.after(() => forgetful.close());
  assert.equal((await forgetful.submit(log.grow(5).note(), log.tree())).outcome, "cosigned");
});

test("litewitness refuses our fork, our rollback, a stale size and a log that it doesn't know", async (t) => {
  const log = new GrowingLog(testKey(ORIGIN)).grow(40);
  const { client, url, witness } = await start(t, log);
  assert.equal((await client.submit(log.note(), log.tree())).outcome, "cosigned");
  const fresh = () => {
    const made = new LogWitness(witness, new URL(url), TOOLS);
    t.after(() => made.close());
    return made;
  };
  const grownFork = log.forked(20, 60);
  assert.deepEqual(await fresh().submit(grownFork.note(), grownFork.tree()), { outcome: "refused", known: 40 });
  const sameSize = log.forked(20, 20);
  assert.deepEqual(await fresh().submit(sameSize.note(), sameSize.tree()), { outcome: "refused", known: 40 });
  const cut = log.forked(30, 0);
  assert.deepEqual(await fresh().submit(cut.note(), cut.tree()), { outcome: "refused", known: 40 });
  assert.deepEqual(await fresh().submit(log.note(12), log.tree()), { outcome: "superseded" });
  const stranger = new GrowingLog(testKey("canopy.test/other")).grow(3);
  await assert.rejects(fresh().submit(stranger.note(), stranger.tree()), /404/);
  const otherKey = new GrowingLog(testKey(ORIGIN)).grow(41);
  await assert.rejects(fresh().submit(otherKey.note(), otherKey.tree()), /403/);
  // The bare protocol: a wrong old size is 409 with the size it knows, a fork with a proof of its own is 422.
  const post = async (old, proof, note) => {
    const lines = proof.map((hash) => `${Buffer.from(hash).toString("base64")}\n`).join("");
    const response = await fetch(`${url}/add-checkpoint`, { method: "POST", body: `old ${old}\n${lines}\n${note}` });
    return [response.status, await response.text()];
  };
  log.grow(2);
  assert.deepEqual(await post(7, log.tree().consistency(7, 42), log.note()), [409, "40\n"]);
  assert.equal((await post(40, grownFork.tree().consistency(40, 80), grownFork.note()))[0], 422);
  assert.equal((await post(40, log.tree().consistency(40, 42), log.note()))[0], 200);
});

/** Starts one that knows this log, with a fresh key in an agent of its own. */
async function start(t, log) {
  const folder = mkdtempSync(join(tmpdir(), "canopy-lw-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const sock = join(folder, "agent.sock");
  const agent = spawn("ssh-agent", ["-D", "-a", sock], { stdio: "ignore" });
  t.after(() => agent.kill());
  await until(() => existsSync(sock), "ssh-agent did not start");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
  execFileSync("ssh-add", ["-q", join(folder, "key")], { env: { ...process.env, SSH_AUTH_SOCK: sock } });
  const fingerprint = execFileSync("ssh-keygen", ["-lf", join(folder, "key.pub")], { encoding: "utf8" }).split(" ")[1];
  const database = join(folder, "witness.db");
  enrol(database, log);
  const port = await freePort();
  const listen = ["-listen", `127.0.0.1:${port}`];
  const args = ["-db", database, "-name", NAME, "-key", fingerprint, "-ssh-agent", sock, ...listen];
  const running = spawn(program(), args, { stdio: ["ignore", "ignore", "pipe"] });
  t.after(() => running.kill());
  let said = "";
  running.stderr.on("data", (chunk) => (said += chunk));
  const url = `http://127.0.0.1:${port}`;
  await until(
    async () => (await fetch(url).catch(() => null)) !== null,
    () => `litewitness did not start: ${said}`,
  );
  const raw = Buffer.from(readFileSync(join(folder, "key.pub"), "utf8").split(" ")[1], "base64").subarray(-32);
  const key = verifierKey(NAME, "cosignature-v1", new Uint8Array(raw), TOOLS.sha256);
  const witness = { name: "w", key, url };
  const client = new LogWitness(witness, new URL(url), TOOLS);
  t.after(() => client.close());
  return { client, url, witness, vkey: formatVerifierKey(key) };
}

/** Its tables, with our log at size 0. */
function enrol(path, log) {
  const database = new DatabaseSync(path);
  database.exec(`
    CREATE TABLE IF NOT EXISTS log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));
    CREATE TABLE IF NOT EXISTS bastion (origin TEXT NOT NULL, bastion TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));
  `);
  const empty = createHash("sha256").digest("base64");
  database.prepare("INSERT INTO log VALUES (?, 0, ?)").run(ORIGIN, empty);
  database.prepare("INSERT INTO key VALUES (?, ?)").run(ORIGIN, formatVerifierKey(log.key.verifier));
  database.close();
}

async function until(isTrue, problem) {
  for (let attempt = 0; attempt < 1200; attempt += 1) {
    if (await isTrue()) return;
    await sleep(50);
  }
  assert.fail(typeof problem === "function" ? problem() : problem);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function program() {
  const folder = join(root, ".cache", "peers", `litewitness-${VERSION}`);
  const path = join(folder, "litewitness");
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder };
  const got = spawnSync("go", ["install", `filippo.io/torchwood/cmd/litewitness@${VERSION}`], {
    encoding: "utf8",
    env,
  });
  assert.equal(got.status, 0, `litewitness could not be built: ${got.stderr ?? got.error}`);
  return path;
}
