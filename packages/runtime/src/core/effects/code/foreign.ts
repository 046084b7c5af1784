// Code in another language than the one that its tool is said to run. Some tools run it all the same, and nobody means
// it: it is read as what it looks like, too.

interface Look {
  readonly language: string;
  readonly looks: RegExp;
}

/** What a line of another language looks like; none of it is sound in the languages that it is not said of. */
const LOOKS: readonly Look[] = [
  {
    language: "python",
    looks:
      /^[ \t]*(?:import [A-Za-z_][\w.]*(?:[ \t]*(?:;|,|#|$)|[ \t]+as )|from [\w.]+ import |def \w+\(.*\)[^{\n]*:[ \t]*$|print\(f?["'])|\b__import__\(|\b(?:os\.system|shutil\.rmtree|subprocess\.(?:run|call|Popen|check_\w+))\(/m,
  },
  {
    language: "node",
    looks:
      /^[ \t]*(?:const|let|var) [\w${[]|\brequire\(["'`](?:node:)?(?:child_process|fs|vm|os|net)|\bfs\.(?:rm|unlink|rmdir|writeFile)\w*\(|=>[ \t]*[{(]|\bconsole\.log\(/m,
  },
  { language: "php", looks: /<\?(?:php|=)/i },
  {
    language: "ruby",
    looks:
      /^[ \t]*(?:system|exec|puts|require|%x)[ \t]*["'{(]|\b(?:FileUtils\.rm\w*|File\.(?:delete|unlink)|IO\.popen|Dir\.glob)\b|^[ \t]*`[^`\n]+`[ \t]*$/m,
  },
  { language: "lua", looks: /\bos\.execute\b|\bio\.(?:popen|output)\b|\bloadstring\s*\(/ },
  {
    language: "perl",
    looks:
      /^[ \t]*(?:my [$@%(]|our [$@%]|use (?:strict|warnings|POSIX|Fcntl|[A-Z]\w*::)|(?:unlink|system|exec)[ \t]+["'$@q<]|qx[{(/])|\bIO::File\b/m,
  },
  {
    language: "r",
    looks: /\bfile\.(?:remove|rename)\s*\(|\bsystem2?\s*\([^)\n]{0,200}\bintern\b|^[ \t]*library\(\w+\)/m,
  },
  {
    language: "powershell",
    looks: /^[ \t]*(?:(?:Remove|Invoke|Start|Stop|Set|New|Clear|Format)-[A-Z]\w+|iex|iwr)\b[^=(\n]*$/m,
  },
  {
    language: "shell",
    looks:
      /^[ \t]*(?:sudo|rm|dd|mkfs\S*|curl|wget|bash|sh|zsh|cat|chmod|chown|cp|mv|kill|killall|pkill|git|docker|kubectl|find|tar|ssh|scp|nc|ncat|shutdown|reboot|systemctl|crontab|echo|eval|source|:\(\))[ \t]+(?![=,)\]:+%&|^]|\.(?![\w./~])|\*(?![./]|[ \t]*(?:$|[-/~]))|-[ \t=]|(?:in|is|if|and|or|not|for)[ \t]+(?![^\n]*[ \t](?:[/~]\w|-[a-z-]|\/[ \t]*$))[\w"'([{])\S/m,
  },
];

/** The other languages that code of a language (`""`: of any) looks like. Linear. */
export function lookalikes(language: string, text: string): readonly string[] {
  const found: string[] = [];
  const own = language === "python" || language === "node" || language === "";
  for (const look of LOOKS)
    if (look.language !== language && (own || !OWN_ONLY.has(look.language)) && look.looks.test(text))
      found.push(look.language);
  return found;
}

/** Looks that code of Perl, Ruby, PHP and Lua shares among them. */
const OWN_ONLY: ReadonlySet<string> = new Set(["shell", "perl", "lua", "r"]);
