// The common classes of programs, as functions that the families make their rows from.

import type { Effect } from "../effect.ts";
import { NOTHING, reads, result, secretIn, stream, writes } from "./describe.ts";
import { has, parseOptions, valuesOf, type Options, type OptionShape } from "./options.ts";
import type { ProgramCall, ProgramRow } from "./program.ts";

/** A row from space-separated names, its documentation, and its function. */
export function row(names: string, source: string, effects: ProgramRow["effects"]): ProgramRow {
  return { names: words(names), source, effects };
}

/** A row for a program whose arguments are read by one shape. Asking for its help or version does nothing. */
export function optionRow(
  names: string,
  source: string,
  by: OptionShape,
  effects: (call: ProgramCall, options: Options) => readonly Effect[],
): ProgramRow {
  return row(names, source, (call) => {
    if (asksForHelp(call)) return NOTHING;
    return { effects: effects(call, parseOptions(call.args, by)) };
  });
}

/** Programs that do nothing beyond computing and printing: only marked as known. */
export function harmless(names: string, source: string): ProgramRow {
  return { names: words(names), source, effects: () => NOTHING, marksOnly: true };
}

/** Programs that read their file operands, print, and write what `outputs` options name. */
export function reader(names: string, source: string, by: OptionShape, outputs: readonly string[] = []): ProgramRow {
  return row(names, source, (call) => {
    if (call.args.length === 0) return passing(call);
    const options = parseOptions(call.args, by);
    return result(
      [...reads(call, options.operands), ...writes(call, valuesOf(options, ...outputs))],
      readOutput(call, options),
    );
  });
}

/** Builders, converters and viewers: read their operands, write `-o FILE`; only marked as known. */
export function converter(names: string, source: string, by: OptionShape): ProgramRow {
  return { ...reader(names, source, by, ["o", "output", "out", "outfile"]), marksOnly: true };
}

/** What a filter gives when it passes its input on unchanged. */
export function passing(call: ProgramCall): {
  readonly effects: readonly Effect[];
  readonly stdout?: ReturnType<typeof stream>;
} {
  return call.stdin === null ? NOTHING : { effects: [], stdout: call.stdin };
}

/** Whether the call asks for help or a version and nothing else: at once, or after plain verbs. */
export function asksForHelp(call: ProgramCall): boolean {
  if (startsWithHelp(call)) return true;
  return call.args.length <= 4 && endsWith(call, "--help");
}

/** The same for programs with verbs, which also take `-h`. */
export function asksForVerbHelp(call: ProgramCall): boolean {
  return asksForHelp(call) || (call.args.length > 1 && call.args.length <= 4 && endsWith(call, "-h"));
}

/** Whether the first argument asks for help or a version: all that counts for programs that run others. */
export function startsWithHelp(call: ProgramCall): boolean {
  const first = call.args[0]?.value;
  if (first === "--help" || first === "--version") return true;
  return call.args.length === 1 && (first === "-V" || first === "help" || first === "-help" || first === "-version");
}

function endsWith(call: ProgramCall, option: string): boolean {
  if (call.args.at(-1)?.value !== option) return false;
  return call.args.slice(0, -1).every((word) => word.value !== null && /^[a-z][\w:-]*$/.test(word.value));
}

/** Space-separated words. */
export function words(text: string): readonly string[] {
  return text.split(/\s+/).filter(Boolean);
}

function readOutput(call: ProgramCall, options: Options): ReturnType<typeof stream> {
  if (options.operands.length === 0 && call.stdin !== null) return { ...call.stdin, text: null };
  if (has(options, "c", "count", "q", "quiet", "l", "files-with-matches")) return stream();
  const secret = secretIn(call, options.operands);
  return secret === null ? stream() : stream({ secret });
}
