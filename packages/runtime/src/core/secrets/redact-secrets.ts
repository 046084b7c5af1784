// Secrets in JSON: texts by their shape, members by their name, and what a configuration names.

import { isJsonList, type JsonObject, type JsonValue } from "../json.ts";
import { REDACTED, redactSecrets } from "./find-secrets.ts";

/** What is taken out besides what looks like a secret, and what is left alone. */
export interface RedactOptions {
  /** Names of members whose whole value is taken out, wherever they stand. Capitals, `-` and `_` make no difference. */
  readonly fields?: readonly string[];
  /** Members at the top that are not looked into: hashes and signatures, which are random and no secret. */
  readonly keep?: ReadonlySet<string>;
}

/** JSON without secrets, and where they stood. */
export interface Redacted<Value> {
  /** The very value that was given when nothing was taken out. */
  readonly value: Value;
  /** JSON pointers (RFC 6901) of the texts and members that were changed, in the order of the value; at most 100. */
  readonly at: readonly string[];
}

const SECRET_NAMES: ReadonlySet<string> = new Set([
  "password",
  "passwd",
  "passphrase",
  "passcode",
  "pwd",
  "secret",
  "secretkey",
  "secretaccesskey",
  "clientsecret",
  "appsecret",
  "sharedsecret",
  "apikey",
  "accesskey",
  "privatekey",
  "encryptionkey",
  "accesstoken",
  "authtoken",
  "refreshtoken",
  "idtoken",
  "bearertoken",
  "sessiontoken",
  "authorization",
  "proxyauthorization",
  "cookie",
  "setcookie",
  "credential",
  "credentials",
]);

const MAX_POINTERS = 100;
const MAX_DEPTH = 128;

/** A value without the secrets that its texts and members hold. Cost: linear in the value. */
export function redactSecretsIn(value: JsonObject, options?: RedactOptions): Redacted<JsonObject>;
export function redactSecretsIn(value: JsonValue, options?: RedactOptions): Redacted<JsonValue>;
export function redactSecretsIn(value: JsonValue, options: RedactOptions = {}): Redacted<JsonValue> {
  const run: Run = { fields: new Set((options.fields ?? []).map(plainName)), at: [] };
  return { value: redact(value, "", { run, keep: options.keep ?? NONE, depth: 0 }), at: run.at };
}

interface Run {
  readonly fields: ReadonlySet<string>;
  readonly at: string[];
}

interface Place {
  readonly run: Run;
  readonly keep: ReadonlySet<string>;
  readonly depth: number;
}

const NONE: ReadonlySet<string> = new Set();

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[_\s-]/g, "");
}

function redact(value: JsonValue, pointer: string, place: Place): JsonValue {
  if (typeof value === "string") {
    const text = redactSecrets(value);
    if (text !== value) note(place.run, pointer);
    return text;
  }
  if (typeof value !== "object" || value === null) return value;
  if (place.depth >= MAX_DEPTH) {
    note(place.run, pointer);
    return REDACTED;
  }
  return isJsonList(value) ? redactList(value, pointer, place) : redactObject(value, pointer, place);
}

function redactList(items: readonly JsonValue[], pointer: string, place: Place): readonly JsonValue[] {
  const inner = { ...place, keep: NONE, depth: place.depth + 1 };
  const redacted = items.map((item, index) => redact(item, `${pointer}/${index}`, inner));
  return redacted.every((item, index) => item === items[index]) ? items : redacted;
}

function redactObject(object: JsonObject, pointer: string, place: Place): JsonObject {
  const inner = { ...place, keep: NONE, depth: place.depth + 1 };
  let isChanged = false;
  const members = Object.entries(object).map(([name, value]): readonly [string, JsonValue] => {
    if (place.keep.has(name)) return [name, value];
    const at = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const plain = plainName(name);
    const isSecret = place.run.fields.has(plain) || (SECRET_NAMES.has(plain) && holdsText(value));
    if (isSecret && value !== null) note(place.run, at);
    const shown = isSecret && value !== null ? REDACTED : redact(value, at, inner);
    // A name may hold a secret too: a map from tokens to users.
    const shownName = redactSecrets(name);
    if (shown !== value || shownName !== name) isChanged = true;
    return [shownName, shown];
  });
  // Entries, not members: `__proto__` is a name as any other.
  return isChanged ? Object.fromEntries(members) : object;
}

// `"secret": true` says that something is secret; it holds none.
function holdsText(value: JsonValue): boolean {
  return typeof value === "string" ? value !== "" : typeof value === "number" || typeof value === "object";
}

function note(run: Run, pointer: string): void {
  if (run.at.length < MAX_POINTERS) run.at.push(pointer);
}
