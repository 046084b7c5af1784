import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CanopyError } from "../../core/errors.ts";
import { createRuntime } from "../create-runtime.ts";
import { FlipTally, type FlipReport } from "./flip-tally.ts";
import { simulateLog, type SimulatedDecision, type SimulateOptions } from "./simulate-log.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Place {
  readonly home: string;
  readonly audit_log_path: string;
}

const COMMANDS = ["ls", "curl https://example.org/", "rm -rf /", "git status", "npm test"];

/** A log of five commands by two agents, decided by the default pack or by `policy`. */
async function logged(policy?: string): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-simulate-"));
  folders.push(folder);
  const at = { home: join(folder, "home"), audit_log_path: join(folder, "audit.log") };
  let now = Date.parse("2026-03-01T00:00:00Z");
  const runtime = createRuntime({
    ...at,
    env: {},
    cwd: "/project",
    durability: "none",
    clock: { now: () => now },
    ...(policy === undefined ? {} : { policy }),
  });
  for (const [index, command] of COMMANDS.entries()) {
    const agent = { public_key: `agent-${index % 2}`, trace_id: `trace-${index}` };
    await runtime.authorize(agent, "execute_shell", { command });
    now += 60_000;
  }
  await runtime.close();
  return at;
}

async function simulate(
  at: Place,
  policy: string,
  options: Partial<SimulateOptions> = {},
): Promise<{ readonly decisions: readonly SimulatedDecision[]; readonly report: FlipReport }> {
  const tally = new FlipTally();
  const decisions: SimulatedDecision[] = [];
  const settings = { home: at.home, policy: { bytes: policy, file: null }, ...options };
  for await (const decision of simulateLog(at.audit_log_path, settings)) {
    tally.saw(decision);
    decisions.push(decision);
  }
  return { decisions, report: tally.report() };
}

const NO_GIT = 'rules:\n  - id: no-git\n    action_type: execute_shell\n    deny_if: "git"\n';

test("a policy that says the same flips nothing", async () => {
  const at = await logged(NO_GIT);
  const { report } = await simulate(at, NO_GIT);
  assert.deepEqual([report.decisions, report.same, report.flipped], [5, 5, 0]);
  assert.deepEqual([report.flips, report.by_rule, report.examples], [[], [], []]);
});

test("a new rule's flips are counted by verdict, rule, agent and action type", async () => {
  const at = await logged("rules:\n  - action_type: execute_shell\n    deny_if: never\n");
  const { report, decisions } = await simulate(at, NO_GIT);
  assert.deepEqual(report.flips, [{ from: "ALLOW", to: "DENY", count: 1 }]);
  assert.deepEqual(
    report.by_rule.map(({ name, decisions: count }) => [name, count]),
    [["policy:no-git", 1]],
  );
  assert.deepEqual(
    report.by_action_type.map(({ name, decisions: count }) => [name, count]),
    [["execute_shell", 5]],
  );
  assert.equal(report.by_agent[0]?.decisions, 2);
  assert.deepEqual(report.newly_gated, { of: 3, asked: 0, denied: 1 });
  assert.deepEqual(decisions.map(({ outcome }) => outcome).join(), "same,same,same,flipped,same");
  assert.deepEqual(report.examples[0]?.request?.action_payload, { command: "git status" });
  assert.equal(report.examples[0]?.cause, "policy");
});

test("a rule that is dropped is named by what it decided then", async () => {
  const at = await logged(NO_GIT);
  const { report } = await simulate(at, "rules:\n  - action_type: execute_shell\n    deny_if: never\n");
  assert.deepEqual(report.flips, [{ from: "DENY", to: "ALLOW", count: 1 }]);
  assert.equal(report.by_rule[0]?.name, "policy:no-git");
});

test("what the built-in layers deny stays denied by any policy", async () => {
  const at = await logged();
  const { decisions } = await simulate(at, "rules:\n  - action_type: execute_shell\n    deny_if: rm\n");
  assert.equal(decisions[2]?.simulated, "DENY");
});

test("only the decisions that are meant are given", async () => {
  const at = await logged();
  const since = Date.parse("2026-03-01T00:02:00Z");
  assert.equal((await simulate(at, NO_GIT, { since })).report.decisions, 3);
  assert.equal((await simulate(at, NO_GIT, { trace: "trace-3" })).report.flipped, 1);
});

test("decisions whose records are gone count as not replayable, and flip nothing", async () => {
  const at = await logged();
  const keys = `${at.audit_log_path}.d/payloads/keys`;
  const [first = ""] = readdirSync(keys);
  unlinkSync(join(keys, first));
  const { report } = await simulate(at, NO_GIT);
  assert.equal(report.not_replayable + report.same + report.flipped, 5);
  assert.ok(report.not_replayable === 2 || report.not_replayable === 3);
  assert.deepEqual(report.reasons, { key_lost: report.not_replayable });
});

test("a policy that does not load is refused before anything is read", async () => {
  const at = await logged();
  await assert.rejects(
    simulate(at, "rules: 1\n"),
    (error: unknown) => error instanceof CanopyError && error.code === "INVALID_POLICY",
  );
});

function budget(limit: number, window = "24h"): string {
  const map = `{limit: ${limit} USD, window: ${window}, per: agent}`;
  return `rules:\n  - {id: daily, actions: ["verb:money"], budget: ${map}, deny: true}\n`;
}

test("a budget is simulated over what the new policy itself allows, and what the log says of outcomes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-simulate-"));
  folders.push(folder);
  const at = { home: join(folder, "home"), audit_log_path: join(folder, "audit.log") };
  let now = Date.parse("2026-03-01T00:00:00Z");
  const clock = { now: () => now };
  const runtime = createRuntime({ ...at, env: {}, durability: "none", clock, policy: NO_GIT });
  const agent = { public_key: "agent-1", spending_limit: "unlimited" };
  for (const result of ["ok", "error", "ok", "ok", "none", "ok"] as const) {
    const payment = { amount: 9, currency: "USD", to: "shop" };
    const { authorization_id, action_digest, decision } = await runtime.authorize(agent, "spend_money", payment);
    assert.equal(decision, "ALLOW");
    now += 1000;
    if (result === "none") continue;
    await runtime.begin(authorization_id, action_digest);
    await runtime.attest(authorization_id, result === "ok" ? { ok: true, result: 1 } : { ok: false, error: "no" });
    now += 60_000;
  }
  await runtime.close();
  const verdicts = async (policy: string, options: Partial<SimulateOptions> = {}): Promise<string> =>
    (await simulate(at, policy, options)).decisions.map(({ simulated }) => simulated?.charAt(0)).join("");
  // The second failed and gives back its 9; the fifth never begins, and would hold its 9 for five minutes.
  assert.equal(await verdicts(budget(18)), "AAADDD");
  assert.equal(await verdicts(budget(27)), "AAAADD");
  assert.equal(await verdicts(budget(1000)), "AAAAAA");
  // What was spent two minutes ago no longer counts; what was denied in the simulation was not spent in it.
  assert.equal(await verdicts(budget(9, "2m")), "ADADAD");
  // What came before counts, whatever is asked for.
  assert.equal(await verdicts(budget(18), { since: now - 61_000 }), "D");
});

test("names beyond what a tally keeps are counted together", () => {
  const tally = new FlipTally();
  const base = {
    authorization_id: "",
    recorded: "ALLOW",
    simulated: "DENY",
    rule_ref: "r",
    deciding_rule: "r",
    cause: "policy",
  } as const;
  const entry = { event: "", timestamp: "", seq: 1, log_id: "", prev_hash: "", entry_hash: "", action_type: "t" };
  for (let index = 0; index < 10_050; index += 1) {
    const more = { entry: { ...entry, avid: `a-${index}` }, reason: null, why: null, request: null };
    tally.saw({ ...base, ...more, outcome: "flipped" });
  }
  const { by_agent, examples, flipped } = tally.report();
  assert.equal(flipped, 10_050);
  assert.equal(by_agent.length, 10_001);
  assert.deepEqual([by_agent[0]?.name, by_agent[0]?.decisions], ["(others)", 50]);
  assert.equal(examples.length, 3);
});
