import { testCode } from "../../../runtime/answers.fixture.test.ts";

testCode("a process that is made again and again without end is a fork bomb, on however many lines", "python", {
  DENY: [
    "import os\nwhile True:\n    os.fork()",
    "import os\nwhile 1:\n\n    os.fork()",
    "import os\nfor i in range(100000):\n    os.fork()",
    "import os\nwhile True:\n    pid = os.fork()",
    "import os\nwhile True:\n    x = 1\n    os.fork()",
    "import os\ndef f():\n    while True:\n        os.fork()\nf()",
    "import os\nwhile True: # go\n    os.fork()",
    "import os as o\nwhile True:\n    if x:\n        o.fork()",
    "from os import fork\nwhile True:\n    fork()",
    "import os, itertools\nfor i in itertools.count():\n    os.fork()",
  ],
  REQUIRE_APPROVAL: ["import os\nwhile True:\n    if os.fork() == 0:\n        break"],
  ALLOW: [
    "import os\npid = os.fork()\nif pid == 0:\n    print(1)",
    "import os\nfor i in range(4):\n    if os.fork() == 0:\n        work()\n        os._exit(0)",
    "import os\nwhile True:\n    print(1)\n    break\nos.fork()",
    'import os\nfor x in xs:\n    print("fork in the road")',
    "for repo in repos:\n    print(repo.fork)",
    "while True:\n    repo.fork()\n    sleep(1)",
    "while True:\n    eat(fork)\n    break",
  ],
});

testCode("a process that is made again and again without end is a fork bomb, on however many lines", "perl", {
  DENY: ["while (1) {\n fork;\n}", "while (1)\n{\n  fork();\n}", "for (;;) {\n  my $pid = fork();\n}"],
  ALLOW: ["my $pid = fork();\nwhile (1) {\n sleep 1;\n}"],
});

testCode("a process that is made again and again without end is a fork bomb, on however many lines", "ruby", {
  DENY: [
    "while true\n  fork\nend",
    "loop do\n  fork\nend",
    "loop {\n fork\n}",
    "100000.times do\n  fork\nend",
    "loop do\n  Process.fork\nend",
  ],
  REQUIRE_APPROVAL: ["until false\n fork { sleep }\nend"],
  ALLOW: [
    "while true\n  puts 1\n  break\nend",
    'pid = fork do\n  exec "ls"\nend',
    "3.times do\n  fork { puts 1 }\nend",
  ],
});

testCode("a process that is made again and again without end is a fork bomb, on however many lines", "php", {
  DENY: ["while (true) {\n  pcntl_fork();\n}", "while(1) pcntl_fork();", "for (;;)\n  pcntl_fork();"],
});

testCode("a process that is made again and again without end is a fork bomb, on however many lines", "lua", {
  DENY: ['local posix = require("posix")\nwhile true do\n posix.fork()\nend'],
});

testCode("a process that is made again and again without end is a fork bomb, on however many lines", "javascript", {
  DENY: [
    'while (true)\n  require("child_process").fork(__filename)',
    'while (true) {\n  require("child_process").fork(__filename)\n}',
  ],
  ALLOW: ['const cluster = require("cluster");\nfor (let i = 0; i < 4; i++) {\n  cluster.fork();\n}'],
});
