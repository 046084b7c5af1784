// The transcripts of `canopy policy …`, and what a transcript is.

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

/** The transcripts of `canopy policy`. */
export const POLICY_CASES: readonly GoldenCase[] = [
  { name: "policy-unknown", words: ["policy", "tset"] },
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
