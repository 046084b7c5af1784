// What version control reads of the files that a command names: what it takes into the repository, compares, or shows.
// What it shows of the whole project, where no file is named, is not told here.

import type { Effect } from "../effect.ts";
import { reads } from "./describe.ts";
import { has, literal, parseOptions, shape, tail, valuesOf, type Options } from "./options.ts";
import type { ProgramCall, Word } from "./program.ts";

const SHOWING = shape("SGLnUO", "format pretty since until author grep max-count unified output skip date");

/** The files that a verb reads, by their names. Cost: linear in the words. */
export function gitReads(call: ProgramCall, verb: string, rest: readonly Word[]): readonly Effect[] {
  switch (verb) {
    case "add":
    case "stage":
      return added(call, rest);
    case "commit":
    case "tag":
    case "notes": {
      const o = parseOptions(rest, shape("mFtcCu", "message file template author date reuse-message reedit-message"));
      return reads(call, [
        ...valuesOf(o, "F", "file"),
        ...valuesOf(o, "t", "template"),
        ...(verb === "commit" ? o.operands : []),
      ]);
    }
    case "mv":
      return reads(call, parseOptions(rest).operands.slice(0, -1));
    case "hash-object":
    case "blame":
    case "annotate":
      return reads(call, parseOptions(rest, shape("tL", "path")).operands);
    case "show":
    case "log":
    case "diff":
    case "cat-file":
    case "archive":
    case "grep":
    case "whatchanged":
    case "format-patch":
      return reads(call, shown(rest, verb));
    default:
      return [];
  }
}

function added(call: ProgramCall, rest: readonly Word[]): readonly Effect[] {
  const o: Options = parseOptions(rest, shape("", "chmod pathspec-from-file"));
  if (has(o, "n", "dry-run")) return [];
  const all = has(o, "A", "all", "u", "update") && o.operands.length === 0 ? [literal(".")] : [];
  return reads(call, [...o.operands, ...all, ...valuesOf(o, "pathspec-from-file")]);
}

// `--` begins the files; `REVISION:file` is one; two operands after `--no-index` are. The words before may be revisions,
// of which only those that look like a place below a folder are taken for one.
function shown(rest: readonly Word[], verb: string): readonly Word[] {
  const dashes = rest.findIndex((word) => word.value === "--");
  const files = dashes === -1 ? [] : rest.slice(dashes + 1);
  const o = parseOptions(dashes === -1 ? rest : rest.slice(0, dashes), SHOWING);
  const outside = has(o, "no-index");
  const named = o.operands.slice(verb === "archive" ? 1 : 0).flatMap((word) => {
    const colon = word.prefix.indexOf(":");
    if (colon >= 0) return colon + 1 < word.prefix.length ? [ofRevision(word, colon)] : [];
    return outside || verb === "archive" || word.prefix.includes("/") || word.value === null ? [word] : [];
  });
  return [...files, ...named];
}

function ofRevision(word: Word, colon: number): Word {
  return word.value === null ? word : literal(tail(word, colon + 1).value ?? "");
}
