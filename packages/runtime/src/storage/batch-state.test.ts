import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../core/errors.ts";
import { scopeKeysOf } from "../core/policy/state/scope.ts";
import { StateBook } from "../core/policy/state/state-book.ts";
import type { StateFacts, StateQuery } from "../core/policy/state/state-facts.ts";
import type { AppendContent, AppendReceipt, LedgerEntry, Signer } from "../ledger/ports.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };
const NOW = Date.parse("2026-01-01T00:00:00Z");
const WHO = { avid: "AVID-1", session_id: null, trace_id: null, tenant_id: null };

const QUERY: StateQuery = {
  counters: [{ counter: "spend", scope: "agent", key: scopeKeysOf(WHO).agent, window_ms: 3_600_000 }],
  marks: [],
  labels: scopeKeysOf(WHO).session,
  resources: [],
};

function place(t: TestContext): { readonly path: string; readonly open: () => Promise<FileLedger> } {
  const folder = mkdtempSync(join(tmpdir(), "canopy-batch-state-"));
  const path = join(folder, "audit.log");
  const opened: FileLedger[] = [];
  t.after(async () => {
    for (const ledger of opened) await ledger.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const open = async (): Promise<FileLedger> => {
    const ledger = await openFileLedger({ path, home: join(folder, "home"), signer, clock: { now: () => NOW } });
    opened.push(ledger);
    return ledger;
  };
  return { path, open };
}

function lines(path: string): readonly LedgerEntry[] {
  const texts = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return texts.map((line): LedgerEntry => JSON.parse(line));
}

/** Allowed while less than `limit` is used; says in its record and in `n` what it was judged by. */
function content(used: number, limit: number): AppendContent {
  const entry = {
    event: "authorize_action",
    timestamp: "2026-01-01T00:00:00Z",
    avid: "AVID-1",
    expires_at: "2026-01-01T00:05:00.000Z",
    used,
    ...(used < limit
      ? { decision: "ALLOW", counter_deltas: [{ counter: "spend", amount: "1" }, { label: "busy" }] }
      : { decision: "DENY" }),
  };
  return { entry, record: { subject: "AVID-1", content: { used } } };
}

function usedIn({ counters }: StateFacts): number {
  return Number(counters["spend"]?.used);
}

function ask(ledger: FileLedger, limit: number): Promise<AppendReceipt> {
  let used = usedIn(ledger.state(QUERY, NOW));
  return ledger.append({
    ...content(used, limit),
    renew: (state) => {
      const now = usedIn(state(QUERY, NOW));
      if (now === used) return null;
      used = now;
      return content(used, limit);
    },
  });
}

test("of many callers of several writers, as many pass as the budget allows, each judged by what was before it", async (t) => {
  const { path, open } = place(t);
  const writers = [await open(), await open(), await open()];
  const receipts = await Promise.all(Array.from({ length: 120 }, (_, n) => ask(writers[n % 3] ?? assert.fail(), 50)));
  assert.equal(receipts.filter(({ entry }) => entry["decision"] === "ALLOW").length, 50);
  const book = new StateBook({ longest_window_ms: null });
  for (const entry of lines(path)) {
    if (entry.event !== "authorize_action") continue;
    const facts = book.answer(QUERY, NOW, () => "");
    assert.equal(entry["used"], usedIn(facts));
    book.learn(entry);
    // What is kept beside the entry is what the entry says.
    assert.deepEqual(await writers[0]?.readRecord(entry.entry_hash), { used: entry["used"] });
  }
  assert.deepEqual(writers[1]?.state(QUERY, NOW).labels, ["busy"]);
});

test("an append whose guard refuses reserves nothing for those behind it in its batch", async (t) => {
  const { open } = place(t);
  const ledger = await open();
  const refused = { authorization_id: "a".repeat(64), check: (): never => assert.fail("refused") };
  const receipts = await Promise.allSettled([
    ask(ledger, 1),
    ledger.append({ ...content(0, 1), guard: refused, renew: () => null }),
    ask(ledger, 2),
    ask(ledger, 2),
  ]);
  const decisions = receipts.map((result) => (result.status === "fulfilled" ? result.value.entry["decision"] : "none"));
  assert.deepEqual(decisions, ["ALLOW", "none", "ALLOW", "DENY"]);
});

test("a renewal that throws refuses its append alone", async (t) => {
  const { open } = place(t);
  const ledger = await open();
  const problem = new CanopyError("APPROVAL_REFUSED", "asked anew");
  const results = await Promise.allSettled([
    ask(ledger, 2),
    ledger.append({
      ...content(0, 2),
      renew: () => {
        throw problem;
      },
    }),
    ask(ledger, 2),
  ]);
  assert.deepEqual(
    results.map((result) => (result.status === "fulfilled" ? result.value.entry["used"] : result.reason)),
    [0, problem, 1],
  );
});

test("what failed is given back before the next of the same moment is judged", async (t) => {
  const { open } = place(t);
  const ledger = await open();
  const { entry } = await ask(ledger, 1);
  const follow = { timestamp: "2026-01-01T00:00:00Z", avid: "AVID-1", authorization_id: entry.entry_hash };
  const counter_deltas = entry["counter_deltas"] ?? [];
  await ledger.append({ entry: { ...follow, event: "tool_start", counter_deltas } });
  const [denied, , allowed] = await Promise.all([
    ask(ledger, 1),
    ledger.append({ entry: { ...follow, event: "tool_result", outcome: "error" } }),
    ask(ledger, 1),
  ]);
  assert.deepEqual([denied.entry["decision"], allowed.entry["decision"]], ["DENY", "ALLOW"]);
});

test("what a batch that could not be written would have reserved is not reserved", async (t) => {
  const { path, open } = place(t);
  const ledger = await open();
  await ask(ledger, 1);
  const before = lines(path).length;
  const tooLong = ledger.append({ ...content(0, 9), renew: () => ({ entry: { ...content(0, 9).entry, x: 0.5 } }) });
  const results = await Promise.allSettled([tooLong, ask(ledger, 2)]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["rejected", "fulfilled"],
  );
  assert.equal(ledger.state(QUERY, NOW).counters["spend"]?.used, "2");
  assert.equal(lines(path).length, before + 1);
});

function refuse(): never {
  throw new CanopyError("EXPIRED", "refused by the state");
}

test("an append that its renewal refuses is not written, wherever it stands in its batch", async (t) => {
  const { path, open } = place(t);
  const ledger = await open();
  const one = (n: number, renew: () => null): Promise<string> =>
    ledger.append({ entry: { event: "incident", timestamp: "2026-01-01T00:00:00Z", n }, renew }).then(
      () => "written",
      () => "refused",
    );
  assert.equal(await one(0, refuse), "refused");
  const answers = await Promise.all([1, 2, 3].map((n) => one(n, n === 3 ? refuse : () => null)));
  assert.deepEqual(answers, ["written", "written", "refused"]);
  assert.deepEqual(
    lines(path).map(({ n }) => n),
    [1, 2],
  );
});
