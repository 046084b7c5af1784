import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("archives are unpacked and made where the options say", {
  DENY: [
    "tar -xf a.tar --transform 's,^,/etc/,'",
    "tar -xf a.tar --xform='s,^,/etc/,'",
    "tar --transform='flags=r;s|^|/etc/|' -xf a.tar",
    "tar -xf a.tar --transform 's,^a,b,;s,^,/etc/,'",
    "tar -xf a.tar --one-top-level=/etc",
    "bsdtar -xf a.tar -s ',^,/etc/,'",
    "cpio -o -F /etc/x",
    "cpio -oF /etc/x",
    "cpio --file=/etc/x -o",
    "zip -T -TT'rm /etc/x' a.zip b",
    "zip -T -TT 'rm /etc/x' a.zip b",
    "unrar x a.rar /etc/",
    "unrar x -y a.rar /etc/",
    "unrar e a.rar -op/etc",
    "rar a /etc/x.rar b",
  ],
  ALLOW: [
    "tar -xf a.tar --transform 's,^a/,b/,'",
    "tar -xf a.tar --one-top-level",
    "tar -xf a.tar --strip-components=1",
    "cpio -i -F a.cpio",
    "cpio -oF a.cpio",
    "zip -r a.zip b",
    "unrar x a.rar",
    "unrar x a.rar out/",
    "rar a a.rar b",
  ],
});
