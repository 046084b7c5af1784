// The arguments of a call whose payload the policy edited: what was decided is the edited payload, so that is what runs.

import type { JsonValue } from "../core/json.ts";
import { isJsonObject } from "../core/json.ts";
import { applyEdits, type PayloadEdit } from "../core/payload-edit.ts";
import { freezeArguments, frozenCopy } from "./frozen-arguments.ts";

/** A call: its frozen arguments, the names of its parameters, and the payload they stand for. */
export interface ToolCall {
  readonly frozen: readonly (JsonValue | undefined)[];
  readonly names: readonly string[] | null;
  readonly payload: JsonValue;
}

/** Arguments and the payload they stand for. */
export interface EditedCall {
  readonly frozen: readonly (JsonValue | undefined)[];
  readonly payload: JsonValue;
}

/** Where payloads are made by the integrator, so are the arguments of an edited one. */
export interface ArgumentsOptions {
  readonly payload?: unknown;
  readonly arguments_of?: (payload: JsonValue) => readonly unknown[];
}

/** The call with its payload edited; null when the arguments that would stand for that can't be told. */
export function editedCall(
  call: ToolCall,
  edits: readonly PayloadEdit[],
  options: ArgumentsOptions,
): EditedCall | null {
  const edited = applyEdits(call.payload, edits);
  if ("failure" in edited) return null;
  const payload = frozenCopy(edited.payload, "the edited payload");
  if (options.arguments_of !== undefined) return { frozen: freezeArguments(options.arguments_of(payload)), payload };
  const args = options.payload === undefined ? argumentsFor(call, payload) : null;
  return args === null ? null : { frozen: Object.freeze(args), payload };
}

function argumentsFor(
  { frozen, names, payload: before }: ToolCall,
  payload: JsonValue,
): (JsonValue | undefined)[] | null {
  // The only argument was the payload itself.
  if (frozen[0] === before) return [payload, ...frozen.slice(1)];
  if (names === null || !isJsonObject(payload)) return null;
  if (Object.keys(payload).some((member) => !names.includes(member))) return null;
  return names.map((name) => (Object.hasOwn(payload, name) ? payload[name] : undefined));
}
