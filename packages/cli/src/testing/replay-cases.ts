// Transcripts of the commands over recorded decisions.

import type { GoldenCase } from "./policy-cases.ts";

/** Three decisions recorded in `audit.log`: ALLOW, REQUIRE_APPROVAL, DENY. */
const DECIDED: readonly (readonly string[])[] = ["ls -la", "sudo reboot", "rm -rf /"].map((command) => {
  return ["authorize", "--action-type", "shell", "--payload", JSON.stringify({ command })];
});

const NO_LS = `rules:
  - id: no-ls
    description: folders are not listed
    action_type: execute_shell
    deny_if: ls
`;

/** The cases. */
export const REPLAY_CASES: readonly GoldenCase[] = [
  { name: "replay-same", words: ["replay"], before: DECIDED },
  { name: "replay-json", words: ["replay", "audit.log", "--json"], before: DECIDED },
  { name: "replay-no-key", words: ["replay", "audit.log", "--home", "nowhere"], before: DECIDED },
  { name: "replay-broken", words: ["replay", "x.log"], files: { "x.log": "audit/edit-decision.log" } },
  { name: "replay-bad-time", words: ["replay", "--since", "yesterday"] },
  {
    name: "policy-simulate-flips",
    words: ["policy", "simulate", "--policy", "new.yaml", "--against", "audit.log", "--show"],
    written: { "new.yaml": NO_LS },
    before: DECIDED,
  },
  {
    name: "policy-simulate-same",
    words: ["policy", "simulate", "--policy", "default", "--against", "audit.log"],
    before: DECIDED,
  },
  { name: "policy-diff-packs", words: ["policy", "diff", "default", "production"] },
  { name: "policy-diff-none", words: ["policy", "diff", "production", "production", "--cases", "200", "--seed", "7"] },
  {
    name: "policy-diff-log",
    words: ["policy", "diff", "default", "new.yaml", "--cases", "0", "--against", "audit.log", "--json"],
    written: { "new.yaml": NO_LS },
    before: DECIDED,
  },
  { name: "policy-simulate-missing", words: ["policy", "simulate", "--policy", "x.yaml", "--against", "audit.log"] },
];
