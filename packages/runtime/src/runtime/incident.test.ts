import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../core/errors.ts";
import { createRuntime, type Runtime } from "./create-runtime.ts";
import { readHistory } from "./forensics/index.ts";

const REPORT = { trace_id: "t-1", agent_avid: "AVID-1", description: "odd calls", reporter: "ann" };

function world(t: TestContext): { readonly log: string; readonly open: () => Runtime } {
  const folder = mkdtempSync(join(tmpdir(), "canopy-incident-"));
  const log = join(folder, "audit.log");
  const runtimes: Runtime[] = [];
  t.after(async () => {
    for (const runtime of runtimes) await runtime.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const open = (): Runtime => {
    const runtime = createRuntime({ env: {}, audit_log_path: log, home: join(folder, "home") });
    runtimes.push(runtime);
    return runtime;
  };
  return { log, open };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    return error instanceof CanopyError ? error.code : "other";
  }
}

test("an incident is led through its states, across runtimes, and its entries say who did what", async (t) => {
  const { log, open } = world(t);
  const first = open();
  const { incident_id } = await first.openIncident({ ...REPORT, tenant_id: "acme" });
  const { incident } = await first.updateIncident(incident_id, { state: "contained", note: "revoked", by: "bob" });
  assert.deepEqual([incident.state, incident.notes[0]?.text, incident.tenant_id], ["contained", "revoked", "acme"]);
  await first.close();
  const second = open();
  const id = "ab".repeat(32);
  const closed = await second.updateIncident(incident_id, {
    state: "closed",
    links: [id, "https://t.example/1"],
    by: "cy",
  });
  assert.deepEqual(closed.incident.links, [id, "https://t.example/1"]);
  assert.equal(await codeOf(second.updateIncident(incident_id, { state: "resolved", by: "cy" })), "NOT_ALLOWED");
  assert.equal((await second.updateIncident(incident_id, { state: "open", by: "cy" })).incident.state, "open");
  await second.close();
  const { incidents, verification } = await readHistory(log, { selection: { incident_id } });
  assert.equal(verification.valid, true);
  assert.deepEqual(
    incidents[0]?.steps.map(({ state, by }) => `${state} ${by}`),
    ["open ann", "contained bob", "closed cy", "open cy"],
  );
});

test("of two that take the same step at once, one is refused", async (t) => {
  const { log, open } = world(t);
  const [first, second] = [open(), open()];
  const { incident_id } = await first.openIncident(REPORT);
  await second.open();
  const update = { state: "contained", by: "x" } as const;
  const codes = await Promise.all([first, second].map((each) => codeOf(each.updateIncident(incident_id, update))));
  assert.deepEqual(codes.toSorted(), ["NOT_ALLOWED", "done"]);
  assert.equal(readFileSync(log, "utf8").split('"state":"contained"').length, 2);
});

test("what is no update, and what is about no incident, is refused, and nothing is recorded", async (t) => {
  const { log, open } = world(t);
  const runtime = open();
  const { incident_id } = await runtime.openIncident(REPORT);
  const before = readFileSync(log, "utf8");
  const updates = [
    { by: "x" },
    { by: " ", note: "n" },
    { by: "x", note: "" },
    { by: "x", note: "n".repeat(20_000) },
    { by: "x", links: ["javascript:alert(1)"] },
    { by: "x", links: ["https://a b"] },
    { by: "x", links: Array.from({ length: 65 }, () => "https://t.example") },
    JSON.parse('{"by":"x","state":"toString"}'),
    JSON.parse('{"by":"x","links":"https://t.example"}'),
  ];
  for (const update of updates) {
    assert.equal(await codeOf(runtime.updateIncident(incident_id, update)), "INVALID_REQUEST", JSON.stringify(update));
  }
  assert.equal(await codeOf(runtime.updateIncident("inc-none", { note: "n", by: "x" })), "UNKNOWN_INCIDENT");
  assert.equal(readFileSync(log, "utf8"), before);
});

test("an incident of 0.4.2 goes on in a log that continues its own", async (t) => {
  const { log } = world(t);
  const vector = new URL("../../../../vectors/audit/mixed-200.log", import.meta.url);
  writeFileSync(log, readFileSync(vector));
  const runtime = createRuntime({ env: {}, audit_log_path: log, home: `${log}.home`, continue_log: true });
  t.after(() => runtime.close());
  const incident_id = /"incident_id": "([^"]+)"/u.exec(readFileSync(log, "utf8"))?.[1] ?? "";
  const contained = await runtime.updateIncident(incident_id, { state: "contained", by: "x" });
  assert.deepEqual([contained.incident.state, contained.incident.entries], ["contained", 2]);
  assert.equal(await codeOf(runtime.updateIncident(incident_id, { state: "contained", by: "x" })), "NOT_ALLOWED");
  assert.equal((await runtime.updateIncident(incident_id, { state: "open", by: "x" })).incident.steps.length, 3);
});
