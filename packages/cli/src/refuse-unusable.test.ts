import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { canopy, inScratch } from "./testing/canopy.ts";

const COMMANDS: readonly (readonly string[])[] = [
  ["audit", "query"],
  ["audit", "stats"],
  ["audit", "tail"],
  ["anchors"],
  ["kill-switch"],
  ["log"],
  ["report"],
  ["coverage"],
  ["incident", "--since", "1h"],
  ["console"],
];

describe("a log that can't be asked anything", () => {
  for (const words of COMMANDS) {
    it(`is told from one that has nothing to say: canopy ${words.join(" ")}`, () =>
      inScratch(async (cwd) => {
        writeFileSync(join(cwd, "empty.log"), "");
        mkdirSync(join(cwd, "folder"));
        for (const [log, why] of [
          ["none.log", /does not exist|is missing/u],
          ["folder", /is a folder|is not a regular file/u],
          ["empty.log", /is empty/u],
        ] as const) {
          const { code, stdout, stderr } = await canopy([...words, "--log", log], { cwd });
          assert.deepEqual([code, stdout], [2, ""], `${log}: ${stderr}`);
          assert.match(stderr, why);
          assert.match(stderr, /\[FILE_UNUSABLE\]\nfix: /u);
        }
      }));
  }
});
