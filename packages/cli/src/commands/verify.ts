// `canopy verify`: whether a log is intact, and if not, the first bad line and what is wrong with it.

import { verifyLog, type VerifyOptions, type VerifyResult } from "canopy-runtime/verify";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import type { Io } from "../io.ts";
import { startProgress } from "../progress.ts";
import { terminalJsonPretty, terminalText, wrapText } from "../terminal-text.ts";

type Flags = { readonly json: boolean; readonly quiet: boolean; readonly signatures: boolean };

/** The command. */
export const verify: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Verify a log: every line, and the first bad one",
  description: [
    "Reads the whole log in one pass and constant memory, whoever wrote it: Canopy, or canopy-runtime 0.4.2. Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
    "A log alone can't show that its end was cut off or that all of it was rewritten; the warnings say what was not checked.",
  ],
  examples: [
    { command: "canopy verify audit.log", does: "intact, or the first bad line" },
    { command: "canopy verify audit.log --json", does: "for a program" },
    { command: "canopy verify audit.log --quiet && echo intact", does: "only the exit code" },
  ],
  exits: [
    [0, "intact"],
    [1, "tampered or broken; the line is named"],
    [2, "missing, empty, or not readable: nothing was verified"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
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
    },
    aliases: { q: "quiet" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "The log", placeholder: "PATH", parse: String, optional: true }],
    },
  },
  run: async (io, flags, path) => {
    const file = path ?? (await logInForce(io));
    const progress = startProgress(io);
    try {
      const report = await verifyLog(file, await optionsFor(io, flags));
      progress.done();
      if (flags.json) io.out(`${terminalJsonPretty(report)}\n`);
      else if (!flags.quiet) show(io, report);
      return report.valid ? 0 : 1;
    } finally {
      progress.done();
    }
  },
});

// What is not needed is not loaded: a start has to be cheap.
async function optionsFor(io: Io, { signatures }: Flags): Promise<VerifyOptions> {
  const { settingsFor } = await import("../settings.ts");
  const { home } = settingsFor(io).settings;
  if (!signatures) return { home };
  const { homeSignatureChecks } = await import("canopy-runtime/keys");
  return { home, signatures: homeSignatureChecks(home) };
}

async function logInForce(io: Io): Promise<string> {
  const { sayFile, settingsFor } = await import("../settings.ts");
  const resolved = settingsFor(io);
  sayFile(io, resolved, "audit_log_path");
  return resolved.settings.audit_log_path;
}

function show(io: Io, report: VerifyResult): void {
  const { outStyle: style } = io;
  const count = `${report.entries} ${report.entries === 1 ? "entry" : "entries"}`;
  const path = terminalText(report.path);
  const row = (label: string, text: string): void => {
    const [first = "", ...more] = wrapText(text, Math.max(40, io.columns - 14));
    io.out(`  ${label.padEnd(10)}  ${first}\n`);
    for (const line of more) io.out(`${" ".repeat(14)}${line}\n`);
  };
  io.out(`${report.valid ? style.good("INTACT") : style.bad("BROKEN")}  ${path}\n`);
  if (!report.valid) {
    const where = report.segment === null ? "" : ` of segment ${terminalText(report.segment)}`;
    row("line", `${report.first_bad_line}${where}: ${explain(report.failure)}`);
  }
  row("entries", report.valid ? `${count}, chained without a gap` : `${count} before it are good`);
  if (report.head !== null) row("head", report.head);
  row("anchored", report.anchored ? "yes: it reaches the head that this home keeps" : "no");
  row("signatures", signaturesText(report));
  for (const warning of report.warnings) if (warning !== "signatures: not checked") row("note", terminalText(warning));
}

function signaturesText({ signatures }: VerifyResult): string {
  if (signatures === "not checked") return "not checked (--signatures does)";
  return `${signatures.entries} entries in ${signatures.batches} signed batches`;
}

function explain(failure: string | null): string {
  const meaning = failure === null ? undefined : MEANINGS.get(failure);
  return meaning === undefined ? `${failure}` : `${meaning} (${failure})`;
}

const MEANINGS: ReadonlyMap<string, string> = new Map([
  ["json", "it is not JSON"],
  ["utf8", "it is not UTF-8 text"],
  ["not_object", "it is not a JSON object"],
  ["duplicate_key", "it names a member twice"],
  ["genesis", "the first entry does not begin a chain"],
  ["prev_hash", "it does not follow the entry before it"],
  ["entry_hash", "it was changed after it was written"],
  ["too_long", "it is longer than any entry may be"],
  ["segment", "it does not go on from the segment before it"],
  ["shrunk", "entries that were there are gone"],
  ["checkpoint", "it disagrees with a signed checkpoint"],
  ["signature", "a signature does not hold"],
]);
