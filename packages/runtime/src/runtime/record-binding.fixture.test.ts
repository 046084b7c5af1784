// A log whose encrypted records have one length, so that whoever can write the sidecar can put each in another's place.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../core/json.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { tryParseEntry } from "../storage/parse-entry.ts";
import { parsePayloadRef, type PayloadRef } from "../storage/payload-store.ts";
import { createRuntime, type Runtime } from "./create-runtime.ts";
import { signVote } from "./sign-vote.ts";

const LENGTH = 2000;

/** What was asked for under each name; all by one agent. */
const COMMANDS: Readonly<Record<string, string>> = {
  allowed: "echo hi",
  also: "echo ho",
  denied: "rm -rf /",
  asked: "sudo id",
  other: "sudo ls",
  again: "sudo pwd",
  failed: "ls /a",
  crashed: "ls /b",
};

/** A decision, and how it was asked for. */
export interface Asked {
  readonly id: string;
  readonly digest: string;
  readonly agent: JsonObject;
  readonly payload: JsonObject;
  readonly key: string;
}

/** A log as its runtime left it. */
export interface World {
  readonly folder: string;
  readonly log: string;
  readonly home: string;
  readonly asked: Readonly<Record<string, Asked>>;
  /** The entries that have records, by name: those of `asked`, and `reauthorized`, `failure`, `crash`. */
  readonly entries: Readonly<Record<string, LedgerEntry>>;
  /** A block that stood where `allowed` has its own, in the same log, before it was set back. */
  readonly older: Buffer;
  readonly restore: () => void;
  readonly remove: () => void;
}

/** A runtime on the log. */
export function runtimeOn({ home, log }: Pick<World, "home" | "log">): Runtime {
  return createRuntime({ home, audit_log_path: log, env: {}, cwd: "/project", durability: "none", tlog: false });
}

/** Where an entry's record stands. */
export function refOf(entry: LedgerEntry | undefined): PayloadRef {
  return parsePayloadRef(entry?.["payload_ref"]) ?? assert.fail("the entry names no record");
}

/** The file of an entry's record. */
export function blockFile(log: string, entry: LedgerEntry | undefined): string {
  return join(`${log}.d`, "payloads", `${refOf(entry).day}.bin`);
}

/** The bytes of an entry's record as they stand. */
export function blockOf(log: string, entry: LedgerEntry | undefined): Buffer {
  const { offset, length } = refOf(entry);
  return Buffer.from(readFileSync(blockFile(log, entry)).subarray(offset, offset + length));
}

/** Put bytes where an entry's record stands. */
export function putBlock(log: string, entry: LedgerEntry | undefined, bytes: Buffer): void {
  const path = blockFile(log, entry);
  const file = readFileSync(path);
  bytes.copy(file, refOf(entry).offset);
  writeFileSync(path, file);
}

/** Write the log. Remove it. */
export async function makeWorld(): Promise<World> {
  const top = mkdtempSync(join(tmpdir(), "canopy-binding-"));
  const folder = join(top, "it");
  const at = { log: join(folder, "audit.log"), home: join(folder, "home") };
  const keep = (name: string): void => cpSync(folder, join(top, name), { recursive: true });
  const restore = (name: string): void => {
    rmSync(folder, { recursive: true });
    cpSync(join(top, name), folder, { recursive: true });
  };
  const padding = new Map<string, number>();
  await new Writer(at, "first", padding).run(["allowed", "denied"]);
  keep("begun");
  const before = new Writer(at, "older", padding);
  await before.run(["denied"]);
  const older = blockOf(at.log, before.entries["denied"]);
  restore("begun");
  const writer = new Writer(at, "own", padding);
  await writer.run(Object.keys(COMMANDS));
  keep("kept");
  for (const [name, entry] of Object.entries(writer.entries)) assert.equal(refOf(entry).length, LENGTH, name);
  assert.equal(refOf(writer.entries["allowed"]).offset, refOf(before.entries["denied"]).offset);
  return {
    ...at,
    folder,
    older,
    asked: writer.asked,
    entries: writer.entries,
    restore: () => restore("kept"),
    remove: () => rmSync(top, { recursive: true, force: true }),
  };
}

class Writer {
  readonly asked: Record<string, Asked> = {};
  readonly entries: Record<string, LedgerEntry> = {};
  readonly #at: Pick<World, "home" | "log">;
  /** By how much each decision's record is to be longer, once that is known. */
  readonly #padding: Map<string, number>;
  readonly #run: string;
  #decided = 0;

  constructor(at: Pick<World, "home" | "log">, run: string, padding: Map<string, number>) {
    this.#at = at;
    this.#run = run;
    this.#padding = padding;
  }

  /** Ask for what is named, and do what its name says. */
  async run(names: readonly string[]): Promise<void> {
    const runtime = runtimeOn(this.#at);
    try {
      for (const name of names) await this.#do(name, runtime);
    } finally {
      await runtime.close();
    }
  }

  async #do(name: string, runtime: Runtime): Promise<void> {
    if (name === "again") return this.#reauthorize(name, runtime);
    await this.#ask(name, runtime);
    if (name === "failed") await this.#fail("failed", "failure", runtime);
    if (name === "crashed") await this.#fail("crashed", "crash", runtime);
  }

  /** Ask once to see how long the record comes to, and again with as much more as is missing. */
  async #ask(name: string, runtime: Runtime): Promise<void> {
    const padding = this.#padding.get(name) ?? LENGTH - (await this.#decide(name, 0, runtime));
    this.#padding.set(name, padding);
    await this.#decide(name, padding, runtime);
  }

  /** The record's length. */
  async #decide(name: string, padding: number, runtime: Runtime): Promise<number> {
    const agent = { public_key: "agent-1", trace_id: name, note: "x".repeat(padding) };
    const payload = { command: COMMANDS[name] ?? "true" };
    this.#decided += 1;
    const key = `${this.#run} ${this.#decided}`;
    const decision = await runtime.authorize(agent, "execute_shell", payload, { idempotency_key: key });
    const id = decision.authorization_id ?? assert.fail();
    this.asked[name] = { id, digest: decision.action_digest, agent, payload, key };
    return refOf(this.#newest(name, "authorize_action")).length;
  }

  /** Both records are to have the length, so it is asked twice: what the second one is longer by is put into neither. */
  async #reauthorize(name: string, runtime: Runtime): Promise<void> {
    const short = await this.#decide(name, 0, runtime);
    const second = await this.#approve(name, runtime);
    await this.#decide(name, LENGTH - second, runtime);
    assert.equal(await this.#approve(name, runtime), LENGTH);
    // The decision that led to it is shorter by that, and stands under no name.
    delete this.entries[name];
    assert.ok(second > short);
  }

  async #approve(name: string, runtime: Runtime): Promise<number> {
    const { id } = this.asked[name] ?? assert.fail();
    const { log_id, action_digest } = await runtime.approvalRequest(id);
    const vote = signVote({ log_id, action_digest, authorization_id: id }, "APPROVED", { home: this.#at.home });
    await runtime.reauthorize(id, { votes: [vote] });
    return refOf(this.#newest("reauthorized", "reauthorized")).length;
  }

  async #fail(name: string, as: string, runtime: Runtime): Promise<void> {
    const { id, digest } = this.asked[name] ?? assert.fail();
    await runtime.begin(id, digest);
    // 44 bytes before the text, 16 after it, and `[{"error":"Error: "}]`.
    await runtime.attest(id, { ok: false, error: new Error(name.slice(0, 1).repeat(LENGTH - 60 - 21)) });
    this.#newest(as, "tool_result");
  }

  #newest(name: string, event: string): LedgerEntry {
    const lines = readFileSync(this.#at.log, "utf8").trimEnd().split("\n");
    const entry = tryParseEntry(lines.findLast((line) => line.includes(`"event":"${event}"`)) ?? "");
    assert.ok(entry !== null);
    this.entries[name] = entry;
    return entry;
  }
}
