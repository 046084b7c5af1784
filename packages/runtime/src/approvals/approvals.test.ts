import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { CanopyError, type ErrorCode } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { encodeBase64Url } from "../identity/base64.ts";
import { avidOfKey } from "../identity/identify.ts";
import { didKeyOf, parsePublicKey, spkiOf, type PublicKey } from "../identity/public-key.ts";
import {
  checkApproved,
  checkAttest,
  checkBegin,
  checkPending,
  executionState,
  type Moment,
} from "./execution-state.ts";
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
