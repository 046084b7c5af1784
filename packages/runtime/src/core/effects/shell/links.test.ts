import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("a place reached through a link is judged by where the link leads", {
  DENY: [
    "ln -s /etc .; rm etc/x",
    "ln -s /etc; rm etc/x",
    "ln -s /etc/ .; rm etc/x",
    "ln -s /etc ./; rm etc/x",
    "cd d; ln -s /etc .; rm etc/x",
    "ln -st . /etc; rm etc/x",
    "ln -s /etc d; rm d/x",
    "ln -s /etc d; rm d/etc/x",
    "cp -s /etc .; rm etc/x",
    "python3 -c \"import os; os.symlink('/etc','a'); os.remove('a/x')\"",
    "ln -s /etc/passwd . ; echo x > passwd",
    "ln -sfn /etc cur; echo > cur/x",
    "ln -s ../../../etc y; rm y/x",
    "ln -s /etc e1; ln -s e1 e2; rm e2/x",
    "ln -s e1 e2; ln -s /etc e1; rm e2/x",
    "ln -s /etc e1; mv e1 e2; rm e2/x",
    "ln -s /etc e1; cp -a e1 e2; rm e2/x",
    "ln -s /etc/x l; rm -rf l/x",
  ],
  ALLOW: [
    'ln -s "$PWD/x" y; cat y',
    "ln -s ../lib/foo.so libfoo.so; ls",
    "ln -s /usr/bin/python3 python; ./python a.py",
  ],
});
