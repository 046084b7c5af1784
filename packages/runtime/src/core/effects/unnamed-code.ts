// Code of which nobody says what language it is in. A runner may take it for any: what looks like commands, statements to
// a database or another language is judged as that, too. What runs or deletes in a language that nobody reads here asks.

import { lookalikes } from "./code/foreign.ts";
import type { Effect } from "./effect.ts";

/** How code is read as a language: its effects. */
export type ReadAs = (language: string, text: string) => readonly Effect[];

/** First words of texts that are shell commands rather than code. */
const COMMAND_START =
  /^[ \t]*(?:sudo|rm|dd|mkfs\S*|curl|wget|bash|sh|zsh|cat|chmod|chown|cp|mv|ls|cd|export|echo|kill\S*|git|npm|pip3?|apt\S*|docker|kubectl|find|tar|ssh|scp|nc|ncat|eval|source|\.|:\(\))\s/m;

/** Words that begin commands, and in code hardly stand before another word. */
const COMMANDS =
  "sudo|doas|rm|rmdir|unlink|dd|mkfs[\\w.]*|shred|truncate|tee|curl|wget|bash|sh|zsh|dash|cat|chmod|chown|chgrp|chattr|cp|mv|ln|install|ls|cd|echo|printf|touch|kill|killall|pkill|git|npm|npx|pip3?|apt(?:-get)?|yum|dnf|brew|docker|podman|kubectl|helm|terraform|aws|gcloud|find|xargs|tar|sed|awk|ssh|scp|rsync|nc|ncat|socat|eval|source|crontab|systemctl|service|iptables|mount|umount|useradd|userdel|usermod|passwd|shutdown|python3?|perl|ruby|node|php|env|nohup|time|exec";
/** What stands before a command that doesn't begin its line. */
const BEFORE =
  "(?:^|[;&|({!]|\\$\\(|\\b(?:then|do|else|time|env|nohup|exec|command|builtin)[ \\t]|\\b[A-Za-z_]\\w{0,64}=[^\\s;]{0,200}[ \\t])";
/** What code has behind a name. */
const IN_CODE = "(?![=,)\\]:+%^]|[*&|-][ \\t]|(?:in|is|if|and|or|not|for|as|from|of)\\b)";
const COMMAND_WITHIN = new RegExp(
  `${BEFORE}[ \\t]*(?:/\\S{0,100}/)?(?:${COMMANDS})[ \\t]+${IN_CODE}\\S` +
    `|\`[ \\t]*(?:${COMMANDS})[ \\t]+${IN_CODE}[^\`$\\n]{1,400}\`` +
    "|(?:^|[;&|])[ \\t]*(?:reboot|poweroff|shutdown)[ \\t]*(?:$|[;&|])" +
    "|(?:^|[;&|])[ \\t]*(?:\\$\\{?\\w{1,64}\\}?[ \\t]+[/~]|(?:(?::|true)[ \\t]*)?>>?[ \\t]*[/~])",
  "m",
);

const STATEMENT =
  /^[ \t]*(?:drop\s+(?:table|database|schema|index|view|user|role)|truncate\s+(?:table\s+)?\w|alter\s+(?:table|user|role|database|system)|grant\s+\w|revoke\s+\w|delete\s+from|update\s+\S+\s+set|insert\s+into)\b/im;

/** Calls that run programs, or delete and write files, in languages that nobody reads here. */
const UNREAD: readonly RegExp[] = [
  /\bos\.(?:Remove|RemoveAll|WriteFile|Rename|Chmod|Chown|Truncate|OpenFile|Create|StartProcess)\(|\bexec\.Command(?:Context)?\(|\bsyscall\.(?:Exec|Kill|Unlink|Rmdir|Reboot)\(|\bioutil\.WriteFile\(/,
  /\bfs::(?:remove_\w+|write|rename|copy|set_permissions|hard_link)\(|\bCommand::new\(|\bFile::create\(|\bOpenOptions::new\(|\blibc::\w+\(/,
  /\bRuntime\.getRuntime\b|\bProcessBuilder\b|\bFiles\.(?:delete|write|move|copy|newBufferedWriter|newOutputStream)\w*\(|\bFileUtils\.(?:delete|forceDelete|cleanDirectory|write)\w*\(|\bnew (?:FileWriter|FileOutputStream|RandomAccessFile)\(|["']\s*\.execute\(\)|\bsys\.process\b/,
  /\b(?:File|Directory)\([^)\n]{0,200}\)\.(?:delete\w*|renameTo|writeText|writeAsString\w*|setWritable)\b|\b(?:File|Directory)\.(?:Delete|WriteAll\w+|Move|Copy|AppendAll\w+)\(|\bProcess\.(?:Start|run|runSync)\(|\bProcessStartInfo\b|\bProcess\(\)/,
  /\bfilesystem::(?:remove|rename|copy)\w*\(|\bremove_all\(|(?<![.\w>:$])(?:unlink|rmdir|system|popen|exec[lv]p?e?|truncate)\(\s*["'@]|(?<![.\w>:$])(?:std::)?remove\(\s*"[/~.]|\bofstream\b|\bfopen\(\s*"[^"\n]{0,200}",\s*"[wa]/,
  /\bFileManager\.default\b|\bFile\.rm\w*!?[ (]|\bSystem\.(?:cmd|shell)[ (]|\bos:cmd\(|\bfile:(?:delete|write_file|del_dir\w*)\(|\b(?:Sys|Unix)\.(?:command|remove|unlink|rmdir|rename|system)\b/,
  /\b(?:removeFile|removeDir(?:ectory)?\w*|removePathForcibly|callCommand|callProcess|readProcess\w*|rawSystem|execShellCmd|deleteTree|deleteFile)\b[ (]|\brun\(`[^`\n]{1,200}`|(?<![.\w])rm\(\s*"/,
  /\bclojure\.java\.shell\b|\((?:io\/delete-file|uiop:run-program|run-program|delete-file|shell-command|sh\/sh)\b|\bCreateObject\s*\(|\bdo shell script\b|\bWScript\.Shell\b|(?:^|[;&|\n])[ \t]*(?:del|rd|rmdir|erase)[ \t]+\/[a-z]\b/i,
];

/** The effects of code of which nobody says what language it is in. Linear in the text. */
export function unnamedCode(text: string, readAs: ReadAs): readonly Effect[] {
  if (COMMAND_START.test(text)) return readAs("shell", text);
  const effects = [...readAs("python", text), ...readAs("node", text)];
  if (COMMAND_WITHIN.test(text)) effects.push(...asCommands(readAs("shell", text)));
  if (STATEMENT.test(text)) effects.push(...readAs("sql", text));
  for (const language of lookalikes("", text)) if (!READ_ANYWAY.has(language)) effects.push(...readAs(language, text));
  if (UNREAD.some((calls) => calls.test(text)))
    effects.push({ kind: "exec.unresolved", via: "code", part: "code", text: text.slice(0, 200) });
  return effects;
}

/** What reading as commands says of a text that need not be any: of what is none, only what it would do. */
function asCommands(effects: readonly Effect[]): readonly Effect[] {
  const isBroken = effects.some(({ kind }) => kind === "exec.unparsed");
  return effects.filter(
    ({ kind }) => kind !== "exec.program" && kind !== "exec.unparsed" && !(isBroken && kind === "exec.obfuscated"),
  );
}

const READ_ANYWAY: ReadonlySet<string> = new Set(["python", "node", "shell"]);
