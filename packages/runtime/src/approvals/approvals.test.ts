import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { CanopyError, type ErrorCode } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { encodeBase64Url } from "../identity/base64.ts";
import { avidOfKey } from "../identity/identify.ts";
import { keyIdOf } from "../identity/key-id.ts";
import { didKeyOf, parsePublicKey, spkiOf, type PublicKey } from "../identity/public-key.ts";
import {
  checkApproved,
  checkAttest,
  checkBegin,
  checkPending,
  executionState,
  type Moment,
} from "./execution-state.ts";
import { sortableInstant } from "./instant.ts";
import { judgeVotes, type VoteQuestion } from "./judge-votes.ts";
import { parseApproval, voteBytes, type SignedVote, type Vote } from "./vote.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const tools = {
  sha256,
  verifySignature: (key: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean =>
    verify(null, bytes, createPublicKey({ key: Buffer.from(spkiOf(key)), format: "der", type: "spki" }), signature),
};

interface Approver {
  readonly key: PublicKey;
  readonly privateKey: KeyObject;
}

function approver(): Approver {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { key: parsePublicKey(publicKey.export({ format: "pem", type: "spki" }).toString()), privateKey };
}

const alice = approver();
const bob = approver();
const mallory = approver();
const ID = "1".repeat(64);

const question: VoteQuestion = {
  log_id: "log-1",
  authorization_id: ID,
  action_digest: "sha256:aa",
  agent_avid: "AVID-agent",
  trusted: [alice.key, bob.key],
  required: 1,
  now: "2026-01-01T00:10:00.000Z",
};

function vote(by: Approver, change: Partial<Vote> = {}): SignedVote {
  const made: Vote = {
    type: "canopy-vote-v1",
    log_id: "log-1",
    authorization_id: ID,
    action_digest: "sha256:aa",
    verdict: "APPROVED",
    approver: "alice",
    key: didKeyOf(by.key),
    reason: null,
    nonce: "n-1",
    issued_at: "2026-01-01T00:09:00.000Z",
    expires_at: "2026-01-01T00:14:00.000Z",
    ...change,
  };
  return { vote: made, signature: encodeBase64Url(sign(null, voteBytes(made), by.privateKey)) };
}

function refused(act: () => unknown, code: ErrorCode = "APPROVAL_REFUSED"): void {
  assert.throws(act, (error) => error instanceof CanopyError && error.code === code);
}

const judged = (votes: readonly SignedVote[], change: Partial<VoteQuestion> = {}): string =>
  judgeVotes(parseApproval({ votes }), { ...question, ...change }, tools).verdict;

test("a trusted, signed vote for this digest approves, and a rejection rejects", () => {
  assert.equal(judged([vote(alice)]), "APPROVED");
  assert.equal(judged([vote(alice, { verdict: "REJECTED" })]), "REJECTED");
  assert.equal(judged([vote(alice), vote(bob, { verdict: "REJECTED" })]), "REJECTED");
});

test("a vote for another log, authorization or digest is refused", () => {
  refused(() => judged([vote(alice, { log_id: "log-2" })]));
  refused(() => judged([vote(alice, { authorization_id: "2".repeat(64) })]));
  refused(() => judged([vote(alice, { action_digest: "sha256:bb" })]));
  refused(() => judged([vote(alice)], { action_digest: "sha256:bb" }));
});

test("an untrusted key, a foreign signature, no signature, or the agent's own key is refused", () => {
  refused(() => judged([vote(mallory)]));
  refused(() => judged([vote(alice), vote(mallory)]));
  refused(() => judged([{ ...vote(alice), signature: vote(mallory).signature }]));
  refused(() => judged([vote(mallory, { key: didKeyOf(alice.key) })]));
  refused(() => judged([{ ...vote(alice), signature: "" }]));
  refused(() => judged([vote(alice, { key: "alice" })]));
  refused(() => judged([vote(alice)], { agent_avid: avidOfKey(alice.key, sha256) }));
  refused(() => judged([vote(alice, { approver: "AVID-agent" })]));
  refused(() => judged([vote(alice)], { trusted: [] }));
});

test("a vote past its time, or that ends before it begins, is refused", () => {
  refused(() => judged([vote(alice)], { now: "2026-01-01T00:14:00.000Z" }), "EXPIRED");
  refused(() => judged([vote(alice)], { now: "2027-01-01T00:00:00.000Z" }), "EXPIRED");
  refused(() => judged([vote(alice, { issued_at: "2026-01-01T00:14:00.000Z" })]));
  assert.equal(judged([vote(alice)], { now: "2026-01-01T00:13:59.999Z" }), "APPROVED");
});

test("a quorum counts distinct approvers, however often each votes", () => {
  const twice = [vote(alice), vote(alice, { nonce: "n-2", approver: "also alice" })];
  refused(() => judged(twice, { required: 2 }));
  assert.equal(judged([vote(alice), vote(bob)], { required: 2 }), "APPROVED");
  refused(() => judged([vote(alice), vote(bob)], { required: 3 }));
});

test("what is not exactly an approval is refused", () => {
  const good = vote(alice);
  const { reason: _, ...short } = good.vote;
  const bad: readonly unknown[] = [
    null,
    true,
    "APPROVED",
    [],
    {},
    { votes: [] },
    { votes: "all" },
    { votes: [good], approved: true },
    { votes: [good.vote] },
    { votes: [{ ...good, extra: 1 }] },
    { votes: [{ ...good, vote: { ...good.vote, extra: 1 } }] },
    { votes: [{ ...good, vote: short }] },
    { votes: [{ ...good, vote: { ...good.vote, verdict: "MAYBE" } }] },
    { votes: [{ ...good, vote: { ...good.vote, verdict: "approved" } }] },
    { votes: [{ ...good, vote: { ...good.vote, approver: { name: "alice" } } }] },
    { votes: [{ ...good, vote: { ...good.vote, approver: "" } }] },
    { votes: [{ ...good, vote: { ...good.vote, expires_at: "tomorrow" } }] },
    { votes: [{ ...good, vote: { ...good.vote, expires_at: "9999-99-99T00:00:00.000Z" } }] },
    { votes: Array.from({ length: 65 }, () => good) },
    { votes: [{ ...good, signature: 1 }] },
    { votes: [{ ...good, signature: undefined }] },
    { votes: [() => good] },
  ];
  for (const input of bad) refused(() => parseApproval(input));
  assert.deepEqual(parseApproval(JSON.parse(JSON.stringify({ votes: [good] }))), { votes: [good] });
});

test("a vote with any member changed after it was signed is refused", () => {
  const good = vote(alice);
  for (const member of Object.keys(good.vote)) {
    const value = good.vote[member];
    const changed = { ...good.vote, [member]: typeof value === "string" ? `${value}0` : "x" };
    assert.throws(() => judged([{ ...good, vote: changed }]), CanopyError, member);
  }
});

// ── the life of an authorization ──

const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
const NOW = "2026-01-01T00:00:30.000Z";
const moment = (now: string, last: JsonObject | null = null): Moment => ({ now, last });

function decided(decision: string, more: JsonObject = {}): JsonObject {
  return { event: "authorize_action", entry_hash: ID, decision, timestamp: at(0), ...more };
}
const allow = decided("ALLOW", { expires_at: "2026-01-01T00:01:00.000Z" });
const ask = decided("REQUIRE_APPROVAL", { approval_expires_at: "2026-01-01T00:01:00.000Z" });
function after(event: string, more: JsonObject = {}): JsonObject {
  return { event, authorization_id: ID, timestamp: at(1), ...more };
}
const again = after("reauthorized", { decision: "ALLOW", expires_at: "2026-01-01T00:01:00.000Z" });

test("an ALLOW starts once, within its time", () => {
  checkBegin(ID, [allow], moment(NOW));
  refused(() => checkBegin(ID, [allow], moment("2026-01-01T00:01:00.000Z")), "EXPIRED");
  refused(() => checkBegin(ID, [allow, after("tool_start")], moment(NOW)), "ALREADY_EXECUTED");
  refused(() => checkBegin(ID, [allow, after("tool_start"), after("tool_result")], moment(NOW)), "ALREADY_EXECUTED");
  refused(() => checkBegin(ID, [allow, after("tool_result")], moment(NOW)), "ALREADY_EXECUTED");
});

test("a DENY never starts, whatever follows it", () => {
  const deny = decided("DENY", { expires_at: "2026-01-01T00:01:00.000Z" });
  refused(() => checkPending(ID, [deny], moment(NOW)));
  refused(() => checkBegin(ID, [deny], moment(NOW)), "NOT_ALLOWED");
  refused(() => checkBegin(ID, [deny, after("approval_granted"), again], moment(NOW)), "NOT_ALLOWED");
});

test("an approval is needed, used once, and a rejection or skip is the end", () => {
  refused(() => checkBegin(ID, [ask], moment(NOW)), "APPROVAL_REQUIRED");
  refused(() => checkBegin(ID, [ask, again], moment(NOW)), "APPROVAL_REQUIRED");
  refused(() => checkBegin(ID, [ask, after("approval_granted")], moment(NOW)), "APPROVAL_REQUIRED");
  checkPending(ID, [ask], moment(NOW));
  checkApproved(ID, [ask, after("approval_granted")], moment(NOW));
  const approved = [ask, after("approval_granted"), again];
  checkBegin(ID, approved, moment(NOW));
  refused(() => checkPending(ID, approved, moment(NOW)));
  refused(() => checkApproved(ID, approved, moment(NOW)));
  for (const end of ["approval_rejected", "approval_skipped"]) {
    refused(() => checkPending(ID, [ask, after(end)], moment(NOW)));
    refused(() => checkBegin(ID, [ask, after(end), after("approval_granted"), again], moment(NOW)), "NOT_ALLOWED");
    refused(() => checkBegin(ID, [...approved, after(end)], moment(NOW)), "NOT_ALLOWED");
  }
  refused(() => checkPending(ID, [allow], moment(NOW)));
  refused(() => checkPending(ID, [ask], moment("2026-01-01T00:01:00.000Z")), "EXPIRED");
});

test("a reauthorization that was denied ends it", () => {
  const denied = [ask, after("approval_granted"), after("reauthorized", { decision: "DENY" })];
  refused(() => checkBegin(ID, denied, moment(NOW)), "NOT_ALLOWED");
  refused(() => checkApproved(ID, denied, moment(NOW)));
});

test("a clock set back does not make what is past good again", () => {
  const late = { ...after("approval_granted"), timestamp: "2026-01-01T00:00:50Z" };
  refused(() => checkBegin(ID, [ask, late, again], moment(NOW)), "EXPIRED");
  refused(() => checkBegin(ID, [allow], moment("2025-12-31T23:00:00.000Z")), "EXPIRED");
  refused(() => checkPending(ID, [ask], moment("2025-12-31T23:00:00.000Z")), "EXPIRED");
});

test("an entry written after the decision shows that its time is over, whatever the clock says now", () => {
  const numbered = { ...allow, seq: 5 };
  const last = { seq: 6, timestamp: "2026-01-01T00:01:00Z" };
  refused(() => checkBegin(ID, [numbered], moment(NOW, last)), "EXPIRED");
  checkBegin(ID, [numbered], moment(NOW, { ...last, timestamp: "2026-01-01T00:00:59Z" }));
  checkBegin(ID, [numbered], moment(NOW, { ...last, seq: 5 }));
});

test("an entry without a usable expiry is past its time", () => {
  refused(() => checkBegin(ID, [decided("ALLOW")], moment(NOW)), "EXPIRED");
  refused(() => checkBegin(ID, [decided("ALLOW", { expires_at: "never" })], moment(NOW)), "EXPIRED");
  refused(() => checkPending(ID, [decided("REQUIRE_APPROVAL")], moment(NOW)), "EXPIRED");
});

test("a result is attested once, and only after a start", () => {
  refused(() => checkAttest(ID, [allow]), "NOT_ALLOWED");
  checkAttest(ID, [allow, after("tool_start")]);
  refused(() => checkAttest(ID, [allow, after("tool_start"), after("tool_result")]), "ALREADY_EXECUTED");
  const late = [allow, after("tool_start"), after("tool_result"), after("tool_start")];
  refused(() => checkAttest(ID, late), "ALREADY_EXECUTED");
});

test("an id that is no decision's is unknown", () => {
  refused(() => executionState(ID, []), "UNKNOWN_AUTHORIZATION");
  refused(() => executionState("%", [allow]), "UNKNOWN_AUTHORIZATION");
  refused(() => executionState(ID, [{ ...allow, event: "tool_start" }]), "UNKNOWN_AUTHORIZATION");
  refused(() => executionState(ID, [after("tool_start")]), "UNKNOWN_AUTHORIZATION");
});

test("no order of entries lets anything start twice, or start after a refusal", () => {
  const event = fc.constantFrom<string>(
    "approval_granted",
    "approval_rejected",
    "approval_skipped",
    "reauthorized",
    "tool_start",
    "tool_result",
    "incident_event",
  );
  fc.assert(
    fc.property(fc.constantFrom(allow, ask, decided("DENY")), fc.array(event, { maxLength: 8 }), (first, events) => {
      const history = [first, ...events.map((name) => (name === "reauthorized" ? again : after(name)))];
      let passes = true;
      try {
        checkBegin(ID, history, moment(NOW));
      } catch (error) {
        assert.ok(error instanceof CanopyError);
        passes = false;
      }
      if (!passes) return;
      assert.notEqual(first["decision"], "DENY");
      for (const name of ["tool_start", "tool_result", "approval_rejected", "approval_skipped"]) {
        assert.ok(!events.includes(name), name);
      }
      if (first === ask) {
        const granted = events.indexOf("approval_granted");
        assert.ok(granted >= 0 && events.indexOf("reauthorized", granted) > granted);
      }
    }),
    { numRuns: 2000 },
  );
});

test("the state holds the decision, until when it stands, and the newest time of its entries", () => {
  const until = "2026-01-01T00:01:00.000Z";
  const first = "2026-01-01T00:00:00.000Z";
  const second = "2026-01-01T00:00:01.000Z";
  const deny = decided("DENY", { expires_at: until });
  const timeless = decided("ALLOW", { expires_at: until, timestamp: "then" });
  const dated = (event: string, timestamp: string): JsonObject => ({ ...after(event), timestamp });
  const refusedAgain = after("reauthorized", { decision: "DENY", expires_at: until });
  const again2 = after("reauthorized", { decision: "ALLOW", expires_at: "2026-01-01T00:02:00Z" });
  const granted = after("approval_granted");
  const cases: readonly [history: readonly JsonObject[], status: string, until: string | null, newest: string][] = [
    [[allow], "allowed", until, first],
    [[ask], "pending", until, first],
    [[deny], "denied", null, first],
    [[decided("MAYBE", { expires_at: until })], "denied", null, first],
    [[timeless], "allowed", until, ""],
    [[timeless, after("tool_start")], "started", until, second],
    [[allow, dated("tool_start", "2025-12-31T23:59:59Z")], "started", until, first],
    [[allow, dated("tool_start", "then")], "started", until, first],
    [[allow, after("incident_event")], "allowed", until, second],
    [[ask, granted], "approved", until, second],
    [[allow, granted], "allowed", until, second],
    [[ask, granted, again2], "allowed", "2026-01-01T00:02:00.000Z", second],
    [[ask, granted, refusedAgain], "denied", null, second],
    [[ask, again2], "pending", until, second],
    [[ask, after("approval_rejected")], "rejected", null, second],
    [[ask, granted, after("approval_rejected")], "rejected", null, second],
    [[allow, after("approval_rejected")], "rejected", null, second],
    [[allow, after("tool_start"), after("approval_rejected")], "started", until, second],
    [[deny, after("approval_rejected")], "denied", null, second],
    [[ask, after("approval_skipped")], "skipped", null, second],
    [[allow, after("approval_skipped")], "skipped", null, second],
    [[deny, after("approval_skipped")], "denied", null, second],
    [[allow, after("tool_result")], "finished", until, second],
    [[allow, after("tool_result"), after("tool_start")], "finished", until, second],
    [[allow, { ...after("tool_result"), authorization_id: "2".repeat(64) }], "allowed", until, first],
    [[{ event: "incident_event", entry_hash: "0" }, allow], "allowed", until, first],
  ];
  for (const [history, status, end, newest] of cases) {
    const decision = history.find(({ entry_hash }) => entry_hash === ID);
    const state = { status, until: end, decided: decision, newest };
    assert.deepEqual(executionState(ID, history), state, JSON.stringify(history));
  }
});

test("of the log's newest entry only one that was numbered after the decision tells the time", () => {
  const past = "2026-01-01T00:01:00Z";
  const lasts: readonly [seq: unknown, last: JsonObject | null, passes: boolean][] = [
    [5, null, true],
    [5, { seq: 6, timestamp: past }, false],
    [5, { seq: 6, timestamp: "then" }, true],
    [5, { seq: 6 }, true],
    [5, { seq: 5, timestamp: past }, true],
    [5, { seq: 4, timestamp: past }, true],
    [5, { seq: "6", timestamp: past }, true],
    [5, { timestamp: past }, true],
    ["5", { seq: 6, timestamp: past }, true],
    [undefined, { seq: 6, timestamp: past }, true],
  ];
  for (const [seq, last, passes] of lasts) {
    const begin = (): void => checkBegin(ID, [JSON.parse(JSON.stringify({ ...allow, seq }))], moment(NOW, last));
    if (passes) begin();
    else refused(begin, "EXPIRED");
  }
  // The very millisecond of the newest entry is not before it.
  checkBegin(ID, [allow], moment("2026-01-01T00:00:00.000Z"));
  refused(() => checkBegin(ID, [allow], moment("2025-12-31T23:59:59.999Z")), "EXPIRED");
});

test("a time is a calendar day and a time of day in UTC, in a text of one of two lengths", () => {
  const good: readonly [string, string][] = [
    ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"],
    ["2026-10-09T19:59:59Z", "2026-10-09T19:59:59.000Z"],
    ["2026-12-31T23:59:59.999Z", "2026-12-31T23:59:59.999Z"],
    ["0001-09-30T09:00:00.120Z", "0001-09-30T09:00:00.120Z"],
  ];
  for (const [text, sortable] of good) assert.equal(sortableInstant(text), sortable);
  const bad: readonly unknown[] = [
    ...["00", "13", "20", "0a"].map((month) => `2026-${month}-01T00:00:00Z`),
    ...["00", "32", "40", "1a"].map((day) => `2026-01-${day}T00:00:00Z`),
    ...["24", "30", "1a", "1"].map((hour) => `2026-01-01T${hour}:00:00Z`),
    ...["60", "1a", "1"].map((minute) => `2026-01-01T00:${minute}:00Z`),
    ...["60", "1a", "1"].map((second) => `2026-01-01T00:00:${second}Z`),
    ...[".1", ".1234", ".12a", "."].map((fraction) => `2026-01-01T00:00:00${fraction}Z`),
    ...["202-01-01", "a026-01-01", "12026-01-01", " 2026-01-01"].map((date) => `${date}T00:00:00Z`),
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00Z ",
    "2026-01-01T00:00:00+00:00",
    "2026-01-01 00:00:00Z",
    ["2026-01-01T00:00:00Z"],
    1_767_225_600_000,
    null,
    undefined,
  ];
  for (const value of bad) assert.equal(sortableInstant(value), null, String(value));
});

/** What came of it: the code, the message and what to do. */
function said(act: () => unknown): string {
  try {
    act();
    return "taken";
  } catch (error) {
    assert.ok(error instanceof CanopyError, String(error));
    return `${error.code}: ${error.message}${error.fix === null ? "" : `; ${error.fix}`}`;
  }
}

const behind = (what: string): string =>
  `EXPIRED: the clock is behind the log, so the ${what} can't be shown to be in time; set the clock, then authorize the action again`;

const past = (what: string): string => `EXPIRED: the ${what} is past its time; authorize the action again`;

const use = (history: readonly JsonObject[], now = NOW): string => said(() => checkApproved(ID, history, moment(now)));

const answer = (history: readonly JsonObject[], now = NOW): string =>
  said(() => checkPending(ID, history, moment(now)));

const attest = (history: readonly JsonObject[]): string => said(() => checkAttest(ID, history));

const begin = (history: readonly JsonObject[], now = NOW): string => said(() => checkBegin(ID, history, moment(now)));

test("whoever may not begin, attest, answer or use an answer is told why, and what to do", () => {
  const [start, result, granted] = [after("tool_start"), after("tool_result"), after("approval_granted")];
  const late = "2026-01-01T00:01:00.000Z";
  const early = "2025-12-31T00:00:00.000Z";
  const executed =
    "ALREADY_EXECUTED: the authorization has been executed already; authorize the action again for another execution";
  const waits =
    "APPROVAL_REQUIRED: the authorization waits for an approval, expected ALLOW; get an approval and hand it to reauthorize";
  const unbegun = "NOT_ALLOWED: only an execution that was begun has a result; call begin first";
  const [permission, request] = ["authorization", "request for approval"];
  const cases: readonly [said: string, expected: string][] = [
    [begin([allow]), "taken"],
    [begin([allow, start]), executed],
    [begin([allow, start, result]), executed],
    [begin([decided("DENY")]), "NOT_ALLOWED: the authorization is denied, expected ALLOW"],
    [begin([ask, after("approval_rejected")]), "NOT_ALLOWED: the authorization is rejected, expected ALLOW"],
    [begin([ask, after("approval_skipped")]), "NOT_ALLOWED: the authorization is skipped, expected ALLOW"],
    [begin([ask]), waits],
    [begin([ask, granted]), waits],
    [begin([allow], late), past(permission)],
    [begin([allow], early), behind(permission)],
    [attest([allow, start]), "taken"],
    [attest([allow]), unbegun],
    [attest([ask]), unbegun],
    [attest([allow, start, result]), "ALREADY_EXECUTED: the execution has a result already"],
    [answer([ask]), "taken"],
    [answer([ask], late), past(request)],
    [answer([ask], early), behind(request)],
    ...["allowed", "started", "finished"].map((status, at): [string, string] => [
      answer([allow, start, result].slice(0, at + 1)),
      `APPROVAL_REFUSED: an approval lifts REQUIRE_APPROVAL only, and once; this is ${status}`,
    ]),
    [use([ask, granted]), "taken"],
    [use([ask]), "APPROVAL_REFUSED: an approval is used once; the authorization is pending already"],
    [use([ask, granted, again]), "APPROVAL_REFUSED: an approval is used once; the authorization is allowed already"],
    [use([ask, granted], late), past(request)],
    [use([ask, granted], early), behind(request)],
    [
      begin([]),
      "UNKNOWN_AUTHORIZATION: this log knows no authorization of that id; give the authorization_id of a decision that was recorded in this log",
    ],
  ];
  for (const [heard, expected] of cases) assert.equal(heard, expected);
});

const no = (why: string, fix = "ask an approver to answer this request"): string => `APPROVAL_REFUSED: ${why}; ${fix}`;

test("whoever hands over a vote that does not count is told why, and what to do", () => {
  const good = vote(alice);
  const both = [vote(alice), vote(bob, { approver: "bob" })];
  const judge = (votes: readonly unknown[], change: Partial<VoteQuestion> = {}): string =>
    said(() => judgeVotes(parseApproval({ votes }), { ...question, ...change }, tools));
  const ids = [alice, bob].map(({ key }) => keyIdOf(key, sha256));
  const [aliceId = "", bobId = ""] = ids;
  const setOf = (members: readonly string[], count: number): Partial<VoteQuestion> => ({
    sets: [
      { key_ids: new Set(ids), count: 1, wanted: "anybody" },
      { key_ids: new Set(members), count, wanted: "of the board" },
    ],
  });
  const missing = (count: number, met: number): string =>
    no(
      `${count} of the approvers must be of the board, ${met} were`,
      "ask them, or name their keys in approver_names and approver_roles of the configuration",
    );
  const own = no("an agent must not approve its own action");
  const asker = no("the requester must not approve", "ask somebody else");
  const dumb = no("each approval must say why", "give signVote a `reason`");
  const stranger = no(
    "the vote must be by a trusted approver key",
    "list the key under `approvers` in the configuration",
  );
  const unsigned = no("the signature of the vote must hold");
  const cases: readonly [said: string, expected: string][] = [
    [judge([good]), "taken"],
    [judge([vote(alice, { log_id: "log-2" })]), no("the vote must be for this log")],
    [judge([vote(alice, { authorization_id: "2" })]), no("the vote must be for this authorization")],
    [judge([vote(alice, { action_digest: "sha256:bb" })]), no("the vote must be for the digest that was decided")],
    [judge([vote(alice, { key: "alice" })]), "APPROVAL_REFUSED: the key of the vote must be a usable public key"],
    [judge([good], { agent_avid: avidOfKey(alice.key, sha256) }), own],
    [judge([vote(alice, { approver: "AVID-agent" })]), own],
    [judge([vote(mallory)]), stranger],
    [judge([{ ...good, signature: vote(bob).signature }]), unsigned],
    [judge([{ ...good, signature: "%" }]), unsigned],
    [judge([good], { now: "2026-01-01T00:14:00.000Z" }), "EXPIRED: the vote is past its time; ask for a new approval"],
    [judge([vote(alice, { expires_at: good.vote.issued_at })]), no("the vote must end after it was issued")],
    [judge([good], { required: 2 }), no("2 distinct approvers are needed, 1 voted")],
    [judge([good], { required: 0 }), "taken"],
    [judge(both, { required: 2, ...setOf([bobId], 1) }), "taken"],
    [judge(both, setOf([bobId], 2)), missing(2, 1)],
    [judge([good], setOf([bobId], 1)), missing(1, 0)],
    [judge([good], setOf([bobId], 0)), "taken"],
    [judge([good], { requester: [aliceId] }), asker],
    [judge([good], { requester: ["alice"] }), asker],
    [judge([good], { requester: [bobId, "bob"] }), "taken"],
    [judge([vote(alice, { verdict: "REJECTED" })], { requester: ["alice"], reason_required: true }), "taken"],
    [judge([good], { reason_required: true }), dumb],
    [judge([vote(alice, { reason: " \n" })], { reason_required: true }), dumb],
    [judge([vote(alice, { reason: "seen" })], { reason_required: true }), "taken"],
    [judge([good], { reason_required: false }), "taken"],
  ];
  for (const [heard, expected] of cases) assert.equal(heard, expected);
  // Votes that were never parsed.
  const odd = (change: Partial<Vote>): string =>
    said(() => judgeVotes({ votes: [vote(alice, change)] }, question, tools));
  for (const change of [{ issued_at: "then" }, { expires_at: "later" }]) {
    assert.equal(odd(change), no("the vote must end after it was issued"));
  }
  assert.equal(
    said(() => judgeVotes({ votes: [] }, { ...question, required: 0 }, tools)),
    no("0 distinct approvers are needed, 0 voted"),
  );
  assert.deepEqual(judgeVotes({ votes: both }, question, tools), {
    verdict: "APPROVED",
    approvers: [
      { approver: "alice", key_id: aliceId },
      { approver: "bob", key_id: bobId },
    ],
  });
});

const noApproval = (why: string): string =>
  `APPROVAL_REFUSED: ${why}; let an approver answer with promptForApproval or signVote, and hand over what they give`;

test("whoever hands over what is no approval is told what one is", () => {
  const good = vote(alice);
  const long = "x".repeat(1024);
  const parse = (votes: unknown): string => said(() => parseApproval({ votes }));
  const parseVote = (change: object): string => parse([{ ...good, vote: { ...good.vote, ...change } }]);
  const shape = noApproval('an approval must be {"votes": […]}');
  const members = noApproval(
    "a vote must have exactly the members action_digest, approver, authorization_id, expires_at, issued_at, key, log_id, nonce, reason, type, verdict",
  );
  const times = noApproval("the times of a vote must be RFC 3339 in UTC");
  const cases: readonly [said: string, expected: string][] = [
    [said(() => parseApproval(undefined)), "APPROVAL_REFUSED: an approval must be plain JSON"],
    [said(() => parseApproval([])), shape],
    [said(() => parseApproval({ vote: [] })), shape],
    [parse({}), shape],
    [parse([]), noApproval("an approval must hold 1 to 64 votes")],
    [parse(Array.from({ length: 65 }, () => good)), noApproval("an approval must hold 1 to 64 votes")],
    [parse(Array.from({ length: 64 }, () => good)), "taken"],
    [parse([good.vote]), noApproval("each vote must be signed: {vote, signature}")],
    [parse([null]), noApproval("each vote must be signed: {vote, signature}")],
    [parse([{ vote: good.vote, signature: null }]), noApproval("each vote must be signed")],
    [parse([{ vote: null, signature: "" }]), members],
    [parseVote({ more: 1 }), members],
    [parseVote({ type: "canopy-vote-v2" }), noApproval("the type of a vote must be `canopy-vote-v1`")],
    [parseVote({ verdict: "MAYBE" }), noApproval("a verdict must be APPROVED or REJECTED")],
    [parseVote({ reason: 1 }), noApproval("the reason of a vote must be a short text or null")],
    [parseVote({ reason: `${long}x` }), noApproval("the reason of a vote must be a short text or null")],
    [parseVote({ reason: long }), "taken"],
    [parseVote({ issued_at: "then" }), times],
    [parseVote({ expires_at: null }), times],
    ...["log_id", "authorization_id", "action_digest", "approver", "key", "nonce"].flatMap(
      (member): readonly [string, string][] => [
        [parseVote({ [member]: "" }), noApproval(`${member} of a vote must be a short, non-empty text`)],
        [parseVote({ [member]: 1 }), noApproval(`${member} of a vote must be a short, non-empty text`)],
        [parseVote({ [member]: `${long}x` }), noApproval(`${member} of a vote must be a short, non-empty text`)],
        [parseVote({ [member]: long }), "taken"],
      ],
    ),
  ];
  for (const [heard, expected] of cases) assert.equal(heard, expected);
  const whole = { ...good, vote: { ...good.vote, reason: "seen" } };
  assert.deepEqual(parseApproval({ votes: [whole, good] }), { votes: [whole, good] });
});
