// What one-line code of other languages would do. The reading is tolerant: strings, comments and calls are found, constants
// are computed, and what is run is handed back to be judged. Code that does nothing of the kind gives nothing.

import type { Effect } from "../effect.ts";
import { watched } from "../programs/bare-shell.ts";
import { readsSecret, reaches } from "../programs/describe.ts";
import { serviceHost } from "../programs/place.ts";
import type { NestedRunner, ProgramCall } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";
import { NODE_CALLS, PYTHON_CALLS, R_CALLS, SCRIPT_CALLS } from "./calls.ts";
import { appleScriptEffects, powerShellEffects, tclEffects } from "./host-scripts.ts";
import { awkEffects } from "./awk.ts";
import { scanCode, type Language } from "./scan.ts";
import { sedEffects } from "./sed.ts";
import { hasSigns } from "./sieve.ts";
import type { Spelling } from "./tokens.ts";

const HASHES: Spelling = {
  hashComments: true,
  slashComments: false,
  dashComments: false,
  backticks: "none",
  interpolation: null,
  inner: [],
  singleEscapes: true,
  quoteWords: false,
  nameMarks: "",
};
const SIGILS: Spelling = {
  ...HASHES,
  backticks: "command",
  interpolation: /[$@]\{?[A-Za-z_]|[$@]\{/,
  inner: ["@{", "${"],
  singleEscapes: false,
  quoteWords: true,
  nameMarks: "$@",
};

const PYTHON: Language = { name: "python", spelling: HASHES, calls: PYTHON_CALLS, bare: false };
const NODE: Language = {
  name: "node",
  spelling: { ...HASHES, hashComments: false, slashComments: true, backticks: "template", nameMarks: "$" },
  calls: NODE_CALLS,
  bare: false,
};
const PERL: Language = { name: "perl", spelling: SIGILS, calls: SCRIPT_CALLS, bare: true };
const RUBY: Language = {
  name: "ruby",
  spelling: { ...SIGILS, interpolation: /#\{/, inner: ["#{"] },
  calls: SCRIPT_CALLS,
  bare: true,
};
const PHP: Language = {
  name: "php",
  spelling: { ...SIGILS, slashComments: true, quoteWords: false, nameMarks: "$", inner: ["{$", "${"] },
  calls: SCRIPT_CALLS,
  bare: false,
};
const LUA: Language = {
  name: "lua",
  spelling: { ...HASHES, hashComments: false, dashComments: true },
  calls: SCRIPT_CALLS,
  bare: true,
};
const OTHER: Language = {
  name: "other",
  spelling: { ...HASHES, backticks: "command" },
  calls: SCRIPT_CALLS,
  bare: true,
};

const SCANNED: Readonly<Record<string, Language>> = {
  python: PYTHON,
  node: NODE,
  perl: PERL,
  ruby: RUBY,
  php: PHP,
  lua: LUA,
  r: { ...OTHER, name: "r", calls: R_CALLS },
  other: OTHER,
};

/**
 * The effects of code in another language (`python`, `node`, `perl`, `ruby`, `php`, `lua`, `r`, `awk`, `sed`, `tcl`,
 * `osascript`, `powershell`, `other`). Total: never throws. Linear in the text.
 */
export function codeEffects(
  language: string,
  text: string,
  run: NestedRunner,
  surroundings: Surroundings,
): readonly Effect[] {
  const effects = readEffects(language, text, watched(run), surroundings);
  if (
    effects.some(isSeen) ||
    !hasSigns(Object.hasOwn(SCANNED, language) || language in COMMANDED ? language : "other", text)
  )
    return effects;
  return [...effects, { kind: "exec.unresolved", via: language, part: "code", text: text.slice(0, 200) }];
}

/** Languages that have readers of their own. */
const COMMANDED: Readonly<Record<string, true>> = {
  awk: true,
  sed: true,
  tcl: true,
  osascript: true,
  powershell: true,
};

/** Effects that show that the reader saw what the code runs or changes. */
function isSeen({ kind }: Effect): boolean {
  return kind.startsWith("exec.") && kind !== "exec.program";
}

function readEffects(
  language: string,
  text: string,
  watchedRun: NestedRunner,
  surroundings: Surroundings,
): readonly Effect[] {
  switch (language) {
    case "awk":
      return awkEffects(text, watchedRun, surroundings);
    case "sed":
      return sedEffects(text, watchedRun, surroundings);
    case "tcl":
      return tclEffects(text, watchedRun, surroundings);
    case "osascript":
      return appleScriptEffects(text, watchedRun, surroundings);
    case "powershell":
      return powerShellEffects(text, watchedRun, surroundings);
    default: {
      const scanned = Object.hasOwn(SCANNED, language) ? SCANNED[language] : undefined;
      const call: ProgramCall = { name: language, args: [], stdin: null, surroundings, run: watchedRun };
      return together(call, text, scanCode(scanned ?? OTHER, text, watchedRun, surroundings));
    }
  }
}

const SHELL_PATH = /(?:["'`/\s](?:ba|z|da|k|a|c)?sh["'`\s,)]|cmd\.exe|powershell|\/bin\/(?:ba|da|z)?sh)/;
const ENVIRONMENT =
  /\bos\.environ\b(?!\.get|\[)|\bprocess\.env\b(?!\.\w|\[)|%ENV\b|\bENV\.(?:to_h|each|inspect)|\$_ENV\b|\bgetenv\(\)/;

/** What several calls mean together: a socket and a shell are a remote shell, a secret and a socket are a leak. */
function together(call: ProgramCall, text: string, effects: readonly Effect[]): readonly Effect[] {
  const connection = effects.find((effect) => effect.kind === "net.connect");
  const listens = effects.some((effect) => effect.kind === "net.listen");
  const more: Effect[] = [];
  const raw = /\bsocket\b|TCPSocket|fsockopen|net\.connect|createConnection|net\.Socket|IO::Socket|sockaddr/i.test(
    text,
  );
  if ((connection !== undefined || listens) && raw && SHELL_PATH.test(text)) {
    more.push({
      kind: "net.shell",
      via: call.name,
      direction: connection === undefined ? "bind" : "reverse",
      host: connection?.kind === "net.connect" ? connection.host : null,
    });
  }
  if (effects.some(({ kind }) => kind === "process.kill") && /["']\/proc["']|process_iter|\bpids\s*\(/.test(text))
    more.push({ kind: "process.kill", via: call.name, scope: "all", text: "every process" });
  const whole = ENVIRONMENT.test(text) && connection !== undefined;
  if (whole) more.push(...readsSecret(call, "environment", "environment"));
  const secret = [...effects, ...more].find((effect) => effect.kind === "secret.read");
  if (secret?.kind === "secret.read" && connection?.kind === "net.connect") {
    more.push({ kind: "secret.send", via: call.name, secret: secret.secret, host: connection.host });
  } else if (secret?.kind === "secret.read" && /\bsmtplib\b|sendmail/.test(text)) {
    more.push(...reaches(call, serviceHost("mail"), { sends: true, secret: secret.secret }));
  }
  if (/\b(?:os\.)?fork\(?\)?\s*(?:while|until|for)\b|(?:while|until|for|loop)\b[^\n]{0,40}\bfork\b/.test(text)) {
    more.push({ kind: "resource.exhaust", via: call.name, how: "fork bomb" });
  }
  return more.length === 0 ? effects : [...effects, ...more];
}
