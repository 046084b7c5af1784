// Variables that make other programs load or run code.

import { words } from "./rows.ts";

const VARIABLES = new Set(
  words(`
    LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT LD_DEBUG_OUTPUT DYLD_INSERT_LIBRARIES DYLD_LIBRARY_PATH DYLD_FRAMEWORK_PATH
    BASH_ENV PROMPT_COMMAND SHELLOPTS BASHOPTS ZDOTDIR PYTHONSTARTUP PYTHONINSPECT PYTHONHOME PERL5LIB PERLLIB
    PERL5DB RUBYLIB GIT_SSH GIT_SSH_COMMAND
    GIT_EXTERNAL_DIFF GIT_PAGER GIT_EDITOR GIT_PROXY_COMMAND GIT_ASKPASS GIT_EXEC_PATH GIT_TEMPLATE_DIR SSH_ASKPASS
    LESSOPEN LESSCLOSE PHPRC PHP_INI_SCAN_DIR GCONV_PATH MANPAGER BROWSER GLIBC_TUNABLES RUSTC_WRAPPER
  `),
);

/** Variables that hold options: only some of those load code. */
const OPTION_VARIABLES: Readonly<Record<string, RegExp>> = {
  NODE_OPTIONS: /--require|-r\b|--import|--loader|--experimental-loader|--inspect/,
  JAVA_TOOL_OPTIONS: /agent|-XX:OnError|-XX:OnOutOfMemoryError/i,
  _JAVA_OPTIONS: /agent|-XX:OnError|-XX:OnOutOfMemoryError/i,
  JDK_JAVA_OPTIONS: /agent|-XX:OnError|-XX:OnOutOfMemoryError/i,
  RUBYOPT: /-r/,
  PERL5OPT: /-[Mmd]/,
};

/** Whether setting the variable to the value (null when unknown) makes other programs load or run foreign code. */
export function injects(variable: string, value: string | null = null): boolean {
  if (VARIABLES.has(variable) || variable.startsWith("BASH_FUNC_")) return value !== "";
  const loading = Object.hasOwn(OPTION_VARIABLES, variable) ? OPTION_VARIABLES[variable] : undefined;
  return loading !== undefined && (value === null || loading.test(value));
}
