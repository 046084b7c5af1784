// Programs for pictures and documents that run scripts without a person to watch.

import type { Effect } from "../effect.ts";
import { watching } from "./bare-shell.ts";
import { nested, reads, settled, unresolved, writes } from "./describe.ts";
import { runsScript } from "./given-programs.ts";
import { literal, parseOptions, shape, valuesOf, type Options } from "./options.ts";
import type { ProgramCall, ProgramRow, Word } from "./program.ts";
import { row } from "./rows.ts";

const BLENDER = shape(
  "PoFfseEt",
  "python python-expr python-text python-console render-output render-format render-frame frame-start frame-end engine threads addons log log-file",
  "single",
);

/** Rows of programs that run scripts over pictures and documents. */
export const BATCH_PROGRAMS: readonly ProgramRow[] = [
  row("blender", "https://docs.blender.org/manual/en/latest/advanced/command_line/arguments.html", (call) => {
    const o = parseOptions(call.args, BLENDER);
    return nested([
      ...valuesOf(o, "python-expr").flatMap((word) => call.run.code("python", word.value, call.name)),
      ...valuesOf(o, "P", "python").flatMap((word) =>
        runsScript(call, word, (text) => call.run.code("python", text, call.name)),
      ),
      ...documents(call, o),
      ...writes(call, valuesOf(o, "o", "render-output", "log-file")),
    ]);
  }),
  row("gimp gimp-console", "https://developer.gimp.org/resource/script-fu/", (call) => {
    const o = parseOptions(call.args, shape("bg", "batch batch-interpreter gimprc"));
    return nested([...valuesOf(o, "b", "batch").flatMap((word) => batch(call, word)), ...documents(call, o)]);
  }),
  row(
    "libreoffice soffice oowriter localc",
    "https://help.libreoffice.org/latest/en-US/text/shared/guide/start_parameters.html",
    (call) => {
      const o = parseOptions(call.args, shape("", "convert-to outdir infilter print-to-file printer-name"));
      const isMacro = o.operands.some(({ prefix }) => /^(?:macro:|vnd\.sun\.star\.script:)/.test(prefix));
      return nested([
        ...(isMacro ? unresolved(call, "code") : []),
        ...documents(call, o),
        ...writes(call, valuesOf(o, "outdir")),
      ]);
    },
  ),
].map(watching);

function documents(call: ProgramCall, o: Options): readonly Effect[] {
  return reads(
    call,
    o.operands.filter((word) => /[/.]/.test(word.prefix)),
  );
}

/** Functions of its own that a batch command may call. */
const OWN =
  /^(?:gimp|plug-in|script-fu|file)-(?!.*delete)[\w-]*(?:load|save|export|quit|new|scale|flatten|layer|image|drawable|display)[\w-]*$|^(?:let\*?|car|cadr|cdr|define|set!|begin|if|while|list|string-append|[+*/<>=-]+)$/;

// `(gimp-quit 0)`: what is not its own is code that is not read; the files it names may be written.
function batch(call: ProgramCall, word: Word): readonly Effect[] {
  const text = word.value;
  if (text === null || text === "-") return unresolved(call, "code");
  const names = [...text.matchAll(/\(\s*([^\s()"]+)/g)].slice(0, MAX_NAMES);
  const foreign = names.length === MAX_NAMES || names.some((match) => !OWN.test(match[1] ?? ""));
  const files = [...text.matchAll(/"([^"\n]*\/[^"\n]*)"/g)].slice(0, MAX_NAMES).map((match) => literal(match[1] ?? ""));
  return [...(foreign ? unresolved(call, "code") : []), ...writes(call, settled(call, files), "change")];
}

const MAX_NAMES = 64;
