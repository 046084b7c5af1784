import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../core/json.ts";
import { SCOPES, scopeKeysOf } from "../core/policy/state/scope.ts";
import { StateBook } from "../core/policy/state/state-book.ts";
import type { StateFacts, StateQuery } from "../core/policy/state/state-facts.ts";
import type { EntryDraft, LedgerEntry, Signer } from "../ledger/ports.ts";
import { scanChain, type OpenSegment } from "./chain-scan.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { realFileSystem } from "./file-system.ts";
import { catchUpIndex } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import { noIndex, SqliteLogIndex, type LogIndex } from "./log-index.ts";
import { LOG_START, type ChainPoint, type EntryPosition } from "./log-point.ts";
import { parseEntry } from "./parse-entry.ts";
import { PendingState } from "./pending-state.ts";
import { logPaths, type LogPaths } from "./sidecar.ts";
import { StateStore, type StateLimits } from "./state-store.ts";

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

/** With the home's own index, which decisions go by. */
function pathsOf(path: string): LogPaths {
  return logPaths(realFileSystem, path, join(dirname(path), "home"));
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
      const paths = pathsOf(path);
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

/** The entry of a decision. */
function decided(
  { kind, agent, session, trace, amount, counters, label, ttl }: Omit<Step, "of" | "later">,
  now: number,
  ledger: FileLedger,
): EntryDraft {
  return {
    event: "authorize_action",
    timestamp: text(now),
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
}

async function write(ledger: FileLedger, steps: readonly Step[]): Promise<number> {
  let now = T0;
  const reserved: { readonly id: string; readonly entry: EntryDraft }[] = [];
  for (const { kind, of, agent, session, trace, amount, counters, label, later, ttl } of steps) {
    now += later * 1000;
    const timestamp = text(now);
    const earlier = reserved[of % Math.max(1, reserved.length)];
    if (kind === "reserve" || kind === "deny") {
      const entry = decided({ kind, agent, session, trace, amount, counters, label, ttl }, now, ledger);
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

/** The log's own files, as the store is given them, with limits so small that everything is dropped all the time. */
function smallStore(here: Place, ledger: FileLedger, index: LogIndex, limits: StateLimits): StateStore {
  const bytes = (): Buffer => readFileSync(here.path);
  const entryAt = ({ offset, length, hash }: EntryPosition): LedgerEntry => {
    const entry = parseEntry(bytes().toString("utf8", offset, offset + length));
    assert.equal(entry.entry_hash, hash);
    return entry;
  };
  const end = (): ChainPoint => {
    const { length } = bytes();
    return length === 0
      ? LOG_START
      : { segment: 1, offset: length, hash: bytes().toString("latin1", length - 67, length - 3) };
  };
  const open = (): OpenSegment => {
    const fd = openSync(here.path, "r");
    return { fd, close: () => closeSync(fd) };
  };
  return new StateStore(
    {
      index,
      end,
      bytesAfter: (point) => end().offset - point.offset,
      lines: (from, to, visit) => scanChain({ fs: realFileSystem, open }, from, to, visit),
      entriesAt: (positions) => positions.map(entryAt),
      resourceKey: (name) => ledger.resourceKey(name),
    },
    limits,
  );
}

const small: fc.Arbitrary<StateLimits> = fc.record({
  rows: fc.integer({ min: 1, max: 30 }),
  counters: fc.integer({ min: 1, max: 4 }),
  tagParts: fc.integer({ min: 1, max: 3 }),
  gapBytes: fc.constantFrom(0, 600, 3000, 1_000_000),
  tailRows: fc.integer({ min: 1, max: 20 }),
});

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

test("however little is kept in memory, and however far the index has come, the answers are the same", async () => {
  const steps = fc.array(step, { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(steps, steps, small, fc.boolean(), async (first, second, limits, indexed) => {
      const here = place(null);
      const ledger = await here.open();
      await write(ledger, first);
      const paths = pathsOf(here.path);
      const index = indexed ? new SqliteLogIndex(realFileSystem, paths, ledger.log_id, () => 1) : noIndex;
      if (indexed) {
        // The head that the index goes by is written when the log is closed.
        await ledger.close();
        here.index();
      }
      const writer = indexed ? await here.open() : ledger;
      const store = smallStore(here, writer, index, limits);
      const expected = truth(here.entries(), (name) => writer.resourceKey(name));
      for (const query of queries()) assert.deepEqual(store.answer(query, T0), expected(query, T0));
      let known = here.entries().length;
      for (const step of second) {
        await write(writer, [step]);
        let offset = 0;
        for (const [at, line] of readFileSync(here.path, "utf8").split("\n").slice(0, -1).entries()) {
          const position = { segment: 1, offset, length: Buffer.byteLength(line), hash: line.slice(-66, -2) };
          offset += position.length + 1;
          if (at >= known) store.learnLine(Buffer.from(line), position);
        }
        known = here.entries().length;
      }
      const later = truth(here.entries(), (name) => writer.resourceKey(name));
      for (const query of queries().slice(0, 12)) assert.deepEqual(store.answer(query, T0), later(query, T0));
      await index.close();
      await writer.close();
      rmSync(here.path.replace(/\/[^/]*$/, ""), { recursive: true });
    }),
    { numRuns: Number(process.env["RUNS"] ?? 6) },
  );
});

const RESERVE: Step = {
  kind: "reserve",
  of: 0,
  agent: 0,
  session: 0,
  trace: null,
  amount: 100,
  counters: ["spend"],
  label: true,
  later: 1,
  ttl: 300,
};

const SPEND: StateQuery = {
  counters: [{ counter: "spend", scope: "agent", key: '["agent","AVID-0"]', window_ms: 24 * HOUR }],
  marks: [],
  labels: '["session",null,"s0"]',
  resources: [{ path: "/a", within: true }],
};

const used = (ledger: FileLedger): unknown => {
  const { counters, labels, resources } = ledger.state(SPEND, T0);
  return [counters["spend"]?.used, labels, resources];
};

const DECIDED: readonly string[] = ["reserve", "deny"];

test("inside a batch the state is that of a book that learned the batch's earlier entries too", async () => {
  const limits = { rows: 1000, counters: 100, tagParts: 100, gapBytes: 1_000_000, tailRows: 1000 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.array(step, { maxLength: 12 }), async (first, batch) => {
      const here = place(null);
      const ledger = await here.open();
      let now = await write(ledger, first);
      const store = smallStore(here, ledger, noIndex, limits);
      // Whoever decides has asked before.
      store.answer(SPEND, now);
      const pending = new PendingState(store);
      const learned: JsonObject[] = [...here.entries()];
      for (const [number, next] of batch.entries()) {
        now += next.later * 1000;
        const entry_hash = String(number).padStart(64, "0");
        const entry = DECIDED.includes(next.kind)
          ? decided(next, now, ledger)
          : { event: next.kind === "start" ? "tool_start" : "incident", timestamp: text(now) };
        pending.add(entry);
        learned.push({ ...entry, entry_hash });
      }
      const expected = truth(learned, (name) => ledger.resourceKey(name));
      for (const query of queries()) assert.deepEqual(pending.read(query, now), expected(query, now));
      await ledger.close();
      rmSync(here.path.replace(/\/[^/]*$/, ""), { recursive: true });
    }),
    { numRuns: Number(process.env["RUNS"] ?? 12) },
  );
});

test("an index that is lost, broken or of another log changes no answer", async (t) => {
  const here = place(t);
  const first = await here.open();
  await write(
    first,
    Array.from({ length: 300 }, () => RESERVE),
  );
  const right = used(first);
  await first.close();
  here.index();
  const file = pathsOf(here.path).index;
  const other = place(t);
  const stranger = await other.open();
  await write(
    stranger,
    Array.from({ length: 400 }, () => RESERVE),
  );
  await stranger.close();
  other.index();
  const bytes = readFileSync(file);
  for (const broken of [
    bytes,
    null,
    bytes.subarray(0, 5000),
    Buffer.alloc(8192, 7),
    readFileSync(pathsOf(other.path).index),
  ]) {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
    if (broken !== null) writeFileSync(file, broken);
    const ledger = await here.open();
    assert.deepEqual(used(ledger), right);
    await ledger.close();
  }
});

test("erasing whose payloads they were changes no sum", async (t) => {
  const here = place(t);
  const ledger = await here.open();
  await write(ledger, [RESERVE, RESERVE]);
  const before = used(ledger);
  await ledger.erase("AVID-0");
  assert.deepEqual(used(ledger), before);
  const again = await here.open();
  assert.deepEqual(used(again), before);
  await ledger.close();
  await again.close();
});
