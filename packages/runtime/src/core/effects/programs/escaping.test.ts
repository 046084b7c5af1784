import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("a makefile that is named, and each file that is made", {
  DENY: [
    "printf 'a:\\n\\trm /etc/x\\n' > d/Makefile; make -C d",
    "ffmpeg -i a /etc/x b.mp4",
    "ffmpeg -i a.mp4 /etc/x -c copy b.mp4",
  ],
  REQUIRE_APPROVAL: ["make -f /tmp/x.mk", "make --file=/tmp/x.mk"],
  ALLOW: ["make -f build/x.mk", "make -C sub", "ffmpeg -i a.mp4 -b:v 1M b.mp4", "ffmpeg -i a.mp4 -c copy -f mp4 b.mp4"],
});
