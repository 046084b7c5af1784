// Values that are kept back: those of named members of the payload, wherever they stand in a result, and named members
// of the result.

import { isJsonObject, type JsonValue } from "../core/json.ts";

/** What is kept back. */
export interface Redaction {
  /** Texts that are taken out wherever they stand, the longest first. */
  readonly secrets: readonly string[];
  /** Members of the result, as paths. */
  readonly members: readonly (readonly string[])[];
}

const REDACTED = "[redacted]";

/**
 * What fields come to for one payload. A field of the payload is looked for at its top and in every object inside, since
 * a batch holds payloads of its own. Cost: the fields times the payload.
 */
export function redactionOf(fields: readonly string[], payload: JsonValue): Redaction {
  const secrets = new Set<string>();
  const members: (readonly string[])[] = [];
  for (const field of fields) {
    const [root, ...path] = field.split(".");
    if (root === "result") members.push(path);
    else collectAnywhere(payload, path, secrets);
  }
  // JSON writes some characters otherwise: results that are JSON in a text are looked into too.
  const escaped = [...secrets].map((secret) => JSON.stringify(secret).slice(1, -1));
  const all = [...new Set([...secrets, ...escaped])];
  return { secrets: all.sort((left, right) => right.length - left.length), members };
}

function collectAnywhere(value: JsonValue, path: readonly string[], found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  if (isJsonObject(value)) {
    const member = path.reduce<JsonValue | undefined>(memberOf, value);
    if (member !== undefined) collectTexts(member, found);
  }
  for (const inner of Object.values(value)) collectAnywhere(inner, path, found);
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function collectTexts(value: JsonValue, found: Set<string>): void {
  if (typeof value === "string" || typeof value === "number") {
    if (value !== "") found.add(String(value));
  } else if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) collectTexts(inner, found);
  }
}

/** A text without what is kept back. */
export function redactText(text: string, { secrets }: Redaction): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
}

/**
 * A result without what is kept back: texts and bytes as such, anything else as the plain JSON it comes to.
 *
 * @throws {TypeError} when it comes to none.
 */
export function redactValue(result: unknown, redaction: Redaction): unknown {
  if (result === undefined || result === null || typeof result === "boolean") return result;
  if (typeof result === "string") return redactText(result, redaction);
  if (result instanceof Uint8Array) return redactBytes(result, redaction);
  const plain: JsonValue = JSON.parse(JSON.stringify(result));
  return redactPlain(redaction.members.reduce(withoutMember, plain), redaction);
}

// As single-byte text, so that bytes that are no text are kept as they are.
function redactBytes(bytes: Uint8Array, { secrets }: Redaction): Uint8Array {
  const asBytes = secrets.map((secret) => Buffer.from(secret).toString("latin1"));
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  return Buffer.from(redactText(text, { secrets: asBytes, members: [] }), "latin1");
}

function redactPlain(value: JsonValue, redaction: Redaction): JsonValue {
  switch (typeof value) {
    case "string":
      return redactText(value, redaction);
    case "number":
      return redaction.secrets.includes(String(value)) ? REDACTED : value;
    case "object": {
      if (value === null) return null;
      if (!isJsonObject(value)) return value.map((item) => redactPlain(item, redaction));
      const members = Object.entries(value);
      return Object.fromEntries(
        members.map(([name, inner]) => [redactText(name, redaction), redactPlain(inner, redaction)]),
      );
    }
    default:
      return value;
  }
}

// In a list, each item is a result.
function withoutMember(value: JsonValue, path: readonly string[]): JsonValue {
  const [name, ...rest] = path;
  if (name === undefined) return REDACTED;
  if (Array.isArray(value)) {
    const items: readonly JsonValue[] = value;
    return items.map((item) => withoutMember(item, path));
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === name ? withoutMember(inner, rest) : inner]),
  );
}
