import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseInput, type InputEvent } from "./key-input.ts";

function eventsOf(text: string): readonly InputEvent[] {
  return parseInput(text, true).events;
}

describe("what a terminal sends", () => {
  it("is keys by name, in whichever way a terminal spells them", () => {
    for (const text of ["\u001b[A", "\u001bOA"]) assert.deepEqual(eventsOf(text), [{ kind: "key", key: "up" }]);
    for (const text of ["\r", "\n"]) assert.deepEqual(eventsOf(text), [{ kind: "key", key: "enter" }]);
    assert.deepEqual(eventsOf("\u0003"), [{ kind: "key", key: "ctrl c" }]);
    assert.deepEqual(eventsOf("\u001b[Z"), [{ kind: "key", key: "back tab" }]);
  });

  it("is clicks and the wheel, counted from 0; a release is nothing", () => {
    assert.deepEqual(eventsOf("\u001b[<0;12;4M\u001b[<0;12;4m"), [{ kind: "click", column: 11, row: 3 }]);
    assert.deepEqual(eventsOf("\u001b[<65;1;1M\u001b[<64;1;1M"), [
      { kind: "wheel", down: true },
      { kind: "wheel", down: false },
    ]);
  });

  it("is an escape only when nothing follows", () => {
    assert.deepEqual(parseInput("\u001b"), { events: [], rest: "\u001b" });
    assert.deepEqual(eventsOf("\u001b"), [{ kind: "key", key: "escape" }]);
  });

  it("never types what an unknown sequence is made of", () => {
    assert.deepEqual(eventsOf("\u001b[1;2P\u001b[?1;2c"), []);
  });

  it("takes pasted text as one, with the keys in it as text", () => {
    assert.deepEqual(eventsOf("\u001b[200~yes\r\u001b[201~j"), [
      { kind: "paste", text: "yes\r" },
      { kind: "character", text: "j" },
    ]);
  });

  it("is the same in whatever pieces it comes", () => {
    const piece = fc.constantFrom("a", "é", "😀", "\r", "\u001b[A", "\u001b[<0;3;4M", "\u001b[200~x\u001b[201~", "\t");
    fc.assert(
      fc.property(fc.array(piece), fc.infiniteStream(fc.integer({ min: 1, max: 4 })), (pieces, sizes) => {
        const whole = pieces.join("");
        const seen: InputEvent[] = [];
        let rest = "";
        for (let at = 0; at < whole.length;) {
          let size = sizes.next().value ?? 1;
          // A decoder of UTF-8 never cuts a character.
          if (/[\ud800-\udbff]$/u.test(whole.slice(at, at + size))) size += 1;
          const parsed = parseInput(rest + whole.slice(at, at + size));
          seen.push(...parsed.events);
          rest = parsed.rest;
          at += size;
        }
        assert.deepEqual([...seen, ...parseInput(rest, true).events], eventsOf(whole));
      }),
    );
  });
});
