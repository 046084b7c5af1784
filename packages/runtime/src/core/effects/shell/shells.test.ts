import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("a script that flows in by a path has the arguments behind that path", {
  DENY: [
    "echo 'rm $1' | sh /dev/stdin /etc/x",
    "echo 'rm $1' | bash /dev/fd/0 /etc/x",
    "sh /proc/self/fd/0 /etc/x <<< 'rm $1'",
    "echo 'rm \"$@\"' | sh /dev/stdin -f /etc/x",
    "echo 'rm $2' | sh /dev/stdin x /etc/x",
    "echo 'rm $1' | sh -s /etc/x",
  ],
  ALLOW: ["echo 'echo $1' | sh /dev/stdin /etc/x", "echo 'rm $2' | sh /dev/stdin /etc/x build"],
});
