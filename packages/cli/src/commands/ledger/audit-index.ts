// `canopy ledger audit-index`: the index made anew from the lines, and vouched for.

import { counted } from "canopy-runtime/counted";
import { CanopyError } from "canopy-runtime/errors";
import { auditIndex, auditorKey, cosignAudited, type IndexAudit } from "canopy-runtime/proofs";
import { TlogReader } from "canopy-runtime/tlog";
import { resolve } from "node:path";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor } from "../../settings.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";
import { FORCE_FLAG, newFile, writeOut } from "../../write-file.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly key?: string;
  readonly name: string;
  readonly out?: string;
  readonly force: boolean;
};

/** The command. */
export const auditIndexCommand: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Make a log's index anew from its lines and vouch for it",
  description: [
    "Reads every line up to the newest checkpoint and compares what each checkpoint_meta entry says of the index with what the lines give. Without this, a proof of absence rests on the word of whoever kept the log.",
    "With --key and --out the checkpoint is written with a cosignature by that key, which is made when the file is missing. Whoever trusts the auditor puts the line that is printed into a trust policy; `canopy prove … --checkpoint FILE` makes proofs that rest on the cosigned checkpoint. Use the key for nothing else.",
    "Run it on a copy of the log, on a machine of the auditor's. Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [
    { command: "canopy ledger audit-index audit.log", does: "compare" },
    {
      command: "canopy ledger audit-index audit.log --key auditor.key --out audited.note",
      does: "compare, and cosign the checkpoint",
    },
  ],
  exits: [
    [0, "the index is what the lines give"],
    [1, "it is not, or the log has no checkpoint of its own"],
    [2, "no log, not readable; or the key or the file can't be used"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      key: { kind: "parsed", parse: String, optional: true, brief: "The auditor's private key", placeholder: "FILE" },
      name: {
        kind: "parsed",
        parse: String,
        default: "index-auditor",
        brief: "The auditor's name in cosignatures",
        placeholder: "NAME",
      },
      out: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Write the cosigned checkpoint",
        placeholder: "FILE",
      },
      force: FORCE_FLAG,
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, flags, path) => {
    if ((flags.key === undefined) !== (flags.out === undefined)) {
      throw new CanopyError("USAGE", "--key and --out go together: expected both or none", {
        fix: "give --key FILE for the auditor's key and --out FILE for the cosigned checkpoint",
      });
    }
    const file = flags.out === undefined ? null : newFile(io, flags.out, flags.force);
    // From the lines alone: tiles may be as wrong as the index.
    const reader = await TlogReader.open(logPathFor(io, namedLog(path, flags.log)), { strict: true });
    try {
      return run(io, { ...flags, file }, reader);
    } finally {
      reader.close();
    }
  },
});

function run(io: Io, { json, key, name, file }: Flags & { readonly file: string | null }, reader: TlogReader): number {
  const note = reader.checkpointNote();
  if (note === null) throw noNote();
  const audit = auditIndex(reader, sizeOf(note));
  const sound = audit.wrong === null && audit.metas > 0;
  let vkey: string | null = null;
  if (sound && key !== undefined && file !== null) {
    const auditor = auditorKey(resolve(io.cwd, key), name);
    writeOut(file, cosignAudited(note, auditor, Math.floor(Date.now() / 1000)));
    ({ vkey } = auditor);
  }
  if (json) io.out(`${terminalJsonPretty({ sound, ...audit, vkey })}\n`);
  else tell(io, audit, sound, vkey);
  return sound ? 0 : 1;
}

function tell(io: Io, { size, metas, covered, runs, wrong }: IndexAudit, sound: boolean, vkey: string | null): void {
  const { outStyle: style } = io;
  const word = sound ? style.good("SOUND") : style.bad("NOT SOUND");
  const problem =
    wrong === null
      ? sound
        ? `${metas} statements about the index follow from the lines`
        : "no entry says how an index stands"
      : `seq ${wrong.index + 1}: ${wrong.problem}`;
  io.out(`${word}  ${problem}\n  covers      entries 1 to ${covered} of ${size}, ${counted(runs, "run")}\n`);
  if (vkey !== null) io.out(`  trust       index-auditor ${terminalText(vkey)}\n`);
}

function sizeOf(note: string): number {
  return Number(note.split("\n", 2)[1]);
}

function noNote(): CanopyError {
  return new CanopyError("INVALID_CHECKPOINT", "the log has no checkpoint of its own: expected one in its sidecar", {
    fix: "the next decision that is recorded in the log makes one, unless the setting `tlog` is false; `canopy ledger fsck --repair` makes none",
  });
}
