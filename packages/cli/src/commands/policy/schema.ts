// `canopy policy schema`: the JSON Schema of policies, for editors.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";

type Flags = { readonly json: boolean; readonly path: boolean };

/** The command. */
export const schema: CliCommand = defineCommand<Flags, []>({
  brief: "Print the JSON Schema of policies, for editors",
  description: [
    "Editors that speak YAML complete keys and mark errors while you write, once a policy begins with the line: # yaml-language-server: $schema=FILE. A policy that the schema takes may still not load: lint tells the rest.",
  ],
  examples: [
    { command: "canopy policy schema > policy.schema.json", does: "a copy to name in that line" },
    { command: "canopy policy schema --path", does: "where the installed one lies" },
  ],
  exits: [[0, "printed"]],
  parameters: {
    flags: {
      json: { ...JSON_FLAG, brief: "The same: a schema is JSON" },
      path: { kind: "boolean", default: false, withNegated: false, brief: "Print the path of the installed file" },
    },
    positional: { kind: "tuple", parameters: [] },
  },
  run: async (io, { json, path }) => {
    const file = fileURLToPath(import.meta.resolve("canopy-runtime/schemas/policy.schema.json"));
    if (path) io.out(json ? `${JSON.stringify({ path: file })}\n` : `${file}\n`);
    else io.out(await readFile(file, "utf8"));
    return 0;
  },
});
