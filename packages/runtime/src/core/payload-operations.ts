// What a payload asks of a tool whose name doesn't say: `bank {"action": "transfer"}`, `lights {"service": "lock.unlock"}`,
// a GraphQL mutation, a Cypher statement that changes.

import type { Verb } from "./action.ts";
import { readName } from "./action-words.ts";
import { foldName } from "./effects/text.ts";
import type { JsonObject } from "./json.ts";

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}

const OPERATIONS = words(
  "operation operationname op action actionname method methodname verb service mutation subcommand intent",
);
const STATEMENTS = words("query mutation statement cypher gremlin graphql");
const LONGEST_OPERATION = 60;

const MUTATION = /^\s*(?:#[^\n]*\n\s*)*mutation\b/;
const CYPHER = /^\s*(?:optional\s+)?(?:match|merge|create|unwind|call|with|load)\b/i;
const CYPHER_CHANGE = /\b(?:detach\s+delete|delete|create|merge|set|remove|drop|load\s+csv)\b/i;
const GREMLIN_CHANGE = /^\s*g\.[\s\S]*\.(?:drop|addV|addE|property)\(/;

/** Whether a member asks a tool of an unlisted type for a change. Cost: linear in the members' names. */
export function asksForChange(members: JsonObject, verb: Verb): boolean {
  if (verb !== "other" && verb !== "db" && verb !== "read") return false;
  for (const [name, value] of Object.entries(members)) {
    if (typeof value !== "string" || value === "") continue;
    const key = foldName(name);
    if (verb !== "read" && OPERATIONS.has(key) && value.length <= LONGEST_OPERATION && readName(value).changing)
      return true;
    if (STATEMENTS.has(key) && changesGraph(value)) return true;
  }
  return false;
}

function changesGraph(text: string): boolean {
  return (
    MUTATION.test(text) ||
    GREMLIN_CHANGE.test(text) ||
    (CYPHER.test(text) && /[(]/.test(text) && CYPHER_CHANGE.test(text))
  );
}
