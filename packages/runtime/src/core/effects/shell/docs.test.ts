import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { Effect } from "../effect.ts";
import type { Surroundings } from "../surroundings.ts";
import { shellEffects } from "./index.ts";
import * as limits from "./limits.ts";

// From dist/core/effects/shell/ to the root of the repository.
const PAGE = readFileSync(new URL("../../../../../../docs/effects.md", import.meta.url), "utf8");
const HERE: Surroundings = { cwd: "/home/u/project", home: "/home/u", governance: [], links: {} };

interface Row {
  readonly construct: string;
  readonly sample: string;
  readonly outcome: string;
  readonly effect: string;
}

function rows(): readonly Row[] {
  const found: Row[] = [];
  for (const line of PAGE.split("\n")) {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
    const [, construct = "", sample = "", outcome = "", effect = ""] = cells;
    if (outcome === "evaluated" || outcome === "asks")
      found.push({ construct, sample: unquote(sample), outcome, effect });
  }
  return found;
}

function unquote(code: string): string {
  const inner = code.startsWith("``") ? code.slice(2, -2).trim() : code.slice(1, -1);
  return inner
    .replaceAll("⏎", "\n")
    .replaceAll(/\\u([0-9A-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll("\\t", "\t")
    .replaceAll("\\r", "\r")
    .replaceAll("\\x07", "\u0007");
}

const DOUBTS: ReadonlySet<string> = new Set(["exec.unresolved", "exec.unparsed", "exec.obfuscated"]);
const PLAIN: ReadonlySet<string> = new Set(["exec.program", "fs.read"]);

function describes(effect: Effect, expected: string): boolean {
  const [kind, zone] = expected.split(" ");
  if (effect.kind !== kind) return false;
  if (zone === undefined) return true;
  return "target" in effect && typeof effect.target !== "string" && effect.target.zone === zone;
}

describe("the page on effects", () => {
  it("has a row for a hundred constructs", () => {
    assert.ok(rows().length > 100);
  });

  for (const { construct, sample, outcome, effect } of rows()) {
    it(`is right about ${construct}: ${JSON.stringify(sample)}`, () => {
      const effects = shellEffects(sample, HERE);
      const shown = JSON.stringify(effects);
      const doubts = effects.filter((each) => DOUBTS.has(each.kind));
      if (outcome === "evaluated") assert.deepEqual(doubts, []);
      else assert.ok(doubts.length > 0, shown);
      if (effect === "nothing")
        assert.deepEqual(
          effects.filter((each) => !PLAIN.has(each.kind)),
          [],
        );
      else
        assert.ok(
          effects.some((each) => describes(each, effect)),
          shown,
        );
    });
  }

  it("states the limits that hold", () => {
    for (const value of Object.values(limits)) {
      assert.ok(PAGE.includes(`| ${value.toLocaleString("en-US")} |`), String(value));
    }
  });
});
