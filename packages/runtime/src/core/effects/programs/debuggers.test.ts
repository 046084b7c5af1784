import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("what a debugger is told in options and files is judged", {
  DENY: [
    "gdb -ex '| bt | rm /etc/x'",
    "gdb -ex 'pipe bt | rm /etc/x'",
    "gdb -ex 'target remote | rm /etc/x'",
    "gdb -ex 'dump memory /etc/x 0 1'",
    "gdb -ex 'append memory /etc/x 0 1'",
    "gdb -ex 'save breakpoints /etc/x'",
    "gdb -ex 'set logging file /etc/x'",
    "gdb -ex 'generate-core-file /etc/x'",
    "printf 'shell rm /etc/x' > c; gdb -x c ./a",
    "lldb -O 'shell rm /etc/x'",
    "lldb --one-line 'shell rm /etc/x'",
  ],
  REQUIRE_APPROVAL: [
    "gdb -x /tmp/x",
    "gdb --command=/tmp/x",
    "gdb -ex 'source /tmp/x'",
    "lldb -s /tmp/x",
    "lldb -o 'command source /tmp/x'",
    "gdb -p 12",
  ],
  ALLOW: [
    "gdb -q ./a",
    "gdb -batch -ex bt ./a core",
    "gdb -ex 'set logging on' ./a",
    "gdb -ex 'target remote :1234'",
    "gdb -x cmds.gdb --args ./a b",
    "lldb -o bt ./a",
  ],
});
