// Going on with a log that was rolled back, by the real binary: what is accepted, what stands in the log, what verifies.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { canopy, inScratch } from "../../testing/canopy.ts";

const REQUEST = ["authorize", "--action-type", "execute_shell", "--payload", '{"command":"ls"}'];

interface Site {
  readonly folder: string;
  readonly log: string;
  /** Run a command; gives its exit code and all that it wrote. */
  readonly run: (...words: readonly string[]) => Promise<{ readonly code: number | null; readonly text: string }>;
}

async function inSite(config: object | null, use: (site: Site) => Promise<void>): Promise<void> {
  await inScratch(async (folder) => {
    mkdirSync(join(folder, "elsewhere"));
    mkdirSync(join(folder, "home"), { mode: 0o700 });
    if (config !== null) writeFileSync(join(folder, "home", "config.json"), JSON.stringify(config));
    await use({
      folder,
      log: join(folder, "audit.log"),
      run: async (...words) => {
        const { code, stdout, stderr } = await canopy(words, { cwd: folder });
        return { code, text: stdout + stderr };
      },
    });
  });
}

async function decide({ run }: Site, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) assert.equal((await run(...REQUEST)).code, 0);
}

/** Two decisions, a copy of the log, four more; then the copy stands in the log's place. */
async function rolledBack(site: Site): Promise<void> {
  await decide(site, 2);
  copyFileSync(site.log, join(site.folder, "backup"));
  await decide(site, 4);
  copyFileSync(join(site.folder, "backup"), site.log);
}

function events({ log }: Site): readonly Readonly<Record<string, unknown>>[] {
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  return lines.map((line): Readonly<Record<string, unknown>> => JSON.parse(line));
}

const accept = (anchor: string): readonly string[] => [
  "ledger",
  "accept-rollback",
  "audit.log",
  "--anchor",
  anchor,
  "--reason",
  "a backup was restored",
];

test("after a rollback that was accepted the log verifies with its signatures, and it is said what they no longer cover", async () => {
  await inSite(null, async (site) => {
    await rolledBack(site);
    // The batches prove that entries are gone, wherever the log is looked at.
    assert.match((await site.run("verify", "audit.log", "--signatures")).text, /^BROKEN/u);
    assert.equal((await site.run(...REQUEST)).code, 4);
    assert.equal((await site.run(...accept("home"))).code, 0);
    const said = events(site).filter(({ event }) => event === "log_continued" || event === "rollback_accepted");
    assert.deepEqual(
      said.map(({ event, accepted_reason }) => [event, accepted_reason]),
      [
        ["log_continued", "a backup was restored"],
        ["rollback_accepted", "a backup was restored"],
      ],
    );
    await decide(site, 1);
    const { code, text } = await site.run("verify", "audit.log", "--signatures");
    assert.match(text, /^INTACT/u);
    assert.equal(code, 0);
    assert.match(text, /8 signed batches are of entries that the log no longer has:\s+entry\s+5\s+says/u);
    assert.match((await site.run("ledger", "fsck", "audit.log")).text, /^CLEAN/u);
    // What comes after it must hold: a second cut is none that was accepted.
    const lines = readFileSync(site.log, "utf8").split("\n");
    renameSync(join(site.folder, "home", "heads"), join(site.folder, "home", "heads.away"));
    renameSync(join(site.folder, "home", "checkpoints"), join(site.folder, "home", "checkpoints.away"));
    writeFileSync(site.log, `${lines.slice(0, -2).join("\n")}\n`);
    assert.match((await site.run("verify", "audit.log", "--signatures")).text, /^BROKEN/u);
  });
});

test("after a rollback that was accepted the anchor vouches for the log again, and decisions go on", async () => {
  await inScratch(async (place) => {
    const anchor = `folder:${place}`;
    await inSite({ anchors: [anchor] }, async (site) => {
      await rolledBack(site);
      assert.equal((await site.run("anchors", "check", "audit.log")).code, 1);
      assert.equal((await site.run(...accept(anchor))).code, 0);
      assert.equal((await site.run("anchors", "check", "audit.log")).code, 0);
      await decide(site, 1);
      const { text } = await site.run("anchors", "audit.log");
      assert.doesNotMatch(text, /SET BACK|ROLLED BACK/u);
      assert.match((await site.run("verify", "audit.log", "--signatures", "--anchor", anchor)).text, /^INTACT/u);
    });
  });
});
