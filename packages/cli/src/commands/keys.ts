// `canopy keys`: the keys of this home. Shows public parts only.

import { CanopyError } from "canopy-runtime/errors";
import type { Settings } from "canopy-runtime/config";
import { checkpointVerifierKeys, findKey, listKeys, openKey, verifierKey, type KeyName } from "canopy-runtime/keys";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import type { Io } from "../io.ts";
import { settingsFor } from "../settings.ts";
import { textFlag } from "../text-flag.ts";
import { tableLines } from "../table.ts";
import { terminalJsonPretty, terminalText } from "../terminal-text.ts";

type Flags = { readonly json: boolean; readonly vkey: boolean; readonly name: KeyName; readonly log?: string };

const ACTIONS = ["show", "create", "rotate"] as const;
type Action = (typeof ACTIONS)[number];

/** The command. */
export const keys: CliCommand = defineCommand<Flags, [(string | undefined)?, (string | undefined)?]>({
  brief: "Show, create or rotate this home's keys",
  description: [
    "The signing key signs what is recorded; the checkpoint key signs checkpoints of the log's tree; the approver key signs this user's approvals. Each is made on first use, in CANOPY_HOME, readable by its owner alone. Private parts are never shown.",
    "--vkey prints the public part of the signing key as a verifier key (c2sp.org/signed-note), which is what others need to check the log's signatures. With --log, or --name checkpoint, it is that of the checkpoint key under the log's name: what proofs and bundles are checked with.",
    "rotate makes a new signing or checkpoint key. An entry that the old and the new key sign is recorded first, so that whoever has the old public key can follow.",
  ],
  examples: [
    { command: "canopy keys", does: "what keys there are" },
    { command: "canopy keys create", does: "make the signing key now; an existing one stays" },
    { command: "canopy keys --vkey --log audit.log > log.vkey", does: "the key to hand to an auditor of the log" },
    { command: "canopy keys --vkey > signing.vkey", does: "the key that signs batches and witnesses" },
    { command: "canopy keys rotate checkpoint", does: "a new checkpoint key, recorded" },
  ],
  exits: [
    [0, "shown, created or rotated"],
    [1, "there is no such key yet"],
    [2, "a key file is not safe to use; the rotation could not be recorded"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      vkey: { kind: "boolean", brief: "Print the C2SP verifier key only", default: false, withNegated: false },
      log: textFlag("The log whose checkpoint key is meant (default: the one in force)", "LOG"),
      name: {
        kind: "enum",
        values: ["signing", "checkpoint", "approver"],
        default: "signing",
        brief: "Which key",
        placeholder: "KEY",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "show (default), create or rotate", placeholder: "ACTION", parse: String, optional: true },
        { brief: "Which key to rotate", placeholder: "KEY", parse: String, optional: true },
      ],
    },
  },
  run: async (io, flags, word, which) => {
    const action = parseAction(word);
    if (which !== undefined && action !== "rotate") {
      throw new CanopyError("USAGE", `\`${which}\` is one word too many`, { fix: "name a key with --name" });
    }
    const { settings } = settingsFor(io, { audit_log_path: flags.log });
    const { home } = settings;
    if (action === "rotate") return rotate(io, settings, { json: flags.json, which: which ?? flags.name });
    if (action === "create") return create(io, home, flags);
    if (!flags.vkey) return show(io, home, flags);
    const isCheckpoint = flags.name === "checkpoint" || flags.log !== undefined;
    return isCheckpoint ? showCheckpointKey(io, settings, flags.json) : showVerifierKey(io, home, flags);
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

async function showCheckpointKey(io: Io, settings: Settings, json: boolean): Promise<number> {
  const { logOriginOf } = await import("canopy-runtime/rotate-key");
  const key = findKey(settings.home, "checkpoint");
  if (key === null) return noKey(io, settings.home, json);
  const [vkey = ""] = checkpointVerifierKeys(settings.home, logOriginOf(settings));
  io.out(json ? `${terminalJsonPretty({ name: "checkpoint", key_id: key.key_id, vkey })}\n` : `${vkey}\n`);
  return 0;
}

interface Rotation {
  readonly json: boolean;
  readonly which: string;
}

async function rotate(io: Io, settings: Settings, { json, which }: Rotation): Promise<number> {
  const name = (["signing", "checkpoint"] as const).find((each) => each === which);
  if (name === undefined) {
    throw new CanopyError("USAGE", `the key \`${which}\` can't be rotated`, { fix: "expected signing or checkpoint" });
  }
  const { rotateHomeKey } = await import("canopy-runtime/rotate-key");
  const rotated = await rotateHomeKey(settings, name);
  if (json) io.out(`${terminalJsonPretty(rotated)}\n`);
  else io.out(`${rotated.key_id}\n`);
  io.err(`the ${name} key ${rotated.old_key_id} is retired; entry ${rotated.seq} of the log says so, signed by both\n`);
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
