import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Approval, VoteVerdict } from "../approvals/vote.ts";
import type { Evaluation } from "../core/decision.ts";
import { NO_SURROUNDINGS } from "../core/effects/surroundings.ts";
import type { Facts } from "../core/facts.ts";
import type { Finding } from "../core/finding.ts";
import { didKeyOf } from "../identity/public-key.ts";
import { CanopyError, type ErrorCode } from "../core/errors.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { attest, openResultHash } from "./attest.ts";
import { begin, type ExecutionParts } from "./begin.ts";
import { openIncident } from "./incident.ts";
import { approvalRequest, reauthorize, skipApproval, waitForApproval, type ApprovalParts } from "./reauthorize.ts";
import { openSigner } from "./signer.ts";
import { signVote } from "./sign-vote.ts";
import { openFileLedger, type FileLedger } from "../storage/file-ledger.ts";
import type { LedgerEntry } from "../ledger/ports.ts";

const DIGEST = `sha256:${"d".repeat(64)}`;
const SALT = "5a".repeat(32);
const T0 = Date.parse("2026-01-01T00:00:00Z");
const FACTS: Facts = { now_ms: T0, kill_switch: null, surroundings: NO_SURROUNDINGS };

interface World {
  readonly ledger: FileLedger;
  readonly parts: ExecutionParts;
  readonly id: string;
  readonly setClock: (ms: number) => void;
  /** What stands in the log's file, line by line. */
  readonly entries: () => readonly LedgerEntry[];
  /** The same log, opened once more, as by another process. */
  readonly reopen: () => Promise<FileLedger>;
}

/** A log in a folder of its own, with one recorded decision. */
async function world(
  t: TestContext,
  decision = "ALLOW",
  more: JsonObject = {},
  findings: JsonValue = [],
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-execution-"));
  const path = join(folder, "audit.log");
  const home = join(folder, "home");
  let now = T0;
  const clock = { now: () => now };
  const ledgers: FileLedger[] = [];
  const open = async (): Promise<FileLedger> => {
    const signer = openSigner(home);
    const opened = await openFileLedger({ path, home, signer, clock, durability: "none", index: false });
    ledgers.push(opened);
    return opened;
  };
  t.after(async () => {
    for (const opened of ledgers) await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const ledger = await open();
  const { entry } = await ledger.append({
    entry: {
      event: "authorize_action",
      timestamp: "2026-01-01T00:00:00Z",
      avid: "AVID-1",
      action_type: "execute_shell",
      decision,
      trace_id: "t-1",
      payload_commitment: "c",
      expires_at: "2026-01-01T00:05:00.000Z",
      ...more,
    },
    record: {
      subject: "AVID-1",
      content: {
        salt: SALT,
        action_digest: DIGEST,
        action_type: "execute_shell",
        action_payload: { command: "ls" },
        cwd: null,
        agent_ctx: { public_key: "k" },
        findings,
      },
    },
  });
  return {
    ledger,
    parts: { ledger, clock, key_id: "k-1", executor_id: "x-1" },
    id: entry.entry_hash,
    setClock: (ms) => (now = ms),
    entries: () => readLog(path),
    reopen: open,
  };
}

function readLog(path: string): readonly LedgerEntry[] {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line): LedgerEntry => JSON.parse(line));
}

async function refused(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof CanopyError && error.code === code);
}

test("an allowed action begins once and its result is attested once", async (t) => {
  const { parts, id, entries } = await world(t);
  const begun = await begin(id, DIGEST, parts);
  await attest(id, { ok: true, result: { files: ["a"] } }, parts);
  assert.deepEqual(
    entries().map(({ event }) => event),
    ["authorize_action", "tool_start", "tool_result"],
  );
  const [, start, result] = entries();
  assert.equal(start?.entry_hash, begun.start_id);
  for (const entry of [start, result]) {
    assert.equal(entry?.["authorization_id"], id);
    assert.equal(entry?.["payload_commitment"], "c");
    assert.equal(entry?.["trace_id"], "t-1");
  }
  assert.equal(result?.["ok"], true);
  await refused(begin(id, DIGEST, parts), "ALREADY_EXECUTED");
  await refused(attest(id, { ok: false, error: new Error("late") }, parts), "ALREADY_EXECUTED");
  assert.equal(entries().length, 3);
});

test("of many callers that begin at once exactly one wins", async (t) => {
  const { parts, id, entries } = await world(t);
  const outcomes = await Promise.allSettled(Array.from({ length: 50 }, async () => begin(id, DIGEST, parts)));
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  assert.equal(entries().filter(({ event }) => event === "tool_start").length, 1);
});

test("another digest than the decided one never begins", async (t) => {
  const { parts, id, entries } = await world(t);
  for (const digest of [`sha256:${"e".repeat(64)}`, DIGEST.toUpperCase(), "", undefined, null, { digest: DIGEST }]) {
    await refused(begin(id, digest, parts), "DIGEST_MISMATCH");
  }
  assert.equal(entries().length, 1);
});

test("an ALLOW past its time, or under a clock behind the log, never begins", async (t) => {
  const { parts, id, setClock } = await world(t);
  setClock(T0 + 300_000);
  await refused(begin(id, DIGEST, parts), "EXPIRED");
  setClock(T0 - 3_600_000);
  await refused(begin(id, DIGEST, parts), "EXPIRED");
  setClock(T0 + 299_999);
  await begin(id, DIGEST, parts);
});

test("a clock set back does not revive an ALLOW once anything later is in the log", async (t) => {
  const { ledger, parts, id, setClock } = await world(t);
  await ledger.append({ entry: { event: "incident_event", timestamp: "2026-01-01T00:06:00Z" } });
  setClock(T0 + 60_000);
  await refused(begin(id, DIGEST, parts), "EXPIRED");
});

test("an id that is not exactly a recorded decision's is unknown", async (t) => {
  const { parts, id } = await world(t);
  for (const bad of ["%", "", `${id} `, id.toUpperCase(), "f".repeat(64), 1, null, [id]]) {
    await refused(begin(bad, DIGEST, parts), "UNKNOWN_AUTHORIZATION");
    await refused(attest(bad, { ok: true }, parts), "UNKNOWN_AUTHORIZATION");
  }
});

test("what was denied, waits for approval, or lost its record never begins", async (t) => {
  const denied = await world(t, "DENY");
  await refused(begin(denied.id, DIGEST, denied.parts), "NOT_ALLOWED");
  const asked = await world(t, "REQUIRE_APPROVAL", { approval_expires_at: "2026-01-01T01:00:00.000Z" });
  await refused(begin(asked.id, DIGEST, asked.parts), "APPROVAL_REQUIRED");
  const erased = await world(t);
  await erased.ledger.erase("AVID-1");
  await refused(begin(erased.id, DIGEST, erased.parts), "NOT_ALLOWED");
});

test("a kill switch that is engaged after the decision stops the start, in its scope only", async (t) => {
  const engaged: readonly (readonly [JsonObject, boolean])[] = [
    [{ scope: "all" }, true],
    [{ scope: "agent:AVID-1" }, true],
    [{ scope: "agent:AVID-2" }, false],
    [{ scope: "tenant:t-1" }, true],
    [{ scope: "tenant:t-2" }, false],
    [{ scope: "galaxy" }, true],
    [{}, true],
  ];
  for (const [members, stops] of engaged) {
    const { ledger, parts, id } = await world(t, "ALLOW", { tenant_id: "t-1" });
    await ledger.append({ entry: { event: "kill_switch", timestamp: "2026-01-01T00:00:00Z", ...members } });
    if (stops) await refused(begin(id, DIGEST, parts), "KILL_SWITCH");
    else await begin(id, DIGEST, parts);
  }
});

test("a result without a start is refused", async (t) => {
  const { parts, id } = await world(t);
  await refused(attest(id, { ok: true, result: 1 }, parts), "NOT_ALLOWED");
});

test("the log holds a salted hash of the result and the class of an error, never their text", async (t) => {
  const secret = "the secret result";
  const ok = await world(t);
  await begin(ok.id, DIGEST, ok.parts);
  await attest(ok.id, { ok: true, result: secret }, ok.parts);
  const entry = ok.entries().at(-1);
  const head = Buffer.alloc(9, "j");
  const text = Buffer.from(JSON.stringify(secret));
  head.writeBigUInt64BE(BigInt(text.length), 1);
  const expected = createHmac("sha256", Buffer.from(SALT, "hex"))
    .update("canopy-result-v1\0")
    .update(head)
    .update(text);
  assert.equal(entry?.["result_hash"], expected.digest("hex"));
  assert.ok(!JSON.stringify(ok.entries()).includes("secret"));

  const failed = await world(t);
  await begin(failed.id, DIGEST, failed.parts);
  await attest(failed.id, { ok: false, error: new RangeError("the secret path") }, failed.parts);
  const failure = failed.entries().at(-1);
  assert.equal(failure?.["error"], "RangeError");
  assert.ok(!JSON.stringify(failed.entries()).includes("secret"));
  assert.deepEqual(await failed.ledger.readRecord(failure?.entry_hash ?? ""), { error: "RangeError: the secret path" });
});

test("any result at all can be attested, and different results have different hashes", async (t) => {
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  const throwing = {
    toJSON() {
      throw new Error("no");
    },
  };
  const results: readonly unknown[] = [
    undefined,
    null,
    "",
    "null",
    0,
    {},
    [],
    Buffer.from("null"),
    new Date(0),
    "lone \ud800",
    () => 1,
    cyclic,
    throwing,
    10n,
    new Map([[1, 2]]),
    Number.NaN,
  ];
  const hashes: unknown[] = [];
  for (const result of results) {
    const { parts, id, entries } = await world(t);
    await begin(id, DIGEST, parts);
    await attest(id, { ok: true, result }, parts);
    hashes.push(entries().at(-1)?.["result_hash"]);
  }
  // A function, a cycle, a throwing toJSON and a big integer have no text; a map and {} have the same.
  assert.equal(new Set(hashes).size, results.length - 3);
  const hostile = Object.defineProperty(new Error("x"), "message", {
    get() {
      throw new Error("hostile");
    },
  });
  for (const error of [
    hostile,
    "text",
    undefined,
    Object.assign(new Error("m"), { name: "a b\u001b[0m" }),
    Object.assign(new Error("m"), { name: Symbol("s") }),
  ]) {
    const { parts, id, entries } = await world(t);
    await begin(id, DIGEST, parts);
    await attest(id, { ok: false, error }, parts);
    assert.match(JSON.stringify(entries().at(-1)?.["error"]), /^"[A-Za-z]+"$/);
  }
});

test("a stream's hash tells how it was cut into parts and whether it ended", async (t) => {
  const digests = new Set<string>();
  const { parts, id } = await world(t);
  for (const chunks of [[], ["ab"], ["a", "b"], ["a", "b", ""], [Buffer.from("ab")]]) {
    const hash = await openResultHash(parts.ledger, id);
    for (const chunk of chunks) hash.add(chunk);
    digests.add(hash.digest("stream"));
  }
  assert.equal(digests.size, 5);
});

test("incidents with the same text are different incidents", async (t) => {
  const { parts, entries } = await world(t);
  const incidentParts = { ...parts, randomness: { bytes: (count: number) => randomBytes(count) } };
  const report = { trace_id: "t|1", agent_avid: "AVID-1", description: "same", reporter: "alice" };
  const first = await openIncident(report, incidentParts);
  const second = await openIncident(report, incidentParts);
  assert.notEqual(first.incident_id, second.incident_id);
  assert.match(first.incident_id, /^inc-[0-9a-f]{24}$/);
  assert.equal(entries().at(-1)?.["description"], "same");
  await refused(openIncident({ ...report, description: " " }, incidentParts), "INVALID_REQUEST");
  await refused(openIncident({ ...report, related_authorization_ids: ["x"] }, incidentParts), "INVALID_REQUEST");
});

// ── approvals ──

const ASK: Finding = {
  layer: "civil_code",
  rule_ref: "Title I",
  decision: "REQUIRE_APPROVAL",
  severity: "medium",
  reason: "a message asks",
};

function evaluation(change: Partial<Evaluation> = {}): Evaluation {
  return {
    decision: "REQUIRE_APPROVAL",
    reason: "a message asks",
    severity: "medium",
    deciding_layer: "civil_code",
    rule_ref: "Title I",
    layers: { constitution: "pass", civil_code: "blocked (Title I)", firewall: "pass", policy: "pass" },
    findings: [ASK],
    override_possible: true,
    override_key: "autonomous_mode",
    avid: "AVID-1",
    identity: "asserted",
    trace_id: "t-1",
    action_type: "execute_shell",
    verb: "exec",
    action_digest: DIGEST,
    effects: [],
    obligations: [],
    approval: null,
    policy_snapshot: {
      policy_file: null,
      policy_hash: "sha256:p",
      policy_source: "default",
      rules_hash: "sha256:r",
      engine_version: "0",
    },
    ...change,
  };
}

interface AskedWorld extends World {
  readonly approvals: ApprovalParts;
  readonly vote: (
    verdict?: VoteVerdict,
    more?: { readonly home?: string; readonly ttlMs?: number; readonly log_id?: string },
  ) => Approval;
  readonly setEvaluation: (next: Evaluation) => void;
  readonly events: () => readonly string[];
}

async function askedWorld(t: TestContext, required = 1): Promise<AskedWorld> {
  const home = mkdtempSync(join(tmpdir(), "canopy-approvals-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const until = { approval_expires_at: "2026-01-01T01:00:00.000Z" };
  const base = await world(t, "REQUIRE_APPROVAL", until, [{ ...ASK }]);
  const { ledger, parts, id, entries } = base;
  let current = evaluation();
  const other = join(home, "other");
  const approvers = [didKeyOf(openSigner(other, "approver").public_key)];
  const { clock } = parts;
  return {
    ...base,
    approvals: {
      ...parts,
      home,
      approvers,
      approvals_required: required,
      approver_settings: { approver_names: {}, approver_roles: {} },
      allow_ttl_ms: 300_000,
      reevaluate: () =>
        Promise.resolve({ evaluation: current, facts: FACTS, query: null, again: () => ({ evaluation: current }) }),
    },
    vote: (verdict = "APPROVED", more = {}) => {
      const request = { log_id: more.log_id ?? ledger.log_id, authorization_id: id, action_digest: DIGEST };
      return { votes: [signVote(request, verdict, { home, clock, approver: "alice", ...more })] };
    },
    setEvaluation: (next) => (current = next),
    events: () => entries().map(({ event }) => event),
  };
}

const DELTAS = [
  { counter: "daily-spend", amount: "9.99" },
  { mark: "paid" },
  { label: "secret", resource: "ab", within: ["cd"] },
];

test("a start spends what its permission has reserved of counters, and nothing when it reserved nothing", async (t) => {
  const { parts, id, entries } = await world(t, "ALLOW", { counter_deltas: DELTAS });
  await begin(id, DIGEST, parts);
  assert.deepEqual(entries()[1]?.["counter_deltas"], [{ counter: "daily-spend", amount: "9.99" }]);
  const other = await world(t);
  await begin(other.id, DIGEST, other.parts);
  assert.equal(other.entries()[1]?.["counter_deltas"], undefined);
});

test("an approval reserves when it is turned into permission, and its start spends that", async (t) => {
  const { approvals, parts, id, vote, setEvaluation, entries } = await askedWorld(t);
  setEvaluation(
    evaluation({
      counter_deltas: [
        { counter: "daily-spend", amount: "7" },
        { label: "secret", path: "/x/y" },
      ],
    }),
  );
  const decision = await reauthorize(id, vote(), approvals);
  assert.equal(decision.decision, "ALLOW");
  await begin(id, DIGEST, parts);
  const deltas = entries().map((entry) => entry["counter_deltas"] ?? null);
  const keys = [
    approvals.ledger.resourceKey("fs:/x/y"),
    ["in:/x", "in:/"].map((name) => approvals.ledger.resourceKey(name)),
  ];
  const [resource, within] = keys;
  assert.deepEqual(deltas, [
    null,
    null,
    [
      { counter: "daily-spend", amount: "7" },
      { label: "secret", resource, within },
    ],
    [{ counter: "daily-spend", amount: "7" }],
  ]);
});

test("an approval turns the request into an ALLOW with a fresh time, which begins once", async (t) => {
  const { approvals, parts, id, vote, events, setClock } = await askedWorld(t);
  setClock(T0 + 1_800_000);
  const decision = await reauthorize(id, vote(), approvals);
  assert.equal(decision.decision, "ALLOW");
  assert.equal(decision.authorization_id, id);
  assert.equal(decision.reason, "approved by alice");
  assert.equal(decision.expires_at, "2026-01-01T00:35:00.000Z");
  assert.deepEqual(events(), ["authorize_action", "approval_granted", "reauthorized"]);
  setClock(T0 + 1_800_000 + 299_999);
  await begin(id, DIGEST, parts);
  await refused(begin(id, DIGEST, parts), "ALREADY_EXECUTED");
});

test("an approval of one action never lets another one begin", async (t) => {
  const { approvals, parts, id, vote } = await askedWorld(t);
  await reauthorize(id, vote(), approvals);
  await refused(begin(id, `sha256:${"e".repeat(64)}`, parts), "DIGEST_MISMATCH");
});

test("an approval is used once", async (t) => {
  const { approvals, id, vote, events } = await askedWorld(t);
  const approval = vote();
  await reauthorize(id, approval, approvals);
  await refused(reauthorize(id, approval, approvals), "APPROVAL_REFUSED");
  await refused(reauthorize(id, vote(), approvals), "APPROVAL_REFUSED");
  await refused(reauthorize(id, vote("REJECTED"), approvals), "APPROVAL_REFUSED");
  assert.equal(events().length, 3);
});

test("of many answers at once exactly one counts", async (t) => {
  const { approvals, id, vote, events } = await askedWorld(t);
  const same = vote();
  const answers = Array.from({ length: 20 }, (_, index) => {
    if (index % 4 === 0) return same;
    return vote(index % 2 === 0 ? "APPROVED" : "REJECTED");
  });
  const outcomes = await Promise.allSettled(answers.map(async (answer) => reauthorize(id, answer, approvals)));
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  assert.equal(events().filter((event) => event.startsWith("approval_")).length, 1);
});

test("a rejection is recorded, final, and comes back as DENY", async (t) => {
  const { approvals, parts, id, vote, events } = await askedWorld(t);
  const decision = await reauthorize(id, vote("REJECTED"), approvals);
  assert.equal(decision.decision, "DENY");
  assert.equal(decision.reason, "rejected by alice");
  assert.deepEqual(events(), ["authorize_action", "approval_rejected"]);
  await refused(reauthorize(id, vote(), approvals), "APPROVAL_REFUSED");
  await refused(begin(id, DIGEST, parts), "NOT_ALLOWED");
});

test("what is denied by now stays denied, with the approval on record", async (t) => {
  const { approvals, parts, id, vote, setEvaluation, events } = await askedWorld(t);
  const deny: Finding = { ...ASK, layer: "constitution", rule_ref: "Art.7", decision: "DENY", reason: "kill switch" };
  setEvaluation(evaluation({ decision: "DENY", findings: [deny, ASK], rule_ref: "Art.7", reason: "kill switch" }));
  const decision = await reauthorize(id, vote(), approvals);
  assert.equal(decision.decision, "DENY");
  assert.equal(decision.expires_at, null);
  assert.deepEqual(events(), ["authorize_action", "approval_granted", "reauthorized"]);
  await refused(begin(id, DIGEST, parts), "NOT_ALLOWED");
});

test("an approval covers what was asked then, not what another policy asks now", async (t) => {
  const { approvals, id, vote, setEvaluation, events } = await askedWorld(t);
  setEvaluation(evaluation({ findings: [ASK, { ...ASK, layer: "policy", rule_ref: "policy:new" }] }));
  await refused(reauthorize(id, vote(), approvals), "APPROVAL_REFUSED");
  assert.deepEqual(events(), ["authorize_action"]);
  setEvaluation(evaluation({ findings: [{ ...ASK, evidence: ["/elsewhere"] }] }));
  await refused(reauthorize(id, vote(), approvals), "APPROVAL_REFUSED");
  setEvaluation(evaluation({ action_digest: `sha256:${"e".repeat(64)}` }));
  await refused(reauthorize(id, vote(), approvals), "DIGEST_MISMATCH");
});

test("votes of untrusted keys, forged, late or for another log count for nothing", async (t) => {
  const { approvals, id, vote, setClock, events } = await askedWorld(t);
  await refused(
    reauthorize(id, vote("APPROVED", { home: join(approvals.home, "stranger") }), approvals),
    "APPROVAL_REFUSED",
  );
  await refused(reauthorize(id, true, approvals), "APPROVAL_REFUSED");
  await refused(reauthorize(id, { votes: [] }, approvals), "APPROVAL_REFUSED");
  const [good] = vote().votes;
  await refused(reauthorize(id, { votes: [good?.vote] }, approvals), "APPROVAL_REFUSED");
  await refused(reauthorize(id, vote("APPROVED", { log_id: "log-2" }), approvals), "APPROVAL_REFUSED");
  const soon = vote("APPROVED", { ttlMs: 1000 });
  setClock(T0 + 1000);
  await refused(reauthorize(id, soon, approvals), "EXPIRED");
  setClock(T0 + 3_600_000);
  await refused(reauthorize(id, vote(), approvals), "EXPIRED");
  assert.deepEqual(events(), ["authorize_action"]);
});

test("a quorum needs distinct keys", async (t) => {
  const { approvals, id, vote } = await askedWorld(t, 2);
  const mine = vote().votes;
  await refused(reauthorize(id, { votes: [...mine, ...vote().votes] }, approvals), "APPROVAL_REFUSED");
  const both = { votes: [...mine, ...vote("APPROVED", { home: join(approvals.home, "other") }).votes] };
  assert.equal((await reauthorize(id, both, approvals)).decision, "ALLOW");
});

test("an approval whose process died after it was recorded can be handed over again", async (t) => {
  const { approvals, id, vote, events, reopen } = await askedWorld(t);
  const approval = vote();
  const dying = (): number => {
    if (events().includes("approval_granted")) throw new Error("this process dies here");
    return T0;
  };
  await assert.rejects(reauthorize(id, approval, { ...approvals, clock: { now: dying } }), /dies here/);
  assert.deepEqual(events(), ["authorize_action", "approval_granted"]);
  const next = { ...approvals, ledger: await reopen() };
  await refused(reauthorize(id, vote(), next), "APPROVAL_REFUSED");
  assert.equal((await reauthorize(id, approval, next)).decision, "ALLOW");
  assert.deepEqual(events(), ["authorize_action", "approval_granted", "reauthorized"]);
});

test("an ALLOW and a DENY take no approval, and a skipped call is over", async (t) => {
  const { approvals, id, vote, parts } = await askedWorld(t);
  for (const decision of ["ALLOW", "DENY"]) {
    const other = await world(t, decision);
    const request = { log_id: other.ledger.log_id, authorization_id: other.id, action_digest: DIGEST };
    const votes = [signVote(request, "APPROVED", { home: approvals.home, clock: parts.clock })];
    await refused(reauthorize(other.id, { votes }, { ...approvals, ...other.parts }), "APPROVAL_REFUSED");
  }
  await skipApproval(id, approvals);
  await refused(skipApproval(id, approvals), "APPROVAL_REFUSED");
  await refused(reauthorize(id, vote(), approvals), "APPROVAL_REFUSED");
  await refused(approvalRequest(id, approvals), "APPROVAL_REFUSED");
});

test("the log tells who approved, and nothing of the digest or the payload", async (t) => {
  const { approvals, id, vote, entries } = await askedWorld(t);
  await reauthorize(id, vote(), approvals);
  const text = JSON.stringify(entries());
  assert.ok(!text.includes(DIGEST) && !text.includes('"ls"'));
  const granted = entries().find(({ event }) => event === "approval_granted");
  assert.deepEqual(granted?.["approvers"], [
    { approver: "alice", key_id: openSigner(approvals.home, "approver").key_id },
  ]);
  assert.equal(granted?.["payload_commitment"], "c");
});

test("a request shows the recorded action, and waiting ends when somebody answers, in time or not at all", async (t) => {
  const { approvals, id, vote, setClock } = await askedWorld(t);
  const request = await approvalRequest(id, approvals);
  assert.deepEqual(request.action_payload, { command: "ls" });
  assert.equal(request.action_digest, DIGEST);
  assert.equal(await waitForApproval(id, { timeoutMs: 10 }, approvals), "pending");
  assert.equal(await waitForApproval(id, { signal: AbortSignal.abort() }, approvals), "pending");
  const waiting = waitForApproval(id, {}, approvals);
  await reauthorize(id, vote(), approvals);
  assert.equal(await waiting, "allowed");
  const late = await askedWorld(t);
  setClock(T0);
  late.setClock(T0 + 3_600_000);
  assert.equal(await waitForApproval(late.id, {}, late.approvals), "pending");
});
