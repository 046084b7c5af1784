// From an action to its effects: one route for each verb, and what every action has in common (its text, its commands).

import type { Action } from "../action.ts";
import { namesAttack, namesSecret } from "../action-words.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { WRAPPERS } from "../payload-roles.ts";
import { contentEffects } from "./content.ts";
import type { Effect } from "./effect.ts";
import { fileEffects, readEffects } from "./file-effects.ts";
import { messageEffects } from "./message.ts";
import { hasMoneyMembers, moneyEffects } from "./money.ts";
import { namedEffects } from "./named-effects.ts";
import { netEffects, strayUrlEffects } from "./net-effects.ts";
import { resolvePath } from "./path.ts";
import { personalDataEffects } from "./personal-data.ts";
import { runEffects } from "./run-effects.ts";
import { sqlEffects } from "./sql.ts";
import type { Surroundings } from "./surroundings.ts";
import { foldName, nameWords } from "./text.ts";
import { besideEffects, typedEffects } from "./typed-effects.ts";
import { wordSet } from "../word-set.ts";

/** More effects than this are not listed; the rest is one effect that asks. */
const MAX_EFFECTS = 2000;

/**
 * What an action would do, read in its surroundings. Pure and total: what can't be understood is an effect that says so.
 *
 * Cost: linear in the payload; the shell's and the programs' readers bound their own work.
 */
export function deriveEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  const effects: Effect[] = [];
  const place = placeOf(action, surroundings);
  if (place === null)
    effects.push({ kind: "exec.unresolved", via: "payload.cwd", part: "target", text: action.cwd ?? "" });
  const here = place ?? { ...surroundings, ...NOWHERE };
  for (const part of [
    runEffects(action, here),
    verbEffects(action, here),
    namedEffects(action, here),
    textEffects(action),
  ]) {
    for (const effect of part) effects.push(effect);
  }
  for (const call of action.calls) for (const effect of deriveEffects(call, here)) effects.push(effect);
  if (effects.length > MAX_EFFECTS) {
    effects.length = MAX_EFFECTS;
    effects.unshift({ kind: "exec.unparsed", via: action.action_type, problem: `more than ${MAX_EFFECTS} effects` });
  }
  return effects;
}

const NOWHERE = { cwd: null, folder: null };

/** The surroundings of the calls that an action holds: those of the action, moved to the folder that it names. */
export function surroundingsWithin(action: Action, surroundings: Surroundings): Surroundings {
  return placeOf(action, surroundings) ?? { ...surroundings, ...NOWHERE };
}

// The folder that the action itself names is where it runs; null when it can't be told.
function placeOf(action: Action, surroundings: Surroundings): Surroundings | null {
  if (action.cwd === null || action.cwd === surroundings.cwd) return surroundings;
  const target = resolvePath(action.cwd, surroundings);
  if (target.path === null || target.glob) return null;
  return target.path.startsWith("/") ? moved(target.path, surroundings) : { ...surroundings, folder: target.path };
}

// Moving below the working folder keeps it the agent's own; anywhere else is judged as if a shell had moved there.
function moved(path: string, surroundings: Surroundings): Surroundings {
  return surroundings.cwd === null ? { ...surroundings, cwd: path } : { ...surroundings, folder: path };
}

function verbEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  switch (action.verb) {
    case "fs.read":
    case "fs.write":
    case "fs.delete":
      return [...fileEffects(action, surroundings), ...strayUrlEffects(action)];
    case "net":
      return reachingEffects(action, surroundings);
    case "db":
      return [...databaseEffects(action), ...governedDatabases(action, surroundings)];
    case "money":
      return moneyEffects(action.members, action.action_type);
    case "message":
      return [...messageEffects(action), ...readEffects(action, surroundings)];
    case "spawn":
      return [spawnEffect(action)];
    case "deploy":
      return [
        { kind: "deploy.release", via: action.action_type, target: textOf(action, TARGETS) ?? action.action_type },
      ];
    case "physical":
      return [{ kind: "physical.act", via: action.action_type, device: textOf(action, DEVICES) ?? action.action_type }];
    case "mining":
      return [{ kind: "mining.run", via: action.action_type, program: textOf(action, COINS) ?? action.action_type }];
    case "compute":
      return [computeEffect(action)];
    case "exec":
      return [
        ...privilegeEffects(action),
        ...besideEffects(action, surroundings),
        ...redirectEffects(action, surroundings),
      ];
    case "govern":
    case "read":
    case "other":
      return otherEffects(action, surroundings);
    default:
      return action.verb satisfies never;
  }
}

// An unlisted name that changes something and reaches nothing changes something else: `open_firewall_port`.
function reachingEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  const effects = netEffects(action, surroundings);
  const { known, changing, action_type } = action;
  if (known || !changing || effects.some(({ kind }) => kind === "net.connect")) return effects;
  return [...effects, { kind: "other.change", via: action_type, detail: { action_type } }];
}

const TARGETS: ReadonlySet<string> = wordSet("target environment env stage service app application name version");
const DEVICES: ReadonlySet<string> = wordSet("device robot drone actuator motor valve id name target");
const COINS: ReadonlySet<string> = wordSet("coin program miner currency algorithm");

function textOf(action: Action, names: ReadonlySet<string>): string | null {
  for (const [name, value] of Object.entries(action.members)) {
    if (typeof value === "string" && value !== "" && value.length <= 200 && names.has(foldName(name))) return value;
  }
  return null;
}

function databaseEffects(action: Action): readonly Effect[] {
  const { queries } = action.fields;
  const operation = textOf(action, OPERATIONS);
  if (queries.length > 0) {
    const effects = queries.flatMap((query) => sqlEffects(query, action.action_type));
    if (operation === null || !isMore(operation, effects)) return effects;
    return [...effects, { kind: "db.statement", via: action.action_type, operation: "unknown", text: operation }];
  }
  if (operation !== null && !isLookup(operation))
    return [{ kind: "db.statement", via: action.action_type, operation: "unknown", text: operation }];
  if (action.action_type !== "sql_query" || action.fields.texts.length === 0) return [];
  return [{ kind: "db.statement", via: action.action_type, operation: "unknown", text: action.action_type }];
}

const DATABASE_MEMBER = /(?:^|\.)(?:database|db|dbname|path|file|filename|dsn|uri|url|connection)$/i;

// Opening alone may lock a database, and that of the ledger must not be.
function governedDatabases(action: Action, surroundings: Surroundings): readonly Effect[] {
  const named = action.fields.texts.filter(({ member }) => DATABASE_MEMBER.test(member));
  return named.flatMap(({ member, text }): readonly Effect[] => {
    const target = resolvePath(text.replace(/^(?:sqlite\d?|file):\/{0,2}(?=\/)/, ""), surroundings);
    if (target.governance === null) return [];
    return [{ kind: "fs.write", via: `payload.${member}`, target, mode: "change" }];
  });
}

const OPERATIONS: ReadonlySet<string> = wordSet("operation op action method verb function");
const LOOKUP =
  /^(?:find|get|list|show|select|count|describe|explain|ping|keys|scan|exists|read|fetch|search|query|lookup|aggregate|distinct|stats|info|schema|tables|columns|hget|mget|lrange|smembers|zrange|ttl|type)/;

// `{"query": "select 1", "operation": "dropDatabase"}`: which of them is done is not said.
function isMore(operation: string, effects: readonly Effect[]): boolean {
  const words = nameWords(operation);
  if (words.some((word) => DESTROYING.test(word))) return true;
  const reads = effects.every((effect) => effect.kind === "db.statement" && effect.operation === "read");
  return reads && words.some((word) => CHANGING_OPERATION.test(word));
}

const DESTROYING = /^(?:drop|truncate|purge|wipe|clear|flush|kill|shutdown|grant|revoke)(?:all|db)?$/;
const CHANGING_OPERATION =
  /^(?:delete|del|remove|update|upsert|replace|modify|insert|create|alter|rename|restore|merge|write|bulk|put|patch|set|hset|mset|add|import|load)(?:many|one|all|db)?$/;

// `findOne`, `listCollections`; `findOneAndDelete` and `dropDatabase` are none.
function isLookup(operation: string): boolean {
  const [first = "", ...rest] = nameWords(operation);
  return LOOKUP.test(first) && !rest.some((word) => /^(?:delete|remove|update|replace|modify|drop|set)$/.test(word));
}

const PERMISSION_MEMBERS: ReadonlySet<string> = wordSet(
  "requestedpermissions permissions permission scopes scope grants grant capabilities roles privileges",
);

function spawnEffect(action: Action): Effect {
  let requested: readonly string[] | null = [];
  for (const [name, value] of wrappedMembers(action.members)) {
    if (!PERMISSION_MEMBERS.has(foldName(name)) || value === null) continue;
    const list = namesIn(value);
    requested = list === null || requested === null ? null : [...requested, ...list];
  }
  return { kind: "agent.spawn", via: action.action_type, requested };
}

function namesIn(value: JsonValue): readonly string[] | null {
  if (typeof value === "string") return value.split(/[,\s]+/).filter((name) => name !== "");
  if (!Array.isArray(value)) return null;
  const items: readonly JsonValue[] = value;
  return items.every((item) => typeof item === "string") ? items : null;
}

// Members, and those of objects among them: agents' settings often stand in a `config` or `agent` of their own.
function wrappedMembers(members: JsonObject): readonly (readonly [string, JsonValue])[] {
  return Object.entries(members).flatMap(([name, value]) =>
    isJsonObject(value) && !PERMISSION_MEMBERS.has(foldName(name))
      ? [[name, value] as const, ...Object.entries(value)]
      : [[name, value] as const],
  );
}

const QUANTITIES: readonly string[] = [
  "gpu",
  "tpu",
  "node",
  "instance",
  "worker",
  "machine",
  "core",
  "cpu",
  "vcpu",
  "replica",
  "vm",
  "server",
  "device",
  "hour",
  "job",
  "count",
  "quantity",
];

function computeEffect(action: Action): Effect {
  let quantity: number | null = null;
  for (const [name, value] of wrappedMembers(action.members)) {
    const amount = typeof value === "string" && /^\d{1,15}$/.test(value.trim()) ? Number(value) : value;
    if (typeof amount !== "number" || !nameWords(name).some((word) => QUANTITIES.some((unit) => word.startsWith(unit))))
      continue;
    quantity = Math.max(quantity ?? 0, Math.abs(amount));
  }
  return { kind: "compute.heavy", via: action.action_type, what: action.action_type, quantity };
}

const RAISING: ReadonlySet<string> = wordSet(
  "requiresroot sudo asroot runasroot root elevated elevate admin asadmin privileged requiresadmin runasadmin needsroot usesudo become",
);

function privilegeEffects(action: Action): readonly Effect[] {
  const effects: Effect[] = [];
  const add = (name: string, key: string, value: JsonValue): void => {
    if ((RUNS_AS.has(key) && isRoot(value)) || (RAISING.has(key) && isOn(value)))
      effects.push({ kind: "privilege.raise", via: `payload.${name}`, how: name });
  };
  for (const [name, value] of Object.entries(action.members)) {
    const key = foldName(name);
    // `{"options": {"user": "root"}}`
    if (action.verb === "exec" && isJsonObject(value) && WRAPPERS.has(key))
      for (const [inner, given] of Object.entries(value)) add(inner, foldName(inner), given);
    else add(name, key, value);
  }
  return effects;
}

const RUNS_AS: ReadonlySet<string> = wordSet("as user runas runasuser asuser username execuser sudouser becomeuser");

// A user's name or number, with the group's behind a colon; other systems have other names for theirs.
function isRoot(value: JsonValue): boolean {
  if (value === 0) return true;
  return typeof value === "string" && /^(?:root|0+|administrator|(?:nt authority\\)?system)(?::|$)/i.test(value.trim());
}

const REDIRECTS: ReadonlySet<string> = wordSet(
  "stdout stderr redirect redirectto outputfile outfile outputpath logfile saveto savepath",
);

// Where a runner puts what the command prints.
function redirectEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  const effects: Effect[] = [];
  for (const [name, value] of Object.entries(action.members)) {
    if (typeof value !== "string" || !value.includes("/") || !REDIRECTS.has(foldName(name))) continue;
    const target = resolvePath(value, surroundings);
    const via = `payload.${name}`;
    if (target.zone === "device") effects.push({ kind: "device.write", via, target });
    else if (target.zone !== "null_device") effects.push({ kind: "fs.write", via, target, mode: "create" });
  }
  return effects;
}

function isOn(value: JsonValue): boolean {
  return value !== null && value !== false && value !== 0 && value !== "" && value !== "false" && value !== "no";
}

function otherEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  const effects: Effect[] = [
    ...readEffects(action, surroundings),
    ...strayUrlEffects(action),
    ...privilegeEffects(action),
  ];
  if (action.action_type === "type_text" || action.action_type === "use_computer") {
    effects.push(...typedEffects(action, surroundings), ...typedIntoFiles(action, surroundings));
  }
  for (const query of action.fields.queries) effects.push(...sqlEffects(query, action.action_type));
  const secret = action.known ? null : namesSecret(action.raw_action_type);
  if (secret !== null) effects.push({ kind: "secret.read", via: action.action_type, secret, from: action.action_type });
  if (namesAttack(action.raw_action_type)) {
    effects.push({ kind: "security.use", via: action.action_type, tool: action.action_type, level: "attack" });
  }
  if (action.known) return effects;
  if (!action.changing && !touchesSystem(action, surroundings)) return effects;
  if (hasMoneyMembers(action.members)) effects.push(...moneyEffects(action.members, action.action_type));
  effects.push({ kind: "other.change", via: action.action_type, detail: { action_type: action.action_type } });
  return effects;
}

// `insert_text {"file": …}`: text that is typed into a file changes it.
function typedIntoFiles(action: Action, surroundings: Surroundings): readonly Effect[] {
  return action.fields.paths.map(({ member, text }): Effect => {
    const target = resolvePath(text, surroundings);
    return { kind: "fs.write", via: `payload.${member}`, target, mode: "change" };
  });
}

// A type that says nothing of reading, beside a place of the system: `touch {"path": "/etc/nologin"}`.
function touchesSystem(action: Action, surroundings: Surroundings): boolean {
  if (action.verb !== "other") return false;
  return action.fields.paths.some(({ text }) => SYSTEM_ZONES.has(resolvePath(text, surroundings).zone));
}

const SYSTEM_ZONES: ReadonlySet<string> = new Set(["root", "system", "device"]);

// Whom a message goes to is not what it says.
const ADDRESSES = /(?:^|\.)(?:to|cc|bcc|from|recipients?|reply_?to|sender|attendees|emails?)$/i;

// What an unlisted name says to do is said as well as in a text: `synthesize_sarin`.
function contentOfName({ known, verb, raw_action_type, action_type }: Action): readonly Effect[] {
  if (known || verb === "read") return [];
  const text = nameWords(raw_action_type).join(" ");
  return contentEffects([{ member: "", text }]).map((effect) => ({ ...effect, via: action_type }));
}

// Commands are judged by what they do; their text alone leaves nothing, so only content laws read it. Looking somebody
// up by address sends nothing either.
function textEffects(action: Action): readonly Effect[] {
  const { texts } = action.fields;
  const said = contentOfName(action);
  if (texts.length === 0) return said;
  const found = [...said, ...contentEffects(texts)];
  switch (action.verb) {
    case "exec":
    case "db":
      return found;
    case "fs.read":
    case "read":
      return [...found, ...personalDataEffects(texts, ["email"])];
    case "message":
      return [...found, ...personalDataEffects(texts.filter(({ member }) => !ADDRESSES.test(member)))];
    default:
      return [...found, ...personalDataEffects(texts)];
  }
}
