// A request as a document, parsed at the door:
//
//   {"id"?, "agent_ctx", "action_type", "action_payload"?, "policy"?, "cwd"?}
//
// Other members are ignored, so that a line may carry what its sender needs besides; but not arguments under a wrong name.

import { CanopyError } from "canopy-runtime/errors";
import { isJsonObject, type JsonObject, type JsonValue } from "canopy-runtime/json";
import { parseStrictJson } from "canopy-runtime/strict-json";

/** A request that has the documented shape. What its members mean is the runtime's to judge. */
export interface RequestDocument {
  /** As given; null when absent. */
  readonly id: JsonValue;
  readonly agent_ctx: JsonValue;
  readonly action_type: JsonValue;
  readonly action_payload: JsonValue;
  /** A pack's name or policy text; undefined when the request names none. */
  readonly policy: string | undefined;
  /** The folder the action would run in; undefined when the request names none. */
  readonly cwd: string | undefined;
}

/** A request that could not be read, with the id it had, if that much could be told. */
export class RequestError extends CanopyError {
  readonly id: JsonValue;

  constructor(id: JsonValue, message: string, fix: string) {
    super("INVALID_REQUEST", message, { fix });
    this.id = id;
  }
}

const SHAPE_FIX = 'expected {"id"?, "agent_ctx", "action_type", "action_payload"?, "policy"?, "cwd"?}';
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Parse a request.
 *
 * @throws {CanopyError} `INVALID_REQUEST` when it is not strict JSON in UTF-8 or not of the documented shape.
 */
export function parseRequest(bytes: Uint8Array): RequestDocument {
  const value = parseJson(bytes);
  if (!isJsonObject(value)) throw new RequestError(null, "a request must be a JSON object", SHAPE_FIX);
  const id = value["id"] ?? null;
  for (const member of ["agent_ctx", "action_type"]) {
    if (value[member] === undefined) throw new RequestError(id, `the request lacks \`${member}\``, SHAPE_FIX);
  }
  refuseMisnamedPayload(id, value);
  return {
    id,
    agent_ctx: value["agent_ctx"] ?? null,
    action_type: value["action_type"] ?? null,
    action_payload: value["action_payload"] === undefined ? {} : value["action_payload"],
    policy: policyMember(id, value["policy"]),
    cwd: cwdMember(id, value["cwd"] ?? null),
  };
}

// Under another name the arguments would be ignored, and the empty action in their place allowed.
function refuseMisnamedPayload(id: JsonValue, request: JsonObject): void {
  if (request["action_payload"] !== undefined) return;
  const misnamed = ["payload", "actionPayload", "arguments", "args", "input"].find(
    (name) => request[name] !== undefined,
  );
  if (misnamed === undefined) return;
  throw new RequestError(id, `the request has \`${misnamed}\` but no \`action_payload\``, SHAPE_FIX);
}

function parseJson(bytes: Uint8Array): JsonValue {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new RequestError(null, "a request must be UTF-8 text", "send each request as one line of UTF-8 JSON");
  }
  return parseStrictJson(text);
}

// Null is the bundled default pack: the member is there, so it wins over the flag.
function policyMember(id: JsonValue, value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return "default";
  if (typeof value === "string") return value;
  throw new RequestError(id, "`policy` must be null, a pack's name or policy text", SHAPE_FIX);
}

function cwdMember(id: JsonValue, value: JsonValue): string | undefined {
  if (value === null) return undefined;
  if (typeof value === "string" && value.startsWith("/")) return value;
  throw new RequestError(id, "`cwd` must be null or an absolute path", SHAPE_FIX);
}
