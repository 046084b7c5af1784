import { hash } from "node:crypto";
import { damagedJson } from "../ledger/damaged.fixture.test.ts";
import { openRecord } from "../ledger/record.fixture.test.ts";
import { parseAgentContext } from "./agent-context.ts";
import { joinRequirements, parseRequirement, type ApprovalRequirement } from "./approval-requirement.ts";
import { BUILT_IN_LAYERS } from "./built-in-layers.ts";
import type { Effect } from "./effects/effect.ts";
import { evaluate, judge, type EvaluateInput } from "./evaluate.ts";
import type { Finding } from "./finding.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { normalizeAction } from "./normalize.ts";
import { NO_ANSWER, type PolicyAnswer } from "./policy-answer.ts";
import { compile } from "./policy/ask.fixture.test.ts";
import { world } from "./policy/world.fixture.test.ts";
import type { RuleInput } from "./rule.ts";
import { rulesHash } from "./rules-hash.ts";
import { readCalls } from "./tool-calls.ts";

// What the built-in layers say of each kind of effect in many variants, under each override; how findings become a
// decision; which calls stand in a payload. layers.test.ts and the vectors say what is right. After a change that is meant,
// `npm run golden` writes the record anew.

const { record, finish } = openRecord(new URL("../../../../vectors/record/layers.txt", import.meta.url));
const TOOLS = { sha256Hex: (text: string): string => hash("sha256", text) };

record(
  "the rules themselves",
  () => BUILT_IN_LAYERS.flatMap(({ layer, rules }) => rules.map(({ evaluate: _evaluate, ...data }) => [layer, data])),
  (data: unknown) => data,
);

const [first] = world();
if (first === undefined) throw new Error("the world is empty");
const one: RuleInput = first;

const AGENTS: readonly JsonObject[] = [
  {},
  { environment: "production" },
  { autonomous_mode: true },
  { spending_limit: 100 },
  { spending_limit: "unlimited" },
  { spending_limit: 0 },
  { trusted_domains: ["example.com"] },
  { communication_channels: ["email"], bulk_authorized: false },
  { communication_channels: ["send_email", "sms"], bulk_authorized: true },
  { can_spawn_agents: true },
  { can_spawn_agents: true, permissions: ["read", "write"] },
  { mining_authorized: true, high_compute_authorized: true },
  { physical_actions: ["door", "run_job"], security_testing_authorized: true },
  { safe_paths: ["/srv/app"] },
];
const agents = AGENTS.map((agent) => parseAgentContext({ public_key: "k", ...agent }));

const ZONES = [
  "root",
  "system",
  "others",
  "home",
  "in_home",
  "cwd",
  "inside",
  "temp",
  "outside",
  "null_device",
  "device",
  "unresolved",
];
const targets = (text: string): readonly JsonObject[] => {
  const base = { path: text, text, zone: "inside", glob: false, secret: null, governance: null, persistence: null };
  return [
    ...ZONES.flatMap((zone) => [
      { ...base, zone },
      { ...base, zone, glob: true },
    ]),
    { ...base, path: null, zone: "unresolved" },
    ...["ssh_key", "env_file"].flatMap((secret) => [
      { ...base, secret },
      { ...base, secret, zone: "outside" },
    ]),
    ...["in_force", "by_name"].map((governance) => ({ ...base, governance })),
    ...["cron", "shell_profile"].flatMap((persistence) => [
      { ...base, persistence },
      { ...base, persistence, zone: "home" },
    ]),
  ];
};
const TARGETS = [
  "/srv/app/x",
  "/etc/passwd",
  "/usr/local/bin/x",
  "/dev/sda",
  "/dev/sdX",
  "/",
  "/home/dev/.bashrc",
  "/var/log/auth.log",
  "/home/dev",
  "/root/x",
].flatMap((text, at) => targets(text).filter((_, other) => at < 3 || (at + other) % 3 === 0));
const HOSTS = [
  null,
  ...["public", "loopback", "private", "internal_name", "metadata", "invalid", "unresolved"].flatMap((one) => {
    const host = { host: "a.example.com", text: "A.example.com", class: one, port: 443, domain: "example.com" };
    return [
      host,
      { ...host, host: "b.other.net", domain: "other.net", port: null },
      { ...host, plain: false },
      { ...host, host: null, domain: null },
    ];
  }),
];
const FLAG = [false, true];
const SHORT_TARGETS = TARGETS.filter((_, at) => at % 5 === 0);
type Members = Readonly<Record<string, readonly unknown[]>>;
const KINDS: Readonly<Record<string, Members>> = {
  "exec.program": { program: ["rm", "curl", "unheard"], known: FLAG, args: [[], ["-x", null]] },
  "exec.unresolved": { part: ["program", "code", "target", "host", "process"], text: ["$X"] },
  "exec.obfuscated": { how: ["decoded", "downloaded", "reversed", "generated", "hidden"], text: ["x"] },
  "exec.unparsed": { problem: ["a quote"], text: ["'"] },
  "exec.injected": { variable: ["LD_PRELOAD", "PATH"], text: ["x"] },
  "fs.read": { target: SHORT_TARGETS },
  "fs.write": { target: TARGETS, mode: ["create", "append", "truncate", "change"], fresh: [undefined, true] },
  "fs.delete": { target: TARGETS, recursive: FLAG, moved: [undefined, true] },
  "fs.permission": {
    target: TARGETS,
    recursive: FLAG,
    change: ["setuid", "world", "owner", "acl", "attribute", "other"],
  },
  "device.write": { target: TARGETS },
  "device.read": { target: SHORT_TARGETS },
  "secret.read": { secret: ["ssh_key", "cloud"], from: ["environment", "file"] },
  "secret.send": { secret: ["ssh_key"], host: HOSTS.slice(1) },
  "net.connect": {
    host: HOSTS.slice(1),
    sends: FLAG,
    origin: ["action", "shell"],
    scheme: ["https", "http", null, "ftp"],
  },
  "net.listen": { port: [80, null, 4444] },
  "net.shell": { direction: ["reverse", "bind"], host: HOSTS },
  "privilege.raise": { how: ["sudo", "su"] },
  "persist.install": { where: ["cron", "launchd"] },
  "process.kill": { scope: ["one", "many", "all", "system"], text: ["1"] },
  "host.change": {
    area: [
      "firewall",
      "users",
      "kernel",
      "boot",
      "power",
      "service",
      "mount",
      "clock",
      "logging",
      "network",
      "disk",
      "security",
      "other",
    ],
    destructive: FLAG,
    detail: ["x"],
  },
  "package.install": { manager: ["npm", "apt"], system: FLAG, declared: [undefined, true] },
  "resource.exhaust": { how: ["fork bomb", "memory", "process", "disk"] },
  "infra.change": {
    system: ["aws", "kubernetes"],
    operation: ["delete", "create", "apply"],
    destructive: FLAG,
    count: [null, 1, 10, 100, 1000],
  },
  "container.escape": { how: ["privileged", "mount"] },
  "db.statement": { operation: ["read", "write", "schema", "wipe", "admin", "unknown"], text: ["x"] },
  "vcs.discard": { operation: ["force push", "reset"], remote: FLAG },
  publish: { to: ["npm", "a remote"] },
  "trace.erase": { what: ["history", "logs"] },
  "money.move": {
    amount: [null, "0", "5", "9.99", "10", "10.01", "100", "100.01", "1000000", "-5"],
    currency: [null, "USD", "EUR"],
    problem: [null, "not a number"],
  },
  "message.send": {
    channel: ["email", "sms", "unknown"],
    recipients: [null, 1, 10, 11, 50, 51, 100, 1000],
    bulk: FLAG,
  },
  "agent.spawn": { requested: [null, [], ["read"], ["read", "admin"]] },
  "deploy.release": { target: ["production", "staging"] },
  "physical.act": { device: ["door", "lamp"] },
  "mining.run": { program: ["xmrig"] },
  "security.use": { tool: ["nmap", "hydra"], level: ["scan", "attack"] },
  "compute.heavy": { what: ["gpu", "training"], quantity: [null, 1, 8, 9, 1000] },
  "govern.command": { command: ["approve", "canopy keys"] },
  "content.harm": {
    topic: ["self_harm", "explosives", "child_abuse", "bio_weapon", "nuclear_weapon", "chemical_weapon", "violence"],
    stance: ["instruct", "mention"],
  },
  "personal.data": { types: [["email"], ["us_ssn", "iban"], ["payment_card"], ["phone"]] },
  "other.change": { detail: [{}, { a: 1 }] },
};

// A few targets only: what stands in a finding beside others is told by few.
const SHORT_KINDS = Object.fromEntries(
  Object.entries(KINDS).map(([kind, members]): [string, Members] => [
    kind,
    /^(?:fs|device)/.test(kind) ? { ...members, target: SHORT_TARGETS.slice(0, 6) } : members,
  ]),
);

// All values of each two members, the others at their first.
function variants(kind: string, members: Members): readonly Effect[] {
  const names = Object.keys(members);
  const base = Object.fromEntries(names.map((name) => [name, members[name]?.[0]]));
  const texts = new Set<string>();
  for (const left of names) {
    for (const right of names) {
      for (const a of members[left] ?? [])
        for (const b of members[right] ?? [])
          texts.add(JSON.stringify({ kind, via: "x", ...base, [left]: a, [right]: b }));
    }
  }
  return [...texts].map((text) => JSON.parse(text));
}

function said(input: RuleInput): readonly Finding[] {
  return BUILT_IN_LAYERS.flatMap(({ rules }) => rules.flatMap((rule) => rule.evaluate(input)));
}
const QUIET = normalizeAction({ action_type: "read_file", action_payload: { path: "x" }, cwd: "/srv/app" }, TOOLS);
const LOUD = normalizeAction({ action_type: "send_email", action_payload: { to: "a" }, cwd: "/srv/app" }, TOOLS);
const EXEC = normalizeAction(
  { action_type: "execute_shell", action_payload: { command: "ls" }, cwd: "/srv/app" },
  TOOLS,
);
for (const [kind, members] of Object.entries(KINDS)) {
  record(
    `effects of kind ${kind}`,
    () => variants(kind, members),
    (effect) => {
      // Most effects are judged alike whoever acts: those that aren't are asked of under each override.
      const [agent = one.agent] = agents;
      const bare = said({ ...one, effects: [effect], agent, action: QUIET });
      const run = said({ ...one, effects: [effect], agent, action: EXEC });
      const others = agents.slice(1).map((other, at) => {
        const action = at % 2 === 0 ? QUIET : LOUD;
        return differences(bare, said({ ...one, effects: [effect], agent: other, action }));
      });
      return [bare, differences(bare, run), others];
    },
  );
}
function differences(before: readonly Finding[], after: readonly Finding[]): readonly unknown[] {
  return after.length === before.length &&
    after.every((finding, at) => finding.reason === before[at]?.reason && finding.decision === before[at].decision)
    ? []
    : after;
}
record(
  "calls to addresses, with and without one",
  () =>
    ["call_external_api", "http_request"].flatMap((action_type) =>
      ["net.connect", "fs.read", "net.listen"].map((kind) => ({ action_type, kind })),
    ),
  ({ action_type, kind }) => {
    const action = normalizeAction({ action_type, action_payload: {}, cwd: "/srv/app" }, TOOLS);
    return [[], variants(kind, KINDS[kind] ?? {}).slice(0, 2)].map((effects) => said({ ...one, action, effects }));
  },
);
record(
  "several effects at once",
  () =>
    Object.entries(SHORT_KINDS).map(([kind, members], at) => [
      ...variants(kind, members).slice(0, 7),
      ...Object.entries(SHORT_KINDS)
        .slice(at, at + 3)
        .flatMap(([other, own]) => variants(other, own).slice(-2)),
    ]),
  (effects) => agents.slice(0, 3).map((agent) => said({ ...one, effects, agent, action: LOUD })),
);

const STOPS: readonly JsonValue[] = [null, false, true, 0, 1, "", "on", "off", [], {}, { engaged: false }, "false"];
const STATES: readonly JsonValue[] = [
  null,
  "",
  "active",
  "Running",
  " ok ",
  "idle",
  "suspended",
  "stopped",
  false,
  0,
  [],
  {},
  "unknown",
];
record(
  "agents that are stopped",
  () => [
    ...STOPS.map((kill_switch) => ({ kill_switch })),
    ...STATES.map((status) => ({ status })),
    ...[
      "suspended",
      "revoked",
      "disabled",
      "enabled",
      "paused",
      "halted",
      "active",
      "blocked",
      "state",
      "stop",
      "killed",
      "terminated",
    ].flatMap((name) => [true, false, "true", null, 1].map((value) => ({ [name]: value }))),
  ],
  (agent) => said({ ...one, agent: parseAgentContext({ public_key: "k", ...agent }) }),
);
record(
  "payloads that give nothing to run",
  () =>
    [
      {},
      { a: null },
      { a: "" },
      { a: false },
      { a: 0 },
      { a: "x" },
      { a: {} },
      { command: "" },
      { argv: ['{"a":1}'] },
      { argv: [] },
      { code: "x" },
      "",
      "ls",
      [],
      ["ls"],
      null,
    ].flatMap((action_payload) =>
      ["execute_shell", "execute_python", "deleteEverything", "getAll", "frobnicate"].map((action_type) => ({
        action_type,
        action_payload,
      })),
    ),
  (request) => said({ ...one, action: normalizeAction({ ...request, cwd: "/srv/app" }, TOOLS), effects: [] }),
);
record(
  "the hash of the rules",
  () => [BUILT_IN_LAYERS, BUILT_IN_LAYERS.slice(1), []],
  (layers) => rulesHash(layers, (bytes) => new TextDecoder().decode(bytes)),
);
record(
  "facts that speak",
  () => [
    {},
    ...(["agent", "tenant", "all"] as const).map((scope) => ({
      kill_switch: { scope, since: "2026-01-01T00:00:00Z" },
    })),
    { identity_disputed: true },
    { identity_disputed: false },
  ],
  (facts) =>
    world()
      .slice(0, 4)
      .map((input) => said({ ...input, facts: { ...input.facts, ...facts } })),
);
for (const part of [0, 1, 2, 3]) {
  record(
    `actions of the world, ${part}`,
    () => world().filter((_, at) => at % 4 === part),
    (input) => agents.map((agent) => said({ ...input, agent })),
  );
}

const FINDINGS: readonly Finding[] = (["constitution", "civil_code", "firewall", "policy"] as const).flatMap((layer) =>
  (["ALLOW", "REQUIRE_APPROVAL", "DENY"] as const).flatMap((decision, at): readonly Finding[] => {
    const finding = {
      layer,
      decision,
      rule_ref: layer === "constitution" ? "Art.0" : layer === "civil_code" ? "Title II" : `${layer}:x`,
      reason: `${layer} says ${decision}`,
    };
    return [
      { ...finding, severity: at === 1 ? "medium" : "high" },
      { ...finding, severity: "critical", override_key: "spending_limit", reason: "graver" },
      ...(layer === "policy"
        ? [{ ...finding, severity: "high" as const, mode: "warn" as const, reason: "warns" }]
        : []),
    ];
  }),
);
function judged(findings: readonly Finding[], answer: Partial<PolicyAnswer> = {}): unknown {
  const policy = {
    ...compile("rules:\n  - {action_type: nothing, deny: true}\n"),
    evaluate: () => ({ ...NO_ANSWER, ...answer, findings: findings.filter(({ layer }) => layer === "policy") }),
  };
  const layers = BUILT_IN_LAYERS.map(({ layer, rules }) => ({
    layer,
    rules: rules
      .slice(0, 1)
      .map((rule) => ({ ...rule, id: rule.id, evaluate: () => findings.filter((finding) => finding.layer === layer) })),
  }));
  const input: EvaluateInput = { ...one, avid: "avid:1", identity: "asserted", layers, policy };
  const { policy_snapshot: _snapshot, ...evaluation } = evaluate(input);
  return [evaluation, judge(input).edits];
}
record(
  "findings and what they come to",
  () =>
    FINDINGS.flatMap((left) => [[left], ...FINDINGS.map((right) => [left, right]), [left, ...FINDINGS.slice(5, 8)]]),
  (findings) => judged(findings),
);
const APPROVALS: readonly ApprovalRequirement[] = [
  { count: 1, within_ms: null, not_requester: false, reason_required: false, by: [] },
  {
    count: 2,
    within_ms: 60_000,
    not_requester: true,
    reason_required: false,
    by: [{ any: [{ role: "a" }], count: 1, rule_refs: ["policy:a"] }],
  },
  {
    count: 1,
    within_ms: 5000,
    not_requester: false,
    reason_required: true,
    by: [
      { any: [{ role: "a" }], count: 2, rule_refs: ["policy:b", "policy:a"] },
      { any: [{ approver: "x" }, { role: "y" }], count: 1, rule_refs: [] },
    ],
  },
];
record(
  "requirements, joined",
  () => [
    [],
    ...APPROVALS.flatMap((left) => [
      [left],
      ...APPROVALS.flatMap((right) => [
        [left, right],
        [left, right, APPROVALS[0] ?? left],
      ]),
    ]),
  ],
  joinRequirements,
);
record(
  "requirements, read",
  () => APPROVALS.flatMap((approval) => damagedJson(JSON.parse(JSON.stringify(approval)), 300)),
  parseRequirement,
);
record(
  "answers with edits and obligations",
  () =>
    FINDINGS.filter(({ layer }) => layer === "policy").flatMap((finding) =>
      [
        {},
        { approvals: APPROVALS },
        { obligations: [{ type: "limit_output", detail: { bytes: 5 }, rule_ref: "policy:a" }] },
        { edits: [{ rule_ref: "policy:a", edits: [{ set: "payload.n", to: 1 }] }] },
        { edits: [{ rule_ref: "policy:a", edits: [{ set: "payload.n", to: 9 }] }] },
        { edits: [{ rule_ref: "policy:b", edits: [{ set: "payload.n.x", to: 9 }] }] },
        { shadow: FINDINGS.slice(0, 2) },
      ].map((answer) => ({ finding, answer })),
    ),
  ({ finding, answer }) => judged([finding], answer),
);

const NAMES = [
  "execute_shell",
  "functions.exec",
  "run_job",
  "read_file",
  "send_email",
  "getWeather",
  "deleteAll",
  "x",
  "two words",
  "",
  "function",
  "tool_use",
  "n".repeat(128),
  "n".repeat(129),
];
const NAMING = [
  "recipient_name",
  "tool_name",
  "tool",
  "function",
  "name",
  "action",
  "method",
  "op",
  "type",
  "command",
  "kind",
  "step",
  "call",
  "label",
  "Tool-Name",
];
const GIVING: readonly JsonObject[] = [
  {},
  { arguments: { command: "ls" } },
  { arguments: '{"command":"ls"}' },
  { arguments: '"{\\"command\\":\\"ls\\"}"' },
  { arguments: "{broken" },
  { arguments: "plain" },
  { arguments: null },
  { input: [1] },
  { params: { a: 1 } },
  { with: { a: 1 }, id: "5" },
  { args: { a: 1 }, other: 2 },
  { body: "text" },
  { parameters: {}, next: [{ tool: "run_job", args: { n: 1 } }] },
];
const WRAPS: readonly ((call: JsonObject) => JsonObject)[] = [
  (call) => call,
  (call) => ({ tool_calls: [call] }),
  (call) => ({ steps: [call, { name: "s", run: "ls" }] }),
  (call) => ({ data: { list: [call] } }),
  (call) => ({ tool_uses: JSON.stringify([call]), note: "n" }),
];
const CALLS = NAMING.flatMap((naming, row) =>
  NAMES.flatMap((name, at) =>
    [GIVING[(row + at) % GIVING.length] ?? {}, GIVING[(row * 5 + at * 3 + 1) % GIVING.length] ?? {}].map(
      (given): JsonObject => ({ [naming]: name, ...given }),
    ),
  ),
);
const SHAPES: readonly JsonObject[] = [
  { tool_calls: { exec: { command: "ls" } } },
  { tool_calls: ["execute_shell", { command: "ls" }] },
  { tool_calls: ["execute_shell", { command: "ls" }, 5] },
  { tool_calls: [["execute_shell", { command: "ls" }], ["x"]] },
  { calls: [{ execute_shell: { command: "ls" } }, { nosuch: { a: 1 } }, { execute_shell: null }, 5, "x"] },
  { tool_calls: "text: here" },
  { tool_calls: "run(ls)" },
  { tool_calls: "a\nb" },
  { tool_calls: "plain" },
  { tool_calls: "<call>" },
  { tool_calls: "[broken" },
  { tool_calls: [] },
  { tool_calls: [[]] },
  { tool_calls: [null, true, 1] },
  { tool_calls: [{ a: 1 }, { b: 2 }] },
  {
    steps: [
      { name: "x", run: ["ls", "pwd"], id: "1", env: { A: "b" } },
      { uses: "x" },
      { command: "ls" },
      { script: [] },
      { sh: 5 },
    ],
  },
  {
    content: [
      { type: "tool_use", name: "execute_shell", input: { command: "ls" } },
      { type: "text", text: "x" },
    ],
  },
  { content: [{ type: "text" }] },
  { a: [{ type: "Tool-Use", name: "x" }] },
  { jsonrpc: "2.0", method: "tools/call", params: { name: "execute_shell", arguments: { command: "ls" } } },
  { tool_calls: Array.from({ length: 257 }, (_, at) => ({ tool: "run_job", args: { at } })) },
  { tool_calls: Array.from({ length: 256 }, (_, at) => ({ tool: "run_job", args: { at } })) },
  ...[10, 11, 12, 13, 14].map((depth) => ({
    tool_calls: Array.from({ length: depth }).reduce<JsonValue>((inner) => [inner], {
      tool: "run_job",
      args: { a: 1 },
    }),
  })),
  { op: "delete", path: "/x" },
  { tool_calls: [{ op: "delete", path: "/x" }, { op: "two words" }, { kind: "x", a: 1 }] },
  { function: { name: "execute_shell", arguments: "{}" } },
  { next: [{ tool: "execute_shell", args: {} }] },
  {},
  { a: 1, b: "x", c: null },
];
for (const sureness of ["never", "loose", "list", "sure"] as const) {
  record(
    `calls in payloads, ${sureness}`,
    () => [...SHAPES, ...WRAPS.flatMap((wrap, row) => CALLS.filter((_, at) => (at + row) % 2 === 0).map(wrap))],
    (members) => readCalls(members, sureness, null),
  );
}
record(
  "payloads of calls, damaged",
  () => SHAPES.filter((shape) => JSON.stringify(shape).length < 300).flatMap((shape) => damagedJson(shape, 60)),
  (members) =>
    typeof members === "object" && members !== null && !Array.isArray(members)
      ? (["never", "loose", "list", "sure"] as const).map((sureness) => readCalls(Object(members), sureness, null))
      : null,
);

finish();
