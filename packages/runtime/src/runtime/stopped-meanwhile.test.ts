import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createRuntime, type Runtime } from "./create-runtime.ts";
import type { Decision } from "./decision.ts";

function ask(runtime: Runtime): Promise<Decision> {
  return runtime.authorize({ public_key: "my-agent" }, "execute_shell", { command: "ls" });
}

function place(t: TestContext): { readonly log: string; readonly open: () => Runtime } {
  const folder = mkdtempSync(join(tmpdir(), "canopy-stopped-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, "audit.log");
  return { log, open: () => createRuntime({ home: join(folder, "home"), audit_log_path: log, env: {} }) };
}

for (const who of ["another", "the same"]) {
  test(`no permission stands in the log after a stop that ${who} runtime sets meanwhile`, (t) => stopMeanwhile(t, who));
}

async function stopMeanwhile(t: TestContext, who: string): Promise<void> {
  const { log, open } = place(t);
  const agent = open();
  const operator = who === "another" ? open() : agent;
  assert.equal((await ask(agent)).decision, "ALLOW");
  const stop = { scope: "all", engaged: true, reason: "test", by: "test" };
  for (let round = 0; round < 10; round += 1) {
    // All at once, by two processes' worth of runtimes: whichever comes first in the log, the others must have seen it.
    const asked = Array.from({ length: 8 }, () => ask(agent));
    const stopped = operator.setKillSwitch(stop);
    const decisions = await Promise.all([...asked, ...Array.from({ length: 8 }, () => ask(agent))]);
    await stopped;
    assert.equal((await ask(agent)).decision, "DENY");
    for (const { error } of decisions) assert.equal(error ?? null, null);
    await operator.setKillSwitch({ ...stop, engaged: false });
  }
  await Promise.all([agent.close(), operator.close()]);
  let isStopped = false;
  let denied = 0;
  for (const line of readFileSync(log, "utf8").trim().split("\n")) {
    const { event, engaged, decision }: Readonly<Record<string, unknown>> = JSON.parse(line);
    if (event === "kill_switch") isStopped = engaged === true;
    if (event === "authorize_action") assert.equal(decision, isStopped ? "DENY" : "ALLOW");
    if (decision === "DENY") denied += 1;
  }
  assert.ok(denied >= 10);
}

test("a log that was cut back, or can't be followed, is a denial with its reason, not an exception", async (t) => {
  const { log, open } = place(t);
  const agent = open();
  assert.equal((await ask(agent)).decision, "ALLOW");
  const { size } = statSync(log);
  const operator = open();
  await operator.setKillSwitch({ scope: "all", engaged: true, reason: "test", by: "test" });
  await operator.close();
  truncateSync(log, size);
  for (let n = 0; n < 2; n += 1) {
    const { decision, error, authorization_id } = await ask(agent);
    assert.deepEqual([decision, error?.code, authorization_id], ["DENY", "LEDGER_REFUSED", null]);
    assert.ok((error?.fix ?? "") !== "");
    // Something else in the place of what was there doesn't help.
    appendFileSync(log, `${" ".repeat(2000)}\n`);
  }
  await agent.close().catch(() => null);
});
