// Events held against the schema they say they are of: OCSF 1.6.0, as tagged (vectors/ocsf). Every member must be an
// attribute of its class or object, of the type, and with one of the values that the schema has; what is required must
// be there; a caption must be the one of its number.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { sha256Hex } from "../../storage/chain-host.ts";
import { OCSF_VERSION, ocsfEvent } from "./ocsf-event.ts";
import { sinkRecord } from "./sink-record.ts";

interface Attribute {
  readonly type: string;
  readonly object?: string;
  readonly array?: boolean;
  readonly requirement: string;
  readonly enum?: Readonly<Record<string, string>>;
  readonly sibling?: string;
  readonly profile?: string;
}

interface Shape {
  readonly constraints: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] };
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface EventClass extends Shape {
  readonly uid: number;
  readonly caption: string;
  readonly category_uid: number;
  readonly category: string;
  readonly profiles: readonly string[];
}

interface Schema {
  readonly version: string;
  readonly classes: Readonly<Record<string, EventClass>>;
  readonly objects: Readonly<Record<string, Shape>>;
}

const SCHEMA: Schema = JSON.parse(
  readFileSync(new URL("../../../../../vectors/ocsf/schema-1.6.0.json", import.meta.url), "utf8"),
);

/** Objects whose content the schema leaves open. */
const OPEN: ReadonlySet<string> = new Set(["object"]);

/** What is wrong with an event, each with its place; none for a good one. */
function problemsOf(event: JsonObject): readonly string[] {
  const found = Object.values(SCHEMA.classes).find(({ uid }) => uid === event["class_uid"]);
  if (found === undefined) return [`class_uid ${JSON.stringify(event["class_uid"])}`];
  const { metadata } = event;
  const listed = isJsonObject(metadata) && Array.isArray(metadata["profiles"]) ? metadata["profiles"] : [];
  const profiles: readonly JsonValue[] = listed;
  const strange = profiles.filter((name) => typeof name !== "string" || !found.profiles.includes(name));
  const { class_uid, category_uid, class_name, category_name, type_uid, activity_id, ...rest } = event;
  const ids = [
    category_uid === found.category_uid ? "" : "category_uid",
    class_name === found.caption ? "" : "class_name",
    category_name === found.category ? "" : "category_name",
    type_uid === Number(class_uid) * 100 + Number(activity_id) ? "" : "type_uid",
  ].filter((name) => name !== "");
  const known = { category_uid: 1, class_uid: 1, class_name: 1, category_name: 1, type_uid: 1 };
  return [
    ...strange.map((name) => `profile ${JSON.stringify(name)}`),
    ...ids,
    ...shapeProblems({ ...rest, activity_id: activity_id ?? null }, found, { at: "", profiles, ignored: known }),
  ];
}

interface Where {
  readonly at: string;
  readonly profiles: readonly JsonValue[];
  /** Members that were looked at. */
  readonly ignored: Readonly<Record<string, unknown>>;
}

function shapeProblems(
  value: JsonObject,
  { attributes, constraints }: Shape,
  { at, profiles, ignored }: Where,
): string[] {
  const problems: string[] = [];
  const isThere = (name: string): boolean => value[name] !== undefined;
  for (const [name, attribute] of Object.entries(attributes)) {
    const applies = attribute.profile === undefined || profiles.includes(attribute.profile);
    if (attribute.requirement === "required" && applies && !isThere(name) && !Object.hasOwn(ignored, name))
      problems.push(`${at}${name} is missing`);
  }
  for (const [name, member] of Object.entries(value)) {
    const attribute = attributes[name];
    if (attribute === undefined) problems.push(`${at}${name} is no attribute`);
    else if (attribute.profile !== undefined && !profiles.includes(attribute.profile))
      problems.push(`${at}${name} is of profile ${attribute.profile}`);
    else problems.push(...valueProblems(member, attribute, { at: `${at}${name}`, profiles, ignored: {} }));
    const caption = attribute?.enum?.[JSON.stringify(member)];
    const told = attribute?.sibling === undefined ? undefined : value[attribute.sibling];
    // 99 is Other: then the text is the source's own.
    if (caption !== undefined && told !== undefined && member !== 99 && told !== caption)
      problems.push(`${at}${name} ${JSON.stringify(member)} is called ${JSON.stringify(told)}`);
  }
  const { at_least_one: some, just_one: one } = constraints;
  if (some !== undefined && !some.some(isThere)) problems.push(`${at} has none of ${some.join(", ")}`);
  if (one !== undefined && one.filter(isThere).length !== 1) problems.push(`${at} has not one of ${one.join(", ")}`);
  return problems;
}

function valueProblems(value: JsonValue, attribute: Attribute, where: Where): string[] {
  if (attribute.array === true) {
    if (!Array.isArray(value)) return [`${where.at} is no list`];
    const items: readonly JsonValue[] = value;
    return items.flatMap((item) => valueProblems(item, { ...attribute, array: false }, where));
  }
  if (attribute.type === "object_t") {
    if (!isJsonObject(value)) return [`${where.at} is no object`];
    if (OPEN.has(attribute.object ?? "")) return [];
    const shape = SCHEMA.objects[attribute.object ?? ""];
    if (shape === undefined) return [`${where.at} is of ${attribute.object}, which is not in the extract`];
    return shapeProblems(value, shape, { ...where, at: `${where.at}.` });
  }
  const isNumber = ["integer_t", "long_t", "timestamp_t"].includes(attribute.type);
  const isOk = isNumber
    ? Number.isSafeInteger(value)
    : typeof value === (attribute.type === "boolean_t" ? "boolean" : "string");
  if (!isOk) return [`${where.at} is no ${attribute.type}`];
  if (attribute.enum !== undefined && !Object.hasOwn(attribute.enum, JSON.stringify(value)))
    return [`${where.at} has no value ${JSON.stringify(value)}`];
  return [];
}

function eventOf(members: JsonObject): JsonObject {
  const entry = {
    timestamp: "2026-11-23T08:00:00Z",
    log_id: "1".repeat(32),
    seq: 7,
    entry_hash: "a".repeat(64),
    ...members,
  };
  return ocsfEvent(sinkRecord(JSON.stringify(entry), { redact: true, fields: [] }, sha256Hex), "0.5.0");
}

const ENTRIES: readonly JsonObject[] = [
  "authorize_action",
  "reauthorized",
  "authorize_refused",
  "tool_start",
  "tool_result",
  "kill_switch",
  "incident_event",
  "log_rotated",
  "policy_activated",
  "sink_refused",
  "checkpoint_meta",
  "imported_entry",
  "",
].flatMap((event) =>
  ["ALLOW", "DENY", "REQUIRE_APPROVAL", "RECORD", ""].flatMap((decision) =>
    ["low", "medium", "high", "critical", "", "odd"].map((severity) => ({ event, decision, severity })),
  ),
);

const FULL: JsonObject = {
  avid: "AVID-1",
  action_type: "execute_shell",
  reason: "DENY by default/no-rm",
  trace_id: "t",
  session_id: "s",
  tenant_id: "acme",
  authorization_id: "b".repeat(64),
  request_id: "c".repeat(64),
  incident_id: "inc-1",
  description: "it leaked",
  reporter: "ann",
  by: "bob",
};

test("the extract is of the version that events name", () => {
  assert.equal(SCHEMA.version, OCSF_VERSION);
  assert.deepEqual(
    Object.values(SCHEMA.classes).map(({ uid }) => uid),
    [6003, 2005],
  );
});

test("every event is as the schema of its version has it, whatever its entry says and leaves out", () => {
  const states = ["", "open", "contained", "resolved", "closed", "odd"];
  for (const each of ENTRIES)
    for (const members of [{}, FULL])
      for (const state of each["event"] === "incident_event" ? states : [""]) {
        const event = eventOf({ ...members, ...each, ...(state === "" ? {} : { state }) });
        assert.deepEqual(problemsOf(event), [], JSON.stringify({ ...each, state }));
      }
});

test("the check would see an event that is not", () => {
  const good = eventOf({ ...FULL, event: "authorize_action", decision: "DENY", severity: "high" });
  const bad: readonly JsonObject[] = [
    { ...good, class_uid: 2004 },
    { ...good, made_up: 1 },
    { ...good, severity_id: 77 },
    { ...good, severity: "Low" },
    { ...good, time: "2026-11-23" },
    { ...good, actor: {} },
    { ...good, src_endpoint: {} },
    { ...good, api: { service: { name: "x" } } },
    { ...good, type_uid: 1 },
    { ...good, finding_info_list: [] },
  ];
  for (const event of bad) assert.notDeepEqual(problemsOf(event), [], JSON.stringify(event));
  const { metadata: _gone, ...rest } = good;
  assert.notDeepEqual(problemsOf(rest), []);
});
