import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("AppleScript that empties the trash deletes what is in it", {
  REQUIRE_APPROVAL: [
    "osascript -e 'tell application \"Finder\" to empty trash'",
    "osascript -e 'tell application \"Finder\" to empty the trash'",
    "osascript -e 'empty trash'",
  ],
  ALLOW: ["osascript -e 'get volume settings'"],
});
