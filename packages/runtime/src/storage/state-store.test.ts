import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../core/json.ts";
import { SCOPES, scopeKeysOf } from "../core/policy/state/scope.ts";
import { StateBook } from "../core/policy/state/state-book.ts";
import type { StateFacts, StateQuery } from "../core/policy/state/state-facts.ts";
import type { EntryDraft, Signer } from "../runtime/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { realFileSystem } from "./file-system.ts";
import { catchUpIndex } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import { logPaths } from "./sidecar.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };
const T0 = Date.parse("2026-01-01T00:00:00Z");
const HOUR = 3_600_000;

interface Place {
  readonly path: string;
  readonly open: () => Promise<FileLedger>;
  readonly index: () => void;
  /** Every entry of every segment, in order. */
  readonly entries: () => readonly JsonObject[];
}

function place(t: TestContext | null, rotateBytes: number | null = null): Place {
  const folder = mkdtempSync(join(tmpdir(), "canopy-state-"));
  t?.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  const options = { path, home: join(folder, "home"), signer, clock: { now: () => T0 }, durability: "none" as const };
  return {
    path,
    open: () => openFileLedger({ ...options, rotateBytes }),
    index: () => {
      const paths = logPaths(realFileSystem, path);
      const database = new IndexDatabase(paths.index);
      while (catchUpIndex(realFileSystem, paths, database, 4096));
      database.close();
    },
    entries: () => {
      const segments = readdirSync(join(`${path}.d`, "segments")).toSorted();
      const files = [...segments.map((name) => join(`${path}.d`, "segments", name)), path];
      const lines = files.flatMap((file) => readFileSync(file, "utf8").split("\n").slice(0, -1));
      return lines.map((line): JsonObject => JSON.parse(line));
    },
  };
}

const text = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** One step of a history; `of` names the earlier reservation that it is about. */
interface Step {
  readonly kind: "reserve" | "deny" | "start" | "error" | "ok" | "skip" | "other";
  readonly of: number;
  readonly agent: number;
  readonly session: number | null;
  readonly trace: number | null;
  readonly amount: number;
  readonly counters: readonly string[];
  readonly label: boolean;
  /** How far the clock has moved, in seconds; also back. */
  readonly later: number;
  readonly ttl: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("reserve", "reserve", "reserve", "deny", "start", "start", "error", "ok", "skip", "other"),
  of: fc.nat(30),
  agent: fc.nat(1),
  session: fc.option(fc.nat(2)),
  trace: fc.option(fc.nat(2)),
  amount: fc.nat(5000),
  counters: fc.subarray(["spend", "calls"]),
  label: fc.boolean(),
  later: fc.oneof(fc.nat(400), fc.integer({ min: -4000, max: 9000 })),
  ttl: fc.constantFrom(0, 60, 300),
});

async function write(ledger: FileLedger, steps: readonly Step[]): Promise<number> {
  let now = T0;
  const reserved: { readonly id: string; readonly entry: EntryDraft }[] = [];
  for (const { kind, of, agent, session, trace, amount, counters, label, later, ttl } of steps) {
    now += later * 1000;
    const timestamp = text(now);
    const earlier = reserved[of % Math.max(1, reserved.length)];
    if (kind === "reserve" || kind === "deny") {
      const entry: EntryDraft = {
        event: "authorize_action",
        timestamp,
        avid: `AVID-${agent}`,
        decision: kind === "reserve" ? "ALLOW" : "DENY",
        ...(session === null ? {} : { session_id: `s${session}` }),
        ...(trace === null ? {} : { trace_id: `t${trace}` }),
        expires_at: new Date(now + ttl * 1000).toISOString(),
        counter_deltas: [
          ...counters.map((counter) => {
            return { counter, amount: (amount / 100).toFixed(2), ...(counter === "calls" ? { attempt: true } : {}) };
          }),
          ...(label ? [{ mark: "seen" }, { label: "secret" }] : []),
          ...(label && amount % 2 === 0
            ? [{ label: "secret", resource: ledger.resourceKey("fs:/a/b"), within: [ledger.resourceKey("in:/a")] }]
            : []),
        ],
      };
      const receipt = await ledger.append({ entry });
      if (kind === "reserve") reserved.push({ id: receipt.entry.entry_hash, entry });
    } else if (kind === "other" || earlier === undefined) {
      await ledger.append({ entry: { event: "incident", timestamp } });
    } else {
      const { avid, session_id, trace_id, counter_deltas } = earlier.entry;
      const follow = { avid, session_id, trace_id, timestamp, authorization_id: earlier.id };
      const [event, more] =
        kind === "start"
          ? ["tool_start", { counter_deltas }]
          : kind === "skip"
            ? ["approval_skipped", {}]
            : ["tool_result", { outcome: kind }];
      const entry = Object.fromEntries(
        Object.entries({ ...follow, ...more }).filter(([, value]) => value !== undefined),
      );
      await ledger.append({ entry: { timestamp, ...entry, event } });
    }
  }
  return now;
}

const WINDOWS = [60_000, HOUR, 24 * HOUR, null];

/** Everything that can be asked, in several queries, since a counter is asked for once in each. */
function queries(): readonly StateQuery[] {
  const all: StateQuery[] = [];
  for (const agent of [0, 1]) {
    for (const session of [null, 0, 1]) {
      const who = { avid: `AVID-${agent}`, tenant_id: null, trace_id: session === null ? null : `t${session}` };
      const keys = scopeKeysOf({ ...who, session_id: session === null ? null : `s${session}` });
      for (const scope of SCOPES) {
        for (const window_ms of WINDOWS) {
          all.push({
            counters: ["calls", "spend"].map((counter) => ({ counter, scope, key: keys[scope], window_ms })),
            marks: SCOPES.map((other) => ({ mark: "seen", scope: other, key: keys[other] })),
            labels: keys.session,
            resources: [
              { path: "/a/b", within: false },
              { path: "/a", within: true },
              { path: "/c", within: true },
            ],
          });
        }
      }
    }
  }
  return all;
}

/** What a book says that has learned the whole log. */
function truth(
  entries: readonly JsonObject[],
  keyOf: (text: string) => string,
): (q: StateQuery, now: number) => StateFacts {
  const book = new StateBook({ longest_window_ms: null });
  for (const entry of entries) book.learn(entry);
  return (query, now) => book.answer(query, now, keyOf);
}

function agrees(ledger: FileLedger, { entries }: Place, now: number): void {
  const expected = truth(entries(), (name) => ledger.resourceKey(name));
  for (const query of queries())
    assert.deepEqual(ledger.state(query, now), expected(query, now), JSON.stringify(query));
}

test("the state of a log is that of a book that learned all of it, however it is found", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.array(step, { maxLength: 12 }),
      fc.boolean(),
      async (first, second, rotates) => {
        const here = place(null, rotates ? 4000 : null);
        const ledger = await here.open();
        const now = await write(ledger, first);
        agrees(ledger, here, now);
        const follower = await here.open();
        agrees(follower, here, now);
        // Learned by following, in the process that writes and in another one.
        const later = await write(ledger, second);
        agrees(ledger, here, later);
        agrees(follower, here, later);
        await follower.close();
        await ledger.close();
        here.index();
        const indexed = await here.open();
        agrees(indexed, here, later);
        await write(indexed, second);
        await indexed.close();
        const partial = await here.open();
        agrees(partial, here, later);
        await partial.close();
        rmSync(here.path.replace(/\/[^/]*$/, ""), { recursive: true });
      },
    ),
    { numRuns: Number(process.env["RUNS"] ?? 6) },
  );
});
