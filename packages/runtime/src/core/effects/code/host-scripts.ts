// Code of PowerShell, AppleScript and Tcl: command languages, read statement by statement.

import type { Effect } from "../effect.ts";
import { fromBase64, unescaped } from "../programs/decode.ts";
import { connects, deletes, reads, writes } from "../programs/describe.ts";
import { literal } from "../programs/options.ts";
import { hostOf } from "../programs/place.ts";
import type { NestedRunner, ProgramCall, Word } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";

function callOf(name: string, run: NestedRunner, surroundings: Surroundings): ProgramCall {
  return { name, args: [], stdin: null, surroundings, run };
}

/** The effects of AppleScript: shell scripts it does, and what it tells other programs to delete. */
export function appleScriptEffects(text: string, run: NestedRunner, surroundings: Surroundings): readonly Effect[] {
  const effects: Effect[] = [];
  const call = callOf("osascript", run, surroundings);
  for (const match of text.matchAll(/do shell script\s*(?:"((?:[^"\\]|\\.)*)")?(\s*&)?/gi)) {
    effects.push(
      ...run.shell(match[1] === undefined || match[2] !== undefined ? null : unescaped(match[1]), "osascript"),
    );
  }
  if (/with administrator privileges/i.test(text))
    effects.push({ kind: "privilege.raise", via: "osascript", how: "administrator" });
  for (const match of text.matchAll(/\bdelete\b[^"\n]{0,80}?(?:POSIX file|folder|file)\s+"([^"]*)"/gi))
    effects.push(...deletes(call, [literal(match[1] ?? "")], true));
  if (
    /tell app(?:lication)? "(?:System Events|Finder|loginwindow)" to (?:shut ?down|restart|log out|sleep)/i.test(text)
  ) {
    effects.push({ kind: "host.change", via: "osascript", area: "power", detail: "shut down", destructive: true });
  }
  if (/\bempty (?:the )?trash\b/i.test(text)) effects.push(...deletes(call, [literal("~/.Trash")], true));
  if (/hidden answer/i.test(text))
    effects.push({ kind: "secret.read", via: "osascript", secret: "password_prompt", from: "dialog" });
  if (/the clipboard/i.test(text))
    effects.push({ kind: "secret.read", via: "osascript", secret: "clipboard", from: "clipboard" });
  if (/make new login item/i.test(text))
    effects.push({ kind: "persist.install", via: "osascript", where: "login item" });
  return effects;
}

/** The effects of Tcl and expect scripts: `exec`, `spawn`, `send`, `open "|cmd"`, `file delete`. */
export function tclEffects(text: string, run: NestedRunner, surroundings: Surroundings): readonly Effect[] {
  const call = callOf("tcl", run, surroundings);
  const effects: Effect[] = [];
  if (text.includes("{*}") && /\b(?:exec|eval|spawn|send|uplevel|subst)\b/.test(text))
    effects.push({ kind: "exec.unresolved", via: "tcl", part: "code", text: "{*}" });
  // Bodies in braces hold statements of their own.
  const bodies = text
    .split(/[\n;[\]{}]/)
    .filter((part) => /^\s*(?:exec|spawn|eval|system|file delete|open)\s/.test(part));
  for (const statement of new Set([...text.split(/[\n;[\]]/), ...bodies])) {
    const match = /^\s*(exec|spawn|send|eval|system|file delete|open|socket)\s+(.*)$/s.exec(statement);
    if (match === null) continue;
    const rest = (match[2] ?? "").trim().replace(/^(-\w+\s+)*(--\s+)?/, "");
    const unquoted = rest.replace(/^["{]|["}]$/g, "");
    const known = unquoted.includes("$") ? null : unquoted;
    switch (match[1]) {
      case "send":
        effects.push(...run.shell(known === null ? null : unescaped(known).replace(/\r/g, "\n"), "expect"));
        break;
      case "file delete":
        effects.push(
          ...deletes(
            call,
            [known === null ? { value: null, text: rest, glob: false, prefix: "" } : literal(known)],
            true,
          ),
        );
        break;
      case "open":
        if (known?.startsWith("|") === true) effects.push(...run.shell(known.slice(1), "tcl"));
        break;
      case "socket":
        effects.push(...connects(call, literal(unquoted.split(/\s+/)[0] ?? ""), { sends: true }));
        break;
      default:
        effects.push(...run.shell(known, "tcl"));
    }
  }
  return effects;
}

type Cmdlet = (given: Given) => readonly Effect[];

interface Given {
  readonly call: ProgramCall;
  readonly name: string;
  readonly words: readonly Word[];
  /** The whole statement. */
  readonly text: string;
}

/** The effects of PowerShell, statement by statement; what is no cmdlet is a program of the system. */
export function powerShellEffects(text: string, run: NestedRunner, surroundings: Surroundings): readonly Effect[] {
  const call = callOf("powershell", run, surroundings);
  const effects: Effect[] = [...anywhere(call, text)];
  const statements = statementsOf(text);
  if (statements.length >= MAX_STATEMENTS)
    effects.push({ kind: "exec.unparsed", via: "powershell", problem: `more than ${MAX_STATEMENTS} statements` });
  for (const statement of statements) effects.push(...statementEffects(call, statement));
  return effects;
}

const MAX_STATEMENTS = 512;

/** Splits at `;`, `|`, line ends and braces outside quotes. */
function statementsOf(text: string): readonly string[] {
  const statements: string[] = [];
  let start = 0;
  let quote = "";
  for (let at = 0; at < text.length && statements.length < MAX_STATEMENTS; at++) {
    const char = text.charAt(at);
    if (quote !== "") {
      if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if (char === ";" || char === "|" || char === "\n" || char === "{" || char === "}") {
      statements.push(text.slice(start, at));
      start = at + 1;
    }
  }
  statements.push(text.slice(start));
  return statements.map((part) => part.trim()).filter(Boolean);
}

/** What is said anywhere in the text: downloads by .NET, sockets, decoded commands. */
function anywhere(call: ProgramCall, text: string): readonly Effect[] {
  const effects: Effect[] = [];
  const runs = /\b(iex|invoke-expression)\b|\[scriptblock\]::create|\.invoke\(/i.test(text);
  const downloads =
    /downloadstring|downloadfile|downloaddata|openread|\b(iwr|irm|invoke-webrequest|invoke-restmethod|curl|wget)\b|start-bitstransfer/i.test(
      text,
    );
  for (const match of text.matchAll(
    /\.(?:DownloadString|DownloadFile|DownloadData|OpenRead|UploadString|UploadFile|UploadData)\(\s*["']([^"']*)["']/gi,
  )) {
    effects.push(...connects(call, literal(match[1] ?? ""), { sends: /upload/i.test(match[0]) }));
  }
  if (runs)
    effects.push(
      downloads
        ? { kind: "exec.obfuscated", via: "powershell", how: "downloaded", text: text.slice(0, 200) }
        : { kind: "exec.unresolved", via: "powershell", part: "code", text: text.slice(0, 200) },
    );
  const socket = /TCPClient\(\s*["']([^"']*)["']\s*,\s*(\d+)/i.exec(text);
  if (socket !== null) {
    effects.push(...connects(call, literal(socket[1] ?? ""), { sends: true, port: Number(socket[2]) }));
    if (/getstream/i.test(text))
      effects.push({
        kind: "net.shell",
        via: "powershell",
        direction: "reverse",
        host: hostOf(socket[1] ?? null, socket[1] ?? ""),
      });
  }
  const encoded = /FromBase64String\(\s*["']([^"']*)["']/i.exec(text);
  if (encoded !== null && runs) {
    const decoded = fromBase64(encoded[1] ?? "");
    effects.push({ kind: "exec.obfuscated", via: "powershell", how: "decoded", text: decoded ?? "" });
  }
  for (const match of text.matchAll(/\[(?:System\.)?IO\.(?:File|Directory)\]::Delete\(\s*["']([^"']*)["']/gi))
    effects.push(...deletes(call, [literal(match[1] ?? "")], true));
  return effects;
}

function statementEffects(call: ProgramCall, statement: string): readonly Effect[] {
  const text = statement
    .replace(/^\$\w+\s*=\s*/, "")
    .replace(/^[&.]\s+/, "")
    .replace(/^\(+/, "");
  const parts = text.match(/"[^"]*"|'[^']*'|[^\s,()]+/g) ?? [];
  const words = parts.map((part): Word => {
    const plain = part.replace(/^["']|["']$/g, "");
    if (!part.startsWith("'") && /\$\w/.test(plain) && !/^\$(true|false|null)$/i.test(plain))
      return { value: null, text: part, glob: false, prefix: plain.slice(0, plain.indexOf("$")) };
    return { value: plain, text: part, glob: /[*?]/.test(plain), prefix: plain };
  });
  const [first, ...rest] = words;
  if (first === undefined) return [];
  if (first.value === null)
    return /^[&.]\s/.test(statement)
      ? [{ kind: "exec.unresolved", via: "powershell", part: "program", text: first.text }]
      : [];
  const name = first.value.toLowerCase();
  const cmdlet = CMDLETS.get(name);
  if (cmdlet !== undefined) return cmdlet({ call, name, words: rest, text });
  if (
    /^[a-z]+-[a-z]+$/.test(name) ||
    /^[[$@"'#]/.test(first.text) ||
    /^(if|else|foreach|for|while|function|return|param|try|catch|switch|do|in|write|begin|process|end)$/.test(name)
  )
    return [];
  return /^[\w.\\/:-]+$/.test(first.value) ? call.run.words([first, ...rest], null) : [];
}

/** Operands: what is no parameter, and the values of the named parameters. */
function operands(words: readonly Word[], named: RegExp): readonly Word[] {
  const found: Word[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    if (!/^-[a-z]/i.test(word.prefix)) found.push(word);
    else if (
      !named.test(word.prefix) &&
      !/^-(recurse|r|force|fo|f|confirm|whatif|verbose|append|noclobber|wait|passthru|usebasicparsing|asjob|raw|q|s|rf|fr|hidden|nonewline|nonewwindow)\b/i.test(
        word.prefix,
      )
    )
      at++;
  }
  return found;
}

const PATHS = /^-(path|literalpath|lp|filepath|destination|target)/i;

const remove: Cmdlet = ({ call, words }) =>
  deletes(
    call,
    operands(words, PATHS),
    words.some((word) => /^-r|^\/s/i.test(word.prefix) || /^-(rf|fr)$/.test(word.prefix)),
  );
const read: Cmdlet = ({ call, words }) => reads(call, operands(words, PATHS).slice(0, 1));
const write: Cmdlet = ({ call, words }) => writes(call, operands(words, PATHS).slice(0, 1));
const copy: Cmdlet = ({ call, words }) => {
  const [source, dest] = operands(words, PATHS);
  return [...(source === undefined ? [] : reads(call, [source])), ...(dest === undefined ? [] : writes(call, [dest]))];
};
const move: Cmdlet = ({ call, words }) => {
  const [source, dest] = operands(words, PATHS);
  return [
    ...(source === undefined ? [] : deletes(call, [source], true)),
    ...(dest === undefined ? [] : writes(call, [dest])),
  ];
};
const web: Cmdlet = ({ call, words, text }) => {
  const url =
    words.find((word) => word.prefix.includes("://") || /^[\w-]+(\.[\w-]+)+/.test(word.prefix)) ??
    words.find((word) => word.value === null);
  const out = words.findIndex((word) => /^-outf|^-o$/i.test(word.prefix));
  const target = out < 0 ? undefined : words[out + 1];
  return [
    ...connects(call, url, { sends: /-method\s+(post|put|patch|delete)|-body|-infile/i.test(text) }),
    ...(target === undefined ? [] : writes(call, [target])),
  ];
};
const start: Cmdlet = ({ call, words, text }) => {
  const raised: readonly Effect[] = /-verb\s+runas/i.test(text)
    ? [{ kind: "privilege.raise", via: "powershell", how: "runas" }]
    : [];
  return [...raised, ...call.run.words(operands(words, /^-(filepath|argumentlist|args)/i), null)];
};

function host(
  area: "power" | "disk" | "service" | "users" | "security" | "firewall" | "network",
  destructive: boolean,
): Cmdlet {
  return ({ name, text }) => [
    { kind: "host.change", via: "powershell", area, detail: text.slice(0, 120) || name, destructive },
  ];
}

function persists(where: string): Cmdlet {
  return () => [{ kind: "persist.install", via: "powershell", where }];
}

function all(names: string, cmdlet: Cmdlet): readonly (readonly [string, Cmdlet])[] {
  return names.split(" ").map((name) => [name, cmdlet] as const);
}

/** Cmdlets and their short names. Each is judged here, so that rows that hand text over don't get it back. */
const CMDLETS: ReadonlyMap<string, Cmdlet> = new Map([
  ...all("remove-item ri rm del erase rd rmdir clear-recyclebin", remove),
  ...all("get-content gc cat type import-csv select-string", read),
  ...all("set-content sc out-file add-content ac clear-content clc export-csv new-item ni tee-object", write),
  ...all("copy-item cp copy cpi", copy),
  ...all("move-item mv move mi rename-item ren rni", move),
  ...all("invoke-webrequest iwr invoke-restmethod irm curl wget start-bitstransfer", web),
  ...all("start-process saps start", start),
  ...all("invoke-expression iex", () => []),
  ...all("stop-computer restart-computer", host("power", true)),
  ...all("format-volume clear-disk initialize-disk remove-partition set-disk", host("disk", true)),
  ...all("stop-service set-service suspend-service remove-service", host("service", true)),
  ...all("start-service restart-service", host("service", false)),
  ...all("new-localuser add-localgroupmember set-localuser remove-localuser new-aduser", host("users", false)),
  ...all(
    "set-executionpolicy set-mppreference add-mppreference disable-windowsoptionalfeature set-acl",
    host("security", true),
  ),
  ...all(
    "set-netfirewallprofile new-netfirewallrule disable-netfirewallrule remove-netfirewallrule",
    host("firewall", true),
  ),
  ...all("register-scheduledtask new-scheduledtask schtasks.exe", persists("scheduled task")),
  ...all("new-service", persists("service")),
  ...all("set-itemproperty new-itemproperty", ({ text }) =>
    /\\run(once)?\b|winlogon/i.test(text) ? [{ kind: "persist.install", via: "powershell", where: "registry" }] : [],
  ),
  ...all("stop-process kill spps", ({ text }) => [
    { kind: "process.kill", via: "powershell", scope: "many", text: text.slice(0, 80) },
  ]),
  ...all("clear-eventlog remove-eventlog clear-history", ({ name }) => [
    { kind: "trace.erase", via: "powershell", what: name },
  ]),
  ...all("send-mailmessage", () => [
    { kind: "message.send", via: "powershell", channel: "email", recipients: null, bulk: false },
  ]),
  ...all("invoke-command icm enter-pssession", () => [
    { kind: "exec.unresolved", via: "powershell", part: "code", text: "invoke-command" },
  ]),
  ...all("get-clipboard", () => [{ kind: "secret.read", via: "powershell", secret: "clipboard", from: "clipboard" }]),
  ...all(
    "echo write-output write-host ls dir gci get-childitem pwd get-location cd set-location select-object where-object foreach-object sort-object measure-object format-table ft fl get-process gps ps get-service get-date test-path clear cls sleep start-sleep",
    () => [],
  ),
]);
