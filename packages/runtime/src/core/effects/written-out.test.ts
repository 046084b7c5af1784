import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { fromBase64 } from "./programs/decode.ts";
import { textsInBase64, writtenOut } from "./written-out.ts";

describe("text as its last reader sees it", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["bob%40example.com", "bob@example.com"],
    ["bob%2540example.com", "bob@example.com"],
    ["bob&#64;example&#46;com", "bob@example.com"],
    ["bob&amp;#x40;example.com", "bob@example.com"],
    ["bob&commat;example&period;com", "bob@example.com"],
    ["bob\\u0040example.com", "bob@example.com"],
    ["bob\\x40example.com", "bob@example.com"],
    ["k&#105;ll", "kill"],
    ["a \u202ebmob\u202c b", "a bomb b"],
    ["100% of 25 %", "100% of 25 %"],
    ["Q&A, R&D; 5 &lt 6", "Q&A, R&D; 5 &lt 6"],
    ["c:\\users\\xavier", "c:\\users\\xavier"],
    ["&#9999999; stays", "&#9999999; stays"],
  ];
  for (const [text, plain] of cases) it(`\`${text}\` reads \`${plain}\``, () => assert.equal(writtenOut(text), plain));

  it("finds text in base64, and nothing in hashes, names and images", () => {
    assert.deepEqual(textsInBase64("data: Ym9iQGV4YW1wbGUuY29t."), ["bob@example.com"]);
    assert.deepEqual(textsInBase64("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), []);
    assert.deepEqual(textsInBase64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk"), []);
    assert.deepEqual(textsInBase64("a short text"), []);
  });

  it("finds in any text what a pattern for words in base64 would", () => {
    const printed = /^[\t\n\r -~\u00a0-\u{10ffff}]*$/u;
    const isText = (text: string): boolean => printed.test(text) && !text.includes("\ufffd");
    const word = fc.oneof(
      fc.base64String({ maxLength: 40 }),
      fc
        .string({ unit: "binary", maxLength: 30 })
        .map((text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), fc.constantFrom("", " ", "=", "/", "é"), (words, between) => {
        const text = words.join(between);
        const expected = (text.match(/[A-Za-z\d+/_-]{16,}/g) ?? [])
          .filter((found) => isText(fromBase64(found.slice(0, 12)) ?? ""))
          .map((found) => fromBase64(found) ?? "")
          .filter(isText);
        assert.deepEqual(textsInBase64(text), expected);
      }),
    );
  });
});
