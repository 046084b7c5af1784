// Variables that make other programs run foreign code, or that steer Canopy itself.

import type { Effect } from "../effect.ts";
import type { Surroundings } from "../surroundings.ts";

/** Any value but the empty one loads code. */
const LOADS_CODE: ReadonlySet<string> = new Set([
  "LD_PRELOAD",
  "LD_AUDIT",
  "DYLD_INSERT_LIBRARIES",
  "DYLD_FORCE_FLAT_NAMESPACE",
  "BASH_ENV",
  "ENV",
  "PROMPT_COMMAND",
  "GCONV_PATH",
  "PERL5OPT",
  "PERL5DB",
  "RUBYOPT",
  "PYTHONSTARTUP",
  "PYTHONHOME",
  "PYTHONBREAKPOINT",
  "SHELLOPTS",
  "BASHOPTS",
  "GIT_EXEC_PATH",
  "GIT_TEMPLATE_DIR",
  "ZDOTDIR",
]);

/** Search paths: only entries that others can write to are a risk; a project's own folders are everyday. */
const SEARCH_PATHS: ReadonlySet<string> = new Set([
  "PATH",
  "LD_LIBRARY_PATH",
  "DYLD_LIBRARY_PATH",
  "PYTHONPATH",
  "PERL5LIB",
  "PERLLIB",
  "RUBYLIB",
  "NODE_PATH",
  "CLASSPATH",
  "LUA_PATH",
  "LUA_CPATH",
]);

/** Options of an interpreter: only those that load code. */
const OPTION_LISTS: Readonly<Record<string, RegExp>> = {
  NODE_OPTIONS: /(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader|--inspect\S*)(?:[=\s]|$)/,
  JAVA_TOOL_OPTIONS: /-javaagent|-agentlib|-agentpath|-Xrun|-XX:OnError|-XX:OnOutOfMemoryError/,
  _JAVA_OPTIONS: /-javaagent|-agentlib|-agentpath|-Xrun|-XX:OnError|-XX:OnOutOfMemoryError/,
  JDK_JAVA_OPTIONS: /-javaagent|-agentlib|-agentpath|-Xrun|-XX:OnError|-XX:OnOutOfMemoryError/,
  MAVEN_OPTS: /-javaagent|-agentlib|-agentpath/,
  PS1: /\$\(|`/,
  PS4: /\$\(|`/,
};

const WRITABLE_FOLDER = /^(?:\/tmp|\/var\/tmp|\/dev\/shm)(?:\/|$)/;

/**
 * What giving an environment variable a value means beyond the value: `exec.injected` for loader and interpreter
 * variables, `govern.command` for Canopy's own. A null value is unknown. Commands held in variables (`PAGER`,
 * `GIT_SSH_COMMAND`) are not judged here: the shell evaluates them as code.
 *
 * @see https://man7.org/linux/man-pages/man8/ld.so.8.html
 */
export function injectionEffects(name: string, value: string | null, _surroundings: Surroundings): readonly Effect[] {
  // Every assignment passes here: variables that matter are upper-case, and few.
  if (!IS_UPPER.test(name)) return NONE;
  if (name.startsWith("CANOPY_")) return [{ kind: "govern.command", via: "variable", command: `set ${name}` }];
  if (silencesHistory(name, value)) return [{ kind: "trace.erase", via: "variable", what: "shell history" }];
  return injects(name, value) ? [{ kind: "exec.injected", via: "variable", variable: name }] : NONE;
}

// What is typed from then on is kept nowhere.
function silencesHistory(name: string, value: string | null): boolean {
  if (name === "HISTFILE") return value === "" || value === "/dev/null";
  return (name === "HISTSIZE" || name === "HISTFILESIZE") && value === "0";
}

const NONE: readonly Effect[] = [];
const IS_UPPER = /^(?:[A-Z_][A-Z0-9_]*$|BASH_FUNC_)/;

function injects(name: string, value: string | null): boolean {
  if (LOADS_CODE.has(name)) return value !== "";
  if (name.startsWith("BASH_FUNC_")) return true;
  if (SEARCH_PATHS.has(name))
    return value !== null && (isWritablePath(value) || (name === "PATH" && startsHere(value)));
  const options = Object.hasOwn(OPTION_LISTS, name) ? OPTION_LISTS[name] : undefined;
  return options !== undefined && value !== null && options.test(value);
}

function isWritablePath(value: string): boolean {
  return value.split(":").some((entry) => WRITABLE_FOLDER.test(entry));
}

// A search path that begins with the working folder lets any file there pose as a program.
function startsHere(value: string): boolean {
  const [first = ""] = value.split(":");
  return first === "" || first === "." || first === "./";
}

/** Variables whose value is a command that some program runs. */
export const COMMAND_VARIABLES: ReadonlySet<string> = new Set([
  "GIT_SSH_COMMAND",
  "GIT_SSH",
  "GIT_EXTERNAL_DIFF",
  "GIT_PAGER",
  "GIT_EDITOR",
  "GIT_SEQUENCE_EDITOR",
  "GIT_ASKPASS",
  "GIT_PROXY_COMMAND",
  "SSH_ASKPASS",
  "SUDO_ASKPASS",
  "PAGER",
  "MANPAGER",
  "EDITOR",
  "VISUAL",
  "BROWSER",
  "LESSOPEN",
  "LESSCLOSE",
  "PROMPT_COMMAND",
  "RSYNC_RSH",
  "CVS_RSH",
  "TAR_OPTIONS",
]);
