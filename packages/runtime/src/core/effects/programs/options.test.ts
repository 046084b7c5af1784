import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { testCommands } from "../../../runtime/answers.fixture.test.ts";
import { literal, parseOptions, shape } from "./options.ts";

describe("an option whose value may be left out takes none of the words behind it", () => {
  it("takes what follows in its own word", () => {
    const by = shape("ai::", "all back::");
    const words = ["-xi%", "b", "-i", "c", "--back", "d", "--back=t", "-a", "e"].map(literal);
    const { flags, operands } = parseOptions(words, by);
    assert.deepEqual(
      operands.map(({ value }) => value),
      ["b", "c", "d"],
    );
    const given = [...flags].map(([name, values]) => [name, values.map(({ value }) => value)]);
    assert.deepEqual(given, [
      ["x", []],
      ["i", ["%"]],
      ["back", ["t"]],
      ["a", ["e"]],
    ]);
  });

  it("is no abbreviation of the longer names that it begins", () => {
    const { operands } = parseOptions(
      ["--strip", "b", "--strip-p", "c"].map(literal),
      shape("", "strip:: strip-program"),
    );
    assert.deepEqual(
      operands.map(({ value }) => value),
      ["b"],
    );
  });

  testCommands("as programs take it", {
    ALLOW: [
      "shred --remove notes.txt",
      "cp --backup a b",
      "cp --reflink=auto a b",
      "install -m 755 a b",
      "mkdir -Z x",
      "mkfile 1k x",
      "ffmpeg -i a.mp4 -vn b.mp3",
      "rsync --partial a b",
      "watch -d ls",
      "tar --checkpoint -cf a.tar b",
      "grep --color root a",
    ],
    REQUIRE_APPROVAL: [
      "mkdir -Z /etc/x",
      "mkdir --context /etc/x",
      "mkfifo -Z /etc/x",
      "grep --color root /etc/shadow",
    ],
    DENY: [
      "shred --remove /etc/x",
      "cp --backup a /etc/x",
      "cp --reflink a /etc/x",
      "cp --context a /etc/x",
      "mv --context a /etc/x",
      "install -Z a /etc/x",
      "install --context a /etc/x",
      "install --strip a /etc/x",
      "mknod -Z /etc/x p",
      "mkfile -n 64g /etc/x",
      "fallocate -n /etc/x -l 1G",
      "ffmpeg -i a -vn /etc/x",
      "rsync --partial a /etc/x",
      "rsync --backup a /etc/x",
      "curl --head http://169.254.169.254/",
      "curl --netrc http://169.254.169.254/",
      "env --block-signal rm -r /etc/x",
      "watch -d rm -r /etc/x",
      "nohup -p rm -r /etc/x",
      "ltrace -S rm -r /etc/x",
      "daemonize -v /bin/rm -r /etc/x",
      "tsp -n rm -r /etc/x",
      "minijail0 -n rm -r /etc/x",
      "xvfb-run -l rm -r /etc/x",
      "trickle -s -d 1 rm -r /etc/x",
      "dtach -n s -E rm -r /etc/x",
      "perf record -g rm -r /etc/x",
      "systemd-run -t rm -r /etc/x",
    ],
  });
});
