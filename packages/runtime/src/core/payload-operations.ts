// What a payload asks of a tool whose name doesn't say: `bank {"action": "transfer"}`, `lights {"service": "lock.unlock"}`,
// a GraphQL mutation, a Cypher statement that changes.

import type { Verb } from "./action.ts";
import { readName } from "./action-words.ts";
import { foldName } from "./effects/text.ts";
import type { JsonObject } from "./json.ts";
import { wordSet } from "./word-set.ts";

const OPERATIONS = wordSet(
  "operation operationname op action actionname method methodname verb service mutation subcommand command intent",
);
const STATEMENTS = wordSet("query mutation statement cypher gremlin graphql");
const LONGEST_OPERATION = 60;

const MUTATION = /^\s*(?:#[^\n]*\n\s*)*mutation\b/;
const CYPHER = /^\s*(?:optional\s+)?(?:match|merge|create|unwind|call|with|load)\b/i;
const CYPHER_CHANGE = /\b(?:detach\s+delete|delete|create|merge|set|remove|drop|load\s+csv)\b/i;
const GREMLIN_CHANGE = /^\s*g\.[\s\S]*\.(?:drop|addV|addE|property)\(/;

/** Whether a member asks a tool of an unlisted type for a change. Cost: linear in the members' names. */
export function asksForChange(members: JsonObject, verb: Verb): boolean {
  if (verb !== "other" && verb !== "db" && verb !== "read" && verb !== "fs.read") return false;
  for (const [name, value] of Object.entries(members)) {
    if (typeof value !== "string" || value === "") continue;
    const key = foldName(name);
    if (
      verb !== "read" &&
      OPERATIONS.has(key) &&
      value.length <= LONGEST_OPERATION &&
      changesBy(value, members, verb === "fs.read")
    )
      return true;
    if (STATEMENTS.has(key) && changesGraph(value)) return true;
  }
  return false;
}

/** Words that change numbers, texts and lists as often as the world. */
const SOFT = wordSet(
  "add replace set insert append copy increase decrease raise lower join open close load merge format switch save sign encrypt decrypt convert push follow store",
);
const THINGS = wordSet("device deviceid entity entityid robot lock door valve account accountid user userid");

function changesBy(operation: string, members: JsonObject, files: boolean): boolean {
  // `compute.instances.delete`: the last part says what is done.
  const last = operation.slice(
    Math.max(operation.lastIndexOf("."), operation.lastIndexOf("/"), operation.lastIndexOf(":")) + 1,
  );
  if (!readName(operation).changing && !readName(last).changing) return false;
  return (
    files ||
    !SOFT.has(operation.trim().toLowerCase()) ||
    Object.keys(members).some((name) => THINGS.has(foldName(name)))
  );
}

function changesGraph(text: string): boolean {
  return (
    MUTATION.test(text) ||
    GREMLIN_CHANGE.test(text) ||
    (CYPHER.test(text) && /[(]/.test(text) && CYPHER_CHANGE.test(text))
  );
}
