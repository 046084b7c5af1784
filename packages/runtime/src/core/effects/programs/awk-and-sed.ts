// Filters with a language of their own: their programs run commands and write files, too.

import type { Effect } from "../effect.ts";
import { NOTHING, reads, result, secretIn, stream, writes } from "./describe.ts";
import { runsScript } from "./given-programs.ts";
import { has, literal, type Options, parseOptions, shape, tail, valueOf, valuesOf } from "./options.ts";
import type { ProgramCall, ProgramResult, Word } from "./program.ts";
import { asksForHelp } from "./rows.ts";

/** `awk`: its program is code; what it prints was in its files. */
export function awk(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const { args, written } = withoutListings(call.args);
  const o = parseOptions(args, shape("FfveEil", "field-separator file assign source include exec load", "posix"));
  const sources = valuesOf(o, "e", "source");
  const fromFile = has(o, "f", "file", "E", "exec");
  const program = sources.length === 0 && !fromFile ? o.operands.slice(0, 1) : sources;
  const files = (sources.length === 0 && !fromFile ? o.operands.slice(1) : o.operands).filter(
    (word) => !/^[A-Za-z_]\w*=/.test(word.prefix),
  );
  const given = givenValues([...valuesOf(o, "v", "assign"), ...o.operands]);
  const effects: Effect[] = [
    ...valuesOf(o, "f", "file", "E", "exec", "i", "include").flatMap((word) =>
      word.value === "inplace"
        ? []
        : runsScript(call, word, (text) => call.run.code("awk", `${given}${text}`, call.name)),
    ),
    ...valuesOf(o, "l", "load").flatMap((word) =>
      word.prefix.includes("/") ? [{ kind: "exec.injected" as const, via: call.name, variable: "load" }] : [],
    ),
    ...program.flatMap((word) => {
      const text = word.value ?? unknownAwk(word);
      return call.run.code("awk", text === null ? null : `${given}${text}`, call.name);
    }),
    ...reads(call, files),
    ...writes(call, written),
  ];
  if (has(o, "i", "include") && valueOf(o, "i", "include")?.value === "inplace")
    effects.push(...writes(call, files, "change"));
  return result(effects, filtered(call, files));
}

/** `-v f=/etc/x`, and `f=/etc/x` among the files: what the program's variables hold, written in its own language. */
function givenValues(words: readonly Word[]): string {
  const set = words.flatMap(({ value }) => {
    const match = value === null ? null : /^([A-Za-z_]\w*)=([^\n]*[\s/][^\n]*)$/.exec(value);
    return match === null ? [] : [`${match[1] ?? ""} = "${(match[2] ?? "").replace(/["\\]/g, "\\$&")}"`];
  });
  return set.length === 0 ? "" : `BEGIN { ${set.join("; ")} }\n`;
}

const LISTING = /^(?:-[odp](?=[^=])|--(?:pretty-print|dump-variables|profile)=)/;

/** `-oFILE`, `-dFILE`, `-pFILE`: files that it writes about its own program. */
function withoutListings(args: readonly Word[]): { readonly args: readonly Word[]; readonly written: readonly Word[] } {
  let end = 0;
  while (args[end]?.prefix.startsWith("-") === true) end += /^-[FfveEil]$/.test(args[end]?.value ?? "") ? 2 : 1;
  const isListing = (word: Word, at: number): boolean => at < end && LISTING.test(word.prefix);
  if (!args.some(isListing)) return { args, written: [] };
  const written = args.filter(isListing).map((word) => tail(word, LISTING.exec(word.prefix)?.[0].length ?? 0));
  return { args: args.filter((word, at) => !isListing(word, at)), written };
}

/** A program with an unknown piece in it (`awk "/$x/"`): what is known is judged; the piece is taken for data. */
function unknownAwk(word: Word): string | null {
  return /system|getline|\||>|close|ENVIRON|@load/.test(word.text) ? null : word.prefix;
}

/** Text that went through a filter: no longer known, but still secret and still of the same origin. */
function filtered(call: ProgramCall, files: readonly Word[]): ReturnType<typeof stream> {
  const secret = secretIn(call, files);
  if (files.length > 0 || call.stdin === null) return stream({ secret });
  return { ...call.stdin, text: null, origin: null };
}

/** `sed`: a script may run commands and write files; `-i` changes its files. */
export function sed(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const inPlaceAt = call.args.findIndex(
    (word) =>
      (/^-[a-zA-Z]*i/.test(word.prefix) && !word.prefix.startsWith("--")) || word.prefix.startsWith("--in-place"),
  );
  const bsd = call.args[inPlaceAt + 1]?.value === "" && inPlaceAt >= 0;
  const args = call.args
    .filter((_, at) => !(bsd && at === inPlaceAt + 1))
    .map((word) =>
      /^-[nErsuz]*i/.test(word.value ?? "")
        ? literal((word.value ?? "").replace(/i.*$/, "") === "-" ? "-s" : (word.value ?? "").replace(/i.*$/, ""))
        : word,
    );
  const o: Options = parseOptions(args, shape("efl", "expression file line-length"));
  const scripts = valuesOf(o, "e", "expression");
  const fromFile = has(o, "f", "file");
  const given = scripts.length === 0 && !fromFile ? o.operands.slice(0, 1) : scripts;
  const files = scripts.length === 0 && !fromFile ? o.operands.slice(1) : o.operands;
  const effects: Effect[] = [
    ...valuesOf(o, "f", "file").flatMap((word) =>
      runsScript(call, word, (text) => call.run.code("sed", text, call.name)),
    ),
    ...given.flatMap((word) => call.run.code("sed", word.value ?? word.prefix, call.name)),
    ...(inPlaceAt >= 0 ? writes(call, files, "change") : []),
    ...reads(call, files),
  ];
  return result(effects, filtered(call, files));
}
