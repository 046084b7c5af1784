import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEnds } from "../hang-guard.fixture.test.ts";
import { foldName, foldText, lookAlikes, nameWords } from "./text.ts";

describe("folding text", () => {
  it("undoes case, compatibility forms, invisible characters, marks and look-alikes", () => {
    for (const text of [
      "Bomb",
      "ｂｏｍｂ",
      "b\u200bomb",
      "bo\u00admb",
      "bоmb",
      "βomb",
      "b\u0301omb",
      "𝐛𝐨𝐦𝐛",
      "ⓑⓞⓜⓑ",
      "ВОМВ",
      "ʙᴏᴍʙ",
      "ⲃⲟⲙⲃ",
      "🅱🅾🅼🅱",
      "bσmb",
    ]) {
      assert.equal(foldText(text), "bomb", text);
    }
  });

  it("takes each look-alike for one plain letter or digit", () => {
    for (const [unit, latin] of lookAlikes()) {
      assert.match(latin, /^[a-z0-9]$/, unit);
      assert.ok((unit.codePointAt(0) ?? 0) > 127, unit);
    }
    assert.equal(foldText("kıll ɴuclear ωord τime"), "kill nuclear word time");
  });

  it("keeps ASCII as it is but for its case, and is stable", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), (text) => assert.equal(foldText(text), text.toLowerCase())),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }), (text) => foldText(foldText(text)) === foldText(text)),
    );
  });

  it("takes linear time on runs of marks", () => {
    const marks = `a${"\u0301\u0323".repeat(500_000)}`;
    assert.equal(
      assertEnds(() => foldText(marks)),
      "a",
    );
    assertEnds(() => foldText("ﷺ".repeat(200_000)));
  });
});

describe("folding names", () => {
  it("leaves letters and digits", () => assert.equal(foldName(" Execute-Shell_v2 "), "executeshellv2"));

  it("finds the words", () => {
    assert.deepEqual(nameWords("getHTTPResponse_v2-now"), ["get", "http", "response", "v2", "now"]);
    assert.deepEqual(nameWords("7motor"), ["7", "motor"]);
  });
});
