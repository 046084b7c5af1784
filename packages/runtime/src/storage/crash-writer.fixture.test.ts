// What writes to a log until it is killed: `node crash-writer.fixture.test.js <log> <home>`. Without arguments it does
// nothing.

import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Signer } from "../ledger/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";

const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
const privateKey = createPrivateKey({
  key: Buffer.concat([PKCS8_ED25519, Buffer.alloc(32, 7)]),
  format: "der",
  type: "pkcs8",
});
const publicKey = createPublicKey(privateKey);
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };

/** The log that writers are killed on. */
export function openCrashLog(path: string, home: string): Promise<FileLedger> {
  return openFileLedger({ path, home, signer, clock: { now: () => Date.now() }, rotateBytes: 4_000_000 });
}

/** Appends one entry, with a record when `n` is even. Gives its hash. */
export async function appendNumbered(ledger: FileLedger, n: number): Promise<string> {
  const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", trace_id: `t${n % 10}` };
  const record = n % 2 === 0 ? { record: { subject: `s${n % 3}`, content: { n } } } : {};
  return (await ledger.append({ entry, ...record })).entry.entry_hash;
}

/** Whether a signature is that of the writers' key. */
export function checkSignature(message: Uint8Array, signature: string): boolean {
  return verify(null, message, publicKey, Buffer.from(signature, "base64url"));
}

/** Appends with three callers until killed; says each acknowledged hash on standard output. */
async function write(path: string, home: string): Promise<void> {
  const ledger = await openCrashLog(path, home);
  let n = process.pid;
  const caller = async (): Promise<never> => {
    for (;;) await say(`${await appendNumbered(ledger, (n += 1))}\n`);
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

const [, , log, home = ""] = process.argv;
if (log !== undefined) await write(log, home);
