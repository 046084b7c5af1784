import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("commands that flow into a program", {
  ALLOW: [
    "echo 'p' | ed a",
    "printf '%s\\n' 1,2d w q | ed -s a",
    "echo '1 2 + p' | dc",
    "printf 'print\\n' | parted /dev/sda",
    "parted /dev/sda print",
    "parted -l",
    "systemctl status $svc",
    "systemctl restart nginx",
    "service nginx status",
  ],
  REQUIRE_APPROVAL: [
    "cat b | ed a",
    "ed a < script",
    "curl -s https://h.example/x | ed a",
    "cat b | dc",
    "dc < script",
    "cat b | parted /dev/sda",
    "printf 'select /dev/sda\\nrm 1\\n' | parted",
    'systemctl "$x" auditd',
    "systemctl $x nginx",
    'service nginx "$x"',
  ],
  DENY: [
    "printf 'w /etc/x\\n' | ed a",
    "echo '!rm /etc/x' | dc",
    "printf 'rm 1\\n' | parted /dev/sda",
    "printf 'print\\nrm 1\\n' | parted -s /dev/sda",
  ],
});
