// `canopy keys`: the keys of this home. Shows public parts only.

import { CanopyError } from "canopy-runtime/errors";
import { findKey, listKeys, openKey, verifierKey, type KeyName } from "canopy-runtime/keys";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import type { Io } from "../io.ts";
import { settingsFor } from "../settings.ts";
import { tableLines } from "../table.ts";
import { terminalJsonPretty, terminalText } from "../terminal-text.ts";

type Flags = { readonly json: boolean; readonly vkey: boolean; readonly name: KeyName };

const ACTIONS = ["show", "create"] as const;
type Action = (typeof ACTIONS)[number];

/** The command. */
export const keys: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Show or create this home's signing and approver keys",
  description: [
    "The signing key signs what is recorded; the approver key signs this user's approvals. Each is made on first use, in CANOPY_HOME, readable by its owner alone. Private parts are never shown.",
    "--vkey prints the public part of the signing key as a verifier key (c2sp.org/signed-note), which is what others need to check the log's signatures.",
  ],
  examples: [
    { command: "canopy keys", does: "what keys there are" },
    { command: "canopy keys create", does: "make the signing key now; an existing one stays" },
    { command: "canopy keys --vkey > log.vkey", does: "the public key to hand to an auditor" },
  ],
  exits: [
    [0, "shown or created"],
    [1, "there is no such key yet"],
    [2, "a key file is not safe to use"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      vkey: { kind: "boolean", brief: "Print the C2SP verifier key only", default: false, withNegated: false },
      name: {
        kind: "enum",
        values: ["signing", "approver"],
        default: "signing",
        brief: "Which key",
        placeholder: "KEY",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "show (default) or create", placeholder: "ACTION", parse: String, optional: true }],
    },
  },
  run: async (io, flags, word) => {
    const action = parseAction(word);
    const { home } = settingsFor(io).settings;
    if (action === "create") return create(io, home, flags);
    return flags.vkey ? showVerifierKey(io, home, flags) : show(io, home, flags);
  },
});

function parseAction(word = "show"): Action {
  const action = ACTIONS.find((each) => each === word);
  if (action === undefined) {
    throw new CanopyError("USAGE", `no action \`${word}\``, { fix: `expected one of ${ACTIONS.join(", ")}` });
  }
  return action;
}

function create(io: Io, home: string, { name, json }: Flags): number {
  const existed = findKey(home, name) !== null;
  const { key_id, path } = openKey(home, name);
  if (json) io.out(`${terminalJsonPretty({ name, key_id, path, created: !existed })}\n`);
  else io.out(`${key_id}\n`);
  io.err(`${existed ? "kept the existing" : "created the"} ${name} key in ${terminalText(path)}\n`);
  return 0;
}

function showVerifierKey(io: Io, home: string, { name, json }: Flags): number {
  const key = findKey(home, name);
  if (key === null) return noKey(io, home, json);
  const vkey = verifierKey(key);
  io.out(json ? `${terminalJsonPretty({ name, key_id: key.key_id, vkey })}\n` : `${vkey}\n`);
  return 0;
}

function show(io: Io, home: string, { json }: Flags): number {
  const found = listKeys(home);
  if (json) {
    io.out(`${terminalJsonPretty({ home, keys: found })}\n`);
    return found.length === 0 ? 1 : 0;
  }
  if (found.length === 0) return noKey(io, home, json);
  const columns = [
    { title: "KEY", least: 8 },
    { title: "STATE", least: 7 },
    { title: "ID", least: 32 },
    { title: "PATH", least: 20 },
  ];
  const rows = found.map(({ name, state, key_id, path }) => [name, state, key_id, path]);
  const width = io.stdoutIsTerminal ? io.columns : Infinity;
  for (const line of tableLines(columns, rows, { style: io.outStyle, width })) io.out(`${line}\n`);
  return 0;
}

function noKey(io: Io, home: string, json: boolean): number {
  if (json) io.out(`${terminalJsonPretty({ home, keys: [] })}\n`);
  io.err(`no keys in ${terminalText(home)} yet: the first recorded decision makes them, or \`canopy keys create\`\n`);
  return 1;
}
