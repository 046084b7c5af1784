// Interpreters: code given in an option, a file, or standard input.

import type { Effect } from "../effect.ts";
import { awk, sed } from "./awk-and-sed.ts";
import { fromBase64Utf16 } from "./decode.ts";
import { nested, NOTHING, outputOf, reads, result, secretIn, writes } from "./describe.ts";
import { FRAMEWORK_SCRIPT } from "./migrations.ts";
import { portOf } from "./network-sockets.ts";
import {
  has,
  literal,
  type Options,
  type OptionShape,
  parseOptions,
  shape,
  tail,
  valueOf,
  valuesOf,
} from "./options.ts";
import { place } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";
import { runsInput } from "./shells.ts";

/** Where an interpreter takes its code from. */
interface Interpreter {
  readonly language: string;
  readonly by: OptionShape;
  /** Options whose value is code. */
  readonly code: readonly string[];
}

function interpreter(names: string, source: string, how: Interpreter): ProgramRow {
  return row(names, source, (call) => (asksForHelp(call) ? NOTHING : interpreted(call, how)));
}

function interpreted(call: ProgramCall, { language, by, code }: Interpreter): ProgramResult {
  const o = parseOptions(call.args, by);
  const texts = valuesOf(o, ...code);
  if (texts.length > 0) {
    if (valuesOf(o, "r").some((word) => word.value === "un") && texts[0]?.value === "httpd") {
      return result([...reads(call, o.operands.slice(0, 1)), { kind: "net.listen", via: call.name, port: null }]);
    }
    const ran = texts.flatMap((word) => call.run.code(language, word.value, call.name));
    return nested([...ran, ...filtering(call, o)]);
  }
  return fromFileOrInput(call, o.operands[0], language);
}

/** `-n`, `-p` and `-i`: the code is run over the files, which are read or changed in place. */
function filtering(call: ProgramCall, o: Options): readonly Effect[] {
  if (has(o, "i")) return writes(call, o.operands, "change");
  return has(o, "n", "p") ? reads(call, o.operands) : [];
}

/** A script file passes like any other program; code that flows in is judged. */
function fromFileOrInput(call: ProgramCall, script: Word | undefined, language: string): ProgramResult {
  if (script !== undefined && script.value !== "-" && script.value !== "/dev/stdin")
    return scripted(call, script, language);
  const effects = runsInput(call, language);
  return { effects, stdout: outputOf(effects) };
}

/** A script that is named by what can't be known is code that can't be known. */
function scripted(call: ProgramCall, script: Word, language: string): ProgramResult {
  if (script.value === null && script.prefix === "")
    return result([{ kind: "exec.unresolved", via: call.name, part: "code", text: script.text }]);
  if (FRAMEWORK_SCRIPT.test(script.value ?? "")) {
    const at = call.args.indexOf(script);
    return nested(call.run.words(at < 0 ? [script] : call.args.slice(at), call.stdin));
  }
  const made = call.run.content?.(script, language, call.name) ?? [];
  const { zone } = place(call, script);
  return made.length > 0 || zone === "device"
    ? nested([...made, ...(zone === "device" ? reads(call, [script]) : [])])
    : NOTHING;
}

/** Rows of interpreters. */
export const INTERPRETERS: readonly ProgramRow[] = [
  row(
    "python python2 python3 pypy pypy3 ipython ipython3 micropython jython bpython ptpython pythonw py",
    "https://docs.python.org/3/using/cmdline.html",
    python,
  ),
  row(
    "node nodejs tsx ts-node deno bun qjs d8 jsc electron rhino gjs esno zx",
    "https://nodejs.org/api/cli.html",
    node,
  ),
  interpreter("perl perl5 rakudo raku cperl", "https://perldoc.perl.org/perlrun", {
    language: "perl",
    by: shape("eEIMm", "", "posix"),
    code: ["e", "E"],
  }),
  interpreter("ruby jruby irb truffleruby mruby", "https://docs.ruby-lang.org/en/master/ruby/options_md.html", {
    language: "ruby",
    by: shape("erIC", "", "posix"),
    code: ["e"],
  }),
  row("php php-cli php-cgi hhvm", "https://www.php.net/manual/en/features.commandline.options.php", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, shape("rcdfBRESFtz", "run file define php-ini server docroot", "posix"));
    const serves = valueOf(o, "S", "server");
    if (serves !== undefined)
      return result([
        ...reads(call, valuesOf(o, "t", "docroot")),
        { kind: "net.listen", via: call.name, port: portOf(tail(serves, serves.prefix.lastIndexOf(":") + 1)) },
      ]);
    const texts = valuesOf(o, "r", "run", "B", "R", "E");
    if (texts.length > 0) return nested(texts.flatMap((word) => call.run.code("php", word.value, call.name)));
    return fromFileOrInput(call, valueOf(o, "f", "file") ?? o.operands[0], "php");
  }),
  interpreter("lua luajit lua5.1 lua5.3 lua5.4 texlua luau", "https://www.lua.org/manual/5.4/lua.html", {
    language: "lua",
    by: shape("elW", "", "posix"),
    code: ["e"],
  }),
  interpreter("tclsh wish jimsh", "https://www.tcl-lang.org/man/tcl/UserCmd/tclsh.htm", {
    language: "tcl",
    by: shape("", "", "posix"),
    code: ["c"],
  }),
  interpreter("Rscript R littler r", "https://stat.ethz.ch/R-manual/R-devel/library/utils/html/Rscript.html", {
    language: "r",
    by: shape("e", "args", "posix"),
    code: ["e"],
  }),
  row(
    "julia elixir erl escript ghc runghc runhaskell ghci scala scala-cli amm groovy groovysh clojure clj sbcl clisp ecl ros guile racket gst kotlin kotlinc kscript jshell octave octave-cli matlab gnuplot maxima crystal nim janet hy fennel csi chicken-csi gsi gosh scheme chez ocaml utop dart v swipl gprolog jrunscript jjs nashorn sage wolframscript csharp gp",
    "https://docs.julialang.org/en/v1/manual/command-line-interface/",
    (call) => (asksForHelp(call) ? NOTHING : spokenTo(call)),
  ),
  row("awk gawk mawk nawk original-awk goawk", "https://www.gnu.org/software/gawk/manual/", awk),
  row("sed gsed ssed", "https://www.gnu.org/software/sed/manual/sed.html", sed),
  interpreter("osascript", "https://ss64.com/mac/osascript.html", {
    language: "osascript",
    by: shape("els", "", "posix"),
    code: ["e"],
  }),
  row(
    "powershell pwsh pwsh-preview powershell_ise",
    "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_pwsh",
    powershell,
  ),
  row("cmd command.com", "https://learn.microsoft.com/windows-server/administration/windows-commands/cmd", (call) => {
    const at = call.args.findIndex((word) => /^\/[ckr]/i.test(word.prefix));
    if (at < 0) return NOTHING;
    const words = call.args.slice(at + 1);
    if (words.some((word) => word.value === null)) return nested(call.run.shell(null, call.name));
    const text = words.map((word) => word.value).join(" ");
    // Variables, escapes and calls of this shell aren't those of the one that is read here.
    const own = /%[^%\s]+%|\^|![\w]+!|\bcall\b|\bfor\s+(?:\/\w\s+)?%/i.test(text) ? [literal(text)] : [];
    return nested([
      ...own.map((): Effect => ({ kind: "exec.unresolved", via: call.name, part: "code", text })),
      ...call.run.shell(text, call.name),
      // Here a backslash is a part of a path; what is started may take it for an escape all the same.
      ...(text.includes("\\") ? call.run.shell(text.replaceAll("\\", "/"), call.name) : []),
    ]);
  }),
  row("java javaw jbang", "https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html", (call) => {
    const agent = call.args.find((word) =>
      /^-(javaagent|agentlib|agentpath|XX:OnError|XX:OnOutOfMemoryError)/.test(word.prefix),
    );
    return agent === undefined ? NOTHING : result([{ kind: "exec.injected", via: call.name, variable: agent.text }]);
  }),
];

/** Options that give code, and their values: each of these programs has its own few of them. */
const CODE_OPTION =
  /^--?(?:[eEcxgr]|eval|evaluate|execute|expression|command|code|batch|batch-string|query-goal|goal|run-code|init-eval)(?:=(.*))?$/s;

/** Programs of other languages, with code in an option or behind the word `eval`; a file; or standard input. */
function spokenTo(call: ProgramCall): ProgramResult {
  const ran: Effect[] = [];
  for (const [at, word] of call.args.entries()) {
    const match = CODE_OPTION.exec(word.prefix);
    const evaluates = word.value === "eval" && at === 0;
    const follows = match !== null && match[1] === undefined ? call.args[at + 1] : undefined;
    const code = evaluates ? call.args.find((arg, place) => place > at && !arg.prefix.startsWith("-")) : follows;
    if (match?.[1] !== undefined) ran.push(...call.run.code("other", word.value === null ? null : match[1], call.name));
    else if (code !== undefined && !/^(?:nim|dart|v)$/.test(call.name))
      ran.push(...call.run.code("other", code.value, call.name));
  }
  if (ran.length > 0) return nested(ran);
  const script = call.args.find((word) => !/^[-+]/.test(word.prefix));
  return call.args.some((word) => CODE_OPTION.test(word.prefix)) ? NOTHING : fromFileOrInput(call, script, "other");
}

const PYTHON = shape("cmWXQ", "command", "posix");

function python(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, PYTHON);
  const code = valueOf(o, "c", "command");
  if (code?.value !== null && code !== undefined && /^\s*[!%]/.test(code.value) && call.name.startsWith("ipython"))
    return nested(call.run.shell(code.value.replace(/^\s*[!%]+(?:sx|system|sh|bash)?/, ""), call.name));
  if (code !== undefined) return nested(call.run.code("python", code.value, call.name));
  const shell = call.args.findIndex((word) => word.value === "shell");
  const given =
    shell < 0 ? undefined : call.args.slice(shell).findIndex((word) => /^(?:-c|--command)$/.test(word.value ?? ""));
  if (given !== undefined && given > 0) {
    const text = call.args[shell + given + 1];
    if (text !== undefined) return nested(call.run.code("python", text.value, call.name));
  }
  const module = valueOf(o, "m");
  if (module !== undefined) return pythonModule(call, module, call.args.slice(call.args.indexOf(module) + 1));
  return fromFileOrInput(call, o.operands[0], "python");
}

/** `python -m NAME`: tools that are programs of their own, servers, and modules of the project. */
function pythonModule(call: ProgramCall, module: Word, rest: readonly Word[]): ProgramResult {
  const name = module.value;
  if (name === null) return result([{ kind: "exec.unresolved", via: call.name, part: "code", text: module.text }]);
  if (name === "http.server" || name === "SimpleHTTPServer" || name === "pyftpdlib" || name === "uploadserver") {
    const o = parseOptions(rest, shape("bdp", "bind directory port protocol"));
    const folders = valuesOf(o, "d", "directory");
    const secret = secretIn(call, folders);
    const effects: Effect[] = [
      ...reads(call, folders),
      { kind: "net.listen", via: call.name, port: portOf(o.operands[0]) },
    ];
    if (secret !== null)
      effects.push({
        kind: "secret.send",
        via: call.name,
        secret,
        host: { host: null, text: "listener", class: "unresolved", port: null, domain: null },
      });
    return result(effects);
  }
  if (name === "base64") return nested(call.run.words([literal("base64"), ...rest], call.stdin));
  if (name === "timeit" || name === "trace" || name === "cProfile" || name === "pdb") {
    const code = rest.findLast((word) => !word.prefix.startsWith("-"));
    return name === "timeit" && code !== undefined ? nested(call.run.code("python", code.value, call.name)) : NOTHING;
  }
  if (
    /^(json\.tool|venv|unittest|doctest|compileall|py_compile|tabnanny|this|site|sysconfig|pydoc|zipfile|tarfile|ensurepip|calendar|dis|ast|tokenize|idlelib|test|virtualenv)$/.test(
      name,
    )
  )
    return NOTHING;
  if (name === "smtplib" || name === "telnetlib" || name === "ftplib")
    return result([
      {
        kind: "net.connect",
        via: call.name,
        host: { host: null, text: name, class: "unresolved", port: null, domain: null },
        sends: true,
        origin: "shell",
        scheme: null,
      },
    ]);
  const path = name.replaceAll(".", "/");
  const made = [`${path}.py`, `${path}/__main__.py`, `${path}/__init__.py`].flatMap(
    (file) => call.run.content?.(literal(file), "python", call.name) ?? [],
  );
  return nested([...made, ...call.run.words([{ ...module, value: name.split(".")[0] ?? name }, ...rest], call.stdin)]);
}

const NODE = shape(
  "epr",
  "eval print require import loader experimental-loader env-file input-type title conditions inspect-port",
  "posix",
);

function node(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const args = call.args.map((word) => (word.value === "-pe" || word.value === "-ep" ? literal("-e") : word));
  const o = parseOptions(args, NODE);
  const verb = o.operands[0]?.value ?? "";
  if ((call.name === "deno" || call.name === "bun") && o.flags.size === 0) {
    if (verb === "eval" || verb === "repl")
      return nested(
        call.run.code(
          "node",
          o.operands.find((word, at) => at > 0 && !word.prefix.startsWith("-"))?.value ?? null,
          call.name,
        ),
      );
    if (/^(install|i|add|remove|rm|update|upgrade|link|x|create|outdated)$/.test(verb))
      return result([
        {
          kind: "package.install",
          via: call.name,
          manager: call.name,
          system: o.operands.some((word) => /^(-g|--global)$/.test(word.prefix)),
        },
      ]);
    if (verb === "publish") return result([{ kind: "publish", via: call.name, to: call.name }]);
    const remote = o.operands.find((word) => /^https?:/.test(word.prefix));
    const script = /^(?:run|test|watch)$/.test(verb) ? o.operands.find(isSecondOperand) : o.operands[0];
    return remote === undefined
      ? nested(script === undefined ? [] : (call.run.content?.(script, "node", call.name) ?? []))
      : result([{ kind: "exec.obfuscated", via: call.name, how: "downloaded", text: remote.text }]);
  }
  const texts = valuesOf(o, "e", "eval", "p", "print").filter((word) => !word.prefix.startsWith("-"));
  if (texts.length > 0) return nested(texts.flatMap((word) => call.run.code("node", word.value, call.name)));
  return fromFileOrInput(call, o.operands[0], "node");
}

function isSecondOperand(word: Word, at: number): boolean {
  return at > 0 && !word.prefix.startsWith("-");
}

const POWERSHELL =
  /^[-/](e|ec|en|enc|enco|encod|encode|encoded|encodedc|encodedco|encodedcom|encodedcomm|encodedcomma|encodedcomman|encodedcommand)$/i;

function powershell(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  for (let at = 0; at < call.args.length; at++) {
    const text = call.args[at]?.value ?? "";
    const next = call.args[at + 1];
    if (POWERSHELL.test(text)) {
      const decoded = typeof next?.value === "string" ? fromBase64Utf16(next.value) : null;
      const hidden: Effect = { kind: "exec.obfuscated", via: call.name, how: "decoded", text: decoded ?? "" };
      return nested([hidden, ...(decoded === null ? [] : call.run.code("powershell", decoded, call.name))]);
    }
    if (/^[-/]c(o(m(m(a(nd?)?)?)?)?)?$/i.test(text)) return nested(commandText(call, call.args.slice(at + 1)));
    if (/^[-/]f(i(le?)?)?$/i.test(text)) return next?.value === "-" ? nested(runsInput(call, "powershell")) : NOTHING;
    if (
      /^[-/](ex|ep|exec|executionpolicy|w|windowstyle|version|v|psconsolefile|inputformat|outputformat|config|wd|workingdirectory)/i.test(
        text,
      )
    )
      at++;
    else if (!/^[-/]/.test(text)) return nested(/\.ps1$/i.test(text) ? [] : commandText(call, call.args.slice(at)));
  }
  return nested(runsInput(call, "powershell"));
}

function commandText(call: ProgramCall, words: readonly Word[]): readonly Effect[] {
  if (words.length === 0 || words[0]?.value === "-") return runsInput(call, "powershell");
  const known = words.every((word) => word.value !== null);
  return call.run.code("powershell", known ? words.map((word) => word.value).join(" ") : null, call.name);
}
