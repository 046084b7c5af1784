import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("a shell of any make takes commands that nobody has seen", {
  REQUIRE_APPROVAL: ["vim -c '!mksh'", "vim -c '!yash'", "vim -c '!/bin/lksh -i'", "find . -exec mksh \\;"],
  ALLOW: ["vim a.md"],
});
