import { testCode } from "../../../runtime/answers.fixture.test.ts";

testCode("a name that gets its value by a parameter, a loop or a pattern is not what it was before", "python", {
  DENY: [
    'import os\nc = "rm -rf /"\nf(c="ls")\nos.system(c)',
    'import os\nc = "rm -rf /"\ndef f(c): pass\nos.system(c)',
    'import subprocess\na = ["rm"]\na.append("-rf"); b = a; b.append("/")\nsubprocess.run(a)',
  ],
  REQUIRE_APPROVAL: [
    'import os\nc = "ls"\ndef f(c): os.system(c)\nf("rm -rf /")',
    'import os\nc = "ls"\ndef f(a, *c):\n    os.system(c)\nf(1, "rm -rf /")',
    'import os\nc = "ls"\nf = lambda c: os.system(c)\nf("rm -rf /")',
    'import os\nc = "ls"\nfrom x import c\nos.system(c)',
    'import os\nc = "ls"\nimport x as c\nos.system(c)',
    'import os\nc = "ls"\ntry: f()\nexcept E as c: os.system(c)',
    'import os\nc = "ls"\nwith open("x") as c:\n    os.system(c.read())',
    'import os\nc = "ls"\nc, d = "rm -rf /", 1\nos.system(c)',
    'import os\nc = "ls"\n[c] = ["rm -rf /"]\nos.system(c)',
    'import os\nc = "ls"\n(c) = "rm -rf /"\nos.system(c)',
    'import os\nc = "ls"\nglobals()["c"] = "rm -rf /"\nos.system(c)',
    'import os\nc = "ls"\nexec("c = \'rm -rf /\'")\nos.system(c)',
    'import subprocess\na = ["ls"]\nb = a\nb[0] = "reboot"\nsubprocess.run(a)',
  ],
  ALLOW: [
    'import os\nc = "ls"\nos.system(c)\ndef f(c): pass',
    'name = "a"\ndef f(name):\n    print(name)\nf(name)',
    "a, b = 1, 2\nprint(a, b)",
  ],
});

testCode("a name that gets its value by a parameter, a loop or a pattern is not what it was before", "javascript", {
  DENY: ['const { execSync: e }: any = require("child_process"); e("rm -rf /")'],
  REQUIRE_APPROVAL: [
    'const {execSync: e} = require("child_process"); let c = "ls"; function f(c) { e(c) } f("rm -rf /")',
    'const {execSync: e} = require("child_process"); let c = "ls"; const f = c => e(c); f("rm -rf /")',
    'const {execSync: e} = require("child_process"); let c = "ls"; const f = (c) => e(c); f("rm -rf /")',
    'const {execSync: e} = require("child_process"); let c = "ls"; const f = ({c}) => e(c); f({c: "rm -rf /"})',
    'const {execSync: e} = require("child_process"); let c = "ls"; for (const c of ["rm -rf /"]) e(c)',
    'const {execSync: e} = require("child_process"); let c = "ls"; ({c} = {c: "rm -rf /"}); e(c)',
    'const {execSync: e} = require("child_process"); let c = "ls"; [c] = ["rm -rf /"]; e(c)',
    'const {execSync: e} = require("child_process"); let c = "ls"; try { f() } catch (c) { e(c) }',
  ],
});

testCode("a name that gets its value by a parameter, a loop or a pattern is not what it was before", "ruby", {
  REQUIRE_APPROVAL: [
    'c = "ls"; ["rm -rf /"].each { |c| system(c) }',
    'c = "ls"; ["rm -rf /"].each do |c| system(c) end',
    'c = "ls"; def f(c) system(c) end; f("rm -rf /")',
    'c = "ls"; for c in ["rm -rf /"] do system(c) end',
    'c = "ls"; c, d = "rm -rf /", 1; system(c)',
    'c = "ls"; ->(c) { system(c) }.("rm -rf /")',
  ],
  ALLOW: ['c = "ls"; [1].each { |x| puts x }; system(c)'],
});

testCode("a name that gets its value by a parameter, a loop or a pattern is not what it was before", "php", {
  REQUIRE_APPROVAL: [
    '$c = "ls"; function f($c) { system($c); } f("rm -rf /");',
    '$c = "ls"; [$c] = ["rm -rf /"]; system($c);',
  ],
});

testCode("a name that gets its value by a parameter, a loop or a pattern is not what it was before", "perl", {
  REQUIRE_APPROVAL: [
    'my $c = "ls"; sub f { my ($c) = @_; system($c) } f("rm -rf /");',
    'my $c = "ls"; foreach my $c ("rm -rf /") { system($c) }',
    'my @c = ("rm", "-rf"); push @c, "/"; system(@c);',
    'my $c = "ls"; substr($c, 0, 2) = "rm -rf /"; system($c);',
    'my $c = "ls"; substr($c, 0, 2, "rm -rf /"); system($c);',
  ],
  ALLOW: ['my $c = "ls"; print substr($c, 0, 1); system($c);', "my @a = (1); push @a, 2; print @a;"],
});

testCode("a name that gets its value by a parameter, a loop or a pattern is not what it was before", "lua", {
  REQUIRE_APPROVAL: [
    'local c = "ls"; local function f(c) os.execute(c) end; f("rm -rf /")',
    'local c = "ls"; for _, c in ipairs({"rm -rf /"}) do os.execute(c) end',
    'local c = "ls"; c, d = "rm -rf /", 1; os.execute(c)',
  ],
});

testCode(
  "a function that was imported keeps its meaning where another value may not be the one that is called",
  "python",
  {
    DENY: [
      'from os import system\nif 0: system = 1\nsystem("rm -rf /")',
      'from os import system\nif 0: system = print\nsystem("rm -rf /")',
      'from os import system as s\nf(s=1)\ns("rm -rf /")',
      'from os import system as s\nf(1, s=1)\ns("rm -rf /")',
      'from os import system as s\ndef f():\n    s = 1\ns("rm -rf /")',
    ],
    ALLOW: ['from os import system as s\ns = print\ns("rm -rf /")'],
  },
);

testCode(
  "a function that was imported keeps its meaning where another value may not be the one that is called",
  "javascript",
  {
    DENY: [
      'const {exec} = require("child_process"); function f(exec = 1) {}; exec("rm -rf /")',
      'const {exec} = require("child_process"); function f() { const exec = 1 }; exec("rm -rf /")',
      'const {exec} = require("child_process"); const g = ({exec = 1}) => 1; exec("rm -rf /")',
      'const {execSync: e} = require("child_process"); { let e = 1 }; e("rm -rf /")',
    ],
  },
);
