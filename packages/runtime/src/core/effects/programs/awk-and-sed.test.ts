import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("what awk writes about its own program", {
  DENY: [
    "awk -o/etc/x 'BEGIN{}'",
    "awk -v x=1 -o/etc/x 'BEGIN{}'",
    "gawk -d/etc/x 'BEGIN{}'",
    "gawk -p/etc/x 'BEGIN{}'",
    "gawk --pretty-print=/etc/x 'BEGIN{}'",
    "gawk --dump-variables=/etc/x 'BEGIN{}'",
    "gawk --profile=/etc/x 'BEGIN{}'",
    "awk -o 'BEGIN{system(\"rm /etc/x\")}'",
  ],
  ALLOW: ["awk -F: '{print $1}' a", "awk -f prog.awk -d a", "gawk -o- '{print}' a"],
});
