// docs/effects.md says what members of a payload are read as: every role, names that have it, and samples.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { deriveEffects } from "./effects/derive.ts";
import { foldName } from "./effects/text.ts";
import { normalizeAction } from "./normalize.ts";
import { MEMBER_ROLES } from "./payload-roles.ts";

const PAGE = readFileSync(new URL("../../../../docs/effects.md", import.meta.url), "utf8");
const SECTION = /^## Members of a payload\n(.*?)^## /msu.exec(PAGE)?.[1] ?? "";
const ROWS = SECTION.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
const tools = { sha256Hex: (text: string): string => createHash("sha256").update(text).digest("hex") };

function codes(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/gu)].map(([, code = ""]) => code);
}

describe("the page on members of a payload", () => {
  it("has every role, and names that have it", () => {
    const documented = ROWS.filter(([, role = "", names = ""]) => codes(role).length === 1 && names.includes("`, `"));
    for (const role of new Set(MEMBER_ROLES.values())) {
      const row = documented.find(([, name = ""]) => name === `\`${role}\``);
      assert.ok(row !== undefined, role);
      for (const name of codes(row[2] ?? "")) assert.ok(hasRole(name, role), `${name} is no ${role}`);
    }
  });

  const samples = ROWS.filter(([, , payload = ""]) => payload.startsWith("`{"));
  it("has samples", () => assert.ok(samples.length > 15));
  for (const [, type = "", payload = "", effect = ""] of samples) {
    it(`is right about ${type} ${payload}`, () => {
      const [action_type = "", text = "", kind = ""] = [type, payload, effect].map((cell) => codes(cell)[0]);
      const action_payload: unknown = JSON.parse(text);
      const surroundings = { cwd: "/work", home: "/home/ann", governance: [], links: {} };
      const effects = deriveEffects(normalizeAction({ action_type, action_payload, cwd: null }, tools), surroundings);
      assert.ok(
        effects.some((each) => each.kind === kind),
        JSON.stringify(effects),
      );
    });
  }
});

// `arguments` and `input` are in two lists; which of them counts is told by what they hold.
function hasRole(name: string, role: string): boolean {
  const found = MEMBER_ROLES.get(foldName(name));
  return found === role || (role === "wrapper" && found !== undefined);
}
