import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { CanopyError } from "../../core/errors.ts";
import { isUsableUrl, parseAnchorText, shownAnchor, shownUrl } from "./anchor-text.ts";
import { withinTime } from "./within-time.ts";

/** What a text names, or why it names nothing. */
function named(text: string): string {
  try {
    const anchor = parseAnchorText(text);
    switch (anchor.kind) {
      case "folder":
        return `folder ${anchor.path}`;
      case "http":
        return `http ${anchor.url.href}`;
      case "syslog":
        return `${anchor.transport} ${anchor.url.href}`;
      default:
        return anchor satisfies never;
    }
  } catch (error) {
    assert.ok(error instanceof CanopyError && error.code === "INVALID_CONFIG");
    assert.equal(error.fix, "give folder:/absolute/path, https://host/path or syslog+tls://host:6514");
    return error.message;
  }
}

test("a text names a folder, a URL or a receiver, or is refused without showing what lets one in", () => {
  const cases: readonly [string, string][] = [
    ["folder:/mnt/a", "folder /mnt/a"],
    ["folder:/mnt/../b/", "folder /b"],
    ["folder:mnt", "`folder:mnt` is no anchor: a folder anchor needs an absolute path"],
    ["folder:", "`folder:` is no anchor: a folder anchor needs an absolute path"],
    ["folder:/a\0b", "`folder:/a\0b` is no anchor: a folder anchor needs an absolute path"],
    ["/mnt/a", "`/mnt/a` is no anchor: it is neither a folder nor a URL"],
    ["xfolder:/mnt/a", "`xfolder:/mnt/a` is no anchor: a URL must be https, or http on this machine itself"],
    ["https://host/path?a=b", "http https://host/path?a=b"],
    ["https://host/#x", "`https://host/#x` is no anchor: a URL must have no fragment"],
    ["http://127.0.0.1:8080/p", "http http://127.0.0.1:8080/p"],
    ["http://host/", "`http://host/` is no anchor: a URL must be https, or http on this machine itself"],
    ["ftp://localhost/", "`ftp://localhost/` is no anchor: a URL must be https, or http on this machine itself"],
    ["syslog://host:514", "udp syslog://host:514"],
    ["syslog+udp://host:514/", "udp syslog+udp://host:514/"],
    ["syslog+tcp://host:514", "tcp syslog+tcp://host:514"],
    ["syslog+tls://host:6514", "tls syslog+tls://host:6514"],
    ["syslog://host/path", "`syslog://host/path` is no anchor: a receiver is a host and a port"],
    ["syslog://", "`syslog://` is no anchor: a receiver is a host and a port"],
    ["syslog:host", "`syslog:host` is no anchor: a receiver is a host and a port"],
    [
      "http://me:secret@host/?k=secret",
      "`http://…@host/?k=…3eb96dd2` is no anchor: a URL must be https, or http on this machine itself",
    ],
  ];
  for (const [text, expected] of cases) assert.equal(named(text), expected, text);
});

test("http is used on this machine itself alone", () => {
  const usable = ["https://a.example/", "http://localhost/", "http://[::1]:1/", "http://127.1.2.3/", "http://127.1/"];
  const not = [
    "http://a.example/",
    "http://128.0.0.1/",
    "http://127.0.0.1.a.example/",
    "http://a127.0.0.1.example/",
    "http://localhost.a.example/",
    "http://[::2]/",
    "ftp://127.0.0.1/",
    "ws://localhost/",
    "httpss://localhost/",
  ];
  for (const url of usable) assert.equal(isUsableUrl(new URL(url)), true, url);
  for (const url of not) assert.equal(isUsableUrl(new URL(url)), false, url);
});

test("what is shown of an anchor tells values apart and gives none away", () => {
  const cases: readonly [string, string][] = [
    ["https://host/path", "https://host/path"],
    ["https://me:secret@host/path", "https://…@host/path"],
    ["https://a@b@host/path", "https://…@host/path"],
    ["https://host/a@b", "https://host/a@b"],
    ["https://host?a@b", "https://host?a@b"],
    ["https://host/?a=b&c=d", "https://host/?a=…2e2f4a4c&c=…b5d7a7a1"],
    ["https://host/?a=&c", "https://host/?a=&c"],
    ["folder:/a?b=c", "folder:/a?b=c"],
    ["folder:/a://b@c", "folder:/a://b@c"],
    ["https://host/?a=b\nc=d", "https://host/?a=…"],
  ];
  for (const [text, expected] of cases) {
    const shown = shownAnchor(text).replaceAll(/…[0-9a-f]{8}/gu, "…#");
    assert.equal(shown, expected.replaceAll(/…[0-9a-f]{8}/gu, "…#").replace(/…$/u, "…#"), text);
  }
  const [one, other] = ["https://host/?a=b", "https://host/?a=c"].map(shownAnchor);
  assert.notEqual(one, other);
  assert.equal(
    shownUrl(new URL("https://me:secret@host:8443/p?a=b#c")).replace(/[0-9a-f]{8}$/u, "#"),
    "https://host:8443/p?a=…#",
  );
});

test("work that answers in time is awaited, whatever it says; for longer nobody waits", async () => {
  assert.equal(await withinTime(10_000, Promise.resolve(7)), 7);
  await assert.rejects(withinTime(10_000, Promise.reject(new Error("no"))), /^Error: no$/u);
  const never = new Promise<never>(() => undefined);
  await assert.rejects(withinTime(1, never), /^Error: no answer within 1 ms$/u);
  // A failure that comes too late has nobody left to tell: it must end no process.
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error("late")), 20);
  });
  await assert.rejects(withinTime(1, late), /no answer/u);
  await pause(40);
});
