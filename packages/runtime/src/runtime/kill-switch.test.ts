import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { agentAvid } from "./agent-avid.ts";
import { createRuntime } from "./create-runtime.ts";
import { scopeMeant } from "./kill-switch.ts";

test("an agent is stopped by its key as by its AVID, and by nothing that names nobody", async () => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-stop-"));
  const runtime = createRuntime({ home: join(folder, "home"), audit_log_path: join(folder, "audit.log"), env: {} });
  const decide = async (): Promise<string> =>
    (await runtime.authorize({ public_key: "my-agent" }, "execute_shell", { command: "ls" })).decision;
  try {
    assert.equal(await decide(), "ALLOW");
    const change = { engaged: true, reason: "odd calls", by: "test" };
    await runtime.setKillSwitch({ ...change, scope: "agent:my-agent" });
    assert.equal(await decide(), "DENY");
    await runtime.setKillSwitch({ ...change, scope: `agent:${agentAvid("my-agent")}`, engaged: false });
    assert.equal(await decide(), "ALLOW");
    for (const scope of [
      "agent:AVID-7aa454a0",
      "agent:avid-7aa454a0",
      "agent:*",
      "tenant:a*",
      "agent:",
      "everyone",
      "",
    ])
      await assert.rejects(runtime.setKillSwitch({ ...change, scope }), { name: "CanopyError" }, scope);
    assert.equal(await decide(), "ALLOW");
  } finally {
    await runtime.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a scope is written with the whole AVID", () => {
  assert.equal(scopeMeant("all"), "all");
  assert.equal(scopeMeant("tenant:acme"), "tenant:acme");
  assert.equal(scopeMeant("agent:my-agent"), `agent:${agentAvid("my-agent")}`);
  assert.match(scopeMeant("agent:my-agent"), /^agent:AVID-[0-9a-f]{64}$/);
  assert.throws(() => agentAvid("AVID-12"), { code: "INVALID_KEY" });
});
