import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { canopy, inScratch, type CanopyRun } from "../testing/canopy.ts";

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));

const POLICY = `rules:
  - id: large
    description: tickets of production are looked at
    action_type: assign_ticket
    when_all: agent_ctx.environment == production
    require_approval: true
    tests:
      - {agent_ctx: {env: production}, expect: REQUIRE_APPROVAL}
      - {agent_ctx: {env: dev}, expect: ALLOW}
`;
const TESTS = `tests:
  - {name: passes, action_type: assign_ticket, expect: ALLOW}
`;

function run(words: readonly string[], files: Readonly<Record<string, string>>): Promise<CanopyRun> {
  return inScratch((cwd) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(cwd, name, ".."), { recursive: true });
      writeFileSync(join(cwd, name), text);
    }
    return canopy(["policy", "test", ...words], { cwd });
  });
}

describe("canopy policy test", () => {
  it("runs what stands beside the rules and in the file beside the policy", async () => {
    const { code, stdout, stderr } = await run([], { "policy.yaml": POLICY, "policy.test.yaml": TESTS });
    assert.equal(code, 0, stdout + stderr);
    assert.match(
      stdout,
      /2 tests in policy\.yaml\n.*1 test in policy\.test\.yaml\n.*1 of 1 rule spoke, 1 of 1 condition/u,
    );
    assert.match(stderr, /^ok: 3 passed, 0 failed$/mu);
  });

  it("finds the policy of a file of tests by name, by what it says, or as a pack", async () => {
    const named = `policy: rules/strict.yaml\n${TESTS}`;
    const files = {
      "rules/strict.yaml": POLICY,
      "x.test.yaml": named,
      "y.test.yaml": `policy: default\n${TESTS.replace("ALLOW", "{decision: REQUIRE_APPROVAL, layer: firewall}")}`,
    };
    const { code, stdout } = await run(["x.test.yaml", "y.test.yaml"], files);
    assert.equal(code, 0);
    assert.match(stdout, /^rules\/strict\.yaml$/mu);
    assert.match(stdout, /^default$/mu);
    const missing = await run([], { "x.test.yaml": TESTS });
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /`x\.yaml` does not exist/u);
  });

  it("ends with 1 when a test fails, and says what was expected, what came, by which rule and why", async () => {
    const wrong = "tests:\n  - {action_type: assign_ticket, agent_ctx: {env: production}, expect: ALLOW}\n";
    const { code, stdout, stderr } = await run([], { "policy.yaml": POLICY, "policy.test.yaml": wrong });
    assert.equal(code, 1);
    assert.match(stdout, /FAIL {2}test 1 {2}policy\.test\.yaml:2:64\n.*ALLOW\n.*REQUIRE_APPROVAL by policy:large\n/u);
    assert.match(stdout, /because +policy rule large asks for approval: tickets/u);
    assert.match(stderr, /^not ok: 2 passed, 1 failed$/mu);
  });

  it("ends with 2 and the place when a policy or a test can't be read, or there is no test", async () => {
    const unknown = await run([], { "policy.yaml": POLICY, "policy.test.yaml": "tests:\n  - expct: ALLOW\n" });
    assert.equal(unknown.code, 2);
    assert.match(unknown.stdout, /^policy\.test\.yaml:2:5 error unknown_key .*\n {2}fix did you mean `expect`\?$/mu);
    const name = "tests:\n  - {action_type: x, expect: {rule: larg}}\n";
    assert.match(
      (await run([], { "policy.yaml": POLICY, "policy.test.yaml": name })).stdout,
      /did you mean `large`\?/u,
    );
    const beside = await run([], { "policy.yaml": POLICY.replace("expect: ALLOW", "expect: ALOW") });
    assert.equal(beside.code, 2);
    assert.match(beside.stdout, /^policy\.yaml:9:\d+ error unknown_value/mu);
    const broken = await run([], { "policy.yaml": "rules: [", "policy.test.yaml": TESTS });
    assert.equal(broken.code, 2);
    assert.match(broken.stderr, /policy\.yaml:1:\d+/u);
    const untested = await run(["policy.yaml"], { "policy.yaml": POLICY.replace(/ {4}tests:.*/su, "") });
    assert.equal(untested.code, 2);
    assert.match(untested.stderr, /`policy\.yaml` has no tests.*\n.*`policy\.test\.yaml`/u);
    assert.equal((await run([], {})).code, 2);
    assert.equal((await run(["nowhere.yaml"], {})).code, 2);
  });

  it("ends with 1 when less is covered than asked for, and names what isn't", async () => {
    const more = `${POLICY}  - {id: other, action_type: close_ticket, deny_if: x}\n`;
    const passed = await run(["--coverage-min", "50"], { "policy.yaml": more });
    assert.equal(passed.code, 0);
    assert.match(passed.stdout, /rule other was never asked {2}policy\.yaml:10:5/u);
    const failed = await run(["--coverage-min", "51"], { "policy.yaml": more });
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /policy\.yaml has rules 50 %, conditions 100 %: expected at least 51 %/u);
    assert.equal((await run(["--coverage-min", "101"], { "policy.yaml": POLICY })).code, 2);
  });

  it("prints JSON, and XML that holds what tests say as text", async () => {
    const hostile = 'tests:\n  - {name: "a<b&\\"\\u0007", action_type: assign_ticket, expect: DENY}\n';
    const files = { "policy.yaml": POLICY, "policy.test.yaml": hostile };
    const document: unknown = JSON.parse((await run(["--json"], files)).stdout);
    assert.ok(typeof document === "object" && document !== null && "failed" in document && "tests" in document);
    assert.deepEqual([document.tests, document.failed], [3, 1]);
    const { code, stdout } = await run(["--format", "junit"], files);
    assert.equal(code, 1);
    assert.match(stdout, /<testsuites name="canopy policy test" tests="3" failures="1" errors="0">/u);
    assert.match(
      stdout,
      /<testcase name="a&lt;b&amp;&quot;\\u\{7\}" .*>\n {6}<failure message="expected DENY, got ALLOW">/u,
    );
  });

  it("runs again when a file changes, and ends with 130 when it is interrupted", () =>
    inScratch(async (cwd) => {
      writeFileSync(join(cwd, "policy.yaml"), POLICY);
      const child = spawn(process.execPath, [MAIN, "policy", "test", "--watch"], { cwd, env: { HOME: cwd } });
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
      const saying = async (words: RegExp): Promise<void> => {
        while (!words.test(said)) await new Promise((resolve) => setTimeout(resolve, 10));
      };
      await saying(/2 passed, 0 failed\n.*waiting/u);
      // The watch begins with the words: a change that comes with them may still be before it, so it is made again.
      const change = (): void => {
        writeFileSync(join(cwd, "policy.yaml"), POLICY.replace("expect: ALLOW", "expect: DENY"));
      };
      const changing = setInterval(change, 1000);
      await saying(/1 passed, 1 failed\n.*waiting/u).finally(() => clearInterval(changing));
      const ended = new Promise((resolve) => child.on("exit", resolve));
      child.kill("SIGINT");
      assert.equal(await ended, 130);
    }));

  it("watches only where text can be shown", async () => {
    assert.equal((await run(["--watch", "--json"], { "policy.yaml": POLICY })).code, 2);
  });
});

describe("canopy policy lint", () => {
  it("tells of rules that no test makes speak, where there are tests, and of none where there are none", () =>
    inScratch(async (cwd) => {
      writeFileSync(join(cwd, "policy.yaml"), `${POLICY}  - {id: other, action_type: close_ticket, deny_if: x}\n`);
      const { code, stdout, stderr } = await canopy(["policy", "lint", "policy.yaml"], { cwd });
      assert.equal(code, 0);
      assert.equal(stdout, "policy.yaml:10:5 info untested no test makes rule other speak\n");
      assert.match(stderr, /^ok: 0 errors, 0 warnings, 1 note in 1 file$/mu);
      writeFileSync(join(cwd, "policy.yaml"), POLICY.replace(/ {4}tests:.*/su, ""));
      assert.equal((await canopy(["policy", "lint", "policy.yaml"], { cwd })).stdout, "");
    }));

  it("tells of rules past their last day", () =>
    inScratch(async (cwd) => {
      const input = "rules:\n  - {id: a, action_type: x, deny: true, expires: 2020-01-01}\n";
      const { code, stdout } = await canopy(["policy", "lint", "-"], { cwd, input });
      assert.equal(code, 1);
      assert.match(stdout, /^-:2:5 error expired rule a expired with 2020-01-01/u);
    }));

  it("explains each kind of problem to a code host", () =>
    inScratch(async (cwd) => {
      const input = "rules:\n  - {id: a, action_type: x, deny: true, expires: 2020-01-01}\n";
      const { stdout } = await canopy(["policy", "lint", "-", "--format", "sarif"], { cwd, input });
      assert.match(stdout, /"id": "expired",\s+"shortDescription": \{\s+"text": "After its last day/u);
    }));
});
