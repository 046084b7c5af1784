// Code and commands that an option or a word gives to programs whose main work is another: they are judged beside what
// the program's row says.

import { fromBase64 } from "./decode.ts";
import { writes } from "./describe.ts";
import type { Effect } from "../effect.ts";
import { infra } from "./infra-change.ts";
import { runsGiven, runsScript } from "./given-programs.ts";
import { literal, tail } from "./options.ts";
import type { ProgramCall, Word } from "./program.ts";
import { runsInput } from "./shells.ts";

type Reader = (call: ProgramCall) => readonly Effect[];

/** What more a call does than its program's row says, by the program's name. */
export const ALSO_RUNS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["swift", (call) => code(call, "other", /^-e$/)],
  ["bb", (call) => [...code(call, "other", /^(?:-e|--eval)$/), ...leading(call)]],
  ["dotnet", dotnet],
  ["mix", (call) => [...code(call, "other", /^(?:-e|--eval)$/), ...behind(call, "eval", "other")]],
  ["flask", (call) => (verb(call) === "shell" ? runsInput(call, "python") : [])],
  ["jbang", (call) => code(call, "other", /^(?:-c|--code)$/)],
  ["gjs", (call) => code(call, "node", /^(?:-c|--command)$/)],
  ...["node", "nodejs", "tsx", "ts-node", "bun", "electron"].map((name): [string, Reader] => [name, preloads]),
  ...["mail", "mailx", "s-nail", "nail"].map((name): [string, Reader] => [name, mailCommands]),
  ["nu", (call) => texts(call, /^(?:-c|--commands)$/).flatMap((text) => externals(call, text))],
  ["xonsh", (call) => texts(call, /^-c$/).flatMap((text) => bracketed(call, text))],
  ["emacs", (call) => called(call, /^-{1,2}(?:[fe]|funcall)$/)],
  ["cargo", cargo],
  ["go", (call) => given(call, /^--?(?:vettool|toolexec|exec)$/)],
  ["gnuplot", gnuplot],
  ["guix", (call) => afterDashes(call, /^(?:shell|environment|time-machine|container)$/)],
  ["nix", nixRun],
  ["vagrant", (call) => shellTexts(call, /^(?:-c|--command)$/, /^ssh$/)],
  [
    "rados",
    (call) => matching(call, /^(?:purge|rmpool|rm|cppool|rollback|rmsnap|truncate|clearomap)$/, "object store"),
  ],
  ["rbd", (call) => matching(call, /^(?:rm|remove|purge|trash|resize|rollback|flatten|unmap)$/, "object store")],
  [
    "nomad",
    (call) => matching(call, /^(?:gc|drain|stop|purge|reconcile|eligibility|remove-peer|revoke|delete)$/, "cluster"),
  ],
]);

function verb(call: ProgramCall): string | null {
  return call.args.find((word) => !word.prefix.startsWith("-"))?.value ?? null;
}

/** The words that options give: the next word, or what follows `=`. */
function valuesBehind(call: ProgramCall, option: RegExp): readonly Word[] {
  return call.args.flatMap((word, at) => {
    if (!word.prefix.startsWith("-")) return [];
    const equals = word.prefix.indexOf("=");
    if (equals > 0) return option.test(word.prefix.slice(0, equals)) ? [tail(word, equals + 1)] : [];
    const next = call.args[at + 1];
    return option.test(word.prefix) && next !== undefined ? [next] : [];
  });
}

function texts(call: ProgramCall, option: RegExp): readonly string[] {
  return valuesBehind(call, option).flatMap(({ value }) => (value === null ? [] : [value]));
}

function code(call: ProgramCall, language: string, option: RegExp): readonly Effect[] {
  return valuesBehind(call, option).flatMap(({ value }) => call.run.code(language, value, call.name));
}

function behind(call: ProgramCall, word: string, language: string): readonly Effect[] {
  if (verb(call) !== word) return [];
  const at = call.args.findIndex(({ value }) => value === word);
  const text = call.args.find(({ prefix }, place) => place > at && !prefix.startsWith("-"));
  return text === undefined ? [] : call.run.code(language, text.value, call.name);
}

/** `bb '(shell "…")'`. */
function leading(call: ProgramCall): readonly Effect[] {
  const [first] = call.args;
  return first?.prefix.startsWith("(") === true ? call.run.code("other", first.value, call.name) : [];
}

function shellTexts(call: ProgramCall, option: RegExp, verbs: RegExp): readonly Effect[] {
  if (!verbs.test(verb(call) ?? "")) return [];
  return valuesBehind(call, option).flatMap(({ value }) => call.run.shell(value, call.name));
}

function given(call: ProgramCall, option: RegExp): readonly Effect[] {
  return valuesBehind(call, option).flatMap((word) => runsGiven(call, word, "option"));
}

function matching(call: ProgramCall, verbs: RegExp, system: string): readonly Effect[] {
  const words = call.args.slice(0, 8).filter(({ value }) => value !== null && verbs.test(value));
  return words.slice(0, 1).map((word) => infra(call, system, word.text, true));
}

function dotnet(call: ProgramCall): readonly Effect[] {
  const first = verb(call);
  if (first !== "fsi" && first !== "script" && first !== "repl") return [];
  const rest = call.args
    .slice(call.args.findIndex(({ value }) => value === first) + 1)
    .filter(({ prefix }) => !prefix.startsWith("-"));
  if (rest[0]?.value === "eval")
    return rest.slice(1, 2).flatMap(({ value }) => call.run.code("other", value, call.name));
  if (rest.length === 0) return runsInput(call, "other");
  return rest.slice(0, 1).flatMap((word) => runsScript(call, word, (text) => call.run.code("other", text, call.name)));
}

/** `--import data:…`: modules that are loaded before the script. */
function preloads(call: ProgramCall): readonly Effect[] {
  return valuesBehind(call, /^(?:--import|--require|-r|--loader|--experimental-loader|--preload)$/).flatMap(
    (word): readonly Effect[] => {
      const data = /^data:[^,]*?(;base64)?,(.*)$/s.exec(word.value ?? "");
      if (data !== null) {
        const written = data[2] ?? "";
        const text = data[1] === undefined ? unescaped(written) : fromBase64(written);
        return [
          { kind: "exec.obfuscated", via: call.name, how: "hidden", text: word.text.slice(0, 200) },
          ...call.run.code("node", text, call.name),
        ];
      }
      if (/^https?:/.test(word.prefix))
        return [{ kind: "exec.obfuscated", via: call.name, how: "downloaded", text: word.text }];
      return /\//.test(word.prefix) && !/^(?:\.{1,2}\/|@?[\w.-]+\/)/.test(word.prefix)
        ? [{ kind: "exec.injected", via: call.name, variable: "import" }]
        : [];
    },
  );
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `mail -E '~!cmd'`, `-S shell=…`: commands that a mailer is given. */
function mailCommands(call: ProgramCall): readonly Effect[] {
  return texts(call, /^-[EYX]$/).flatMap((text) => {
    const command = /^\s*(?:~?\s*[!|]|~?(?:sh|shell|pipe)\s)\s*(.*)$/s.exec(text);
    return command === null ? [] : call.run.shell(command[1] ?? null, call.name);
  });
}

/** `^rm x`: in this shell a caret says that a program is meant. */
function externals(call: ProgramCall, text: string): readonly Effect[] {
  const found = [...text.matchAll(/(?:^|[\s;|({])\^([\w./"'-][^;|)}\n]*)/g)].slice(0, 64);
  return found.flatMap((match) => call.run.shell(match[1] ?? null, call.name));
}

/** `![cmd]`, `$[cmd]`, `!(cmd)`, `$(cmd)`: commands between brackets. */
function bracketed(call: ProgramCall, text: string): readonly Effect[] {
  const found = [...text.matchAll(/[!$](?:\[([^\]\n]{0,400})\]|\(([^)\n]{0,400})\))/g)].slice(0, 64);
  return found.flatMap((match) => call.run.shell(match[1] ?? match[2] ?? null, call.name));
}

/** Functions that a batch editor is told to call by name, without a person to ask. */
function called(call: ProgramCall, option: RegExp): readonly Effect[] {
  return texts(call, option)
    .filter((name) => /shell|eval|term$|delete|kill|rename|write|server|execute|sudo|process|load/.test(name))
    .map((text) => ({ kind: "exec.unresolved", via: call.name, part: "code", text }));
}

/** `--config 'target.x.runner="…"'`: settings that name programs. */
function cargo(call: ProgramCall): readonly Effect[] {
  return valuesBehind(call, /^--config$/).flatMap((word): readonly Effect[] => {
    const equals = word.prefix.indexOf("=");
    const key = word.prefix.slice(0, Math.max(equals, 0));
    if (
      !/(?:runner|rustc|rustdoc|wrapper|linker|credential-provider|rustflags|rustdocflags)\s*$|^\s*(?:alias|env)\b/.test(
        key,
      )
    )
      return [];
    const parts = [...word.prefix.slice(equals + 1).matchAll(/"([^"]*)"|'([^']*)'/g)].map(
      (match) => match[1] ?? match[2] ?? "",
    );
    if (/flags\s*$/.test(key)) return parts.some((part) => /linker=|link-arg/.test(part)) ? [injected(call, key)] : [];
    if (parts.length === 0) return [];
    const ran =
      parts.length === 1
        ? runsGiven(call, literal((parts[0] ?? "").replace(/^!/, "")), key)
        : call.run.words(
            parts.map((part) => literal(part)),
            null,
          );
    return [...ran, ...(/^\s*env\b/.test(key) ? [injected(call, key)] : [])];
  });
}

function injected(call: ProgramCall, variable: string): Effect {
  return { kind: "exec.injected", via: call.name, variable };
}

/** `set output "file"`, `set print "|cmd"`, `save "file"`. */
function gnuplot(call: ProgramCall): readonly Effect[] {
  const all = [...texts(call, /^-e$/), ...(call.stdin?.text === null || call.stdin === null ? [] : [call.stdin.text])];
  return all.flatMap((text) =>
    [
      ...text.matchAll(
        /\b(?:set\s+(?:o(?:u(?:t(?:p(?:ut?)?)?)?)?|pr(?:i(?:nt?)?)?|ta(?:b(?:le?)?)?)|save(?:\s+\w+)?)\s*(["'])([^"'\n]*)\1/g,
      ),
    ]
      .slice(0, 64)
      .flatMap((match): readonly Effect[] => {
        const target = (match[2] ?? "").trim();
        return target.startsWith("|") ? call.run.shell(target.slice(1), call.name) : writes(call, [literal(target)]);
      }),
  );
}

function afterDashes(call: ProgramCall, verbs: RegExp): readonly Effect[] {
  const at = call.args.findIndex(({ value }) => value === "--");
  return at > 0 && verbs.test(verb(call) ?? "") ? call.run.words(call.args.slice(at + 1), call.stdin) : [];
}

/** `nix run nixpkgs#bash -- -c …`: the package's program with these words, or the words as a program of their own. */
function nixRun(call: ProgramCall): readonly Effect[] {
  const at = call.args.findIndex(({ value }) => value === "--");
  if (at < 0 || verb(call) !== "run") return [];
  const rest = call.args.slice(at + 1);
  const source = call.args.slice(0, at).findLast(({ value }) => value !== null && value.includes("#"));
  const name = /#(?:[\w-]+\.)*([\w-]+)$/.exec(source?.value ?? "")?.[1];
  return [
    ...(name === undefined ? [] : call.run.words([literal(name), ...rest], call.stdin)),
    ...(rest[0]?.prefix.startsWith("-") === false ? call.run.words(rest, call.stdin) : []),
  ];
}
