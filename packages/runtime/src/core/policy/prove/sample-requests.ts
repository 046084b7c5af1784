// Requests to try a case on: what the search leaves is only a case; a counterexample is a request that was decided.

import type { DecideRequest } from "../../decide.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import type { AbstractCase } from "./search.ts";
import type { MemberPath } from "./atom.ts";
import type { MemberValue } from "./member-values.ts";

interface Sample {
  readonly action_type: string;
  readonly payload: JsonObject;
}

// Ordinary actions, one for each sort of effect that a condition may ask for.
const SAMPLES: readonly Sample[] = [
  { action_type: "execute_shell", payload: { command: "ls" } },
  { action_type: "execute_shell", payload: { command: "curl https://api.example.com/v1" } },
  { action_type: "execute_shell", payload: { command: "curl -d @notes.txt https://api.example.com/v1" } },
  { action_type: "execute_shell", payload: { command: "rm notes.txt" } },
  { action_type: "execute_shell", payload: { command: "rm -rf build" } },
  { action_type: "execute_shell", payload: { command: "git push origin main" } },
  { action_type: "execute_shell", payload: { command: "npm install" } },
  { action_type: "execute_shell", payload: { command: "psql -c 'SELECT 1'" } },
  { action_type: "execute_shell", payload: { command: "cat ~/.ssh/id_ed25519" } },
  { action_type: "execute_shell", payload: { command: "cat .env" } },
  { action_type: "read_file", payload: { path: "notes.txt" } },
  { action_type: "read_file", payload: { path: ".env" } },
  { action_type: "modify_file", payload: { path: "notes.txt", content: "text" } },
  { action_type: "modify_file", payload: { path: "/etc/hosts", content: "text" } },
  { action_type: "delete_file", payload: { path: "notes.txt" } },
  { action_type: "call_external_api", payload: { url: "https://api.example.com/v1", method: "GET" } },
  { action_type: "call_external_api", payload: { url: "https://api.example.com/v1", method: "POST", body: "text" } },
  { action_type: "sql_query", payload: { query: "SELECT 1" } },
  { action_type: "sql_query", payload: { query: "DELETE FROM orders WHERE id = 1" } },
  { action_type: "send_email", payload: { to: "someone@example.com", subject: "hello", body: "hello" } },
  { action_type: "spend_money", payload: { amount: 1, currency: "USD" } },
  { action_type: "spawn_agent", payload: { name: "helper", permissions: [] } },
  { action_type: "deploy", payload: { target: "staging" } },
];

/** Everything that an integrator can grant: what is allowed at most. */
const GRANTED: JsonObject = {
  autonomous_mode: true,
  spending_limit: "unlimited",
  trusted_domains: ["example.com"],
  communication_channels: ["email", "send_email", "send_message"],
  bulk_authorized: true,
  can_spawn_agents: true,
  mining_authorized: true,
  physical_actions: ["unlock_door"],
  security_testing_authorized: true,
  high_compute_authorized: true,
  safe_paths: ["/srv/app"],
};

const CWD = "/srv/app";

/**
 * Requests for a case: the sample actions, and such of the case's own type, each with the members that the case names, and
 * with all or none of what can be granted. `amounts` are tried as amounts of money.
 */
export function requestsFor(found: AbstractCase, amounts: readonly number[]): readonly DecideRequest[] {
  const type = found.find((option) => option.action !== undefined)?.action?.type ?? "look_up_status";
  const money = amounts.map((amount): Sample => ({ action_type: "spend_money", payload: { amount, currency: "USD" } }));
  const own = [{}, ...new Set([...money, ...SAMPLES].map(({ payload }) => payload))].map((payload): Sample => {
    return { action_type: type, payload };
  });
  const samples = [...own, ...money, ...SAMPLES.filter((sample) => sample.action_type !== type)];
  return samples.flatMap(({ action_type, payload }) => {
    const action_payload = withMembers(payload, found, "payload");
    return [{}, GRANTED].map((granted) => ({
      agent_ctx: withMembers({ public_key: "agent-1", ...granted }, found, "ctx"),
      action_type,
      action_payload,
      cwd: CWD,
    }));
  });
}

function withMembers(base: JsonObject, found: AbstractCase, root: MemberPath["root"]): JsonObject {
  let whole: JsonValue = base;
  for (const { member } of found) {
    if (member?.path.root === root) whole = withMember(whole, member.path.members, member.value);
  }
  return isJsonObject(whole) ? whole : base;
}

function withMember(base: JsonValue, [first, ...others]: readonly string[], value: MemberValue): JsonValue {
  if (first === undefined) return value.kind === "value" ? value.value : base;
  const members = isJsonObject(base) ? base : {};
  if (others.length > 0 && value.kind !== "no_parent") {
    return { ...members, [first]: withMember(members[first] ?? {}, others, value) };
  }
  if (value.kind === "value") return { ...members, [first]: value.value };
  return Object.fromEntries(Object.entries(members).filter(([name]) => name !== first));
}
