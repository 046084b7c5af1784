import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createRuntime, type Decision, type Runtime } from "canopy-runtime";
import { listKeys, openKey } from "canopy-runtime/keys";
import { inScratch } from "../testing/canopy.ts";
import { Desk } from "./desk.ts";

interface Scene {
  readonly folder: string;
  readonly log: string;
  readonly runtime: Runtime;
  readonly desk: Desk;
}

/** An agent's process that has the log open, and a desk beside it. */
async function withDesk(use: (scene: Scene) => Promise<void>): Promise<void> {
  await inScratch(async (folder) => {
    const [log, home] = [join(folder, "audit.log"), join(folder, "home")];
    const runtime = createRuntime({ home, audit_log_path: log, env: {}, cwd: folder });
    try {
      await use({ folder, log, runtime, desk: new Desk({ log, home, policy: {}, env: {}, by: "ada" }) });
    } finally {
      await runtime.close();
    }
  });
}

async function asked(runtime: Runtime): Promise<Decision & { readonly authorization_id: string }> {
  const decision = await runtime.authorize({ public_key: "agent" }, "execute_shell", {
    command: "curl https://example.org/",
  });
  assert.equal(decision.decision, "REQUIRE_APPROVAL");
  return { ...decision, authorization_id: decision.authorization_id ?? "" };
}

function events(log: string): readonly Readonly<Record<string, unknown>>[] {
  return readFileSync(log, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("what the console records", () => {
  it("is an approval that the agent's process then may begin, with the reason in the vote", () =>
    withDesk(async ({ runtime, desk, log }) => {
      const { authorization_id, action_digest } = await asked(runtime);
      const { request } = await desk.request(authorization_id);
      assert.deepEqual(request.action_payload, { command: "curl https://example.org/" });
      assert.match(await desk.vote({ kind: "vote", verdict: "APPROVED", request, reason: "checked" }), /^approved/u);
      await runtime.begin(authorization_id, action_digest);
      const granted = events(log).find(({ event }) => event === "approval_granted");
      assert.equal(granted?.["authorization_id"], authorization_id);
      assert.match(JSON.stringify(granted?.["approvers"]), /"ada"/u);
    }));

  it("is a rejection that is final", () =>
    withDesk(async ({ runtime, desk }) => {
      const { authorization_id, action_digest } = await asked(runtime);
      const { request } = await desk.request(authorization_id);
      assert.match(await desk.vote({ kind: "vote", verdict: "REJECTED", request, reason: "" }), /^rejected/u);
      await assert.rejects(runtime.begin(authorization_id, action_digest), { code: "NOT_ALLOWED" });
      await assert.rejects(desk.vote({ kind: "vote", verdict: "APPROVED", request, reason: "" }), {
        code: "APPROVAL_REFUSED",
      });
    }));

  it("is a vote that waits for another approver, where the runtime wants two", () =>
    inScratch(async (folder) => {
      const [log, home, second] = [join(folder, "audit.log"), join(folder, "home"), join(folder, "second")];
      for (const each of [home, second]) openKey(each, "approver");
      const approvers = [...listKeys(home), ...listKeys(second)].map(({ did_key }) => did_key);
      const config = JSON.stringify({ approvers, approvals_required: 2 });
      for (const each of [home, second]) writeFileSync(join(each, "config.json"), config);
      const runtime = createRuntime({
        home,
        audit_log_path: log,
        env: {},
        cwd: folder,
        approvers,
        approvals_required: 2,
      });
      const { authorization_id, action_digest } = await asked(runtime);
      // Two people at one machine: the log is the same, the approver keys are their own.
      const ada = new Desk({ log, home, policy: {}, env: {}, by: "ada" });
      const { request } = await ada.request(authorization_id);
      const vote = { kind: "vote", verdict: "APPROVED", request, reason: "" } as const;
      assert.match(await ada.vote(vote), /kept for the next approver: 2 distinct approvers are needed, 1 voted/u);
      assert.match(await ada.vote(vote), /1 voted/u, "one approver counts once");
      renameSync(join(home, "keys", "approver.key"), join(home, "keys", "ada.key"));
      renameSync(join(second, "keys", "approver.key"), join(home, "keys", "approver.key"));
      assert.match(await new Desk({ log, home, policy: {}, env: {}, by: "bob" }).vote(vote), /^approved/u);
      await runtime.begin(authorization_id, action_digest);
      await runtime.close();
    }));

  it("is a stop that the agent's process obeys at once, and its release", () =>
    withDesk(async ({ runtime, desk }) => {
      await asked(runtime);
      const effect = { kind: "set switch", scope: "all", reason: "host owned" } as const;
      await desk.setSwitch({ ...effect, engaged: true });
      const during = await runtime.authorize({ public_key: "agent" }, "execute_shell", { command: "ls" });
      assert.equal(during.decision, "DENY");
      await desk.setSwitch({ ...effect, engaged: false });
      const after = await runtime.authorize({ public_key: "agent" }, "execute_shell", { command: "ls" });
      assert.equal(after.decision, "ALLOW");
    }));

  it("is an incident, and its states", () =>
    withDesk(async ({ runtime, desk, log }) => {
      const { authorization_id, avid } = await asked(runtime);
      const said = await desk.openIncident({
        kind: "open incident",
        trace_id: "t",
        avid,
        description: "odd",
        related: authorization_id,
      });
      const incident_id = /inc-[0-9a-f]{24}/u.exec(said)?.[0] ?? "";
      const update = { kind: "update incident", incident_id, note: "cut off" } as const;
      assert.equal(await desk.updateIncident({ ...update, step: "contained" }), `${incident_id} is contained`);
      await assert.rejects(desk.updateIncident({ ...update, step: "over" }), /no state over/u);
      assert.equal(events(log).filter(({ event }) => event === "incident_event").length, 2);
    }));

  it("is nothing at all where only a look was taken", () =>
    withDesk(async ({ runtime, desk, log }) => {
      const { authorization_id } = await asked(runtime);
      const said = (): readonly unknown[] =>
        events(log).flatMap(({ event }) => (event === "checkpoint_meta" ? [] : [event]));
      const before = said();
      assert.equal(desk.readOnly(), null);
      await desk.request(authorization_id);
      assert.deepEqual(said(), before);
    }));
});

describe("a home without keys", () => {
  it("only looks, says why, and gets none", () =>
    inScratch(async (folder) => {
      const [log, home] = [join(folder, "audit.log"), join(folder, "home")];
      const runtime = createRuntime({ home: join(folder, "other"), audit_log_path: log, env: {} });
      await runtime.authorize({ public_key: "agent" }, "execute_shell", { command: "ls" });
      await runtime.close();
      const desk = new Desk({ log, home, policy: {}, env: {}, by: "ada" });
      assert.match(desk.readOnly() ?? "", /no signing key/u);
      assert.ok(!existsSync(home));
      assert.match(
        new Desk({ log: join(folder, "none"), home, policy: {}, env: {}, by: "ada" }).readOnly() ?? "",
        /no log/u,
      );
    }));
});
