import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("a file system that is looked at, and one that is changed", {
  DENY: ["debugfs -R 'dump /a /etc/x' /dev/sda1"],
  REQUIRE_APPROVAL: [
    "debugfs -R 'cat /etc/shadow' /dev/sda1",
    "debugfs -R 'dump /etc/shadow a' /dev/sda1",
    "debugfs -R 'cat /etc/shadow' disk.img",
    "debugfs -w -R 'rm /etc/passwd' /dev/sda1",
    "debugfs -wR 'rm /etc/passwd' /dev/sda1",
    "debugfs -f /tmp/x /dev/sda1",
    "btrfs check --repair /dev/sda1",
    "btrfs check --init-csum-tree /dev/sda1",
    "zpool upgrade -a",
    "e2fsck -cy /dev/sda1",
    "e2fsck -ccy /dev/sda1",
    "e2fsck -fy /dev/sda1",
    "xfs_repair -l /dev/sdb /dev/sda1",
    "reiserfsck --rebuild-tree /dev/sda1",
  ],
  ALLOW: [
    "debugfs -R stats /dev/sda1",
    "debugfs -R 'ls /' /dev/sda1",
    "btrfs check /dev/sda1",
    "zpool upgrade",
    "e2fsck -n /dev/sda1",
    "e2fsck -c /dev/sda1",
    "fsck -N /dev/sda1",
    "xfs_repair -n /dev/sda1",
  ],
});
