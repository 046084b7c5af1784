import assert from "node:assert/strict";
import { test } from "node:test";
import { domainToUnicode } from "node:url";
import fc from "fast-check";
import { asciiHost } from "./ascii-host.ts";

test("a name in another script is written in ASCII, however its letters are composed, and small", () => {
  const written: Readonly<Record<string, string>> = {
    "münchen.example": "xn--mnchen-3ya.example",
    "MÜNCHEN.Example": "xn--mnchen-3ya.example",
    "mu\u0308nchen.example": "xn--mnchen-3ya.example",
    "m%C3%BCnchen.example": "xn--mnchen-3ya.example",
    "例え.テスト": "xn--r8jz45g.xn--zckzah",
    "例え。テスト": "xn--r8jz45g.xn--zckzah",
    "пример.испытание": "xn--e1afmkfd.xn--80akhbyknj4f",
    "faß.example": "xn--fa-hia.example",
    "💩.la": "xn--ls8h.la",
    "XN--MNCHEN-3YA.example": "xn--mnchen-3ya.example",
    "xn--a": "xn--a",
    "ＥＸＡＭＰＬＥ.com": "example.com",
    "ex\u00adam\u200bple.com": "example.com",
    "%65xample.com": "example.com",
    "１２７.0.0.1": "127.0.0.1",
    "0x7f.1": "127.0.0.1",
    "[::ffff:7f00:1]": "[::ffff:7f00:1]",
    "a_b.example": "a_b.example",
    "a!.example": "a!.example",
  };
  for (const [name, ascii] of Object.entries(written)) assert.equal(asciiHost(name), ascii, name);
});

test("what is no name in any script is none", () => {
  const none = [
    "ü b.example",
    "ü^.example",
    "ü/.example",
    "ü%2f.example",
    "%C3",
    "%2f",
    "a%00b",
    "xn--a^b",
    "xn--a.1",
    "xn--a.0x1",
    "xn--a.1.",
    "xn--mnchen-3ya.٣",
    "ü.٣",
    "1.2.3.4.5",
    "a.256.1",
    "10.0.0.1^",
    "\u0378.example",
    "\ue000.example",
    "ü\u2028.example",
    "[ü]",
    "[::1",
  ];
  for (const name of none) assert.equal(asciiHost(name), null, JSON.stringify(name));
});

test("it says the same of what it wrote, and what it wrote reads back as the name", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), (name) => {
      const ascii = asciiHost(name);
      return ascii === null || asciiHost(ascii) === ascii;
    }),
  );
  for (const name of ["münchen.example", "例え.テスト", "пример.испытание"]) {
    assert.equal(domainToUnicode(asciiHost(name) ?? ""), name);
  }
});
