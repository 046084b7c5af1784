// Other spellings of the same command must be judged as it is.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseAgentContext } from "./agent-context.ts";
import { BUILT_IN_LAYERS } from "./built-in-layers.ts";
import { shellEffects } from "./effects/shell/index.ts";
import { stricter, type Verdict } from "./finding.ts";
import type { RuleInput } from "./rule.ts";

// Other spellings of the same command. Each gives a text that a shell runs to the same end, or null when it can't be
// used on this command. Quoting, escapes, variables, wrappers, nesting, encodings, interpreters.

/** One way to say the same thing. */
type Respelling = (command: string) => string | null;

const PLAIN = /^[A-Za-z0-9_./:=,@%+~ -]+$/;

/** Words without anything that a shell reads specially, of a program (not an assignment or a builtin). */
function plainWords(command: string): readonly string[] | null {
  if (!PLAIN.test(command) || /^[A-Za-z_]+=/.test(command)) return null;
  return command.trim().split(/ +/);
}

function onWords(respell: (words: readonly string[]) => string | null): Respelling {
  return (command) => {
    const words = plainWords(command);
    return words === null ? null : respell(words);
  };
}

// `~` is expanded only where it is not quoted, so these leave it alone.
function onQuotableWords(respell: (words: readonly string[]) => string | null): Respelling {
  return onWords((words) => (words.some((word) => word.startsWith("~")) ? null : respell(words)));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function bytes(text: string): readonly number[] {
  return [...new TextEncoder().encode(text)];
}

function ansiQuoted(word: string): string {
  return `$'${bytes(word)
    .map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`)
    .join("")}'`;
}

function octal(text: string): string {
  return bytes(text)
    .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
    .join("");
}

function hex(text: string): string {
  return bytes(text)
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function base64(text: string): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const data = bytes(text);
  let out = "";
  for (let at = 0; at < data.length; at += 3) {
    const [a = 0, b, c] = data.slice(at, at + 3);
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    for (const shift of [18, 12, 6, 0]) out += letters.charAt((bits >> shift) & 63);
    if (b === undefined) out = `${out.slice(0, -2)}==`;
    else if (c === undefined) out = `${out.slice(0, -1)}=`;
  }
  return out;
}

const ofWords: Readonly<Record<string, Respelling>> = {
  "empty quotes in the name": onWords(([name = "", ...args]) =>
    name.length < 2 ? null : [`${name.slice(0, 1)}''${name.slice(1)}`, ...args].join(" "),
  ),
  "double-quoted words": onQuotableWords((words) => words.map((word) => `"${word}"`).join(" ")),
  "single-quoted words": onQuotableWords((words) => words.map((word) => `'${word}'`).join(" ")),
  "escaped letters": onWords(([name = "", ...args]) =>
    [
      name
        .split("")
        .map((letter) => `\\${letter}`)
        .join(""),
      ...args,
    ].join(" "),
  ),
  "ANSI-C quoted name": onWords(([name = "", ...args]) => [ansiQuoted(name), ...args].join(" ")),
  "ANSI-C quoted words": onQuotableWords((words) => words.map(ansiQuoted).join(" ")),
  "name in a variable": onWords(([name = "", ...args]) => `p=${name}; $p ${args.join(" ")}`),
  "words in variables": onQuotableWords((words) =>
    [...words.map((word, index) => `v${index}=${word};`), ...words.map((_, index) => `$v${index}`)].join(" "),
  ),
  "split variable": onQuotableWords((words) => `c="${words.join(" ")}"; $c`),
  "positional parameters": onQuotableWords((words) => `set -- ${words.join(" ")}; "$@"`),
  "IFS for spaces": onQuotableWords((words) => words.join("${IFS}")),
  "brace expansion": onQuotableWords((words) =>
    words.length < 2 || words.some((word) => word.includes(",")) ? null : `{${words.join(",")}}`,
  ),
  tabs: onWords((words) => words.join("\t")),
  "line continuations": onWords((words) => words.join(" \\\n ")),
  "nohup in the background": onWords((words) => `nohup ${words.join(" ")} &`),
  command: onWords((words) => `command ${words.join(" ")}`),
  timeout: onWords((words) => `timeout -k 5 30 ${words.join(" ")}`),
  nice: onWords((words) => `nice -n 5 ${words.join(" ")}`),
  sudo: onWords((words) => `sudo ${words.join(" ")}`),
  "output thrown away": onWords((words) => `${words.join(" ")} > /dev/null 2>&1`),
  "assignment before": onWords((words) => `LC_ALL=C ${words.join(" ")}`),
};

const nested: Readonly<Record<string, Respelling>> = {
  "sh -c": (command) => `sh -c ${quoted(command)}`,
  "bash -lc": (command) => `bash -lc ${quoted(command)}`,
  eval: (command) => `eval ${quoted(command)}`,
  "env sh -c": (command) => `env FOO=1 sh -c ${quoted(command)}`,
  "here-document": (command) => `bash <<'EOF'\n${command}\nEOF`,
  "here-string": (command) => `bash <<< ${quoted(command)}`,
  "piped text": (command) => `echo ${quoted(command)} | sh`,
  function: (command) => `f() {\n${command}\n}\nf`,
  subshell: (command) => `(${command}\n)`,
  group: (command) => `{ ${command}\n}`,
  if: (command) => `if true; then\n${command}\nfi`,
  for: (command) => `for i in 1; do\n${command}\ndone`,
  while: (command) => `while :; do\n${command}\nbreak; done`,
  case: (command) => `case x in x)\n${command}\n;; esac`,
  "after another line": (command) => `ls\n${command}`,
  "before another line": (command) => `${command}\nls`,
  "command substitution": (command) => `echo "$(${command}\n)"`,
  "process substitution": (command) => `cat <(${command}\n)`,
  trap: (command) => `trap ${quoted(command)} EXIT`,
  "a script written and run": (command) => `cat > x.sh <<'EOF'\n${command}\nEOF\nsh x.sh`,
  "a script made executable": (command) => `printf '%s\\n' ${quoted(command)} > run.sh; chmod +x run.sh; ./run.sh`,
  watch: (command) => `watch -n1 ${quoted(command)}`,
  tmux: (command) => `tmux new-session -d ${quoted(command)}`,
  "su -c": (command) => `su -c ${quoted(command)}`,
};

const encoded: Readonly<Record<string, Respelling>> = {
  base64: (command) => `echo ${base64(command)} | base64 -d | sh`,
  "base64 in a substitution": (command) => `bash -c "$(echo ${base64(command)} | base64 -d)"`,
  "base64 in eval": (command) => `eval "$(printf %s ${base64(command)} | base64 --decode)"`,
  octal: (command) => `printf '${octal(command)}' | sh`,
  hex: (command) => `echo ${hex(command)} | xxd -r -p | bash`,
  reversed: (command) =>
    command.includes("\n") ? null : `echo ${quoted(command.split("").reverse().join(""))} | rev | sh`,
};

const interpreted: Readonly<Record<string, Respelling>> = {
  python: (command) => `python3 -c ${quoted(`import os; os.system(${JSON.stringify(command)})`)}`,
  "python subprocess": (command) =>
    `python3 -c ${quoted(`import subprocess; subprocess.run(${JSON.stringify(command)}, shell=True)`)}`,
  node: (command) => `node -e ${quoted(`require("child_process").execSync(${JSON.stringify(command)})`)}`,
  perl: (command) => (/['$@%\\"]/.test(command) ? null : `perl -e 'system("${command}")'`),
  ruby: (command) => (/['#\\"]/.test(command) ? null : `ruby -e 'system("${command}")'`),
  awk: (command) => (/["'\\]/.test(command) ? null : `awk 'BEGIN{system("${command}")}'`),
};

const RESPELLINGS: Readonly<Record<string, Respelling>> = { ...ofWords, ...nested, ...encoded, ...interpreted };

// ---- the test ----

const ROOT = new URL("../../../../", import.meta.url);
const RANK = { ALLOW: 0, REQUIRE_APPROVAL: 1, DENY: 2 } as const;
const SURROUNDINGS = { cwd: "/home/dev/project", home: "/home/dev", governance: [], links: {} };
const RULES = BUILT_IN_LAYERS.flatMap(({ rules }) => rules);

// These are builtins: a wrapper program can't run them, and a pipe runs them in a shell that ends at once.
const BUILTINS = /^(?:builtin|export|unset|history|set|alias|trap|eval|cd|source|command) /;

function verdictOf(command: string): Verdict {
  const input: RuleInput = {
    action: {
      action_type: "execute_shell",
      raw_action_type: "execute_shell",
      verb: "exec",
      known: true,
      changing: true,
      payload: { command },
      members: { command },
      fields: { commands: [command], argvs: [], codes: [], paths: [], urls: [], queries: [], texts: [] },
      calls: [],
      doubts: [],
      cwd: null,
      canonical: "{}",
      digest: "sha256:00",
    },
    effects: shellEffects(command, SURROUNDINGS),
    agent: parseAgentContext({ public_key: "pk" }),
    facts: { now_ms: 0, kill_switch: null, surroundings: SURROUNDINGS },
  };
  let verdict: Verdict = "ALLOW";
  for (const rule of RULES) for (const finding of rule.evaluate(input)) verdict = stricter(verdict, finding.decision);
  return verdict;
}

interface Defect {
  readonly label: string;
  readonly action_type: string;
  readonly action_payload: { readonly command?: unknown };
  readonly policy: string | null;
}

function harmfulCommands(): readonly string[] {
  const lines = readFileSync(new URL("vectors/conformance/defects.jsonl", ROOT), "utf8").trimEnd().split("\n");
  return lines
    .map((line): Defect => JSON.parse(line))
    .filter((defect) => defect.label === "harmful" && defect.action_type === "execute_shell" && defect.policy === null)
    .map((defect) => defect.action_payload.command)
    .filter((command) => typeof command === "string")
    .filter((command) => command.length < 2000 && !BUILTINS.test(command));
}

test("no other spelling of a harmful command softens its verdict", () => {
  const softened: string[] = [];
  for (const command of harmfulCommands()) {
    const plain = verdictOf(command);
    for (const [name, respell] of Object.entries(RESPELLINGS)) {
      const other = respell(command);
      if (other === null) continue;
      const verdict = verdictOf(other);
      if (RANK[verdict] < RANK[plain]) softened.push(`${name}: ${plain} → ${verdict}: ${other}`);
    }
  }
  assert.deepEqual(softened, []);
});
