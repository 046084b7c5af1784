import { testCode } from "../../../runtime/answers.fixture.test.ts";

testCode("a text that grows or changes in its place is known as what it is then, or not at all", "perl", {
  DENY: ['my $c = "rm -rf"; $c .= " /"; system($c);', '$c = "rm"; $c .= " -rf /"; system $c;'],
  REQUIRE_APPROVAL: [
    '$c = "ls"; $c .= $x; system($c);',
    'my $c = ""; $c ||= "rm -rf /"; system($c);',
    'my @a = ("ls", "-rf", "/"); $a[0] = "rm"; system(@a);',
  ],
  ALLOW: ['my $c = "ls"; $c .= " -l"; system($c);', 'my $s = "a"; $s .= "b"; print $s;'],
});

testCode("a text that grows or changes in its place is known as what it is then, or not at all", "ruby", {
  DENY: [
    'c = "rm"; c <<= " -rf /"; system(c)',
    'c = "rm"; c << " -rf /"; system(c)',
    'c = "rm"; c.concat(" -rf /"); system(c)',
    'c = "/"; c.prepend("rm -rf "); system(c)',
    'c = "x -rf /"; c.replace("rm -rf /"); system(c)',
  ],
  REQUIRE_APPROVAL: [
    'c = "x -rf /"; c.sub!("x", "rm"); system(c)',
    'c = "x -rf /"; c[0] = "rm"; system(c)',
    'c = "x -rf /"; c.insert(0, "rm"); system(c)',
    'c = nil; c ||= "rm -rf /"; system(c)',
  ],
  ALLOW: [
    'c = "a"; c << "b"; puts c',
    "a = []; a << 1; puts a",
    'c = "git"; c << " status"; system(c)',
    "n = 1; n *= 2; puts n",
  ],
});

testCode("a text that grows or changes in its place is known as what it is then, or not at all", "php", {
  DENY: ['$c = "rm"; $c .= " -rf /"; system($c);'],
  REQUIRE_APPROVAL: ['$c = "ls"; $c = null; $c ??= "rm -rf /"; shell_exec($c);'],
});

testCode("a text that grows or changes in its place is known as what it is then, or not at all", "lua", {
  DENY: ['c = "ls; "; c ..= "rm -rf /"; os.execute(c)'],
});

testCode("a text that grows or changes in its place is known as what it is then, or not at all", "python", {
  DENY: ['import subprocess; a = ["rm"]; a += ["-rf","/"]; subprocess.run(a)'],
  REQUIRE_APPROVAL: [
    'import subprocess; a = ["ls","-rf","/"]; a[0] = "rm"; subprocess.run(a)',
    'import subprocess; a = ["ls"]; a[0:1] = ["rm","-rf","/"]; subprocess.run(a)',
    'import subprocess; a = ["ls","rm","-rf","/"]; del a[0]; subprocess.run(a)',
    'import subprocess; a = ["/","-rf","rm"]; a.reverse(); subprocess.run(a)',
  ],
  ALLOW: [
    'import subprocess; a = ["ls"]; a += ["-l"]; subprocess.run(a)',
    'd = {}; d["a"] = 1; print(d)',
    "n = 4; n %= 3; print(n)",
  ],
});

testCode("a text that grows or changes in its place is known as what it is then, or not at all", "javascript", {
  REQUIRE_APPROVAL: [
    'const cp = require("child_process"); let c = ""; c ||= "rm -rf /"; cp.execSync(c)',
    'const cp = require("child_process"); let c = null; c ??= "rm -rf /"; cp.execSync(c)',
    'const cp = require("child_process"); let a = ["ls", "-rf", "/"]; a[0] = "rm"; cp.spawnSync(a[0], a)',
  ],
});
