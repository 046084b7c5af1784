// Every view at three sizes, as whole screens in packages/cli/screens. `npm run golden` writes them anew; the diff is
// reviewed. Those that the documentation shows are the same.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { ApprovalRequest } from "canopy-runtime";
import { approvalText } from "canopy-runtime/approval-text";
import { inScratch } from "../testing/canopy.ts";
import type { ShownRequest } from "./state.ts";
import { ConsoleRig } from "../testing/console-rig.ts";
import { STORY_ANCHORS, STORY_REQUEST, storyLines } from "../testing/console-story.ts";

const FOLDER = fileURLToPath(new URL("../../screens/", import.meta.url));
const PAGE = fileURLToPath(new URL("../../../../docs/console.md", import.meta.url));
const WRITE = process.env["CANOPY_GOLDEN"] === "write";

const SIZES = [
  [60, 20],
  [80, 24],
  [120, 40],
] as const;

const SCREENS: readonly (readonly [name: string, keys: string])[] = [
  ["live", "1"],
  ["a filter", "1/decision:deny\r"],
  ["approvals", "1\u001b2"],
  ["an approval", "2\r"],
  ["agents", "3"],
  ["traces", "4"],
  ["a trace", "4\r"],
  ["incidents", "5"],
  ["chain", "6"],
  ["stop", "7"],
  ["stop, asking", "7s"],
  ["policy", "\u001b8"],
  ["guides", "9"],
  ["a guide", "9\r"],
  ["help", "?"],
  ["an entry", "\u001b1gjjjjj\r"],
];

function shown(request: ApprovalRequest): ShownRequest {
  return { request, text: (columns) => approvalText(request, columns) };
}

function screensOf(rig: ConsoleRig): readonly (readonly [name: string, screen: string])[] {
  return SCREENS.map(([name, keys]) => {
    rig.type(keys);
    if (rig.effects.at(-1)?.kind === "open approval") {
      const { authorization_id } = STORY_REQUEST;
      rig.happen({ kind: "approval", authorization_id, request: shown(STORY_REQUEST), problem: null });
    }
    if (rig.effects.at(-1)?.kind === "lint") {
      rig.happen({
        kind: "linted",
        linted: { file: "policy.yaml", lines: [{ text: "ok: it can be loaded", tone: "good" }] },
      });
    }
    rig.effects.length = 0;
    return [name, rig.screen()];
  });
}

async function withStory(columns: number, rows: number, use: (rig: ConsoleRig) => void): Promise<void> {
  await inScratch((folder) => {
    const content = { action_payload: { command: "rm -rf / --no-preserve-root" }, cwd: "/srv/app" };
    const record = { content, effects: ["runs rm -rf /", "deletes / and all below it (the whole file system)"] };
    const rig = new ConsoleRig(folder, { columns, rows, record: () => record, now: "2026-03-01T09:01:00.000Z" });
    rig.write(storyLines());
    rig.read();
    const result = {
      path: "audit.log",
      valid: true,
      entries: 12,
      first_bad_line: null,
      segment: null,
      failure: null,
      within: null,
      checkpoints: [],
      disagreements: [],
      head: "c".repeat(64),
      warnings: ["signatures: not checked"],
      anchored: true,
      signatures: "not checked",
    } as const;
    rig.data.take({ kind: "verify", verify: { status: "done", result, at: "2026-03-01T09:00:40.000Z" } });
    const vouched = { status: "known", report: STORY_ANCHORS, at: "2026-03-01T09:00:41.000Z" } as const;
    const policy_hash = `sha256:${"b".repeat(64)}`;
    const loaded = { name: "the bundled default pack", policy_hash, is_default: true, problem: null };
    rig.data.take({ kind: "vouched", vouched, loaded });
    use(rig);
    rig.close();
    return Promise.resolve();
  });
}

describe("the console's screens", () => {
  for (const [columns, rows] of SIZES) {
    it(`are as reviewed: ${columns}×${rows}`, () =>
      withStory(columns, rows, (rig) => {
        const shown = screensOf(rig)
          .map(([name, screen]) => `=== ${name}\n${screen}`)
          .join("");
        const file = join(FOLDER, `${columns}x${rows}.txt`);
        if (WRITE) {
          mkdirSync(FOLDER, { recursive: true });
          writeFileSync(file, shown);
        }
        assert.equal(shown, readFileSync(file, "utf8"));
      }));
  }

  it("are what the documentation shows", () =>
    withStory(80, 24, (rig) => {
      const screens = new Set(screensOf(rig).map(([, screen]) => screen));
      const blocks = [...readFileSync(PAGE, "utf8").matchAll(/^```text\n( Canopy .*?)^```$/gmsu)].map(
        ([, text = ""]) => text,
      );
      assert.ok(blocks.length >= 3);
      for (const block of blocks) assert.ok(screens.has(block), `not a screen:\n${block}`);
    }));
});
