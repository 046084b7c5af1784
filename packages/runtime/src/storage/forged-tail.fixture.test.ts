// A log whose state somebody would like to loosen, and a process that writes it and is killed:
// `node forged-tail.fixture.test.js <folder>`. Without arguments it does nothing.

import { createPrivateKey, sign } from "node:crypto";
import { writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject, JsonValue } from "../core/json.ts";
import type { EntryDraft, LedgerEntry, Signer } from "../ledger/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";

const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
const privateKey = createPrivateKey({
  key: Buffer.concat([PKCS8_ED25519, Buffer.alloc(32, 9)]),
  format: "der",
  type: "pkcs8",
});
/** Signs its batches. */
export const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };

/** The time at which it was written. */
export const T0: number = Date.parse("2026-01-01T00:00:00Z");

/** Who acts in it. */
export const ACTOR = { avid: "AVID-1", trace_id: "t-1", session_id: "s-1", action_type: "spend_money" };

const TIME = "2026-01-01T00:00:00Z";
const HOUR_LATER = "2026-01-01T01:00:00.000Z";

/** Open the log of a folder. */
export function openWorld(folder: string): Promise<FileLedger> {
  const clock = { now: () => T0 };
  return openFileLedger({ path: join(folder, "audit.log"), home: join(folder, "home"), signer, clock });
}

/**
 * Write a switch that stops an agent, a question that waits, an execution that runs, and a permission not yet used; each
 * entry with more members.
 */
export async function writeWorld(ledger: FileLedger, more: JsonObject = {}): Promise<void> {
  const append = async (members: EntryDraft): Promise<LedgerEntry> => {
    const entry = { ...members, ...more };
    const record = { subject: "AVID-1", content: { of: entry.event } };
    return (await ledger.append({ entry, ...(entry.event === "authorize_action" ? { record } : {}) })).entry;
  };
  const decided = { ...ACTOR, event: "authorize_action", timestamp: TIME };
  await append({ event: "kill_switch", timestamp: TIME, scope: "agent:AVID-1", engaged: true });
  await append({ ...decided, decision: "REQUIRE_APPROVAL", approval_expires_at: HOUR_LATER, request_id: "asked" });
  const running = await append({ ...decided, decision: "ALLOW", expires_at: HOUR_LATER, counter_deltas: spend("5") });
  const authorization_id = running.entry_hash;
  await append({ ...ACTOR, event: "tool_start", timestamp: TIME, authorization_id, counter_deltas: spend("5") });
  await append({ ...decided, decision: "ALLOW", expires_at: HOUR_LATER, counter_deltas: spend("3") });
}

function spend(amount: string): JsonValue {
  return [{ counter: "spend", amount }];
}

async function run(folder: string): Promise<void> {
  await writeWorld(await openWorld(folder));
  writeSync(1, "written\n");
  await sleep(60_000);
}

const [, , folder] = process.argv;
if (folder !== undefined) await run(folder);
