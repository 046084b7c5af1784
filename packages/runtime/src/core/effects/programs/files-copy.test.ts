import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("a pattern of names is code", {
  DENY: [
    "prename -e 'unlink \"/etc/x\"' a",
    "prename 'unlink \"/etc/x\"' a",
    "rename -e 'unlink \"/etc/x\"' a",
    "file-rename 'system \"rm /etc/x\"' a",
  ],
  ALLOW: ["prename 's/a/b/' *.txt", "rename 's/\\.bak$//' *.bak", "rename foo bar *.txt", "rename .htm .html *.htm"],
});

testCommands("how much dd writes", {
  REQUIRE_APPROVAL: [
    "dd if=/dev/zero of=a ibs=1G count=100",
    "dd if=/dev/zero of=a bs=1G count=32x2",
    "dd if=/dev/zero of=a bs=1Gx64 count=1",
    "dd if=/dev/zero of=a bs=2x512M count=64",
  ],
  ALLOW: [
    "dd if=/dev/zero of=a bs=1M count=10",
    "dd if=/dev/zero of=a bs=1M count=2x5",
    "dd if=/dev/urandom of=a bs=32 count=1",
  ],
});
