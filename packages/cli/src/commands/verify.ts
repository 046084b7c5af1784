// `canopy verify`: whether a log is intact, and if not, the first bad line and what is wrong with it.

import { homeOf } from "canopy-runtime/home";
import { homeSignatureChecks } from "canopy-runtime/keys";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../log-flag.ts";
import { logPathFor } from "../settings.ts";
import type { AnchorFlags } from "../verify-anchors.ts";
import { runVerify, type VerifyFlags } from "../verify-run.ts";

type Flags = LogFlags & VerifyFlags & AnchorFlags & { readonly proof?: string };

/** The command. */
export const verify: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Verify a log: every line, and the first bad one",
  description: [
    "Reads the whole log in one pass and constant memory, whoever wrote it: Canopy, or canopy-runtime 0.4.2. Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
    "With --proof it checks one proof file instead, offline, without the log: as `canopy prove` wrote it. The keys to trust come from --vkey or --trust, else they are this home's own.",
    "A PATH that ends in .canopy-evidence is an evidence bundle; it is checked in the same way.",
    "A log alone can't show that its end was cut off or that all of it was rewritten: only what is kept elsewhere can. This home's head and checkpoints of the log are used by themselves; --anchor names others: a file with a checkpoint or with a syslog receiver's lines, folder:PATH, a URL, or ENTRIES:HEAD (how many, and the last one's entry_hash) for a log of any writer. Checkpoints count when signed by a key from --vkey or --trust, else by this home's own. The warnings say what was not checked.",
  ],
  examples: [
    { command: "canopy verify audit.log", does: "intact, or the first bad line" },
    { command: "canopy verify audit.log --json", does: "for a program" },
    { command: "canopy verify audit.log --anchor folder:/mnt/elsewhere", does: "held against what an anchor keeps" },
    { command: "canopy verify --proof entry.tlog-proof --vkey log.vkey", does: "a proof file, anywhere" },
    { command: "canopy verify case.canopy-evidence --vkey log.vkey", does: "an evidence bundle, anywhere" },
    { command: "canopy verify audit.log --quiet && echo intact", does: "only the exit code" },
  ],
  exits: [
    [0, "intact; the proof or bundle is valid"],
    [1, "tampered or broken, the line is named; the proof or bundle is not valid"],
    [1, "NOT TRUSTED: nothing is wrong with it, and no key that you trust vouches for it, or no signature was checked"],
    [2, "missing, empty, not readable, or no log: nothing was verified"],
    [4, "an anchor can't be reached: nothing was verified"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      quiet: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Print nothing; the exit code is the answer",
      },
      signatures: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Also verify the signatures of the batches, with this home's keys",
      },
      anchor: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: true,
        brief: "What is kept of the log elsewhere: FILE, folder:PATH, URL or ENTRIES:HEAD",
        placeholder: "ANCHOR",
      },
      proof: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Check a proof file instead",
        placeholder: "FILE",
      },
      trust: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Whom to trust: a trust policy (c2sp.org/tlog-policy)",
        placeholder: "FILE",
      },
      vkey: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "The log's verifier key, or a file with it",
        placeholder: "VKEY",
      },
    },
    aliases: { q: "quiet" },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, flags, path) => {
    if (flags.proof !== undefined) {
      const { runProofCheck } = await import("../proof-check.ts");
      return runProofCheck(io, flags, flags.proof);
    }
    const named = namedLog(path, flags.log);
    if (named?.endsWith(EVIDENCE) === true) {
      const { runEvidenceCheck } = await import("../evidence-check.ts");
      return runEvidenceCheck(io, flags, named);
    }
    const log = named ?? logPathFor(io, undefined);
    const signatures = flags.signatures ? { signatures: homeSignatureChecks(homeOf(io.env, io.cwd)) } : {};
    const { knownLog } = await import("../verify-anchors.ts");
    const known = await knownLog(io, flags, log);
    return runVerify(io, flags, log, {
      ...signatures,
      ...known?.options,
      notes: known?.notes ?? [],
      untrusted: known?.untrusted ?? null,
    });
  },
});

const EVIDENCE = ".canopy-evidence";
