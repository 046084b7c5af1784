// Variables that make other programs run foreign code, or that steer Canopy itself.

import type { Effect } from "../effect.ts";
import { classifyHost, classifyUrl } from "../host.ts";
import { runsProgram } from "../programs/git-settings.ts";
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
  "GIT_CONFIG_PARAMETERS",
  "ZDOTDIR",
  "LUA_INIT",
  "VIMINIT",
  "EXINIT",
  "PHPRC",
  "PHP_INI_SCAN_DIR",
  "R_PROFILE_USER",
  "R_ENVIRON_USER",
  "DOTNET_STARTUP_HOOKS",
  "CORECLR_PROFILER",
  "CORECLR_PROFILER_PATH",
  "COR_PROFILER",
  "COR_PROFILER_PATH",
  "GTK_MODULES",
  "NODE_REPL_EXTERNAL_MODULE",
]);

/** Files of settings, which may run programs: nothing but none at all is harmless. */
const SETTINGS_FILES: ReadonlySet<string> = new Set(["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG"]);

/** All that is fetched and sent passes through these. */
const PROXIES = /^(?:https?|ftp|all)_proxy$/i;

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
  "GEM_PATH",
  "GEM_HOME",
  "GIT_DIR",
  "OPENSSL_CONF",
  "OPENSSL_ENGINES",
  "OPENSSL_MODULES",
  "PYTHONUSERBASE",
  "QT_PLUGIN_PATH",
  "GIO_MODULE_DIR",
  "GTK_PATH",
  "GST_PLUGIN_PATH",
]);

/** Options of an interpreter: only those that load code. */
const OPTION_LISTS: Readonly<Record<string, RegExp>> = {
  NODE_OPTIONS: /(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader|--inspect\S*)(?:[=\s]|$)/,
  JAVA_TOOL_OPTIONS: /-javaagent|-agentlib|-agentpath|-Xrun|-XX:OnError|-XX:OnOutOfMemoryError/,
  _JAVA_OPTIONS: /-javaagent|-agentlib|-agentpath|-Xrun|-XX:OnError|-XX:OnOutOfMemoryError/,
  JDK_JAVA_OPTIONS: /-javaagent|-agentlib|-agentpath|-Xrun|-XX:OnError|-XX:OnOutOfMemoryError/,
  MAVEN_OPTS: /-javaagent|-agentlib|-agentpath/,
  GRADLE_OPTS: /-javaagent|-agentlib|-agentpath/,
  // A pager or browser by its path, outside of the system's folders.
  MANOPT: /(?:^|\s)-(?:\w*[PH]|-pager[=\s]|-html=)\s*["']?(?!\/(?:usr|bin|opt|nix)\/)[\w.~-]*\//,
  GOFLAGS: /-toolexec|-exec\b/,
  PS0: /\$\(|`/,
  PS1: /\$\(|`/,
  PS2: /\$\(|`/,
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
  if (value !== null && name.length < 12 && PROXIES.test(name)) return proxied(value);
  if (!IS_UPPER.test(name)) return NONE;
  if (name.startsWith("CANOPY_")) return [{ kind: "govern.command", via: "variable", command: `set ${name}` }];
  if (silencesHistory(name, value)) return [{ kind: "trace.erase", via: "variable", what: "shell history" }];
  return injects(name, value) ? [{ kind: "exec.injected", via: "variable", variable: name }] : NONE;
}

// What is typed from then on is kept nowhere.
function silencesHistory(name: string, value: string | null): boolean {
  if (name === "HISTIGNORE") return value !== null && value.split(":").includes("*");
  if (name === "HISTFILE") return value === "" || value === "/dev/null";
  return (name === "HISTSIZE" || name === "HISTFILESIZE") && value === "0";
}

// A proxy on this machine or in its network is everyday.
function proxied(value: string): readonly Effect[] {
  if (value === "") return NONE;
  const host = value.includes("://") ? classifyUrl(value).host : classifyHost(value);
  return host.class === "public" || host.class === "metadata"
    ? [{ kind: "net.connect", via: "variable", host, sends: true, origin: "shell", scheme: null }]
    : NONE;
}

const NONE: readonly Effect[] = [];
const IS_UPPER = /^(?:[A-Z_][A-Z0-9_]*$|BASH_FUNC_)/;

function injects(name: string, value: string | null): boolean {
  if (LOADS_CODE.has(name)) return value !== "";
  if (name.startsWith("BASH_FUNC_") || name.startsWith("LUA_INIT_")) return true;
  if (SETTINGS_FILES.has(name)) return value !== "" && value !== "/dev/null";
  if (name.startsWith("GIT_CONFIG_KEY_")) return value === null || runsProgram(value);
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
  "SVN_SSH",
  "FCEDIT",
  "HGEDITOR",
  "SUDO_EDITOR",
  "SYSTEMD_PAGER",
  "SYSTEMD_EDITOR",
  "KUBE_EDITOR",
  "AWS_PAGER",
  "GH_PAGER",
  "GH_EDITOR",
  "DELTA_PAGER",
  "BAT_PAGER",
  "PSQL_PAGER",
  "PSQL_EDITOR",
  "FZF_DEFAULT_COMMAND",
  "CC",
  "CXX",
  "CPP",
  "LD",
  "AR",
  "RUSTC",
  "RUSTC_WRAPPER",
  "RUSTC_WORKSPACE_WRAPPER",
  "CARGO_BUILD_RUSTC_WRAPPER",
  "CMAKE_C_COMPILER_LAUNCHER",
  "CMAKE_CXX_COMPILER_LAUNCHER",
  "SHELL",
  "CONFIG_SHELL",
  "MAKESHELL",
  "npm_config_script_shell",
  "NPM_CONFIG_SCRIPT_SHELL",
  "npm_config_git",
  "npm_config_editor",
]);

/** Variables that hold options of a program, and that program: some of those run commands. */
export const OPTIONS_OF: ReadonlyMap<string, string> = new Map([
  ["TAR_OPTIONS", "tar"],
  ["MAKEFLAGS", "make"],
  ["GNUMAKEFLAGS", "make"],
  ["LESS", "less"],
  ["MANOPT", "man"],
  ["ZIPOPT", "zip"],
  ["ZIP", "zip"],
]);
