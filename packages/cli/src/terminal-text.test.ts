import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  clipText,
  terminalJson,
  terminalJsonPretty,
  terminalLines,
  terminalText,
  textWidth,
  wrapText,
} from "./terminal-text.ts";
import { HOSTILE, OBEYED } from "./testing/hostile.ts";

describe("terminal text", () => {
  it("shows every hostile string on one line without a character that a terminal obeys", () => {
    for (const { id, value } of HOSTILE) {
      const shown = terminalText(value);
      assert.doesNotMatch(shown, OBEYED, id);
      assert.ok(!shown.startsWith("FORGED"), id);
    }
    assert.ok(HOSTILE.length > 40);
  });

  it("shows markup and format strings as they are", () => {
    for (const { id, value } of HOSTILE.filter((each) => each.class === "markup")) {
      assert.equal(terminalText(value), value, id);
    }
  });

  it("lets nobody tell two different strings apart less than before", () => {
    for (const { id, value, lookalike } of HOSTILE) {
      if (lookalike !== undefined && OBEYED.test(value))
        assert.notEqual(terminalText(value), terminalText(lookalike), id);
    }
  });

  it("shows an escape sequence, a carriage return, an override and a lone surrogate as code points", () => {
    assert.equal(terminalText("a\u001b[2Jb"), "a\\u{1b}[2Jb");
    assert.equal(terminalText("DENY\rALLOW"), "DENY\\u{d}ALLOW");
    assert.equal(terminalText("\u202egnp.exe"), "\\u{202e}gnp.exe");
    assert.equal(terminalText("\ud800"), "\\u{d800}");
    assert.equal(terminalText("a\u{e0041}"), "a\\u{e0041}");
    assert.equal(terminalText("no\u00a0break"), "no\\u{a0}break");
  });

  it("keeps ordinary writing of any script", () => {
    for (const text of ["Grüße, naïve café", "日本語テキスト", "שלום", "привет", "한국어", "ok ✓ 🚀", "e\u0301"]) {
      assert.equal(terminalText(text), text);
    }
  });

  it("shows at most three marks on one letter", () => {
    assert.equal(terminalText(`z${"\u0301".repeat(5)}`), `z${"\u0301".repeat(3)}\\u{301}\\u{301}`);
  });

  it("never lets any text through that a terminal obeys", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        assert.doesNotMatch(terminalText(text), OBEYED);
        assert.doesNotMatch(terminalJson(text), OBEYED);
      }),
      { numRuns: 500 },
    );
  });

  it("splits lines at line feeds only", () => {
    assert.deepEqual(terminalLines("a\nb\rc"), ["a", "b\\u{d}c"]);
  });
});

describe("terminal JSON", () => {
  it("reads back as the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(JSON.parse(terminalJson(value)), JSON.parse(JSON.stringify(value)));
        assert.deepEqual(JSON.parse(terminalJsonPretty(value)), JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 200 },
    );
    for (const { id, value } of HOSTILE) assert.equal(JSON.parse(terminalJson(value)), value, id);
  });
});

describe("width", () => {
  it("counts two columns for wide characters and none for marks", () => {
    assert.equal(textWidth("abc"), 3);
    assert.equal(textWidth("日本"), 4);
    assert.equal(textWidth("e\u0301"), 1);
  });

  it("clips to the columns there are", () => {
    assert.equal(clipText("abcdef", 4), "abc…");
    assert.equal(clipText("日本語", 5), "日本…");
    assert.equal(clipText("abc", 3), "abc");
  });

  it("wraps so that no line is wider than asked and no character is lost", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z日]{1,30}$/)), fc.integer({ min: 4, max: 40 }), (words, columns) => {
        const lines = wrapText(words.join(" "), columns);
        for (const line of lines) assert.ok(textWidth(line) <= columns);
        assert.equal(lines.join("").replaceAll(" ", ""), words.join(""));
      }),
      { numRuns: 200 },
    );
  });
});
