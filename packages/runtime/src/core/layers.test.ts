import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { Action, Verb } from "./action.ts";
import { parseAgentContext } from "./agent-context.ts";
import { BUILT_IN_LAYERS } from "./built-in-layers.ts";
import type { Effect, EffectKind, HostTarget, PathTarget } from "./effects/effect.ts";
import { NO_SURROUNDINGS } from "./effects/index.ts";
import { ask, deny, effectRule, type Judgement } from "./effect-rule.ts";
import { evaluate, type BuiltInLayer, type PolicyLayer } from "./evaluate.ts";
import type { Evaluation } from "./decision.ts";
import type { Facts } from "./facts.ts";
import { FIREWALL } from "./firewall/index.ts";
import type { JsonObject } from "./json.ts";
import { NO_ANSWER } from "./policy-answer.ts";
import type { Rule } from "./rule.ts";
import { rulesHash } from "./rules-hash.ts";

// ---- a world in which rules are asked ----

function path(zone: PathTarget["zone"], more: Partial<PathTarget> = {}): PathTarget {
  const written = more.path ?? `/some/${zone}`;
  return {
    path: written,
    text: written,
    zone,
    glob: false,
    secret: null,
    governance: null,
    persistence: null,
    ...more,
  };
}

function host(hostClass: HostTarget["class"], name = "host.example"): HostTarget {
  return { host: name, text: name, class: hostClass, port: null, domain: null };
}

interface Scene {
  readonly verb?: Verb;
  readonly type?: string;
  readonly members?: JsonObject;
  readonly effects?: readonly Effect[];
  readonly agent?: JsonObject;
  readonly facts?: Partial<Facts>;
  readonly action?: Partial<Action>;
  readonly layers?: readonly BuiltInLayer[];
}

const POLICY: PolicyLayer = {
  snapshot: {
    policy_file: null,
    policy_hash: "sha256:00",
    policy_source: "default",
    rules_hash: "sha256:00",
    engine_version: "0",
  },
  evaluate: () => NO_ANSWER,
};

function decide(scene: Scene): Evaluation {
  const action: Action = {
    action_type: scene.type ?? "noop",
    raw_action_type: scene.type ?? "noop",
    verb: scene.verb ?? "other",
    known: true,
    changing: false,
    payload: scene.members ?? {},
    members: scene.members ?? {},
    fields: { commands: [], argvs: [], codes: [], paths: [], urls: [], queries: [], texts: [] },
    calls: [],
    doubts: [],
    cwd: null,
    canonical: "{}",
    digest: "sha256:00",
    ...scene.action,
  };
  return evaluate({
    action,
    effects: scene.effects ?? [],
    agent: parseAgentContext({ public_key: "pk", ...scene.agent }),
    avid: "AVID-0",
    identity: "asserted",
    facts: { now_ms: 0, kill_switch: null, surroundings: NO_SURROUNDINGS, ...scene.facts },
    layers: scene.layers ?? BUILT_IN_LAYERS,
    policy: POLICY,
  });
}

const verdicts = (scene: Scene): readonly [string, string | null] => {
  const { decision, rule_ref } = decide(scene);
  return [decision, rule_ref];
};

const RULES: readonly Rule[] = BUILT_IN_LAYERS.flatMap((layer) => layer.rules);

// ---- one sample of every kind: adding a kind without one is a compile error ----

const SAMPLES: { readonly [Kind in EffectKind]: Extract<Effect, { kind: Kind }> } = {
  "exec.program": { kind: "exec.program", via: "x", program: "x", known: false, args: [] },
  "exec.unresolved": { kind: "exec.unresolved", via: "$x", part: "program", text: "$x" },
  "exec.obfuscated": { kind: "exec.obfuscated", via: "sh", how: "decoded", text: "base64" },
  "exec.unparsed": { kind: "exec.unparsed", via: "sh", problem: "open quote" },
  "exec.injected": { kind: "exec.injected", via: "env", variable: "LD_PRELOAD" },
  "fs.read": { kind: "fs.read", via: "cat", target: path("in_home", { secret: "ssh_key" }) },
  "fs.write": { kind: "fs.write", via: "tee", target: path("system"), mode: "create" },
  "fs.delete": { kind: "fs.delete", via: "rm", target: path("outside"), recursive: false },
  "fs.permission": { kind: "fs.permission", via: "chmod", target: path("inside"), recursive: false, change: "world" },
  "device.write": { kind: "device.write", via: "dd", target: path("device") },
  "device.read": { kind: "device.read", via: "dd", target: path("device") },
  "secret.read": { kind: "secret.read", via: "printenv", secret: "environment", from: "printenv" },
  "secret.send": { kind: "secret.send", via: "curl", secret: "ssh_key", host: host("public") },
  "net.connect": {
    kind: "net.connect",
    via: "curl",
    host: host("public"),
    sends: false,
    origin: "shell",
    scheme: "https",
  },
  "net.listen": { kind: "net.listen", via: "nc", port: 80 },
  "net.shell": { kind: "net.shell", via: "nc", direction: "reverse", host: host("public") },
  "privilege.raise": { kind: "privilege.raise", via: "sudo", how: "sudo" },
  "persist.install": { kind: "persist.install", via: "crontab", where: "crontab" },
  "process.kill": { kind: "process.kill", via: "kill", scope: "all", text: "-1" },
  "host.change": { kind: "host.change", via: "ufw", area: "firewall", detail: "ufw disable", destructive: true },
  "package.install": { kind: "package.install", via: "npm", manager: "npm", system: false },
  "resource.exhaust": { kind: "resource.exhaust", via: "sh", how: "fork bomb" },
  "infra.change": {
    kind: "infra.change",
    via: "kubectl",
    system: "kubernetes",
    operation: "delete",
    destructive: true,
    count: null,
  },
  "container.escape": { kind: "container.escape", via: "docker", how: "privileged" },
  "db.statement": { kind: "db.statement", via: "psql", operation: "wipe", text: "drop" },
  "vcs.discard": { kind: "vcs.discard", via: "git", operation: "reset --hard", remote: false },
  publish: { kind: "publish", via: "npm", to: "registry" },
  "trace.erase": { kind: "trace.erase", via: "history", what: "shell history" },
  "money.move": { kind: "money.move", via: "payload.amount", amount: "11", currency: null, problem: null },
  "message.send": { kind: "message.send", via: "mail", channel: "email", recipients: 1, bulk: false },
  "agent.spawn": { kind: "agent.spawn", via: "payload", requested: null },
  "deploy.release": { kind: "deploy.release", via: "fly", target: "prod" },
  "physical.act": { kind: "physical.act", via: "payload", device: "arm" },
  "mining.run": { kind: "mining.run", via: "xmrig", program: "xmrig" },
  "security.use": { kind: "security.use", via: "nmap", tool: "nmap", level: "scan" },
  "compute.heavy": { kind: "compute.heavy", via: "payload", what: "gpus", quantity: 512 },
  "govern.command": { kind: "govern.command", via: "canopy", command: "canopy keys" },
  "content.harm": { kind: "content.harm", via: "payload.text", topic: "self_harm", stance: "instruct" },
  "personal.data": { kind: "personal.data", via: "payload.text", types: ["email"] },
  "other.change": { kind: "other.change", via: "payload", detail: {} },
};

test("every kind of effect makes at least one rule speak, and the rules that speak say that they judge it", () => {
  for (const sample of Object.values(SAMPLES)) {
    const { findings } = decide({ effects: [sample] });
    assert.notEqual(findings.length, 0, `${sample.kind} is judged by nobody`);
    for (const finding of findings) {
      const rule = RULES.find((candidate) => candidate.id === finding.rule_ref);
      assert.ok(rule?.judges.includes(sample.kind), `${finding.rule_ref} speaks on ${sample.kind} undeclared`);
    }
  }
});

test("every kind of effect but an unknown program at least asks in its gravest form", () => {
  for (const sample of Object.values(SAMPLES)) {
    if (sample.kind === "exec.program") continue;
    assert.notEqual(decide({ effects: [sample] }).decision, "ALLOW", sample.kind);
  }
});

test("each folder's index lists each of its files once, and rule ids are distinct", () => {
  for (const [folder, rules] of [
    ["constitution", BUILT_IN_LAYERS[0]?.rules],
    ["civil-code", BUILT_IN_LAYERS[1]?.rules],
    ["firewall", BUILT_IN_LAYERS[2]?.rules],
  ] as const) {
    const files = readdirSync(new URL(`../../src/core/${folder}`, import.meta.url)).filter(
      (name) => name.endsWith(".ts") && name !== "index.ts" && !name.endsWith(".test.ts"),
    );
    assert.equal(rules?.length, files.length, `${folder}: ${files.join(", ")}`);
  }
  assert.equal(new Set(RULES.map((rule) => rule.id)).size, RULES.length);
});

test("the layers name what decided as the reference does", () => {
  const paid = decide({ verb: "money", effects: [{ ...SAMPLES["money.move"], amount: "50" }] });
  assert.equal(paid.layers.civil_code, "blocked (Title II — Financial Actions)");
  assert.equal(paid.rule_ref, "Title II");
  assert.equal(paid.override_key, "agent_ctx['spending_limit'] = <number> | 'unlimited'");
  assert.equal(decide({ agent: { kill_switch: true } }).layers.constitution, "blocked (Art.7)");
  assert.equal(decide({ effects: [SAMPLES["privilege.raise"]] }).layers.firewall, "blocked (require_approval)");
});

function erase(target: PathTarget, recursive = true): Effect {
  return { kind: "fs.delete", via: "rm", target, recursive };
}

function connectTo(hostClass: HostTarget["class"], origin: "action" | "shell"): Effect {
  return { ...SAMPLES["net.connect"], host: host(hostClass), origin };
}

function pay(...amounts: readonly (string | null)[]): Scene {
  return { verb: "money", effects: amounts.map((amount) => ({ ...SAMPLES["money.move"], amount })) };
}

function spawn(requested: readonly string[] | null, agent: JsonObject, members: JsonObject = {}): string {
  return decide({
    verb: "spawn",
    members,
    effects: [{ kind: "agent.spawn", via: "payload", requested }],
    agent: { autonomous_mode: true, can_spawn_agents: true, ...agent },
  }).decision;
}

function govern(governance: PathTarget["governance"]): Effect {
  return { kind: "fs.write", via: "tee", target: path("inside", { governance }), mode: "create" };
}

function modify(target: string): Scene {
  return {
    verb: "fs.write",
    type: "modify_file",
    effects: [{ kind: "fs.write", via: "payload.path", target: path("outside", { path: target }), mode: "create" }],
    agent: { safe_paths: ["/work/"] },
  };
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

// ---- Constitution ----

test("the kill switch is engaged by anything but absent, null and false", () => {
  for (const kill_switch of [true, "true", "on", 1, 0, "", "false", [], {}, "no"]) {
    assert.deepEqual(verdicts({ agent: { kill_switch } }), ["DENY", "Art.7"], JSON.stringify(kill_switch));
  }
  for (const kill_switch of [null, false]) assert.equal(decide({ agent: { kill_switch } }).decision, "ALLOW");
  assert.equal(decide({}).decision, "ALLOW");
});

test("only the known running statuses let an agent act", () => {
  for (const status of ["disabled", "stopped", "paused", "unknown", "activ", true, 1, 0, false, [], {}]) {
    assert.deepEqual(verdicts({ agent: { status } }), ["DENY", "Art.7"], JSON.stringify(status));
  }
  for (const status of [null, "", " ", "active", " Running\n", "OK", "idle"]) {
    assert.equal(decide({ agent: { status } }).decision, "ALLOW", JSON.stringify(status));
  }
});

test("a stop counts however its member is spelt, and nothing else reads as one", () => {
  const stops: readonly JsonObject[] = [
    { killSwitch: true },
    { "KILL-SWITCH": "on" },
    { emergency_stop: 1 },
    { Status: "revoked" },
    { agent_status: "suspended" },
    { state: "terminated" },
    { suspended: true },
    { stop: true },
    { is_revoked: "yes" },
    { enabled: false },
  ];
  for (const agent of stops) assert.deepEqual(verdicts({ agent }), ["DENY", "Art.7"], JSON.stringify(agent));
  const others: readonly JsonObject[] = [
    { killSwitch: false },
    { state: "CA" },
    { state: "planning" },
    { suspended: false },
    { blocked: ["tool"] },
    { locked: null },
    { enabled: true },
    { stop: "the bus stop" },
  ];
  for (const agent of others) assert.equal(decide({ agent }).decision, "ALLOW", JSON.stringify(agent));
});

test("a kill switch in the ledger stops the agent whatever its context says", () => {
  const facts = { kill_switch: { scope: "all", since: "2026-01-01T00:00:00Z" } } as const;
  assert.deepEqual(verdicts({ facts, agent: { kill_switch: false, status: "active" } }), ["DENY", "Art.7"]);
});

test("deleting the root, and folders of the system, is denied by Art.0", () => {
  assert.deepEqual(verdicts({ effects: [erase(path("root", { path: "/" }))] }), ["DENY", "Art.0"]);
  assert.deepEqual(verdicts({ effects: [erase(path("system", { path: "/etc" }))] }), ["DENY", "Art.0"]);
  assert.equal(decide({ effects: [erase(path("inside"))] }).decision, "ALLOW");
  assert.equal(decide({ effects: [erase(path("cwd"))] }).decision, "REQUIRE_APPROVAL");
  assert.equal(decide({ effects: [erase(path("home"))] }).decision, "REQUIRE_APPROVAL");
});

test("network actions never reach inside, a shell asks, and metadata is denied to both", () => {
  for (const inside of ["loopback", "private", "internal_name", "metadata"] as const) {
    assert.deepEqual(verdicts({ effects: [connectTo(inside, "action")] }), ["DENY", "Art.0"], inside);
  }
  for (const inside of ["loopback", "private", "internal_name"] as const) {
    assert.equal(decide({ effects: [connectTo(inside, "shell")] }).decision, "REQUIRE_APPROVAL", inside);
  }
  assert.deepEqual(verdicts({ effects: [connectTo("metadata", "shell")] }), ["DENY", "Art.0"]);
});

test("naming an internal address as trusted opens nothing", () => {
  const effects: Effect[] = [{ ...SAMPLES["net.connect"], host: host("private", "10.0.0.1"), origin: "action" }];
  assert.equal(decide({ effects, agent: { trusted_domains: ["10.0.0.1", "", ".", "*"] } }).decision, "DENY");
});

test("instruction of harm is denied, a bare topic asks", () => {
  const harm = SAMPLES["content.harm"];
  assert.deepEqual(verdicts({ effects: [harm] }), ["DENY", "Art.1"]);
  assert.deepEqual(verdicts({ effects: [{ ...harm, stance: "mention" }] }), ["REQUIRE_APPROVAL", "firewall:content"]);
});

// Every member of the context that the engine reads, at its most permissive, one by one and together; and every
// claim a payload can make. What the Constitution denied stays denied, by the same article.
const GRANTS: JsonObject = {
  autonomous_mode: true,
  spending_limit: "unlimited",
  trusted_domains: ["host.example", "example", "10.0.0.1", "/", "*"],
  communication_channels: ["email", "noop"],
  bulk_authorized: true,
  can_spawn_agents: true,
  permissions: ["*"],
  mining_authorized: true,
  physical_actions: ["noop", "arm"],
  security_testing_authorized: true,
  high_compute_authorized: true,
  safe_paths: ["/", "/some", "/some/system", "/some/root"],
  environment: "dev",
  env: "dev",
  trace_id: "t",
  session_id: "s",
  tenant_id: "admin",
  role: "admin",
  skip_constitution: true,
  skip_firewall: true,
  disable_constitution: true,
  constitution: false,
  approved: true,
  kill_switch_override: true,
};
const CLAIMS: JsonObject = {
  user_confirmed: true,
  approved: true,
  confirmed: true,
  force: true,
  skip_constitution: true,
  skip_firewall: true,
  dry_run: true,
  approval: "yes",
  requires_root: false,
  agent_ctx: GRANTS,
};
const FORBIDDEN: readonly Scene[] = [
  { agent: { kill_switch: true } },
  { agent: { status: "stopped" } },
  { facts: { kill_switch: { scope: "agent", since: "2026-01-01T00:00:00Z" } } },
  { effects: [{ ...SAMPLES["fs.delete"], target: path("root"), recursive: true }] },
  { effects: [{ ...SAMPLES["fs.delete"], target: path("system"), recursive: true }] },
  { effects: [{ ...SAMPLES["fs.write"], target: path("root"), mode: "truncate" }] },
  { effects: [{ ...SAMPLES["fs.permission"], target: path("root"), recursive: true }] },
  { effects: [SAMPLES["device.write"]] },
  { effects: [SAMPLES["resource.exhaust"]] },
  { effects: [{ ...SAMPLES["process.kill"], scope: "system" }] },
  { effects: [{ ...SAMPLES["net.connect"], host: host("loopback"), origin: "action" }] },
  { effects: [{ ...SAMPLES["net.connect"], host: host("private"), origin: "action" }] },
  { effects: [{ ...SAMPLES["net.connect"], host: host("internal_name"), origin: "action" }] },
  { effects: [{ ...SAMPLES["net.connect"], host: host("metadata"), origin: "shell" }] },
  { effects: [{ ...SAMPLES["content.harm"], topic: "nuclear_weapon" }] },
  { effects: [SAMPLES["content.harm"]] },
];

test("the enumeration of grants covers every member that the agent context reads", () => {
  const read = Object.keys(parseAgentContext({ public_key: "pk" }));
  const stop = ["public_key", "kill_switch", "status", "raw"];
  for (const member of read.filter((name) => !stop.includes(name))) assert.ok(member in GRANTS, member);
});

test("no setting of the context and no claim of the payload relaxes the Constitution", () => {
  const grants: JsonObject[] = [...Object.entries(GRANTS).map(([name, value]) => ({ [name]: value })), GRANTS];
  const claims: JsonObject[] = [...Object.entries(CLAIMS).map(([name, value]) => ({ [name]: value })), CLAIMS];
  for (const scene of FORBIDDEN) {
    const plain = decide(scene);
    assert.deepEqual([plain.decision, plain.deciding_layer, plain.override_key], ["DENY", "constitution", null]);
    for (const grant of grants) {
      const granted = decide({ ...scene, agent: { ...grant, ...scene.agent } });
      assert.deepEqual([granted.decision, granted.rule_ref], ["DENY", plain.rule_ref], JSON.stringify(grant));
    }
    for (const members of claims) assert.equal(decide({ ...scene, members }).rule_ref, plain.rule_ref);
  }
});

test("no policy finding relaxes the Constitution", () => {
  for (const scene of FORBIDDEN) {
    const { findings } = decide(scene);
    assert.ok(findings.some((finding) => finding.layer === "constitution" && finding.override_key === undefined));
  }
});

test("no combination of grants makes any scene looser than its own title allows", () => {
  const subset = fc.subarray(Object.keys(GRANTS));
  fc.assert(
    fc.property(subset, fc.constantFrom(...FORBIDDEN), (names, scene) => {
      const agent = { ...Object.fromEntries(names.map((name) => [name, GRANTS[name] ?? null])), ...scene.agent };
      assert.equal(decide({ ...scene, agent }).decision, "DENY");
    }),
  );
});

// ---- Civil Code ----

test("a granted override silences its own title and no other", () => {
  const scene: Scene = {
    verb: "message",
    type: "send_email",
    effects: [SAMPLES["message.send"], SAMPLES["personal.data"]],
  };
  const refs = (agent: JsonObject) => decide({ ...scene, agent }).findings.map((finding) => finding.rule_ref);
  assert.deepEqual(refs({}), ["Title I", "Title III", "Title IV"]);
  assert.deepEqual(refs({ autonomous_mode: true }), ["Title III", "Title IV"]);
  assert.deepEqual(refs({ communication_channels: ["send_email"] }), ["Title I", "Title III"]);
  assert.deepEqual(refs({ autonomous_mode: true, communication_channels: ["email"] }), ["Title III"]);
});

test("an override of the wrong type grants nothing", () => {
  const flags = [
    "autonomous_mode",
    "bulk_authorized",
    "can_spawn_agents",
    "mining_authorized",
    "security_testing_authorized",
    "high_compute_authorized",
  ] as const;
  for (const flag of flags) {
    for (const value of ["true", "yes", 1, [true], {}, null]) {
      assert.equal(
        parseAgentContext({ public_key: "pk", [flag]: value })[flag],
        false,
        `${flag} ${JSON.stringify(value)}`,
      );
    }
    assert.equal(parseAgentContext({ public_key: "pk", [flag]: true })[flag], true, flag);
  }
  for (const agent of [{ autonomous_mode: "true" }, { autonomous_mode: 1 }, { autonomous_mode: ["true"] }]) {
    assert.deepEqual(verdicts({ verb: "deploy", agent }), ["REQUIRE_APPROVAL", "Title I"]);
  }
  const large: Scene = { verb: "money", effects: [{ ...SAMPLES["money.move"], amount: "4000" }] };
  for (const spending_limit of ["4000", "Unlimited", "inf", true, [4000], null]) {
    assert.equal(decide({ ...large, agent: { spending_limit } }).decision, "REQUIRE_APPROVAL", String(spending_limit));
  }
  assert.equal(decide({ ...large, agent: { spending_limit: "unlimited" } }).decision, "ALLOW");
  assert.equal(decide({ ...large, agent: { spending_limit: 4000 } }).decision, "ALLOW");
});

test("amounts are compared exactly, summed, and never read as nothing", () => {
  assert.equal(decide(pay("10")).decision, "ALLOW");
  assert.equal(decide(pay("10.00")).decision, "ALLOW");
  assert.equal(decide(pay("10.000000000000000000001")).decision, "REQUIRE_APPROVAL");
  assert.equal(decide(pay("6", "6")).decision, "REQUIRE_APPROVAL");
  assert.equal(decide(pay("-1")).decision, "REQUIRE_APPROVAL");
  assert.equal(decide(pay(null)).decision, "REQUIRE_APPROVAL");
  assert.equal(decide(pay()).decision, "REQUIRE_APPROVAL");
  assert.equal(decide({ ...pay(null), agent: { spending_limit: "unlimited" } }).decision, "REQUIRE_APPROVAL");
  const btc: Scene = { verb: "money", effects: [{ ...SAMPLES["money.move"], amount: "1", currency: "BTC" }] };
  assert.equal(decide(btc).decision, "REQUIRE_APPROVAL");
  assert.equal(decide({ ...btc, agent: { spending_limit: 100 } }).decision, "REQUIRE_APPROVAL");
});

test("personal data leaves only to trusted domains, and then asks", () => {
  const reached = { ...SAMPLES["net.connect"], origin: "action", host: host("public", "api.trusted.example") } as const;
  const scene: Scene = { effects: [SAMPLES["personal.data"], reached] };
  assert.deepEqual(verdicts(scene), ["DENY", "Title III"]);
  assert.deepEqual(verdicts({ ...scene, agent: { trusted_domains: ["trusted.example"] } }), [
    "REQUIRE_APPROVAL",
    "Title III",
  ]);
  for (const domain of ["rusted.example", "example", "https://trusted.example", "api.trusted.example.org", ""]) {
    assert.equal(decide({ ...scene, agent: { trusted_domains: [domain] } }).decision, "DENY", domain);
  }
});

test("a bulk message needs its own grant, which grants no channel", () => {
  const bulk: Scene = {
    verb: "message",
    type: "send_email",
    effects: [{ ...SAMPLES["message.send"], recipients: 11, bulk: true }],
    agent: { autonomous_mode: true },
  };
  assert.deepEqual(verdicts(bulk), ["DENY", "Title IV"]);
  const channels = { ...bulk.agent, communication_channels: ["email"] };
  assert.equal(decide({ ...bulk, agent: channels }).decision, "DENY");
  assert.equal(decide({ ...bulk, agent: { ...channels, bulk_authorized: true } }).decision, "ALLOW");
  assert.equal(decide({ ...bulk, agent: { ...bulk.agent, bulk_authorized: true } }).decision, "REQUIRE_APPROVAL");
});

test("a new agent never holds more than its maker", () => {
  assert.equal(spawn(["read"], { permissions: ["read", "write"] }), "ALLOW");
  assert.equal(spawn(["read", "admin"], { permissions: ["read"] }), "DENY");
  assert.equal(spawn(["admin"], {}), "REQUIRE_APPROVAL");
  assert.equal(spawn(null, {}), "ALLOW");
  assert.equal(spawn(null, {}, { requested_permissions: { admin: true } }), "REQUIRE_APPROVAL");
  assert.equal(spawn([], {}), "ALLOW");
});

test("files that govern are denied in force, asked about by name, and free to read", () => {
  const everything = { ...GRANTS, safe_paths: ["/"] };
  assert.deepEqual(verdicts({ effects: [govern("in_force")], agent: everything }), ["DENY", "Title IX"]);
  assert.deepEqual(verdicts({ effects: [govern("by_name")], agent: everything }), ["REQUIRE_APPROVAL", "Title IX"]);
  const read: Effect = { kind: "fs.read", via: "cat", target: path("inside", { governance: "in_force" }) };
  assert.equal(decide({ effects: [read] }).decision, "ALLOW");
  const key = path("in_home", { governance: "in_force", secret: "canopy_key" });
  assert.deepEqual(verdicts({ effects: [{ ...read, target: key }], agent: everything }), ["DENY", "Title IX"]);
});

// ---- Firewall ----

test("an unknown program passes with a note that is listed", () => {
  const decided = decide({ verb: "exec", effects: [SAMPLES["exec.program"]] });
  assert.equal(decided.decision, "ALLOW");
  assert.deepEqual(
    decided.findings.map(({ rule_ref, severity }) => [rule_ref, severity]),
    [["firewall:unknown", "low"]],
  );
  assert.equal(decided.layers.firewall, "pass");
});

test("a doubt, an unknown changing type and a claimed need of root each ask", () => {
  assert.equal(decide({ action: { doubts: ["two commands"] } }).decision, "REQUIRE_APPROVAL");
  assert.equal(decide({ action: { known: false, changing: true } }).decision, "REQUIRE_APPROVAL");
  assert.equal(decide({ action: { known: false, changing: false } }).decision, "ALLOW");
  assert.equal(decide({ members: { requires_root: true } }).decision, "REQUIRE_APPROVAL");
  assert.equal(decide({ members: { requires_root: 0 } }).decision, "ALLOW");
});

test("a file action is free under the safe paths, segment by segment", () => {
  assert.equal(decide(modify("/work/a.txt")).decision, "ALLOW");
  assert.equal(decide(modify("/work-other/a.txt")).decision, "REQUIRE_APPROVAL");
  assert.equal(decide(modify("/workspace/a.txt")).decision, "REQUIRE_APPROVAL");
});

test("a thousand effects of one sort give one finding with a few of them as evidence", () => {
  const effects = Array.from({ length: 1000 }, (_, index): Effect => ({
    ...SAMPLES["fs.delete"],
    target: path("outside", { path: `/data/${index}` }),
  }));
  const { findings } = decide({ effects });
  assert.equal(findings.length, 1);
  assert.equal(findings[0]?.evidence?.length, 5);
});

test("whoever proceeds must pin the addresses of the public names, and nothing is owed on a denial", () => {
  const named: Effect = {
    ...SAMPLES["net.connect"],
    host: { ...host("public", "api.example.com"), domain: "example.com" },
  };
  const address: Effect = { ...SAMPLES["net.connect"], host: host("public", "203.0.113.9") };
  const pin = { type: "pin_addresses", detail: { host: "api.example.com", port: null } };
  assert.deepEqual(decide({ effects: [named, named, address] }).obligations, [pin]);
  assert.deepEqual(decide({ effects: [named], agent: { kill_switch: true } }).obligations, []);
  assert.deepEqual(decide({}).obligations, []);
});

function ruleOf(id: string, judge: () => Judgement): Rule {
  const about = { title: id, display: null, reads: "nothing", judges: [], default: "none", override_key: null };
  return effectRule({ layer: "firewall", id, ...about, revision: 1, judgeAction: () => [judge()] });
}

test("a rule that throws denies, and the others are still asked", () => {
  const broken = ruleOf("test:broken", () => {
    throw new TypeError("a bug");
  });
  const layers = [{ layer: "firewall", rules: [broken, ...FIREWALL] }] as const;
  const { decision, severity, findings } = decide({ effects: [SAMPLES["exec.unresolved"]], layers });
  assert.deepEqual([decision, severity], ["DENY", "critical"]);
  const [first, ...others] = findings;
  assert.equal(first?.rule_ref, "test:broken");
  assert.match(first?.reason ?? "", /^RULE_FAILED.*TypeError/);
  assert.ok(others.length > 0);
});

test("the severity is the gravest of the findings that decide, not of others", () => {
  const rules = [
    ruleOf("a", () => deny("no", "x", "low")),
    ruleOf("b", () => ask("perhaps", "x", "critical")),
    ruleOf("c", () => deny("never", "y", "medium")),
  ];
  const { decision, severity } = decide({ layers: [{ layer: "firewall", rules }] });
  assert.deepEqual([decision, severity], ["DENY", "medium"]);
});

// ---- The hash over the rules ----

test("the rules hash moves with any rule's data and its order", () => {
  const plain = rulesHash(BUILT_IN_LAYERS, text);
  const [first, ...rest] = BUILT_IN_LAYERS;
  assert.ok(first !== undefined);
  const revised = first.rules.map((rule) => ({ ...rule, revision: rule.revision + 1 }));
  assert.notEqual(rulesHash([{ ...first, rules: revised }, ...rest], text), plain);
  assert.notEqual(rulesHash([{ ...first, rules: first.rules.toReversed() }, ...rest], text), plain);
  assert.notEqual(rulesHash(rest, text), plain);
  assert.equal(rulesHash([...BUILT_IN_LAYERS], text), plain);
});
