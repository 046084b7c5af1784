// What only looks like running, deleting or loading: for code whose calls the reader did not find, because a function
// is named by a text, handed to another, or belongs to a language of which only its words are known. It decides nothing
// by itself: where the reader saw what happens, that counts.

/** Functions of PHP that run programs or code, or delete. */
const PHP_POWERS =
  "system|exec|passthru|shell_exec|popen|proc_open|pcntl_exec|assert|eval|create_function|unlink|rmdir|file_put_contents|include";

const RUBY_POWERS =
  "system|exec|spawn|fork|syscall|eval|instance_eval|class_eval|popen\\w*|rm\\w*|remove\\w*|delete|unlink|rmtree|Kernel|File|FileUtils|IO|Process|Open3|Dir|Object";

/** Signs in the whole text, strings included. */
const SIGNS: Readonly<Record<string, readonly RegExp[]>> = {
  python: [
    /\b(?:attrgetter|methodcaller)\s*\(\s*["'](?:system|popen|exec\w*|eval|run|call|Popen|rmtree|remove|unlink)|\brun_cell\b|\.magic\s*\(|\.git\.execute\s*\(/,
    /(?:^|[\n;])[ \t]*(?:from|import)[ \t]+(?:plumbum|win32com|wmi|winrm|pywinrm|ansible_runner|salt|winreg|pip|bdb|netmiko)\b/,
    /\bPath\s*\([^)\n]{0,200}\)\.(?:rename|replace|l?chmod|symlink_to|hardlink_to)\s*\(|\bO_(?:WRONLY|RDWR|TRUNC|CREAT)\b|\bFileIO\s*\(|\bmap\s*\(\s*Path\.\w+/,
    /\byaml\.load\b[^\n]{0,300}\b(?:Unsafe|yaml\.(?:Full)?)Loader|weights_only\s*=\s*False|webbrowser\.open\s*\(\s*["']file:|fileinput\.\w+\s*\([^)\n]{0,200}inplace/,
    /(?:extractall|unpack_archive)\s*\([^)\n]{0,200}["'](?:\/(?!tmp)|~|\.\.)|environ\s*\[\s*["'](?:LD_\w+|BASH_ENV|DYLD_\w+)["']\s*\]\s*=/,
    /^[ \t]+\w+[ \t]*=[ \t]*(?:os|subprocess|shutil)\.(?:system|popen|run|call|check_\w+|Popen|rmtree|remove|unlink)[ \t]*$/m,
  ],
  node: [
    /\bDeno\.run\b|\}\s*=\s*(?:Deno|Bun)\b|(?:require\s*\(|from|import)\s*["'](?:del|trash|fs-extra\/esm|shelljs(?:\/global)?|cross-spawn|sudo-prompt|node-cmd|node-pty)["']/,
    /\brequire\s*\(\s*["'](?:node:)?cluster["']\s*\)\.fork|\bReflect\.construct\b|=\s*Function\b\s*(?:[;\n]|$)/,
    /\bnew\s+Function\s*\([^)\n]{0,200},|\beval:\s*true|\bnew\s+Worker\s*\(\s*["'`](?:data|blob|https?):|\bset(?:Timeout|Interval|Immediate)\s*\(\s*["'`]|\bimportScripts\s*\(\s*["'`](?:https?|data):/,
    /promisify\s*\([^;\n]{0,200}\)\s*\(|process\.chdir\s*\(\s*["'`](?:\/|~|\.\.)|\.\\u[0-9a-f{]|\bexport\s*\{[^}]{0,200}\}\s*from\s*["'](?:node:)?child_process|["'`]javascript:/i,
    /\bGio\.(?:File|Subprocess)\b[^\n]{0,200}(?:\.(?:delete|trash|move|replace_contents|make_symbolic_link)\w*\s*\(|Subprocess)|\bGLib\.(?:unlink|rmdir|remove|rename|chmod|file_set_contents)\b/,
    /\bGLib\.spawn|\bstd\.(?:popen|loadScript|evalScript)\b|\bos\.(?:remove|exec)\s*\(/,
  ],
  lua: [
    /\bvim\.(?:cmd|api\.nvim_(?:command|exec2?|call_function))\b[^\n]{0,80}(?:!|\bcall\b|\bdelete\b|\bsystem|\bsource\b)|\bvim\.(?:loop|uv)\.(?:spawn|fs_rename)\b|\bvim\.fn\.(?:rename|termopen)\b/,
  ],
  ruby: [
    new RegExp(
      `\\b(?:__send__|public_send|send|method|instance_method|const_get|public_method)\\b[\\s(]*[:"'%]+(?:${RUBY_POWERS})\\b`,
    ),
    /(?:^|[\s;({]|\b(?:Kernel|Object|self|FileUtils|File|IO|Process|Dir)(?:\.new)?\.)(?:__send__|public_send|send)\b\s*\(?\s*(?:[^:\s(=]|:["'])/m,
    /:(?:system|exec|spawn|eval)\.to_proc|Open3\.pipeline|\.rmtree\b|Pathname(?:\.new)?\s*\(?[^)\n]{0,200}\)?\.(?:delete|unlink|rmtree)\b/,
    /\b(?:binding\.eval|(?:class|instance|module)_eval)\s*\(?\s*["'%<]|InstructionSequence|\bsyscall\b|\bsystem\s*\[|Kernel\.`/,
    /\bNet::(?:SSH|SCP|SFTP)\b/,
    /\.(?:exec!|delete_all|destroy_all|update_all|truncate_tables)\b|(?:^|;)[ \t]*sh\s*\(?\s*["']|\bFiddle\b|\bPTY\./m,
  ],
  php: [
    new RegExp(
      `\\b(?:call_user_func(?:_array)?|array_(?:map|filter|reduce|walk\\w*)|u[ak]?sort|register_\\w+|forward_static_call\\w*|preg_replace_callback\\w*|iterator_apply|ob_start|Reflection\\w+|fromCallable|spl_autoload_register|set_\\w+_handler|is_callable)\\b[^;\\n]{0,400}["'](?:${PHP_POWERS})["']`,
      "i",
    ),
    new RegExp(
      `(?<![\\w$>:])(?:system|exec|passthru|shell_exec|popen|proc_open|pcntl_exec|create_function)(?:\\s|/\\*)*\\(`,
      "i",
    ),
    /["']\s*\)?\s*\(\s*["'$]|\$\{\s*["'$]|\$\$\w+\s*\(|\$\w+\s*\[[^\]\n]{0,80}\]\s*\(|->\$\w+\s*\(\s*["']|\$_(?:GET|POST|REQUEST|COOKIE)\b[^;\n]{0,80}\)?\s*\(/,
    /\bpreg_replace\s*\(\s*["']([^\w\s])[^"'\n]{0,200}[/#~|}\])]\w{0,6}e\w{0,6}["']|\bnew\s+COM\b|\bFFI::|\bnew\s+SplFileObject\s*\([^)\n]{0,200},/i,
    /\b(?:include|require)(?:_once)?\b[\s(]*(?:\$_|["'](?:data|php|https?|phar|expect|zip):)/i,
  ],
  perl: [
    /&\s*\{|&\s*\$\w|\\&\s*(?:CORE\b|\{)|\*\{|\bgoto\s*&|(?:^|[;{][ \t]*)\*\w+\s*=|->can\(|\bCORE::|\breadpipe\b|(?<![$>])\b(?:system|exec)\s*\{/m,
    /["'](?:-\||\|-)["']|\bIPC::(?:Run|Open|System|Cmd)|\bPOSIX::(?:exec|_exit)|\bunlink\s*(?:[};<]|$)|(?<![{>$%@&:\w-])(?:system|exec)\s*(?:[;}]|$)|\bqqx\b|^[ \t]*run\s+["']/m,
    /\bkill\s*\(?\s*(?:-?\d+|["']?-?\w+["']?)\s*(?:,|=>)\s*-?[01]\b|\bkill\s*\(?\s*-\d|@ARGV\s*\)?\s*=|\bchmod\s*\(?\s*0?[0-7]+\s*,\s*["']\/|\bsyscall\b/,
  ],
  r: [
    /\b(?:system2|shell\.exec|\.Internal|\.Primitive|dyn\.load|\.Call|processx::|sys::exec|reticulate::|pipe|install\.packages|install_\w+|file\.re(?:name|move)|unlink|(?:dir|file)_delete)\s*\(?/,
    /\b(?:do\.call|get0?|mget|match\.fun|getFunction|Reduce|Filter|Map|[lsvmt]apply|map\w*|imap|walk\w*)\s*\([^\n;]{0,400}["']?\b(?:system2?|shell|unlink|file\.remove|eval|source)["']?\s*[,)]/,
    /(?:<-|=)\s*(?:system2?|shell|unlink|file\.remove)\s*(?:[;\n]|$)|\b(?:get|match\.fun|do\.call)\s*\(\s*(?:paste|rev|chartr|sprintf|strsplit|intToUtf8|rawToChar)/,
    /\bsource\s*\(\s*["']https?:|\b(?:writeLines|cat|sink|saveRDS|save|write\w*)\s*\([^\n;]{0,400}["'](?:\/(?!tmp\/)|~)/,
  ],
  osascript: [/\bdo script\b|\bdoShellScript\b|\bdelete every\b|\brun script\b|\$\.system|\bNSTask\b/i],
  tcl: [/(?:^|[;\n[])[ \t]*\$\w+\s|\beval\b/m],
  awk: [/@\w+\s*\(|@load\b/],
  powershell: [
    /&\s*[($]|(?:^|[;\s])\.\s+[($]|\|\s*(?:%\s*\{\s*)?(?:ri|rm|del|rd|erase|rmdir|remove-\w+|clear-\w+|stop-\w+|kill|spps|sc|set-content)\b|\w`\w/im,
    /\[(?:System\.)?(?:Diagnostics\.Process|Reflection\.\w+|Runtime\.InteropServices[\w.]*|Activator|AppDomain|Management\.[\w.]+|Microsoft\.Win32[\w.]*|Environment)\]::(?!Get|Is|User|Machine|New|Processor|OS|Current)/i,
    /\[(?:System\.)?IO\.(?:File|Directory)\]::(?:Delete|Write|Move|Create|Append|Replace|Set|OpenWrite|Copy)|InvokeCommand|NewScriptBlock|wmimethod|\biwmi\b|\[wmi|cimmethod|remove-(?:wmi|cim)/i,
    /-ComObject\b|\bAdd-Type\b|DllImport|\.(?:Delete|DeleteFolder|DeleteFile|Kill|ShellExecute|Run|InvokeScript)\s*\(|\$\{function:|\bHK(?:LM|CU|CR):/i,
    /\b(?:start-process|saps|start)\s+["']?\S{0,80}?(?:cmd|powershell|pwsh|rm|bash|wsl|sh|format|diskpart)\b|[$@]\(\s*(?:rm|ri|del|rd|erase|iex|remove-\w+|invoke-\w+|stop-\w+|clear-\w+|format-volume)\b/i,
    /\b(?:remove|uninstall|clear|disable|reset|revoke|dismount|disconnect|stop)-(?!item\b|variable|module|job|transcript|host\b|content|history|psdrive|event\b|pssession|service|process|computer|eventlog)[a-z]\w+/i,
    /\binvoke-(?:sqlcmd|azvmruncommand|awscli|psexec)|\\\\[\w.-]+\\\w/i,
  ],
};

/** Words of languages that are read by their words alone: running, deleting, evaluating, calling foreign code. */
const OTHER_SIGNS: readonly RegExp[] = [
  /(?:^|[^\w.-])(?:system\*?|shell|sh|popen\d?|spawn\w*|fork\w*|execv?p?e?|dos|unix|feval|ccall|dlopen|shell_cmd|qqx|qx|startfile|eval|evalc|rm|rmdir|unlink|rmtree|rm_rf)[\s(!;'"]/m,
  /\.(?:execute|exec|system|spawn|popen|run_command|deleteDir|deleteRecursively|deleteOnExit|delete|removeItem|unlink|launch|waitFor)\b\s*[([!"']|\.!!?(?:\W|$)/,
  /\b(?:run-program|run-shell-command|shell-command|call-process|start-process|make-process|sys-system|run-command|delete-(?:file|directory)[\w/-]*|delete-tree|os\/(?:execute|spawn|shell|rm|rmdir|rename)|fs\/rm\w*|clojure\.java\.(?:shell|io)\/(?:sh|delete-file)|spit)\b/,
  /\b(?:callCommand|callProcess|readProcess\w*|readCreateProcess|createProcess|rawSystem|spawnCommand|removeFile|removeDirectory\w*|removePathForcibly|createProcess|unsafePerformIO)\b|:!\s*\S/,
  /\bos:cmd|\bopen_port|\bfile:(?:del\w*|rename|write_file)|\bapply\s*\(\s*:?\w+\s*,|\bPort\.open|\bSystem\.(?:cmd|shell)|\bFile\.(?:rm\w*|write|delete|rename|cp\w*)!?\s*[(" ]|\bCode\.eval/,
  /\bProcessBuilder\b|\bgetRuntime\b|\bsys\.process\b|\bProcess\s*[({]|\bProcess\.(?:Start|run|new)\b|\bFiles?\.(?:delete|write|move|copy|remove)\w*|\bos\.(?:remove|proc|write|move)\b|\bDirectory\.Delete|\bFileManager\b/,
  /\b(?:Sys|Unix)\.(?:command|remove|rename|rmdir|exec\w*|system|unlink|fork|create_process|open_process\w*)|\bdo(?:Shell)?\s*script\b|\bdoShellScript\b|\bspawn_command\w*|\b(?:Run|RunProcess|StartProcess|DeleteFile|DeleteDirectory|SystemOpen|Import)\[/,
  /\b(?:delete_file|delete_directory|shell|process_create)\s*\(|\bsyscmd\b|\besyscmd\b|^[ \t]*:?!\s*\S|["']\s*[<|]\s*\S|\brun\s*\(?\s*(?:`|Cmd|["'])|\binclude_string|\bMeta\.parse|\bstd\.(?:popen|loadScript|evalScript)|\bpopen\b/m,
  /\bposix_spawn\w*|\bexec(?:ShellCmd|CmdEx?|Process)\b|:os\.cmd\b/,
  /`[^`\n]+`/,
];

/** Whether the text has a sign of what its reader did not find. Linear: every repetition is bounded or single. */
export function hasSigns(language: string, text: string): boolean {
  const signs = Object.hasOwn(SIGNS, language) ? SIGNS[language] : language === "other" ? OTHER_SIGNS : undefined;
  if (signs === undefined) return false;
  return (
    signs.some((sign) => sign.test(text)) ||
    (language === "php" && callsText(text)) ||
    (language === "python" && TEMPLATES.test(text) && TEMPLATE_CODE.test(text)) ||
    (language === "perl" && callsNamed(text))
  );
}

/** Engines that make text of templates, and templates that reach for what lies behind the values that they are given. */
const TEMPLATES =
  /\b(?:jinja2?|mako|tornado|chameleon|genshi|Template|from_string|render_template_string|Environment)\b/;
const TEMPLATE_CODE =
  /\{[{%][^\n]{0,160}(?:__\w|\bimport\b|popen|\bos\.)|\$\{[^\n]{0,160}(?:__\w|\bimport\b|\bos\.)|<%[^\n]{0,160}(?:\bimport\b|__)/;

/** More called variables than this are not looked at one by one: the text has a sign. */
const MAX_CALLED = 24;

/** The names of the variables that are called; null when there are too many. */
function calledVariables(text: string, call: RegExp): ReadonlySet<string> | null {
  const names = new Set<string>();
  for (const match of text.matchAll(call)) {
    names.add(match[1] ?? "");
    if (names.size > MAX_CALLED) return null;
  }
  return names;
}

/** `$f(…)` of a variable that is neither a closure nor a parameter, or of a parameter when a powerful name is handed on. */
function callsText(text: string): boolean {
  const called = calledVariables(text, /(?<![>:$\w])\$(\w+)\s*\(/g);
  if (called === null) return true;
  let handed = false;
  for (const name of called) {
    if (["function", "fn", "static"].some((how) => text.includes(`$${name} = ${how}`))) continue;
    if (!isParameter(text, name)) return true;
    handed = true;
  }
  return handed && HANDS_POWER.test(text);
}

const HANDS_POWER = new RegExp(`[(,]\\s*["'](?:${PHP_POWERS})["']\\s*[,)]`, "i");

/** Whether a variable of PHP stands in the brackets of a function's parameters. */
function isParameter(text: string, name: string): boolean {
  return new RegExp(`\\b(?:function\\b[^{;]{0,200}|fn\\s*\\([^)]{0,200})\\$${name}\\b`).test(text);
}

/** `$f->(…)` where `$f` was set to a text or to a named function. */
function callsNamed(text: string): boolean {
  const called = calledVariables(text, /\$(\w+)\s*->\s*\(/g);
  if (called === null) return true;
  return [...called].some((name) => new RegExp(`\\$${name}\\s*=\\s*["'\\\\q]`).test(text));
}
