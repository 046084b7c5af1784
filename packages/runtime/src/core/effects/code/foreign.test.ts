import { testCode } from "../../../runtime/answers.fixture.test.ts";

testCode("a line that only a shell reads is one, though a word of Python follows its program", "python", {
  DENY: [
    "dd if=/dev/zero of=/dev/sda",
    "dd if=/dev/urandom of=/dev/sda bs=1M",
    "sudo dd if=/dev/zero of=/dev/sda",
    "rm not -rf /",
    "rm for -rf /",
    "rm in /etc/x",
    "rm is /etc/x",
    "rm in x /etc/y",
    "chmod or /etc/x",
    "rm * /etc/x",
  ],
  REQUIRE_APPROVAL: ["cat for /etc/shadow", "cat ../../../../etc/shadow"],
  ALLOW: [
    "find = 1\ncat = [2]\nprint(find in cat)",
    "x = (\ncat if x else y\n)",
    "x = (\ncat and dog / 2\n)",
    "x = (\nkill * 2\n)",
    "x = [\nmv for mv in y\n]",
    "rm is None",
    "find not in x",
    "echo = 3",
  ],
});

testCode("a line that only a shell reads is one, though a word of Python follows its program", "javascript", {
  DENY: ["dd if=/dev/zero of=/dev/sda"],
  ALLOW: ["x = (\nfind in cat\n)"],
});
