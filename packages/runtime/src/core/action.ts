// An action: what an agent wants to do, frozen. Made at the door by `normalizeAction` (normalize.ts).

import type { JsonObject, JsonValue } from "./json.ts";

/** Every class of what an action does. */
export const VERBS = [
  "exec",
  "fs.read",
  "fs.write",
  "fs.delete",
  "net",
  "db",
  "money",
  "message",
  "spawn",
  "deploy",
  "physical",
  "mining",
  "compute",
  "govern",
  "read",
  "other",
] as const;

/** The class of what an action does, from its registered type or its name. */
export type Verb = (typeof VERBS)[number];

/** Which payload members mean what, after aliases are folded. Each is present only when the payload has it. */
export interface ActionFields {
  /** Commands to be run by a shell, as text. */
  readonly commands: readonly string[];
  /** Commands given as a list of words (no shell). */
  readonly argvs: readonly (readonly string[])[];
  /** Code in another language: `{language, text}`. */
  readonly codes: readonly { readonly language: string; readonly text: string }[];
  /** Paths, each with the payload member it came from. */
  readonly paths: readonly { readonly member: string; readonly text: string }[];
  /** URLs and hosts. */
  readonly urls: readonly { readonly member: string; readonly text: string }[];
  /** SQL statements. */
  readonly queries: readonly string[];
  /** Text that is sent, written or shown: subjects, bodies, contents, messages, prompts. */
  readonly texts: readonly { readonly member: string; readonly text: string }[];
}

/** An action whose type is canonical and whose payload is I-JSON. */
export interface Action {
  /** Canonical type, e.g. `execute_shell` for `Shell`, `run-command` or `bash`. */
  readonly action_type: string;
  /** As received. */
  readonly raw_action_type: string;
  readonly verb: Verb;
  /** Whether the type is registered, or named by an active policy or the integrator. */
  readonly known: boolean;
  /** Whether an unknown type's name reads as changing something. */
  readonly changing: boolean;
  /** The payload as received. */
  readonly payload: JsonValue;
  /** The payload as an object: itself, or the one member that a plain string or list stands for. */
  readonly members: JsonObject;
  readonly fields: ActionFields;
  /**
   * Calls that the payload holds (a batch, the steps of a workflow), each understood as an action of its own. Their
   * `canonical` and `digest` are those of the whole: only the whole is decided, approved and executed.
   */
  readonly calls: readonly Action[];
  /** What about the payload can't be relied on: conflicting or unread command-bearing members, wrong types. Each at least asks. */
  readonly doubts: readonly string[];
  /** The working folder the action names, or null. */
  readonly cwd: string | null;
  /** RFC 8785 text of {action_type, cwd, payload}: what digest and commitment are over. */
  readonly canonical: string;
  /** `sha256:<hex>` over the canonical form. */
  readonly digest: string;
}
