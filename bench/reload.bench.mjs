// Decisions while a policy of 10,000 rules is read again and again, beside the same decisions at rest, interleaved.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime } from "canopy-runtime";
import { summarize } from "./statistics.mjs";

export const title = "decisions while a policy of 10,000 rules is reloaded";

const RULES = 10_000;
const AGENT = { public_key: "bench-agent", trace_id: "bench-trace" };

export async function run({ full }) {
  const folder = mkdtempSync(join(tmpdir(), "canopy-bench-"));
  const policy_file = join(folder, "rules.yaml");
  writeFileSync(policy_file, policyText(0));
  const at = { home: join(folder, "home"), audit_log_path: join(folder, "audit.log"), policy_file };
  const runtime = createRuntime({ ...at, policy_watch_ms: null, cwd: "/project" });
  const rounds = full ? 10 : 4;
  const found = { rest: fresh(), reload: fresh() };
  const took = [];
  await callUntil(runtime, sleep(3000), fresh());
  for (let round = 1; round <= rounds; round += 1) {
    writeFileSync(policy_file, policyText(round));
    const start = performance.now();
    const reload = runtime.reloadPolicy();
    await callUntil(runtime, reload, found.reload);
    const { outcome } = await reload;
    if (outcome !== "activated") throw new Error(`the policy was ${outcome}`);
    took.push(performance.now() - start);
    await callUntil(runtime, sleep(took.at(-1)), found.rest);
  }
  await runtime.close();
  rmSync(folder, { recursive: true, force: true });
  return [
    {
      measure: "reload: read, linted, tested, compiled, recorded, in force",
      value: `${(summarize(took).median / 1000).toFixed(1)} s`,
    },
    ...rows("authorize, recorded and synced", found.rest.authorize, found.reload.authorize),
    ...rows("evaluate", found.rest.evaluate, found.reload.evaluate),
  ];
}

function rows(name, rest, reload) {
  const [a, b] = [summarize(rest), summarize(reload)];
  const ratio = b.p99 / a.p99;
  return [
    { measure: `${name}: p50 at rest / while reloading`, value: `${us(a.median)} / ${us(b.median)}` },
    { measure: `${name}: p99 at rest / while reloading`, value: `${us(a.p99)} / ${us(b.p99)}` },
    {
      measure: `${name}: p99 while reloading over p99 at rest`,
      value: `${ratio.toFixed(2)}x`,
      should: "≤ 2x",
      met: ratio <= 2,
    },
  ];
}

function us(value) {
  return `${value.toFixed(0)} µs`;
}

function fresh() {
  return { authorize: [], evaluate: [] };
}

// One caller that comes again every two milliseconds, as an agent's calls come: not as fast as it can.
async function callUntil(runtime, until, into) {
  const over = new AbortController();
  until.finally(() => over.abort()).catch(() => null);
  for (let call = 0; !over.signal.aborted; call += 1) {
    const request = [AGENT, `tool_${call % 500}`, { text: `note ${call}`, amount: call % 90 }];
    const start = performance.now();
    runtime.evaluate(...request);
    const between = performance.now();
    await runtime.authorize(...request);
    into.evaluate.push((between - start) * 1000);
    into.authorize.push((performance.now() - between) * 1000);
    await sleep(2);
  }
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function policyText(round) {
  let text = `description: round ${round}\nrules:\n`;
  for (let rule = 0; rule < RULES; rule += 1) text += ruleText(rule, round);
  return text;
}

function ruleText(rule, round) {
  const head = `  - id: rule-${rule}\n    action_type: tool_${rule % 500}\n`;
  switch (rule % 4) {
    case 0:
      return `${head}    deny_if: word-${rule}-${round}\n`;
    case 1:
      return `${head}    deny_regex: 'secret-${rule}-[a-z]+'\n`;
    case 2:
      return `${head}    when_all: ['agent_ctx.environment == "stage-${rule}"']\n    require_approval: true\n`;
    default:
      return `${head}    deny_effects: ['net.connect where host.domain == "host-${rule}.example"']\n`;
  }
}
