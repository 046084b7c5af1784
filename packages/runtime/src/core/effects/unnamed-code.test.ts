import assert from "node:assert/strict";
import { test } from "node:test";
import { answerTo, type RecordedRequest } from "../../runtime/recorded-answer.fixture.test.ts";

/** What a decision is, in which language, of which code. */
type Case = readonly [decision: string, language: string, code: string];

const RUN_BY: Readonly<Record<string, string>> = { r: "Rscript -e", sed: "sed", awk: "awk" };

function requestFor(language: string, code: string): RecordedRequest {
  const program = RUN_BY[language];
  if (program === undefined && language !== "shell")
    return { action_type: "execute_code", action_payload: language === "" ? { code } : { language, code } };
  const quoted = `'${code.replaceAll("'", `'\\''`)}'`;
  const command = program === undefined ? code : `${program} ${quoted} ${language === "r" ? "" : "in.txt"}`;
  return { action_type: "execute_shell", action_payload: { command } };
}

function judged(cases: readonly Case[]): void {
  for (const [decision, language, code] of cases)
    assert.equal(answerTo(requestFor(language, code)).said, decision, `${language}: ${code}`);
}

const CODE_OF_NO_NAMED_LANGUAGE_IS_JUDGED_AS_ALL_THAT_IT_LOOKS_LIKE: readonly Case[] = [
  ["DENY", "", "true; rm -rf /etc/x"],
  ["DENY", "", "cd x && rm -rf /etc/x"],
  ["DENY", "", "if true; then rm /etc/x; fi"],
  ["DENY", "", "X=1 rm /etc/x"],
  ["DENY", "", "env rm /etc/x"],
  ["DENY", "", "/bin/rm /etc/x"],
  ["DENY", "", "time rm /etc/x"],
  ["DENY", "", "for i in 1; do rm /etc/x; done"],
  ["DENY", "", "(rm /etc/x)"],
  ["DENY", "", "yes | rm /etc/x"],
  ["DENY", "", "printf a > /etc/x"],
  ["DENY", "", "tee /etc/x"],
  ["REQUIRE_APPROVAL", "", "reboot"],
  ["DENY", "", "$(echo rm) /etc/x"],
  ["DENY", "", "truncate -s 0 /etc/x"],
  ["DENY", "", "shred /etc/x"],
  ["DENY", "", "a=rm; $a /etc/x"],
  ["DENY", "", "`rm /etc/x`"],
  ["DENY", "", "FileUtils.rm_rf('/etc/x')"],
  ["DENY", "", "require 'fileutils'\nFileUtils.rm_rf '/etc/x'"],
  ["DENY", "", "File.delete('/etc/x')"],
  ["DENY", "", "unlink '/etc/x';"],
  ["DENY", "", "<?php unlink('/etc/x'); ?>"],
  ["DENY", "", "unlink('/etc/x');"],
  ["DENY", "", "system 'rm /etc/x'"],
  ["DENY", "", "system('rm /etc/x')"],
  ["DENY", "", "os.execute('rm /etc/x')"],
  ["REQUIRE_APPROVAL", "", 'os.RemoveAll("/etc/x")'],
  ["REQUIRE_APPROVAL", "", 'package main\nimport "os"\nfunc main() { os.RemoveAll("/etc/x") }'],
  ["REQUIRE_APPROVAL", "", 'std::fs::remove_file("/etc/x")'],
  ["REQUIRE_APPROVAL", "", 'fs::remove_dir_all("/etc/x")'],
  ["REQUIRE_APPROVAL", "", 'exec.Command("rm", "/etc/x").Run()'],
  ["REQUIRE_APPROVAL", "", 'Runtime.getRuntime().exec("rm /etc/x")'],
  ["REQUIRE_APPROVAL", "", 'Files.delete(Paths.get("/etc/x"))'],
  ["REQUIRE_APPROVAL", "", 'new File("/etc/x").delete()'],
  ["REQUIRE_APPROVAL", "", 'std::process::Command::new("rm").arg("/etc/x").spawn()'],
  ["DENY", "", 'file.remove("/etc/x")'],
  ["DENY", "", "Remove-Item -Recurse C:\\Windows"],
  ["REQUIRE_APPROVAL", "", 'System.IO.File.Delete("/etc/x")'],
  ["REQUIRE_APPROVAL", "", "DROP TABLE users"],
  ["DENY", "", "rm(list=ls()); unlink('/etc/x')"],
  ["REQUIRE_APPROVAL", "", 'std::filesystem::remove_all("/etc/x");'],
  ["DENY", "python", "FileUtils.rm_rf('/etc/x')"],
  ["DENY", "python", "unlink '/etc/x';"],
  ["DENY", "python", "os.execute('rm /etc/x')"],
  ["DENY", "python", "system 'rm', '/etc/x';"],
  ["DENY", "python", "my $x = 1; system('rm /etc/x');"],
  ["DENY", "node", "my $x = 1; unlink('/etc/x');"],
  ["ALLOW", "", "print(1)"],
  ["ALLOW", "", "import json\nwith open('a') as f:\n  print(json.load(f))"],
  ["ALLOW", "", "const x = 1; console.log(x)"],
  ["ALLOW", "", "ls -la"],
  ["ALLOW", "", "true; ls"],
  ["ALLOW", "", "2+2"],
  ["ALLOW", "", "SELECT 1"],
  ["ALLOW", "", "puts 'hello'"],
  ["ALLOW", "", "x = [1,2]\nx.remove(1)\nprint(x)"],
  ["ALLOW", "", "let s = `a${1}`; console.log(s)"],
  ["ALLOW", "", "df = df.drop(columns=['a'])\nprint(df.head())"],
  ["ALLOW", "", 'fn main() { println!("hi"); }'],
  ["ALLOW", "", 'package main\nimport "fmt"\nfunc main() { fmt.Println(1) }'],
  ["ALLOW", "", "def f(x):\n    '''Doc (a; b).'''\n    return x | 1\nprint(f(2))"],
  ["ALLOW", "", "for i in range(3):\n    print(i)"],
  ["ALLOW", "", "class A { get(k) { return this.m.get(k) } delete(k) { this.m.delete(k) } }"],
  ["ALLOW", "", "import pandas as pd\ndf = pd.read_csv('a.csv')\nprint(df[df.a > 3].groupby('b').sum())"],
  ["ALLOW", "", "if x > 3: print('a; rm it')"],
  ["ALLOW", "python", "find = 1\nprint(find)"],
];

test("code of no named language is judged as all that it looks like", () =>
  judged(CODE_OF_NO_NAMED_LANGUAGE_IS_JUDGED_AS_ALL_THAT_IT_LOOKS_LIKE));

const EVERYDAY_CODE_OF_NO_NAMED_LANGUAGE_RUNS: readonly Case[] = [
  ["ALLOW", "", "const t = `rm ${x}`.length"],
  ["ALLOW", "", "export const a = 1;"],
  ["ALLOW", "", "time = 3; kill = 4\nprint(time - kill)"],
  ["ALLOW", "", "class F:\n  def remove(self, x): self.l.remove(x)\nF().remove('a')"],
  ["ALLOW", "", "el.remove(); map.delete('x'); new File(['a'], 'b.txt')"],
  ["ALLOW", "", "const r = /(rm -rf)/.test(s)"],
  ["ALLOW", "", "if (a > b) { find(a) } else { find(b) }"],
  ["ALLOW", "", "SELECT id FROM users WHERE update_at > 3"],
  ["ALLOW", "", "x <- c(1,2)\nprint(mean(x))"],
  ["ALLOW", "", 'my $x = 1; print "$x\\n";'],
  ["ALLOW", "", "local x = 1\nprint(x)"],
  ["ALLOW", "", "require 'json'\nputs JSON.parse('{}')"],
  ["ALLOW", "", "<?php echo 1; ?>"],
  ["ALLOW", "", 'use std::fs;\nfn main() { let s = fs::read_to_string("a.txt").unwrap(); println!("{}", s); }'],
  ["ALLOW", "", "public class A { public static void main(String[] a) { System.out.println(1); } }"],
  ["ALLOW", "", "git status; npm test"],
  ["ALLOW", "", "cd x && npm test"],
  ["ALLOW", "", "for f in *.py; do echo $f; done"],
  ["ALLOW", "python", "import pandas as pd\nx = 'system2'\nprint(x)"],
  ["ALLOW", "javascript", "const perl = 'my $x';\nconsole.log(perl)"],
];

test("everyday code of no named language runs", () => judged(EVERYDAY_CODE_OF_NO_NAMED_LANGUAGE_RUNS));
