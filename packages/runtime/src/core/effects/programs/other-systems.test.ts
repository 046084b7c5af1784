import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("call and start run what they are given", {
  DENY: [
    "call rm -rf /etc",
    "start rm -rf /etc",
    'start "" rm -rf /etc',
    "start /b rm -rf /etc",
    'start "my title" /d /tmp rm -rf /etc',
  ],
  REQUIRE_APPROVAL: ["call rm -rf ~"],
  ALLOW: ["start notepad", "start https://example.com", "call build.cmd", "call :label"],
});
