import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReplayedDecision, ReplaySummary } from "canopy-runtime/replay";
import { processIo } from "./io.ts";
import { shownDifference, showReplay, type ShownDifference } from "./replay-view.ts";

const SUMMARY: ReplaySummary = {
  path: "/logs/audit.log",
  verification: {
    path: "/logs/audit.log",
    valid: true,
    entries: 9,
    first_bad_line: null,
    segment: null,
    failure: null,
    head: null,
    warnings: [],
    anchored: true,
    within: null,
    checkpoints: [],
    disagreements: [],
    signatures: "not checked",
  },
  decisions: 8,
  same: 4,
  different: 2,
  not_replayable: 2,
  reasons: { erased: 1, no_policy: 1 },
  other_engines: { "0.4.9": 3 },
  policies: 2,
  history: "checked",
  not_decisions: { refusals: 1, follow_ups: 0, ledger_notes: 0, foreign: 0, other: 0 },
};

const DECISION: ReplayedDecision = {
  authorization_id: "ab".repeat(32),
  entry: {
    event: "authorize_action",
    timestamp: "2026-01-01T00:00:00Z",
    action_type: "execute_\u202eshell",
    seq: 7,
    log_id: "l",
    prev_hash: "p",
    entry_hash: "ab".repeat(32),
  },
  outcome: "different",
  difference: null,
  why: null,
  other_engine: null,
};

function shown(differences: readonly ShownDifference[], more = 0): string {
  let text = "";
  const io = { ...processIo(), columns: 100, out: (piece: string) => (text += piece) };
  showReplay(io, SUMMARY, differences, more);
  return text;
}

test("a difference is shown with both values, and nothing in it reaches the terminal as it is", () => {
  const difference = { member: "decision", recorded: "ALLOW", derived: "DENY\u001b[2J", secret: false };
  const text = shown([shownDifference(DECISION, difference, false)], 1);
  assert.match(text, /^DIFFERENT {2}\/logs\/audit\.log\n/u);
  assert.match(text, /abababababab {2}2026-01-01T00:00:00Z {2}seq 7 {2}execute_\\u\{202e\}shell\n/u);
  assert.match(text, /recorded {2}"ALLOW"\n {4}derived {3}"DENY/u);
  assert.ok(!text.includes("\u001b"));
  assert.match(text, /\n1 more difference \(--all shows them\)\n$/u);
});

test("what stands in an encrypted record is only shown when it is asked for", () => {
  const difference = { member: "record.findings[0].reason", recorded: "writes /etc/x", derived: "none", secret: true };
  assert.doesNotMatch(shown([shownDifference(DECISION, difference, false)]), /etc/u);
  assert.match(shown([shownDifference(DECISION, difference, true)]), /recorded {2}"writes \/etc\/x"/u);
});

test("what could not be replayed is told with its reason, and what another engine decided", () => {
  const text = shown([]);
  assert.match(text, /not replayable {2}2\n.*1: the agent's records were erased\n.*1: the policy is not in policies/u);
  assert.match(text, /other engine {4}3 were decided by engine 0\.4\.9/u);
});
