import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("copies are put where the last word says", {
  DENY: [
    "rclone sync a /etc",
    "rclone copy x:y /etc",
    "rclone move a /etc",
    "rclone copyto x:y/z /etc/x",
    "restic restore latest --target /etc",
    "kopia restore x /etc",
    "duplicity restore file:///b /etc",
  ],
  REQUIRE_APPROVAL: ["rclone copy a x:y"],
  ALLOW: ["rclone ls x:", "rclone copy a b", "restic -r /srv/r backup a", "restic snapshots"],
});
