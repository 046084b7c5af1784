import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { normalizeAction } from "../normalize.ts";
import { typedEffects } from "./typed-effects.ts";

const NOWHERE = { cwd: null, home: null, governance: [], links: {} };

function effectsOf(text: string): readonly { readonly kind: string }[] {
  const action = normalizeAction({ action_type: "type_text", action_payload: { text } }, { sha256Hex: () => "" });
  return typedEffects(action, NOWHERE);
}

describe("typed text that is no script, line by line", () => {
  it("judges a line as often as it stands there, and reads it once", () => {
    const started = performance.now();
    const kinds = effectsOf(`*** Begin Patch\n`.repeat(4000));
    assert.ok(performance.now() - started < 250);
    assert.ok(kinds.length >= 4000);
  });

  it("asks when there are too many lines to read", () => {
    const lines = Array.from({ length: 3000 }, (_, line) => `*** (${line}`);
    const started = performance.now();
    assert.ok(effectsOf(lines.join("\n")).some(({ kind }) => kind === "exec.unparsed"));
    assert.ok(performance.now() - started < 1000);
  });

  it("finds a command in any line", () => {
    assert.ok(effectsOf("a ( b\nrm -rf /").some(({ kind }) => kind === "fs.delete"));
  });
});
