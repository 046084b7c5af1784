// What was promised to callers, and whether the log keeps it.

import assert from "node:assert/strict";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import { parseEntryTime } from "../core/policy/state/entry-time.ts";
import { scopeKeysOf } from "../core/policy/state/scope.ts";
import { StateBook } from "../core/policy/state/state-book.ts";
import type { StateQuery } from "../core/policy/state/state-facts.ts";
import { leafHash, merkleTree } from "../ledger/merkle.ts";
import { readCheckpoint } from "../ledger/tlog/checkpoint.ts";
import type { AppendReceipt, AppendRequest } from "../ledger/ports.ts";
import { nodeSha256 } from "../storage/tlog/node-sha256.ts";
import type { LoggedLine } from "./simulated-log.fixture.test.ts";

/** What agents may spend in a day. */
export const SPEND_LIMIT = 60;
/** From this much on a payment needs an approval. */
export const APPROVE_FROM = 20;
export const SPEND_COUNTER = "daily-spend";

/** An entry that was acknowledged. */
interface Promised {
  readonly seq: number;
  readonly hash: string;
  readonly content: Readonly<Record<string, unknown>> | null;
  /** Whether that is all that was to be kept: what rests on the state is made anew when its place is known. */
  readonly isWhole: boolean;
  readonly subject: string | null;
}

/** What the policy of the simulation asks of history for an agent. */
export function spendQuery(avid: string): StateQuery {
  const keys = scopeKeysOf({ avid, session_id: null, trace_id: null, tenant_id: null });
  const counters = [{ counter: SPEND_COUNTER, scope: "agent", key: keys.agent, window_ms: 86_400_000 } as const];
  return { counters, marks: [], labels: null, resources: [] };
}

/** What has been promised so far. */
export class Promises {
  readonly #bySeq = new Map<number, Promised>();
  readonly #checkpoints: { readonly size: number; readonly root: string }[] = [];
  /** Authorizations that were told to be begun. */
  readonly #begun = new Set<string>();
  readonly #requests = new Map<string, string>();
  /** The newest acknowledged seq. */
  newest = 0;

  get size(): number {
    return this.#bySeq.size;
  }

  /** The acknowledged entries that have records. */
  get records(): readonly Promised[] {
    return [...this.#bySeq.values()].filter(({ content }) => content !== null);
  }

  /** An append was answered. `since` is the newest seq that had been promised when it was asked for. */
  acknowledged({ entry }: AppendReceipt, { record, renew }: AppendRequest, since: number): void {
    const { seq, entry_hash } = entry;
    assert.ok(!this.#bySeq.has(seq), `seq ${seq} was promised twice`);
    assert.ok(seq > since, `seq ${seq} came after ${since} was promised`);
    const [content, subject] = record === undefined ? [null, null] : [record.content, record.subject];
    const isWhole = renew === undefined;
    this.#bySeq.set(seq, { seq, hash: entry_hash, content, isWhole, subject });
    this.newest = Math.max(this.newest, seq);
  }

  /** An execution was told to begin. */
  begun(id: string): void {
    assert.ok(!this.#begun.has(id), `${id} was begun twice`);
    this.#begun.add(id);
  }

  /** A request under a key was given an authorization. */
  authorized(key: string, id: string): void {
    const before = this.#requests.get(key);
    if (before !== undefined) assert.equal(id, before, `the key ${key} was given two authorizations`);
    this.#requests.set(key, id);
  }

  /** A checkpoint was signed. */
  signed(note: string): void {
    const { size, root } = readCheckpoint(note).checkpoint;
    this.#checkpoints.push({ size, root: Buffer.from(root).toString("hex") });
  }

  /** The power went where only what had been synced by then was promised to survive it: entries up to that seq. */
  forgetAfter(seq: number): void {
    for (const known of this.#bySeq.keys()) if (known > seq) this.#bySeq.delete(known);
    this.newest = Math.min(this.newest, seq);
    this.#begun.clear();
    this.#requests.clear();
  }

  /** Check a log against all of it. */
  check(lines: readonly LoggedLine[]): void {
    for (const { seq, hash } of this.#bySeq.values()) {
      assert.equal(lines[seq - 1]?.hash, hash, `what was promised as ${seq} is not there (of ${lines.length})`);
    }
    this.#checkCheckpoints(lines);
    checkExecutions(lines);
    checkBudgets(lines);
    checkKeys(lines);
  }

  #checkCheckpoints(lines: readonly LoggedLine[]): void {
    if (this.#checkpoints.length === 0) return;
    const leaves = lines.map(({ bytes }) => leafHash(bytes, nodeSha256));
    for (const { size, root } of this.#checkpoints) {
      assert.ok(size <= lines.length, `a checkpoint of ${size} was signed, and ${lines.length} entries are there`);
      const found = Buffer.from(merkleTree(leaves.slice(0, size), nodeSha256).root).toString("hex");
      assert.equal(found, root, `the log does not continue the checkpoint of ${size}`);
    }
  }
}

interface Execution {
  until: string | null;
  allowed: boolean;
  started: number;
  results: number;
}

// Each permission is used at most once, and not past its time as the log shows it.
function checkExecutions(lines: readonly LoggedLine[]): void {
  const executions = new Map<string, Execution>();
  for (const [index, { entry, hash }] of lines.entries()) {
    const event = entry["event"];
    if (event === "authorize_action") {
      const allowed = entry["decision"] === "ALLOW";
      executions.set(hash, { until: textOf(entry["expires_at"]), allowed, started: 0, results: 0 });
    }
    const id = textOf(entry["authorization_id"]);
    if (id === null) continue;
    const execution = executions.get(id);
    assert.ok(execution !== undefined, `entry ${index + 1} follows an authorization that is not there`);
    if (event === "reauthorized") {
      assert.equal(execution.started, 0, `${id} was reauthorized after its start`);
      execution.allowed = entry["decision"] === "ALLOW";
      execution.until = textOf(entry["expires_at"]);
    } else if (event === "tool_start") {
      execution.started += 1;
      assert.ok(execution.allowed, `${id} was begun without being allowed`);
      assert.equal(execution.started, 1, `${id} was begun twice`);
      const until = Date.parse(execution.until ?? "");
      assert.ok(Date.parse(textOf(entry["timestamp"]) ?? "") < until, `${id} was begun past its time`);
      const before = lines[index - 1];
      if (before !== undefined && before.hash !== id)
        assert.ok(Date.parse(textOf(before.entry["timestamp"]) ?? "") < until, `${id} was begun late`);
    } else if (event === "tool_result") {
      execution.results += 1;
      assert.equal(execution.started, 1, `${id} has a result and no start`);
      assert.equal(execution.results, 1, `${id} has two results`);
    }
  }
}

// No agent was ever allowed more than its budget, as the book of the log's history counts.
function checkBudgets(lines: readonly LoggedLine[]): void {
  const book = new StateBook({ longest_window_ms: null });
  for (const { entry } of lines) {
    const amount = entry["decision"] === "ALLOW" ? spentBy(entry) : 0;
    if (amount > 0) {
      const time = parseEntryTime(entry["timestamp"])?.to_ms ?? 0;
      const { counters } = book.answer(spendQuery(textOf(entry["avid"]) ?? ""), time, String);
      const used = Number(counters[SPEND_COUNTER]?.used ?? 0);
      assert.ok(used + amount <= SPEND_LIMIT, `an entry allows ${amount} after ${used}: ${JSON.stringify(entry)}`);
    }
    book.learn(entry);
  }
}

function spentBy(entry: JsonObject): number {
  const deltas = entry["counter_deltas"];
  if (!Array.isArray(deltas)) return 0;
  let sum = 0;
  for (const delta of deltas) {
    if (isJsonObject(delta) && delta["counter"] === SPEND_COUNTER) sum += Number(delta["amount"]);
  }
  return sum;
}

function checkKeys(lines: readonly LoggedLine[]): void {
  const seen = new Set<string>();
  for (const { entry } of lines) {
    const id = entry["event"] === "authorize_action" ? textOf(entry["request_id"]) : null;
    if (id === null) continue;
    assert.ok(!seen.has(id), "a request under a key was decided twice");
    seen.add(id);
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
