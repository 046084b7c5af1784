// Pagers, editors and `ssh` as they are usually named in variables: to run them is what they are named for, unless an option
// makes them load somebody's code or settings.

import type { Effect, ExecProgram } from "../effect.ts";

/** For each program its options that load nothing, one with its value a match. Arguments stand on lines of their own. */
interface Everyday {
  readonly options: RegExp;
  /** Options whose value the program's own row judges. */
  readonly judged?: RegExp;
}

const SSH_SETTINGS =
  "AddKeysToAgent|AddressFamily|BatchMode|CheckHostIP|Ciphers|Compression|Connect(?:ionAttempts|Timeout)" +
  "|Control(?:Master|Path|Persist)|ExitOnForwardFailure|GSSAPIAuthentication|(?:Global|User)KnownHostsFile" +
  "|HashKnownHosts|HostKeyAlgorithms|Identit(?:iesOnly|yFile)|IPQoS|KbdInteractiveAuthentication|KexAlgorithms|LogLevel" +
  "|MACs|NumberOfPasswordPrompts|PasswordAuthentication|Port|PreferredAuthentications|Pubkey\\w+|RequestTTY" +
  "|ServerAlive\\w+|StrictHostKeyChecking|TCPKeepAlive|UpdateHostKeys|User|VisualHostKey";

const SSH: Everyday = {
  options: new RegExp(
    `^(?:-[46ACGKNTVXYagknqstvxy]+|-[bcilmp]\\n?[^\\n]+|-[FS]\\n?(?:/dev/null|none)|-o\\n?(?:${SSH_SETTINGS})[ =][^\\n]*)$`,
  ),
};

const VIM: Everyday = {
  options:
    /^(?:-[ACHMNRXZbdefgmnvy]+|-[Oop]\d*|--(?:clean|noplugin|nofork|not-a-term|headless)|-[iUu]\n(?:NONE|DEFAULTS|\/dev\/null))$/,
  judged: /^(?:(?:-c|--cmd)\n?[^\n]+|\+[^\n]*)$/,
};

const EMACS: Everyday = {
  options: /^(?:-nw|-[Qqct]|--(?:quick|no-init-file|no-window-system|no-splash|create-frame|tty))$/,
  judged: /^(?:-{1,2}(?:eval|execute)(?:[=\n][^\n]+)|\+[\d:]+)$/,
};

const LESS: Everyday = {
  options: /^(?:-(?![^\n]*[koO])[^\n-][^\n]*|--[a-km-zA-KM-Z][\w-]*(?:=[^\n]*)?|--LINE-NUMBERS)$/,
  judged: /^\+[^\n]*$/,
};

const NANO: Everyday = {
  options:
    /^(?:-[ABDEFGHIKLMNPSTUWYZRbcdeghijklmnpqtuvwxyz_%!@/0\d]+|--(?!speller|rcfile|operatingdir)[a-z]+|\+[\d,]+)$/,
};

const CODE: Everyday = {
  options: /^(?:-[wnrgd]|--(?:wait|new-window|reuse-window|goto|diff|disable-[a-z-]+))$/,
};

const EVERYDAY: ReadonlyMap<string, Everyday> = new Map([
  ["ssh", SSH],
  ...["vi", "vim", "nvim", "gvim", "view", "ex", "vimdiff", "mvim"].map((name) => [name, VIM] as const),
  ["emacs", EMACS],
  ["less", LESS],
  ["more", { options: /^-[\w]+$/ }],
  ["cat", { options: /^-[A-Za-z]+$/ }],
  ["true", { options: /^$/ }],
  ["nano", NANO],
  ["code", CODE],
]);

/** Whether all that happens is one of these programs being run, with options that load nothing. */
export function isEveryday(effects: readonly Effect[]): boolean {
  const programs = effects.filter((effect) => effect.kind === "exec.program");
  const [only] = programs;
  if (only === undefined || programs.length > 1 || !EVERYDAY.has(only.program)) return false;
  return rest(only, false) === "" && effects.every((effect) => !STRANGE.test(effect.kind));
}

const STRANGE = /^(?:exec\.(?!program)|fs\.(?!read)|device|resource|govern|secret\.send|net\.(?!connect))/;

/** Whether one of these programs is run with an option that may load code or settings. */
export function loadsCode(effect: ExecProgram): boolean {
  return EVERYDAY.has(effect.program) && rest(effect, true) !== "";
}

const UNKNOWN = "…";

// The first argument that is no option that loads nothing, or nothing; options may have a value behind them. Among those
// that the program's own row judges are the files and hosts that it is given.
function rest(effect: ExecProgram, mayBeJudged: boolean): string {
  const everyday = EVERYDAY.get(effect.program);
  const args = effect.args.map((arg) => arg ?? UNKNOWN);
  const matches = (text: string): boolean =>
    everyday !== undefined && (everyday.options.test(text) || (mayBeJudged && everyday.judged?.test(text) === true));
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    const next = args[at + 1];
    if (arg.includes("\n")) return arg;
    if (matches(arg) || (mayBeJudged && !/^[-+…]/.test(arg))) continue;
    if (next === undefined || !arg.startsWith("-") || !matches(`${arg}\n${next}`)) return arg;
    at += 1;
  }
  return "";
}
