// Writes packages/runtime/schemas/canopy.cedarschema: what Cedar policies may say of an action, for `engines:` in a
// policy and for editors. Its actions are the registered types, each in the group of its verb.
//
//   node scripts/generate-cedar-schema.mjs          after a build
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lookUpType, registeredTypes } from "../packages/runtime/dist/core/action-types.js";
import { root } from "./setup.mjs";

const types = registeredTypes().map((name) => lookUpType(name, null));
const verbs = [...new Set([...types.map(({ verb }) => verb), "other"])].toSorted((left, right) =>
  left < right ? -1 : 1,
);
const actions = types
  .toSorted((left, right) => (left.name < right.name ? -1 : 1))
  .map(
    ({ name, verb }) =>
      `  action "${name}" in ["verb:${verb}"] appliesTo { principal: [Agent], resource: [Tool], context: Context };`,
  );

const schema = `// What a Cedar policy is given of an action (docs/policy-engines.md). Copy it, add the members of your payloads and contexts
// to Payload and Ctx and your own action types, and name the copy as \`schema\` beside \`file\`.
// Every number of a payload or context is a decimal.
namespace Canopy {
  entity Agent = {
    identity: String,          // "proven" or "asserted"
    permissions: Set<String>,
    environment?: String,
    tenant?: String,
  };
  entity Tool;                 // the action's type as it was called

  type Payload = {
    amount?: __cedar::decimal,
    currency?: String,
    to?: String,
    path?: String,
    url?: String,
    command?: String,
    query?: String,
    text?: String,
    subject?: String,
    body?: String,
  };
  type Ctx = {
    public_key?: String,
    environment?: String,
    env?: String,
    trace_id?: String,
    session_id?: String,
    tenant_id?: String,
  };
  type Session = { id: String, labels: Set<String>, marks: Set<String> };
  type Context = {
    verb: String,
    known: Bool,
    now_ms: Long,
    outgoing: Bool,            // whether data may leave
    kinds: Set<String>,        // kinds of effect
    programs: Set<String>,
    paths: Set<String>,
    zones: Set<String>,
    hosts: Set<String>,
    untrusted_hosts: Set<String>,
    secrets: Set<String>,
    payload: Payload,
    ctx: Ctx,
    session: Session,
  };

${verbs.map((verb) => `  action "verb:${verb}";`).join("\n")}

${actions.join("\n")}
}
`;
writeFileSync(join(root, "packages/runtime/schemas/canopy.cedarschema"), schema);
