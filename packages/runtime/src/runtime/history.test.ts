// Budgets, rates, marks and labels with real runtimes, real processes and real crashes.
//
// The other processes run `history-process.fixture.test.ts`.

import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { StateBook } from "../core/policy/state/state-book.ts";
import type { Runtime } from "./create-runtime.ts";
import type { Decision } from "./decision.ts";
import { AGENT, openHistory, pay } from "./history-process.fixture.test.ts";
import { replayLog } from "./replay/index.ts";
import { signVote } from "./sign-vote.ts";

const T0 = Date.parse("2026-03-01T12:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LIMIT = 50;
const OTHER = fileURLToPath(new URL("./history-process.fixture.test.js", import.meta.url));

const POLICY = `
labels:
  - label: secret
    paths: ["secrets/**"]
rules:
  - id: daily-spend
    action_type: spend_money
    budget: {sum: 'spend("USD")', limit: ${LIMIT}, window: 24h, per: agent}
    deny: true
  - id: searches
    action_type: search_web
    rate: {limit: 3, window: 1m, per: session}
    deny: true
  - id: secrets-stay
    actions: any
    when_all: [session has label secret]
    deny_effects: [outgoing]
`;

interface Place {
  readonly folder: string;
  readonly path: string;
  /** A runtime on the log; the clock is the place's. */
  readonly runtime: (more?: JsonObject) => Promise<Runtime>;
  readonly setClock: (ms: number) => void;
  readonly entries: () => readonly JsonObject[];
}

function place(t: TestContext, policy = POLICY): Place {
  const folder = mkdtempSync(join(tmpdir(), "canopy-history-"));
  const path = join(folder, "audit.log");
  writeFileSync(join(folder, "policy.yaml"), policy);
  let now = T0;
  const opened: Runtime[] = [];
  t.after(async () => {
    for (const runtime of opened) await runtime.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    path,
    runtime: async () => {
      const runtime = openHistory(folder, () => now);
      opened.push(runtime);
      await runtime.open();
      return runtime;
    },
    setClock: (ms) => (now = ms),
    entries: () => {
      const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
      // Checkpoints come when their time is there: on a slow machine in between.
      const all = lines.map((line): JsonObject => JSON.parse(line));
      return all.filter(({ event }) => event !== "checkpoint_meta");
    },
  };
}

/** What is left of the budget: the largest payment that would be allowed now. */
function left(runtime: Runtime): number {
  for (let amount = LIMIT; amount > 0; amount -= 1) {
    const payload = { amount, currency: "USD", recipient: "vendor" };
    if (runtime.evaluate(AGENT, "spend_money", payload).decision === "ALLOW") return amount;
  }
  return 0;
}

// ——— the other process

function idOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : assert.fail("no id was told");
}

interface Child {
  readonly process: ChildProcess;
  readonly said: Promise<JsonObject>;
}

function child(role: string, { folder }: Place, now = T0): Child {
  const forked = fork(OTHER, [role, folder, String(now)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const said = new Promise<JsonObject>((resolve, reject) => {
    forked.once("message", (message) => {
      if (typeof message === "string") resolve(JSON.parse(message));
    });
    forked.once("exit", (code, signal) => reject(new Error(`the other process ended with ${code ?? signal}`)));
  });
  return { process: forked, said };
}

async function kill({ process: forked }: Child): Promise<void> {
  const ended = once(forked, "exit");
  forked.kill("SIGKILL");
  await ended;
}

test("many processes of many callers use a budget up, and never exceed it", async (t) => {
  const here = place(t);
  const said = await Promise.all(Array.from({ length: 4 }, () => child("spender", here).said));
  const allowed = said.map((message) => Number(message["allowed"]));
  assert.equal(
    allowed.reduce((sum, count) => sum + count, 0),
    LIMIT,
  );
  // Every decision was recorded with the facts that were true at its place in the log.
  const book = new StateBook({ longest_window_ms: null });
  let used = 0;
  for (const entry of here.entries()) {
    if (entry["event"] === "authorize_action") assert.equal(entry["decision"], used < LIMIT ? "ALLOW" : "DENY");
    if (entry["decision"] === "ALLOW") used += 1;
    book.learn(entry);
  }
  const replay = replayLog(here.path, { home: join(here.folder, "home") });
  let next = await replay.next();
  while (next.done !== true) next = await replay.next();
  const { same, decisions, different } = next.value;
  assert.deepEqual([same, different], [decisions, 0]);
});

test("another process's spending is seen at once, without recording and with", async (t) => {
  const here = place(t);
  const runtime = await here.runtime();
  assert.equal(left(runtime), LIMIT);
  const other = child("reserver", here);
  await other.said;
  assert.equal(left(runtime), LIMIT - 20);
  assert.equal((await pay(runtime, LIMIT - 19)).decision, "DENY");
  assert.equal((await pay(runtime, LIMIT - 20)).decision, "ALLOW");
  await kill(other);
});

test("a process that dies before it begins holds its reservation until that expires", async (t) => {
  const here = place(t);
  const other = child("reserver", here);
  const { authorization_id } = await other.said;
  await kill(other);
  const runtime = await here.runtime();
  assert.equal(left(runtime), LIMIT - 20);
  here.setClock(T0 + 4 * MINUTE);
  assert.equal(left(runtime), LIMIT - 20);
  here.setClock(T0 + 6 * MINUTE);
  assert.equal(left(runtime), LIMIT);
  // What has lapsed can't be begun any more, so it can't be spent behind the budget's back.
  assert.equal((await pay(runtime, LIMIT)).decision, "ALLOW");
  const digest = `sha256:${"0".repeat(64)}`;
  await assert.rejects(runtime.begin(idOf(authorization_id), digest), CanopyError);
});

test("a process that dies after it began has spent, also when its time is over", async (t) => {
  const here = place(t);
  const other = child("beginner", here);
  await other.said;
  await kill(other);
  here.setClock(T0 + 6 * MINUTE);
  const runtime = await here.runtime();
  assert.equal(here.entries().at(-1)?.["outcome"] ?? here.entries().at(-2)?.["outcome"], "unknown");
  assert.equal(left(runtime), LIMIT - 20);
  here.setClock(T0 + 25 * HOUR);
  assert.equal(left(runtime), LIMIT);
});

test("success is spent, an error is given back", async (t) => {
  const here = place(t);
  const runtime = await here.runtime();
  for (const [outcome, rest] of [
    [{ ok: true, result: "paid" }, LIMIT - 10],
    [{ ok: false, error: new Error("card refused") }, LIMIT - 10],
  ] as const) {
    const { authorization_id, action_digest } = await pay(runtime, 10);
    await runtime.begin(authorization_id, action_digest);
    await runtime.attest(authorization_id, outcome);
    assert.equal(left(runtime), rest);
  }
  here.setClock(T0 + HOUR);
  assert.equal(left(await here.runtime()), LIMIT - 10);
});

test("a reservation that is not begun lapses, by an injected clock; one that is begun stands", async (t) => {
  const here = place(t);
  const runtime = await here.runtime();
  const begun = await pay(runtime, 10);
  await pay(runtime, 15);
  await runtime.begin(begun.authorization_id, begun.action_digest);
  assert.equal(left(runtime), LIMIT - 25);
  here.setClock(T0 + 6 * MINUTE);
  assert.equal(left(runtime), LIMIT - 10);
  assert.equal((await pay(runtime, LIMIT - 10)).decision, "ALLOW");
});

test("a clock that is set back frees nothing, also after a restart", async (t) => {
  const here = place(t);
  const runtime = await here.runtime();
  await runtime.openIncident({ trace_id: "t", agent_avid: "AVID-1", description: "the clock was right" });
  here.setClock(T0 - 48 * HOUR);
  const { authorization_id, action_digest, decision } = await pay(runtime, LIMIT);
  assert.equal(decision, "ALLOW");
  await runtime.begin(authorization_id, action_digest);
  for (const ledger of [runtime, await here.runtime()]) {
    assert.equal(left(ledger), 0);
    assert.equal((await pay(ledger, 1)).decision, "DENY");
  }
  here.setClock(T0);
  assert.equal(left(runtime), 0);
});

test("a repeat under an idempotency key reserves once", async (t) => {
  const here = place(t);
  const runtime = await here.runtime();
  const again = { idempotency_key: "order-1" };
  const first = await pay(runtime, 30, again);
  const second = await pay(runtime, 30, again);
  const raced = await Promise.all(Array.from({ length: 6 }, () => pay(runtime, 20, { idempotency_key: "order-2" })));
  assert.equal(first.authorization_id, second.authorization_id);
  assert.deepEqual(new Set(raced.map(({ decision }) => decision)), new Set(["ALLOW"]));
  assert.equal(new Set(raced.map(({ authorization_id }) => authorization_id)).size, 1);
  assert.equal(left(runtime), 0);
});

test("what asks for approval reserves only once it is allowed, and a rate counts attempts", async (t) => {
  const here = place(t, POLICY.replace("deny: true", "require_approval: true"));
  const runtime = await here.runtime();
  const asked = await pay(runtime, LIMIT + 10);
  assert.equal(asked.decision, "REQUIRE_APPROVAL");
  assert.equal(left(runtime), LIMIT);
  for (let n = 0; n < 3; n += 1) {
    const search = await runtime.authorize(AGENT, "search_web", { query: "weather" });
    assert.equal(search.decision, "ALLOW", search.reason);
    await runtime.begin(search.authorization_id, search.action_digest);
    await runtime.attest(search.authorization_id, { ok: false, error: new Error("offline") });
  }
  assert.equal((await runtime.authorize(AGENT, "search_web", { query: "weather" })).decision, "DENY");
  here.setClock(T0 + 61_000);
  assert.equal((await runtime.authorize(AGENT, "search_web", { query: "weather" })).decision, "ALLOW");
});

/** Hands over an approval by the home's own approver. */
async function approve(runtime: Runtime, { folder }: Place, id: string | null): Promise<Decision["decision"]> {
  const { log_id, action_digest } = await runtime.approvalRequest(id);
  const request = { log_id, authorization_id: id ?? "", action_digest };
  const home = join(folder, "home");
  const vote = signVote(request, "APPROVED", { home, clock: { now: () => T0 }, approver: "alice" });
  return (await runtime.reauthorize(id, { votes: [vote] })).decision;
}

test("a budget that asks is the same question whatever was spent meanwhile, and counts what was approved", async (t) => {
  const here = place(t, POLICY.replace("deny: true", "require_approval: true"));
  const runtime = await here.runtime();
  const asked = await pay(runtime, LIMIT + 10);
  await pay(runtime, 20);
  assert.equal(await approve(runtime, here, asked.authorization_id), "ALLOW");
  assert.equal(left(runtime), 0);
  const [decision, granted, reauthorized] = here.entries().filter(({ avid }) => avid === asked.avid && avid !== "");
  assert.deepEqual([decision?.["counter_deltas"], granted?.["decision"]], [undefined, "ALLOW"]);
  assert.equal(reauthorized?.["event"], "approval_granted");
  assert.deepEqual(here.entries().at(-1)?.["counter_deltas"], [{ counter: "daily-spend", amount: "60" }]);
});

test("of several that were approved at once, those run that still fit", async (t) => {
  const asks = `
  - id: for-the-boss
    action_type: spend_money
    when_all: payload.recipient == boss
    require_approval: true
`;
  const here = place(t, `${POLICY}${asks}`);
  const [runtime, other] = [await here.runtime(), await here.runtime()];
  const payload = { amount: 20, currency: "USD", recipient: "boss" };
  const waiting = await Promise.all(Array.from({ length: 4 }, () => runtime.authorize(AGENT, "spend_money", payload)));
  assert.deepEqual(new Set(waiting.map(({ decision }) => decision)), new Set(["REQUIRE_APPROVAL"]));
  const decisions = await Promise.all(
    waiting.map(({ authorization_id }, n) => approve(n % 2 === 0 ? runtime : other, here, authorization_id)),
  );
  assert.deepEqual(decisions.toSorted(), ["ALLOW", "ALLOW", "DENY", "DENY"]);
  assert.equal(left(other), LIMIT - 40);
});

test("a label that one process sets holds in another", async (t) => {
  const here = place(t);
  const runtime = await here.runtime();
  const send = (): Promise<Decision> =>
    runtime.authorize(
      { ...AGENT, communication_channels: ["*"], trusted_domains: ["example.com"] },
      "call_external_api",
      { url: "https://example.com/upload", method: "GET" },
    );
  assert.equal((await send()).decision, "ALLOW");
  const { decision, reason } = await child("reader", here).said;
  assert.deepEqual([decision, reason], ["ALLOW", "nothing in any layer speaks against it"]);
  const stopped = await send();
  assert.equal(stopped.decision, "DENY");
  assert.match(stopped.rule_ref ?? "", /secrets-stay/);
});

test("a decision without a ledger sees an empty history", async (t) => {
  const here = place(t);
  const runtime = await here.runtime();
  await pay(runtime, LIMIT);
  const closed = openHistory(here.folder, () => T0);
  assert.equal(left(closed), LIMIT);
  assert.equal(left(runtime), 0);
});
