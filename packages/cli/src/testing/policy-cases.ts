// The transcripts of `canopy policy …`, and what a transcript is.

import { policyPack } from "canopy-runtime/policy";

/** One transcript: what is called, with what, in which folder. */
export interface GoldenCase {
  readonly name: string;
  readonly words: readonly string[];
  readonly input?: string;
  /** Commands that are run in the folder before, and not shown. */
  readonly before?: readonly (readonly string[])[];
  /** Files to put into the folder: name → path below `vectors/`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files to write into the folder: name → text. */
  readonly written?: Readonly<Record<string, string>>;
}

const TESTED = {
  "policy.yaml": `rules:
  - id: production-tickets
    description: tickets of production are looked at
    action_type: assign_ticket
    when_all: agent_ctx.environment == production
    require_approval: true
    tests:
      - {agent_ctx: {env: production}, expect: REQUIRE_APPROVAL}
  - id: no-deletion
    action_type: delete_ticket
    deny: true
`,
  "policy.test.yaml": `defaults: {action_type: assign_ticket, agent_ctx: {environment: production}}
tests:
  - {name: elsewhere nobody is asked, agent_ctx: {environment: test}, expect: ALLOW}
  - name: by mistake, nobody is asked
    expect: ALLOW
  - name: the third is refused
    steps:
      - {repeat: 2, after: 1m, expect: REQUIRE_APPROVAL}
      - {after: 1m, expect: {decision: DENY, rule: no-deletion}}
`,
};

const PACKS = { "default.yaml": policyPack("default"), "production.yaml": policyPack("production") };

const INCLUDING = {
  "base.yaml": "rules:\n  - {id: b, action_type: close_ticket, deny: true}\n",
  "including.yaml": "include:\n  - file: base.yaml\nrules:\n  - {id: a, action_type: assign_ticket, deny: true}\n",
};

const PACK_TESTS = {
  "packs.test.yaml": `policy: default
tests:
  - name: decoded text is not run
    action_type: execute_shell
    action_payload: {command: echo bHM= | base64 -d | sh}
    expect: {decision: DENY, rule: shell-hidden-code}
  - {name: spending asks, action_type: spend_money, expect: {decision: REQUIRE_APPROVAL, rule: spending}}
`,
};

const PIPED = JSON.stringify({
  agent_ctx: { public_key: "agent-1" },
  action_type: "shell",
  action_payload: { command: "echo bHM= | base64 -d | sh" },
});

const EXPLAINED = {
  "policy.yaml": `rules:
  - id: large-invoices
    description: large invoices are looked at
    action_type: approve_invoice
    when: 'decimal(payload.amount) > decimal("50") && ctx.environment == "production"'
    require_approval: true
  - id: gifts
    action_type: approve_invoice
    when_all: [payload.kind == gift]
    deny: true
  - id: elsewhere
    action_type: close_ticket
    deny: true
`,
};

const TICKET = JSON.stringify({
  agent_ctx: { public_key: "agent-1", environment: "production" },
  action_type: "approve_invoice",
  action_payload: { amount: 60, note: "\u001b[2J" },
});

const UGLY = `rules:
- deny_regex: "drop\\\\s+table"   # no tables
  action_type:   sql_query
  id: no-drops
- {action_type: x, deny_if: y}
`;

/** The transcripts of `canopy policy`. */
export const POLICY_CASES: readonly GoldenCase[] = [
  { name: "policy-unknown", words: ["policy", "tset"] },
  { name: "policy-lint-packs", words: ["policy", "lint", "default.yaml", "production.yaml"], written: PACKS },
  { name: "policy-fmt-packs", words: ["policy", "fmt", "--check", "default.yaml", "production.yaml"], written: PACKS },
  { name: "policy-lock", words: ["policy", "lock", "including.yaml"], written: INCLUDING },
  { name: "policy-lock-check", words: ["policy", "lock", "--check", "including.yaml"], written: INCLUDING },
  { name: "policy-test-packs", words: ["policy", "test"], written: { ...PACKS, ...PACK_TESTS } },
  { name: "policy-explain", words: ["policy", "explain", "-", "--policy", "default"], input: PIPED },
  { name: "policy-explain-tree", words: ["policy", "explain", "-", "--policy", "production", "--tree"], input: PIPED },
  {
    name: "policy-explain-conditions",
    words: ["policy", "explain", "-", "--tree", "--all", "--policy", "policy.yaml"],
    input: TICKET,
    written: EXPLAINED,
  },
  {
    name: "policy-explain-json",
    words: ["policy", "explain", "-", "--json", "--policy", "policy.yaml"],
    input: TICKET,
    written: EXPLAINED,
  },
  { name: "policy-explain-nothing", words: ["policy", "explain", "-"], input: "" },
  { name: "policy-init", words: ["policy", "init"], written: { "requirements.txt": "crewai\n" } },
  { name: "policy-init-again", words: ["policy", "init"], before: [["policy", "init"]] },
  { name: "policy-fmt-check", words: ["policy", "fmt", "--check", "ugly.yaml"], written: { "ugly.yaml": UGLY } },
  { name: "policy-fmt-stdout", words: ["policy", "fmt", "-"], input: UGLY },
  { name: "policy-fmt-json", words: ["policy", "fmt", "--json", "ugly.yaml"], written: { "ugly.yaml": UGLY } },
  { name: "policy-fmt-not-yaml", words: ["policy", "fmt", "-"], input: "rules: [\n" },
  { name: "policy-test", words: ["policy", "test", "policy.yaml"], written: TESTED },
  { name: "policy-test-json", words: ["policy", "test", "--json"], written: TESTED },
  { name: "policy-test-junit", words: ["policy", "test", "--format", "junit"], written: TESTED },
  {
    name: "policy-test-unreadable",
    words: ["policy", "test"],
    written: { ...TESTED, "policy.test.yaml": "test: []\n" },
  },
  { name: "policy-test-nothing", words: ["policy", "test"] },
  {
    name: "policy-prove",
    words: ["policy", "prove", "production", "--can", 'action.type == "spend_money" && decimal(payload.amount) > 5'],
  },
  {
    name: "policy-prove-counterexample",
    words: ["policy", "prove", "default", "--json", "--can", 'action.verb == "money" && payload.amount > 5'],
  },
  {
    name: "policy-prove-unknown",
    words: ["policy", "prove", "production", "--can", 'effects.exists(e, e.kind == "mining.run")'],
  },
  { name: "policy-prove-no-condition", words: ["policy", "prove", "default", "--can", "payload.amount = 5"] },
];
