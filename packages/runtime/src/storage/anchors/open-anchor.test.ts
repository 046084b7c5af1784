import assert from "node:assert/strict";
import { test } from "node:test";
import { CanopyError } from "../../core/errors.ts";
import { openAnchor } from "./open-anchor.ts";

test("each kind of anchor is known by its text", () => {
  const kinds = [
    ["folder:/mnt/elsewhere", "folder", "folder:/mnt/elsewhere"],
    ["https://host.example/a?b=c", "http", "https://host.example/a?b=…9740ef3e"],
    ["http://127.0.0.1:8080/a", "http", "http://127.0.0.1:8080/a"],
    ["http://[::1]/a", "http", "http://[::1]/a"],
    ["syslog://host.example", "syslog", "syslog+udp://host.example:514"],
    ["syslog+tcp://[2001:db8::1]:10514", "syslog", "syslog+tcp://[2001:db8::1]:10514"],
    ["syslog+tls://host.example", "syslog", "syslog+tls://host.example:6514"],
  ] as const;
  for (const [text, kind, name] of kinds) {
    const anchor = openAnchor(text);
    assert.deepEqual([anchor.kind, anchor.name], [kind, name]);
    anchor.close();
  }
});

test("what names no anchor is refused without showing a password", () => {
  const refused = [
    "",
    "folder:",
    "folder:relative/path",
    "folder:/a\0b",
    "/mnt/elsewhere",
    "http://host.example/a",
    "http://127.0.0.1.example/a",
    "http://me:s3cret@host.example/a",
    "http://me:at@s3cret@host.example/a",
    "http://s3cret@host.example/a?sig=s3cret",
    "https://host.example/a#b",
    "ftp://host.example/",
    "syslog://",
    "syslog://host.example/path",
    "file:///etc/passwd",
  ];
  for (const text of refused) {
    assert.throws(
      () => openAnchor(text),
      (error) => {
        assert.ok(error instanceof CanopyError, text);
        assert.equal(error.code, "INVALID_CONFIG");
        assert.doesNotMatch(error.message, /s3cret/);
        return true;
      },
      text,
    );
  }
});
