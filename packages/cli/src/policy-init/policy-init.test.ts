import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { formatPolicy, lintPolicy } from "canopy-runtime/policy";
import { testPolicy } from "canopy-runtime/policy-tests";
import { canopy, inScratch } from "../testing/canopy.ts";
import { findFrameworks, type Framework } from "./find-frameworks.ts";
import { scaffold } from "./templates.ts";

const ALL: readonly Framework[] = [
  "langgraph",
  "langchain",
  "openai-agents",
  "crewai",
  "autogen",
  "mcp",
  "claude-code",
];

function found(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return inScratch((folder) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return Promise.resolve(findFrameworks(folder).map(({ framework }) => framework));
  });
}

describe("the scaffold", () => {
  for (const frameworks of [[], ...ALL.map((each) => [each]), ALL]) {
    it(`passes its tests, is wholly covered by them, lints clean and is laid out canonically: ${frameworks.join()}`, () => {
      const { policy, tests } = scaffold(frameworks);
      const report = testPolicy({ bytes: policy, file: null, source: "argument" }, [{ file: "t", bytes: tests }]);
      assert.ok(report.passed, JSON.stringify(report.files));
      assert.deepEqual([report.coverage.rules_percent, report.coverage.conditions_percent], [100, 100]);
      assert.deepEqual(lintPolicy(policy), []);
      assert.equal(formatPolicy(policy).text, policy);
      assert.equal(formatPolicy(tests).text, tests);
    });
  }
});

describe("frameworks", () => {
  it("are found where projects name what they depend on", async () => {
    assert.deepEqual(await found({}), []);
    assert.deepEqual(await found({ "package.json": '{"devDependencies":{"@langchain/langgraph":"1"}}' }), [
      "langgraph",
    ]);
    const poetry = '[project]\ndependencies = [\n  "crewai[tools]>=0.80",\n  "openai_agents ~= 0.2"\n]\n';
    assert.deepEqual(await found({ "pyproject.toml": poetry }), ["openai-agents", "crewai"]);
    assert.deepEqual(await found({ "requirements.txt": "autogen-agentchat==0.7\nmcp\n" }), ["autogen", "mcp"]);
    assert.deepEqual(await found({ ".claude/settings.json": "{}" }), ["claude-code"]);
  });

  it("are not found in comments, in names that only hold theirs, or in files that can't be read", async () => {
    assert.deepEqual(await found({ "requirements.txt": "# langchain\nmcparser\nnot-crewai\n" }), []);
    assert.deepEqual(await found({ "package.json": "{" }), []);
    assert.deepEqual(await found({ "package.json": '{"dependencies": 5, "devDependencies": null}' }), []);
  });
});

describe("canopy policy init", () => {
  it("writes what passes, says what it found and what comes next", () =>
    inScratch(async (cwd) => {
      writeFileSync(join(cwd, "requirements.txt"), "crewai\n");
      const { code, stdout } = await canopy(["policy", "init"], { cwd });
      assert.equal(code, 0);
      assert.match(
        stdout,
        /^found {3}crewai \(requirements\.txt\)\nwrote {3}policy\.yaml\nwrote {3}policy\.test\.yaml\n/u,
      );
      assert.match(stdout, /^ {2}canopy policy test --watch/mu);
      assert.equal((await canopy(["policy", "test", "--coverage-min", "100"], { cwd })).code, 0);
    }));

  it("overwrites nothing unless it is told to", () =>
    inScratch(async (cwd) => {
      writeFileSync(join(cwd, "policy.test.yaml"), "mine");
      const { code, stderr } = await canopy(["policy", "init"], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, /`policy\.test\.yaml` is there already.*\n.*--force/u);
      assert.equal(readFileSync(join(cwd, "policy.test.yaml"), "utf8"), "mine");
      assert.equal((await canopy(["policy", "init", "--force"], { cwd })).code, 0);
      assert.match(readFileSync(join(cwd, "policy.test.yaml"), "utf8"), /^tests:$/mu);
    }));

  it("makes a folder that isn't there, and tells programs what it wrote", () =>
    inScratch(async (cwd) => {
      const { code, stdout } = await canopy(["policy", "init", "agents/one", "--json"], { cwd });
      assert.equal(code, 0);
      assert.deepEqual(JSON.parse(stdout), {
        written: ["agents/one/policy.yaml", "agents/one/policy.test.yaml"],
        frameworks: [],
        tests: 6,
      });
      assert.equal((await canopy(["policy", "init", "agents/one/policy.yaml"], { cwd })).code, 2);
    }));
});
