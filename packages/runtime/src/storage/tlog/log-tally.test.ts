import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeta, LogTally } from "./log-tally.ts";

const NONE = { ALLOW: 0, DENY: 0, REQUIRE_APPROVAL: 0 };

function tallied(...lines: readonly string[]): LogTally {
  const tally = new LogTally(NONE, null);
  for (const line of lines) tally.add(Buffer.from(line));
  return tally;
}

test("decisions are counted by the entry's own members, however the line is written", () => {
  const tally = tallied(
    '{"decision":"ALLOW","event":"authorize_action","witness":{"decision":"ALLOW"}}',
    '{"decision":"DENY","event":"authorize_action"}',
    '{"event": "authorize_action", "decision": "DENY"}',
    '{"a":{"decision":"ALLOW","event":"authorize_action"},"decision":"REQUIRE_APPROVAL","event":"authorize_action"}',
    '{"a":{"event":"authorize_action"},"decision":"ALLOW","event":"tool_start"}',
    '{"decision":"ALLOW","event":"tool_result","note":"\\"event\\":\\"authorize_action\\""}',
    '{"decision":"RECORD","event":"authorize_action"}',
    '{"decision":"DENY","event":"authorize_action","witness":{"decision":"ALLOW"}}',
    'not JSON, "event" "authorize_action"',
    '"event":"authorize_action","decision":"ALLOW"'.replace("decision", "decided"),
  );
  assert.deepEqual(tally.decisions, { ALLOW: 1, DENY: 3, REQUIRE_APPROVAL: 1 });
});

test("the newest activated policy is the one in force", () => {
  const tally = tallied(
    '{"event":"policy_activated","policy_hash":"sha256:a"}',
    '{"event":"policy_activated","policy_hash":"sha256:b"}',
    '{"event":"policy_rejected","policy_hash":"sha256:c"}',
  );
  assert.equal(tally.policy_hash, "sha256:b");
});

test("an entry before a checkpoint is one by its own members alone", () => {
  const tally = new LogTally(NONE, null);
  const isOne = (line: string): boolean => isMeta(tally.add(Buffer.from(line)));
  assert.equal(isOne('{"action_type":"ledger","event":"checkpoint_meta"}'), true);
  assert.equal(isOne('{"action_type":"shell","event":"checkpoint_meta"}'), false);
  assert.equal(isOne('{"action_type":"ledger","event":"x","a":{"event":"checkpoint_meta"}}'), false);
});
