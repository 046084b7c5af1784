import { testCode } from "../../../runtime/answers.fixture.test.ts";

testCode("lists that are joined are one list", "python", {
  DENY: [
    'import subprocess; subprocess.run(["rm"]+["-rf","/"])',
    'import subprocess; args=["-rf","/"]; subprocess.run(["rm"]+args)',
    'import subprocess; a=["rm"]; a=a+["-rf","/"]; subprocess.run(a)',
    'import subprocess; subprocess.call(["sudo"]+["rm","-rf"]+["/etc"])',
    'import subprocess; subprocess.run("rm -rf /".split()+["x"])',
    'import os; os.execvp("rm", ["rm"]+["-rf","/"])',
  ],
  REQUIRE_APPROVAL: [
    'import subprocess,sys; subprocess.run(["rm"]+sys.argv[1:])',
    'import subprocess; subprocess.run([["rm","-rf","/"],["ls"]][0])',
  ],
  ALLOW: [
    'import subprocess; subprocess.run(["ls"]+["-l","src"])',
    'import subprocess; a=["git"]+["status"]; subprocess.run(a)',
    "x = [1] + [2]; print(x)",
  ],
});

testCode("a text that is put together of more than is looked at is not known", "python", {
  DENY: [
    'import os; c = "ls; " + \\\n "rm -rf /"; os.system(c)',
    'import os; c = "ls; " \\\n "rm -rf /"; os.system(c)',
  ],
  REQUIRE_APPROVAL: [
    'import os; c = ""' + '+""'.repeat(64) + '+"rm -rf /"; os.system(c)',
    'import os; c = ""' + '+""'.repeat(300) + '+"rm -rf /"; os.system(c)',
    'import os; c = ("ls; "' + '+"" '.repeat(300) + '+"rm -rf /"); os.system(c)',
    'q = "SELECT 1;"' + '+" "'.repeat(200) + '+"DROP TABLE users"; cur.execute(q)',
  ],
  ALLOW: ['c = ""' + '+"a"'.repeat(64) + "; print(c)", 'import os; c = "ls " + \\\n "src"; os.system(c)'],
});

testCode("a text that is put together of more than is looked at is not known", "javascript", {
  DENY: [
    'const cp = require("child_process"); let c = "ls; " +\n "rm -rf /"; cp.execSync(c)',
    'const cp = require("child_process"); let c = "ls; "\n + "rm -rf /"; cp.execSync(c)',
  ],
  ALLOW: ['const cp = require("child_process"); let c = "ls " +\n "src"; cp.execSync(c)'],
});

testCode("a text that is put together of more than is looked at is not known", "perl", {
  DENY: ['my $c = "ls; " .\n "rm -rf /"; system($c);'],
  REQUIRE_APPROVAL: ['system "ls; " . ""' + ' . ""'.repeat(80) + ' . "rm -rf /"'],
});

testCode("a text that is put together of more than is looked at is not known", "php", {
  DENY: ['$c = "ls; "\n . "rm -rf /"; system($c);'],
});
