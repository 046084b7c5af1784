// Cedar, through `@cedar-policy/cedar-wasm`.
//
//   principal   Canopy::Agent::"<avid>"           with identity, environment?, tenant?, permissions
//   action      Canopy::Action::"<type>"          in Canopy::Action::"verb:<verb>"
//   resource    Canopy::Tool::"<type as called>"
//   context     { verb, known, payload, ctx, session, now_ms, outgoing, and sets of texts over all effects:
//                 kinds, programs, paths, zones, hosts, untrusted_hosts, secrets }
//
// Cedar can't look into the members of a set, so what effects name stands in sets of its own.
// A policy that fails is left out by Cedar and the others decide; here it is a failure of the engine. A `forbid` with
// `@decision("require_approval")` asks instead of denying: such policies are judged apart, so that they hide nothing.

import type * as Cedar from "@cedar-policy/cedar-wasm/nodejs";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { failed, verdict, type ExternalAnswer } from "../../core/policy/index.ts";
import { cedarRecord } from "./cedar-value.ts";
import { EngineUnusable, type EngineFiles, type LoadedEngine } from "./engine-verdict.ts";

type CedarModule = typeof Cedar;

interface NamedPolicy {
  readonly id: string;
  readonly text: string;
  readonly asks: boolean;
  readonly reason: string;
}

/** Load Cedar and parse its policies. @throws {EngineUnusable} */
export async function loadCedar(files: EngineFiles): Promise<LoadedEngine> {
  const cedar = await importCedar();
  const text = new TextDecoder("utf-8", { fatal: true }).decode(files.main);
  const policies = namedPolicies(cedar, text);
  if (files.extra !== null) validate(cedar, policies, new TextDecoder().decode(files.extra));
  const base = policies.filter(({ asks }) => !asks);
  const asking = policies.filter(({ asks }) => asks);
  parse(cedar, "base", base);
  parse(cedar, "asking", asking);
  const named = new Map(policies.map((policy) => [policy.id, policy]));
  // The first question costs much more than those that follow, and nobody waits for this one.
  cedar.statefulIsAuthorized({ ...cedarRequest({}), preparsedPolicySetId: "base" });
  return {
    ask(input) {
      const request = cedarRequest(input);
      const answer = answerOf(cedar.statefulIsAuthorized({ ...request, preparsedPolicySetId: "base" }), named);
      if (asking.length === 0) return [answer];
      // Without a `permit` among them, the asking policies allow nothing: their denial is a question, and else silence.
      const asked = answerOf(cedar.statefulIsAuthorized({ ...request, preparsedPolicySetId: "asking" }), named);
      if (asked.kind === "no_opinion") return [answer];
      return [answer, asked.kind === "verdict" ? { ...asked, decision: "REQUIRE_APPROVAL" } : asked];
    },
  };
}

async function importCedar(): Promise<CedarModule> {
  try {
    return await import("@cedar-policy/cedar-wasm/nodejs");
  } catch {
    throw new EngineUnusable("missing", "needs the package @cedar-policy/cedar-wasm, which can't be loaded");
  }
}

function namedPolicies(cedar: CedarModule, text: string): readonly NamedPolicy[] {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === "failure") throw unusable(parts.errors);
  if (parts.policy_templates.length > 0) throw new EngineUnusable("unusable", "holds templates, which nothing links");
  const policies = parts.policies.map((policy, at) => namedPolicy(cedar, policy, at));
  const ids = new Set(policies.map(({ id }) => id));
  if (ids.size < policies.length) throw new EngineUnusable("unusable", "has two policies of one @id");
  return policies;
}

function namedPolicy(cedar: CedarModule, text: string, at: number): NamedPolicy {
  const parsed = cedar.policyToJson(text);
  if (parsed.type === "failure") throw unusable(parsed.errors);
  const { effect, annotations = {} } = parsed.json;
  const { id = `policy${at}`, decision = "deny", reason = "" } = annotations;
  const asks = decision === "require_approval";
  if ("decision" in annotations && (effect !== "forbid" || (!asks && decision !== "deny"))) {
    const expected = '@decision stands on a forbid, and is "deny" or "require_approval"';
    throw new EngineUnusable("unusable", `has a policy ${id} whose @decision can't be meant: ${expected}`);
  }
  return { id, text, asks, reason };
}

function validate(cedar: CedarModule, policies: readonly NamedPolicy[], schema: string): void {
  const result = cedar.validate({ schema, policies: policySet(policies), validationSettings: { mode: "strict" } });
  if (result.type === "failure") throw unusable(result.errors);
  const [first] = result.validationErrors;
  if (first === undefined) return;
  const why = `does not fit its schema: ${first.policyId}: ${first.error.message}`;
  throw new EngineUnusable("unusable", why);
}

function parse(cedar: CedarModule, name: string, policies: readonly NamedPolicy[]): void {
  const parsed = cedar.preparsePolicySet(name, policySet(policies));
  if (parsed.type === "failure") throw unusable(parsed.errors);
}

function policySet(policies: readonly NamedPolicy[]): Cedar.PolicySet {
  return { staticPolicies: Object.fromEntries(policies.map(({ id, text }) => [id, text])) };
}

function unusable(errors: readonly Cedar.DetailedError[]): EngineUnusable {
  return new EngineUnusable("unusable", `can't be read: ${errors[0]?.message ?? "unknown"}`);
}

type CedarRequest = Omit<Cedar.StatefulAuthorizationCall, "preparsedPolicySetId">;

function cedarRequest({ action, agent, ctx, effects, payload, session, now_ms }: JsonObject): CedarRequest {
  const { type = "", raw_type = "", verb = "", known = false } = members(action);
  const { avid = "", identity = "" } = members(agent);
  const { environment, tenant_id, permissions } = members(ctx);
  const principal = { type: "Canopy::Agent", id: textOf(avid) };
  const performed = { type: "Canopy::Action", id: textOf(type) };
  const resource = { type: "Canopy::Tool", id: textOf(raw_type) };
  const attrs = {
    identity: textOf(identity),
    permissions: texts(permissions),
    ...(typeof environment === "string" ? { environment } : {}),
    ...(typeof tenant_id === "string" ? { tenant: tenant_id } : {}),
  };
  const verbs = [{ type: "Canopy::Action", id: `verb:${textOf(verb)}` }];
  const given = {
    verb: textOf(verb),
    known: known === true,
    payload: payload ?? {},
    ctx: ctx ?? {},
    session: session ?? {},
  };
  return {
    principal,
    action: performed,
    resource,
    // Text, truths, and one number that Cedar takes as it is.
    context: { ...cedarRecord({ ...given, ...effectSets(effects) }), now_ms: Number(now_ms) },
    entities: [
      { uid: principal, attrs, parents: [] },
      { uid: performed, attrs: {}, parents: verbs },
      { uid: resource, attrs: {}, parents: [] },
    ],
  };
}

/** What the effects of an action name, each as a set. */
function effectSets(effects: JsonValue | undefined): JsonObject {
  const list: readonly JsonValue[] = Array.isArray(effects) ? effects : [];
  const records = list.map(members);
  const all = (...names: readonly string[]): readonly string[] => {
    const found = records.flatMap(
      (record) => names.map((name) => record[name]).find((value) => typeof value === "string") ?? [],
    );
    return [...new Set(found.map(String))].toSorted();
  };
  const untrusted = records.filter((record) => "host_text" in record && record["trusted"] !== true);
  return {
    kinds: all("kind"),
    programs: all("program"),
    paths: all("path", "path_text"),
    zones: all("zone"),
    hosts: all("host", "host_text"),
    untrusted_hosts: [...new Set(untrusted.map(({ host, host_text }) => textOf(host ?? host_text)))].toSorted(),
    secrets: all("secret"),
    outgoing: records.some((record) => record["outgoing"] === true),
  };
}

function answerOf(result: Cedar.AuthorizationAnswer, named: ReadonlyMap<string, NamedPolicy>): ExternalAnswer {
  if (result.type === "failure")
    return failed("error", `refused the request: ${result.errors[0]?.message ?? "unknown"}`);
  const { decision, diagnostics } = result.response;
  const [error] = diagnostics.errors;
  if (error !== undefined) return failed("error", `failed in its policy ${error.policyId}: ${error.error.message}`);
  if (decision === "deny" && diagnostics.reason.length === 0) return { kind: "no_opinion" };
  const by = diagnostics.reason.toSorted();
  const reason = by.map((id) => named.get(id)?.reason ?? "").find((text) => text !== "") ?? by.join(", ");
  return verdict(decision === "allow" ? "ALLOW" : "DENY", reason, by);
}

function members(value: JsonValue | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {};
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
