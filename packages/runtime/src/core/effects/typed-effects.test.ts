import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { testAnswers } from "../../runtime/answers.fixture.test.ts";
import { normalizeAction } from "../normalize.ts";
import type { Surroundings } from "./surroundings.ts";
import { typedEffects } from "./typed-effects.ts";

const NOWHERE = { cwd: null, home: null, governance: [], links: {} };

function effectsOf(
  text: string,
  surroundings: Surroundings = NOWHERE,
): readonly { readonly kind: string; readonly problem?: string | null }[] {
  const action = normalizeAction({ action_type: "type_text", action_payload: { text } }, { sha256Hex: () => "" });
  return typedEffects(action, surroundings);
}

/** How often it is looked up where the action runs, while a text is read. */
function looksAt(text: string): number {
  let looks = 0;
  const counted = {
    ...NOWHERE,
    get cwd(): null {
      looks += 1;
      return null;
    },
  };
  effectsOf(text, counted);
  return looks;
}

describe("typed text that is no script, line by line", () => {
  it("judges a line as often as it stands there, and reads it once", () => {
    const line = "*** Begin Patch\n";
    assert.ok(effectsOf(line.repeat(4000)).length >= 4000);
    const [few, many] = [looksAt(line.repeat(2000)), looksAt(line.repeat(4000))];
    assert.ok(few > 0);
    assert.equal(many, few);
    assert.ok(looksAt("*** Begin (\n*** End (\n") > looksAt("*** Begin (\n*** Begin (\n"));
  });

  it("asks when there are too many lines to read", () => {
    const lines = Array.from({ length: 3000 }, (_, line) => `*** (${line}`);
    const [read, unread] = [lines.slice(0, 1000), lines.slice(0, 1001)].map((some) => effectsOf(some.join("\n")));
    const problem = "more than 1000 lines";
    assert.ok(!read?.some((effect) => effect.problem === problem));
    assert.ok(unread?.some((effect) => effect.problem === problem));
    assert.equal(looksAt(lines.join("\n")), looksAt(lines.slice(0, 1001).join("\n")), "the others are not read");
  });

  it("finds a command in any line", () => {
    assert.ok(effectsOf("a ( b\nrm -rf /").some(({ kind }) => kind === "fs.delete"));
  });
});

testAnswers("a tool that types or fills is one by its name", [
  ["type_x_screen", { text: "rm -rf /etc\n" }, "DENY"],
  ["type_on_x11_screen", { text: "rm -rf /etc\n" }, "DENY"],
  ["type_my_screen", { text: "rm -rf /etc\n" }, "DENY"],
  ["fill_file", { path: "/etc/x", text: "a" }, "DENY"],
  ["fill_file", { text: "rm -rf /etc\n" }, "REQUIRE_APPROVAL"],
  ["type_x_screen", { text: "hello" }, "ALLOW"],
]);
