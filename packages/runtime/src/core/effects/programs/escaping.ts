// Editors, pagers, debuggers, builders and viewers that can be told to run commands.

import type { Effect } from "../effect.ts";
import { NOTHING, nested, reads, result, settled, unresolved, writes } from "./describe.ts";
import { has, literal, parseOptions, shape, tail, valueOf, valuesOf, type OptionShape } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { storage } from "./cloud.ts";
import { exCommand, exScript } from "./ex-commands.ts";
import { infra } from "./infra-change.ts";
import { watching } from "./bare-shell.ts";
import { runsScript } from "./given-programs.ts";
import { lisp } from "./lisp.ts";
import { asksForHelp, row } from "./rows.ts";
import { runsInput } from "./shells.ts";

const ROWS: readonly ProgramRow[] = [
  row(
    "less more most pg lv vimpager moar zless zmore bzless xzless",
    "https://man7.org/linux/man-pages/man1/less.1.html",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const o = parseOptions(call.args, shape("bhjkoOpPtTxyz", "pattern tag prompt log-file"));
      const commands = o.operands.filter((word) => word.prefix.startsWith("+"));
      const files = o.operands.filter((word) => !word.prefix.startsWith("+"));
      const ran = commands.flatMap((word) =>
        /^\+{1,2}\s*[!|]/.test(word.prefix)
          ? [...call.run.shell(word.value?.replace(/^\++\s*[!|]/, "") ?? null, call.name)]
          : [],
      );
      const effects = [...ran, ...reads(call, files), ...writes(call, valuesOf(o, "o", "O", "log-file"))];
      return files.length === 0 && call.stdin !== null ? { effects, stdout: call.stdin } : nested(effects);
    },
  ),
  row(
    "vi vim nvim view gvim ex rvim vimtutor neovim elvis nvi rview evim",
    "https://vimhelp.org/starting.txt.html",
    vim,
  ),
  row(
    "emacs emacsclient mg jmacs zile",
    "https://www.gnu.org/software/emacs/manual/html_node/emacs/Command-Arguments.html",
    (call) => {
      const args = call.args.map((word) =>
        /^-(?:eval|batch|execute|load|script|funcall)$/.test(word.value ?? "") ? literal(`-${word.value ?? ""}`) : word,
      );
      const letters = "elfq";
      const o = parseOptions(args, shape(letters, "eval load script funcall execute f visit insert kill", "gnu"));
      const code = [
        ...valuesOf(o, "eval", "execute", "e").flatMap((word) => lisp(call, word)),
        ...reads(call, valuesOf(o, "insert", "visit")),
        ...valuesOf(o, "l", "load", "script").flatMap((word) =>
          runsScript(call, word, (text) => lisp(call, literal(text))),
        ),
      ];
      return nested([...code, ...editing(call, o.operands)]);
    },
  ),
  row(
    "nano pico micro joe jed mcedit hx helix kak code code-insiders codium subl gedit kate kwrite mousepad pluma xed atom notepad notepad++ zed cursor idea pycharm webstorm phpstorm clion goland rider studio rstudio textmate mate bbedit leafpad featherpad geany ne gnome-text-editor tilde amp ox",
    "https://www.nano-editor.org/dist/latest/nano.html",
    (call) => {
      if (
        asksForHelp(call) ||
        call.args.some((word) =>
          /^--(install-extension|list-extensions|uninstall-extension|status|diff|wait|new-window|health)$|^-[gdnwr]$/.test(
            word.prefix,
          ),
        )
      )
        return NOTHING;
      return result(editing(call, parseOptions(call.args, shape("glYoTrsc")).operands));
    },
  ),
  row(
    "man info help tldr whatis cheat perldoc pydoc godoc wikiman",
    "https://man7.org/linux/man-pages/man1/man.1.html",
    (call) => codeIn(call, shape("PHCMsSLemrRE", "pager html prompt"), ["P", "pager", "H", "html"]),
  ),
  row("make gmake remake bmake nmake", "https://www.gnu.org/software/make/manual/make.html", (call) => {
    const o = parseOptions(
      call.args,
      shape("CfIjloWE", "directory file makefile eval jobs include-dir load-average old-file what-if"),
    );
    const effects: Effect[] = valuesOf(o, "eval", "E").flatMap((word) => makefile(call, word.value));
    const file = valueOf(o, "f", "file", "makefile");
    if (file?.value === "-" || file?.value === "/dev/stdin") effects.push(...makefile(call, call.stdin?.text ?? null));
    if (file !== undefined && file.value !== "-")
      effects.push(...runsScript(call, file, (text) => makefile(call, text)));
    for (const name of file === undefined ? makefilesIn(valueOf(o, "C", "directory")) : []) {
      const text = call.run.written?.(name) ?? null;
      if (text !== null) effects.push(...makefile(call, text));
    }
    for (const word of o.operands) effects.push(...makeVariable(call, word));
    return nested(effects);
  }),
  row("vipe ifne pee", "https://joeyh.name/code/moreutils/", (call) => {
    if (call.name === "pee") return nested(call.args.flatMap((word) => call.run.shell(word.value, call.name)));
    return call.name === "ifne" ? nested(call.run.words(call.args, call.stdin)) : NOTHING;
  }),
  row("ranger nnn lf mc vifm yazi far2l", "https://github.com/ranger/ranger", (call) =>
    // The same name is an object store's client.
    call.name === "mc" && /^(?:undo|retention|ilm|replicate)$/.test(call.args[0]?.value ?? "")
      ? result([infra(call, "object store", call.args[0]?.value ?? "", true)])
      : call.name === "mc" && STORING.test(call.args[0]?.value ?? "")
        ? storage(call)
        : codeIn(call, shape("cex", "cmd command"), ["cmd", "command", "c"]),
  ),
  row(
    "convert magick mogrify composite montage gm",
    "https://imagemagick.org/script/command-line-processing.php",
    (call) => {
      const o = parseOptions(
        call.args,
        shape(
          "",
          "resize geometry quality density background fill font pointsize draw crop format path write gravity size depth rotate",
          "single",
        ),
      );
      const files = o.operands.filter((word) => !/^\(|^\)/.test(word.prefix));
      const piped = files.filter((word) => /^(ephemeral|msl|mvg|label:@|https?|url|\|)/.test(word.prefix));
      if (piped.length > 0) return result(unresolved(call, "code"));
      if (call.name === "mogrify") return result(writes(call, files, "change"));
      return result([
        ...reads(call, files.slice(0, -1)),
        ...writes(call, [...files.slice(-1), ...valuesOf(o, "write", "path")]),
      ]);
    },
  ),
  row(
    "ffmpeg ffplay ffprobe avconv sox rec melt handbrake HandBrakeCLI mencoder mplayer mpv vlc cvlc gst-launch-1.0 mkvmerge",
    "https://ffmpeg.org/ffmpeg.html",
    (call) => {
      const o = parseOptions(
        call.args,
        shape(
          "",
          "i ss t to r s b vf af filter_complex c codec preset crf map f o output vcodec acodec ar ac threads q v loglevel metadata",
          "single",
        ),
      );
      const inputs = [...valuesOf(o, "i")];
      const output =
        call.name === "ffmpeg" || call.name === "avconv" || call.name === "sox"
          ? o.operands.slice(call.name === "sox" ? -1 : 0)
          : valuesOf(o, "o", "output");
      return result([
        ...reads(
          call,
          inputs.filter((word) => !isUrl(word)),
        ),
        ...writes(
          call,
          output.filter((word) => !isUrl(word)),
        ),
      ]);
    },
  ),
  row(
    "tcpserver ucspi inetd xinetd socket fcgiwrap spawn-fcgi",
    "https://cr.yp.to/ucspi-tcp/tcpserver.html",
    (call) => {
      const { operands } = parseOptions(call.args, shape("bcgulxtap", "", "posix"));
      return nested([
        { kind: "net.listen", via: call.name, port: null },
        ...(call.name === "tcpserver" ? call.run.words(operands.slice(2), null) : []),
      ]);
    },
  ),
];

/** Verbs of the object store's client that has a file manager's name. */
const STORING = /^(?:cp|mv|rm|rb|mirror|put|get|pipe|cat|anonymous|policy)$/;

/** Rows of programs that can be told to run commands. */
export const ESCAPING: readonly ProgramRow[] = ROWS.map(watching);

function isUrl(word: Word): boolean {
  return /^[a-z]+:\/\//.test(word.prefix);
}

/** Editing files: reading them may show secrets, and they may be changed. */
function editing(call: ProgramCall, operands: readonly Word[]): readonly Effect[] {
  const files = operands.filter((word) => !word.prefix.startsWith("+") && !/^\w+:\/\//.test(word.prefix));
  // An editor opens files one by one for a person, so a pattern (of `find -exec`) is not all it may match.
  const named = files.filter((word) => word.value !== null && !word.glob);
  return [...reads(call, files), ...writes(call, settled(call, named), "change")];
}

function codeIn(call: ProgramCall, by: OptionShape, names: readonly string[]): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const texts = valuesOf(parseOptions(call.args, by), ...names);
  return texts.length === 0
    ? NOTHING
    : nested(texts.flatMap((word) => call.run.shell(word.value?.replace(/^!/, "") ?? null, call.name)));
}

function vim(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  // In Ex mode `-s` is silence; elsewhere it takes a file of keys.
  const silent = call.name === "ex" || call.args.some((word) => /^-\w*[eE]/.test(word.prefix));
  const letters = silent ? "cuUtTSqpwWl" : "cuUtTSsqpwWl";
  const o = parseOptions(call.args, shape(letters, "cmd servername remote-send remote-expr"));
  const commands = [
    ...valuesOf(o, "c", "cmd"),
    ...o.operands.filter((word) => word.prefix.startsWith("+")).map((word) => tail(word, 1)),
  ];
  const effects: Effect[] = commands.flatMap((word) => exCommand(call, word));
  if (call.stdin !== null && (silent || has(o, "s")))
    effects.push(...(call.stdin.text === null ? unresolved(call, "code") : exScript(call, call.stdin.text)));
  for (const word of valuesOf(o, "S", "u", "U", ...(silent ? [] : ["s"])))
    if (word.value !== "NONE" && word.value !== "NORC" && word.value !== "DEFAULTS")
      effects.push(...runsScript(call, word, (text) => exScript(call, text)));
  for (const word of valuesOf(o, "l"))
    if (word.value === "-" || word.value === "/dev/stdin") effects.push(...runsInput(call, "lua"));
    else effects.push(...runsScript(call, word, (text) => call.run.code("lua", text, call.name)));
  const files = o.operands.filter((word) => !word.prefix.startsWith("+"));
  const viewing = call.name === "view" || has(o, "R", "M");
  return nested([
    ...effects,
    ...(viewing ? reads(call, files) : editing(call, files)),
    ...valuesOf(o, "S").flatMap((word) => reads(call, [word])),
  ]);
}

const MAKEFILES: readonly Word[] = ["Makefile", "makefile", "GNUmakefile"].map((name) => literal(name));

function makefilesIn(folder: Word | undefined): readonly Word[] {
  if (folder === undefined || folder.value === null) return MAKEFILES;
  return MAKEFILES.map(({ prefix }) => literal(`${folder.prefix.replace(/\/+$/, "")}/${prefix}`));
}

/** `NAME=value` on the command line: a program that recipes run, or text that they are made of. */
function makeVariable(call: ProgramCall, word: Word): readonly Effect[] {
  const [, name, value] = /^(\w+)[:+?!]*=(.*)$/s.exec(word.prefix) ?? [];
  if (name === undefined || value === undefined) return [];
  const shell = /\$\(shell ([^)]*)\)/.exec(value)?.[1];
  if (shell !== undefined) return call.run.shell(shell, call.name);
  if (name === "SHELL") return [{ kind: "exec.injected", via: call.name, variable: "SHELL" }];
  return /[;|&`]|\$\(/.test(value) ? call.run.shell(value, call.name) : [];
}

/** Recipes of a makefile given as text: lines after a tab, `$(shell …)`. */
function makefile(call: ProgramCall, text: string | null): readonly Effect[] {
  if (text === null) return call.run.shell(null, call.name);
  const effects: Effect[] = [];
  for (const line of text.replace(/\\n/g, "\n").replace(/\\t/g, "\t").split("\n")) {
    const recipe = line.startsWith("\t") ? line.slice(1) : (/^[^\s:=#]+:[^=]*?;\s*(.*)$/.exec(line)?.[1] ?? null);
    if (recipe !== null)
      effects.push(
        ...call.run.shell(
          recipe.replace(/^[@+-]+/, "").replaceAll("$$", () => "$"),
          call.name,
        ),
      );
    for (const match of line.matchAll(/\$\(shell ([^)]*)\)/g))
      effects.push(...call.run.shell(match[1] ?? null, call.name));
  }
  return effects;
}
