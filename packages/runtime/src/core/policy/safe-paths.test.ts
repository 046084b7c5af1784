import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAgentContext } from "../agent-context.ts";
import type { Effect } from "../effects/effect.ts";
import { resolvePath } from "../effects/path.ts";
import type { RuleInput } from "../rule.ts";
import { actionOf, FACTS } from "./ask.fixture.test.ts";
import { judgeSafePaths } from "./safe-paths.ts";

const place = { cwd: "/srv", home: "/home/dev", governance: [], links: {} };
const facts = { ...FACTS, surroundings: place };

function writes(path: string): readonly Effect[] {
  return [{ kind: "fs.write", via: "test", mode: "change", target: resolvePath(path, place) }];
}

test("the answer kept from the last question is given for the same question only, whichever part differs", () => {
  const agent = parseAgentContext({ public_key: "k", safe_paths: ["/srv/a"] });
  const other = parseAgentContext({ public_key: "k", safe_paths: ["/srv/b"] });
  const input: RuleInput = { action: actionOf({}), effects: writes("/srv/a/x"), agent, facts };
  const verdict = (change: Partial<RuleInput> = {}): string => judgeSafePaths({ ...input, ...change }).verdict;
  for (let round = 0; round < 2; round += 1) {
    assert.equal(verdict(), "inside");
    assert.equal(verdict({ agent: other }), "outside");
    assert.equal(verdict(), "inside");
    assert.equal(verdict({ effects: writes("/srv/b/x") }), "outside");
    assert.equal(verdict(), "inside");
    assert.equal(verdict(), "inside");
    assert.equal(verdict({ effects: [] }), "no_path");
    assert.equal(verdict({ effects: [], action: actionOf({ payload: { path: "/srv/c" } }) }), "outside");
    assert.equal(verdict({ agent: parseAgentContext({ public_key: "k", safe_paths: [""] }) }), "not_configured");
  }
});
