// Processes killed at random moments: eight writers at a time, SIGKILL, again and again, on one log.
// Then: every acknowledged entry is there with its record, the chain and the signatures hold, and each reopening worked.
//
// This file is also the writer: `node crash.test.js writer <log> <home>`.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Signer } from "../runtime/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { readLines } from "./read-lines.ts";
import { realFileSystem } from "./file-system.ts";
import { verifyLog } from "./verify-log.ts";

/** `npm test` asks for 50, `npm run test:crash` for 1,000. */
const ROUNDS = Number(process.env["CANOPY_CRASH_ROUNDS"] ?? 4);
const WRITERS = 8;
const LIFE_MS = 80;
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
const privateKey = createPrivateKey({
  key: Buffer.concat([PKCS8_ED25519, Buffer.alloc(32, 7)]),
  format: "der",
  type: "pkcs8",
});
const publicKey = createPublicKey(privateKey);
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };

function open(path: string, home: string): Promise<FileLedger> {
  return openFileLedger({ path, home, signer, clock: { now: () => Date.now() }, rotateBytes: 4_000_000 });
}

async function append(ledger: FileLedger, n: number): Promise<string> {
  const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", trace_id: `t${n % 10}` };
  const record = n % 2 === 0 ? { record: { subject: `s${n % 3}`, content: { n } } } : {};
  return (await ledger.append({ entry, ...record })).entry.entry_hash;
}

/** Appends with three callers until killed; says each acknowledged hash on standard output. */
async function write(path: string, home: string): Promise<void> {
  const ledger = await open(path, home);
  let n = process.pid;
  const caller = async (): Promise<never> => {
    for (;;) await say(`${await append(ledger, (n += 1))}\n`);
  };
  await Promise.all([caller(), caller(), caller()]);
}

/**
 * Writes a short line to standard output, whole, before anything else is appended. The pipe does not block: while its
 * reader is behind, EAGAIN says that nothing of the line was taken (a line under PIPE_BUF is taken whole or not at all).
 */
async function say(line: string): Promise<void> {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      await sleep(1);
    }
  }
}

/** Runs one writer and kills it at a random moment after its first answer. Gives what it said was acknowledged. */
function killedWriter(path: string, home: string): Promise<{ hashes: readonly string[]; errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "writer", path, home], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    let errors = "";
    child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
    child.stdout.on("data", (text: Buffer) => {
      if (said === "") setTimeout(() => child.kill("SIGKILL"), Math.random() * LIFE_MS);
      said += text.toString();
    });
    const late = setTimeout(() => child.kill("SIGKILL"), 60_000);
    child.on("close", () => {
      clearTimeout(late);
      resolve({ hashes: said.split("\n").slice(0, -1), errors });
    });
  });
}

function check(message: Uint8Array, signature: string): boolean {
  return verify(null, message, publicKey, Buffer.from(signature, "base64url"));
}

async function crashes(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-crash-"));
  const path = join(folder, "audit.log");
  const home = join(folder, "home");
  try {
    const acknowledged = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const ended = await Promise.all(Array.from({ length: WRITERS }, () => killedWriter(path, home)));
      for (const { hashes, errors } of ended) {
        assert.equal(errors, "", `round ${round}`);
        for (const hash of hashes) acknowledged.add(hash);
      }
      const ledger = await open(path, home);
      acknowledged.add(await append(ledger, round));
      if (round % 10 === 0) {
        for (const hash of ended.map(({ hashes }) => hashes.at(-1))) {
          const [entry] = await ledger.historyOf(hash ?? "");
          assert.equal(entry?.entry_hash, hash);
          if (entry?.["payload_ref"] !== undefined) assert.notEqual(await ledger.readRecord(entry.entry_hash), null);
        }
      }
      await ledger.close();
    }
    const count = acknowledged.size;
    assert.equal(count > ROUNDS * WRITERS, true, `only ${count} appends were acknowledged`);
    const result = await verifyLog(path, { home, strict: true, signatures: () => check });
    assert.deepEqual([result.valid, result.failure, result.first_bad_line], [true, null, null], JSON.stringify(result));
    const files = realFileSystem.statusAt(join(`${path}.d`, "segments")) === null ? [] : segments(path);
    for (const file of [...files, path]) {
      for (const line of readLines(realFileSystem, file)) acknowledged.delete(line.slice(-66, -2));
    }
    assert.equal(acknowledged.size, 0, `${acknowledged.size} of ${count} acknowledged entries are not in the log`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function segments(path: string): readonly string[] {
  const found: string[] = [];
  for (let n = 1; ; n += 1) {
    const file = join(`${path}.d`, "segments", `${String(n).padStart(6, "0")}.log`);
    if (realFileSystem.statusAt(file) === null) return found;
    found.push(file);
  }
}

const [, , role, log = "", home = ""] = process.argv;
if (role === "writer") await write(log, home);
else test(`${ROUNDS} rounds of killing ${WRITERS} writers lose nothing that was acknowledged`, crashes);
