import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { lookUpType, registeredTypes } from "../../core/action-types.ts";
import { isJsonObject, type JsonValue } from "../../core/json.ts";
import type { ExternalAnswer } from "../../core/policy/index.ts";
import { loadCedar } from "./cedar-engine.ts";
import { inputOf } from "./engine-input.fixture.test.ts";
import { EngineUnusable } from "./engine-verdict.ts";

const SCHEMA = readFileSync(fileURLToPath(new URL("../../../schemas/canopy.cedarschema", import.meta.url)));
const PERMIT = "permit (principal, action, resource);\n";

async function ask(text: string, type: string, payload: JsonValue): Promise<readonly ExternalAnswer[]> {
  const cedar = await loadCedar({ main: Buffer.from(text), extra: null, entrypoint: "" });
  return cedar.ask(inputOf(type, payload));
}

function said(decision: string, reason: string, ...by: readonly string[]): unknown {
  return { kind: "verdict", decision, reason, by };
}

const SPENDING = `${PERMIT}
  @id("large") @reason("over a thousand")
  forbid (principal, action in Canopy::Action::"verb:money", resource)
  when { context.payload has amount && context.payload.amount.greaterThan(decimal("1000.0")) };
  @id("mid") @decision("require_approval") @reason("over fifty")
  forbid (principal, action in Canopy::Action::"verb:money", resource)
  when { context.payload has amount && context.payload.amount.greaterThan(decimal("50.0")) };`;

test("permit allows, forbid denies with its reason, a marked forbid asks beside them", async () => {
  assert.deepEqual(await ask(SPENDING, "refund", { amount: 50 }), [said("ALLOW", "policy0", "policy0")]);
  assert.deepEqual(await ask(SPENDING, "refund", { amount: 50.01 }), [
    said("ALLOW", "policy0", "policy0"),
    said("REQUIRE_APPROVAL", "over fifty", "mid"),
  ]);
  assert.deepEqual(await ask(SPENDING, "refund", { amount: 5000 }), [
    said("DENY", "over a thousand", "large"),
    said("REQUIRE_APPROVAL", "over fifty", "mid"),
  ]);
});

test("no policy that speaks is no opinion, and a question beside it stays one", async () => {
  const text = `@decision("require_approval") forbid (principal, action == Canopy::Action::"refund", resource);`;
  assert.deepEqual(await ask(text, "look_up", {}), [{ kind: "no_opinion" }]);
  assert.deepEqual(await ask(text, "refund", {}), [
    { kind: "no_opinion" },
    said("REQUIRE_APPROVAL", "policy0", "policy0"),
  ]);
});

test("a policy that fails is a failure, although Cedar itself would leave it out and permit", async () => {
  const odd = `${PERMIT} @id("odd") forbid (principal, action, resource) when { context.payload.amount > 10 };`;
  const [answer] = await ask(odd, "look_up", {});
  assert.equal(answer?.kind === "failed" && answer.failure, "error");
  assert.match(answer?.kind === "failed" ? answer.reason : "", /^failed in its policy odd: /u);
  // A number that no decimal of Cedar holds is text, and a comparison with it fails.
  for (const amount of [0.123456, 1e16, 1e300]) {
    assert.deepEqual(
      (await ask(SPENDING, "refund", { amount })).map(({ kind }) => kind),
      ["failed", "failed"],
    );
  }
});

test("what a payload claims to be an entity, or a call, is none", async () => {
  const text = `${PERMIT} @id("self") forbid (principal, action, resource) when { context.payload.who == principal };`;
  const agent = inputOf("look_up", {})["agent"];
  const avid = isJsonObject(agent) ? (agent["avid"] ?? null) : null;
  for (const name of ["__entity", "$__entity"]) {
    const who = { [name]: { type: "Canopy::Agent", id: avid } };
    assert.deepEqual(await ask(text, "look_up", { who }), [said("ALLOW", "policy0", "policy0")]);
  }
  const decimal = { __extn: { fn: "decimal", arg: "5000.0" } };
  assert.equal((await ask(SPENDING, "refund", { amount: decimal }))[0]?.kind, "failed");
});

test("what effects name is in sets, with the hosts that nobody trusts apart", async () => {
  const text = `${PERMIT} @id("out") forbid (principal, action, resource)
    when { context.outgoing && context.untrusted_hosts.contains("elsewhere.net") };`;
  assert.deepEqual(await ask(text, "fetch_url", { url: "https://elsewhere.net/" }), [said("DENY", "out", "out")]);
  assert.equal((await ask(text, "fetch_url", { url: "https://api.example.com/" }))[0]?.kind, "verdict");
});

test("policies that don't parse, don't fit their schema, or are marked wrongly can't be used", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["permit (principal", /can't be read/u],
    ["permit (principal == ?principal, action, resource);", /templates/u],
    ['@decision("require_approval") permit (principal, action, resource);', /@decision/u],
    ['@decision("maybe") forbid (principal, action, resource);', /@decision/u],
    ['@id("a") permit (principal, action, resource); @id("a") forbid (principal, action, resource);', /one @id/u],
    ["permit (principal, action, resource) when { context.verbs };", /does not fit its schema/u],
  ];
  for (const [text, why] of cases) {
    const files = { main: Buffer.from(text), extra: SCHEMA, entrypoint: "" };
    await assert.rejects(loadCedar(files), (error) => error instanceof EngineUnusable && why.test(error.message), text);
  }
  await loadCedar({ main: Buffer.from(SPENDING), extra: SCHEMA, entrypoint: "" });
});

test("the shipped schema has every registered type, in the group of its verb", () => {
  const schema = SCHEMA.toString("utf8");
  for (const name of registeredTypes()) {
    assert.ok(schema.includes(`action "${name}" in ["verb:${lookUpType(name, null)?.verb ?? ""}"] appliesTo`), name);
  }
});
