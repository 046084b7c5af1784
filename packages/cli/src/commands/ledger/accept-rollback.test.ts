// Going on with a log that was rolled back, by the real binary: what is accepted, what stands in the log, what verifies.

import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
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

test("where an anchor says nothing against the log there is nothing to accept, and nothing is written", async () => {
  await inScratch(async (place) => {
    const anchor = `folder:${place}`;
    await inSite({ anchors: [anchor] }, async (site) => {
      await decide(site, 2);
      const before = readFileSync(site.log);
      for (const name of ["home", anchor]) {
        const { code, text } = await site.run(...accept(name));
        assert.equal(code, 2, text);
        assert.match(text, /there is nothing to accept, and nothing was written: `.*` vouches for the log as it is/u);
      }
      // Another home knows nothing of it, and is not made for that.
      const stranger = { CANOPY_HOME: join(site.folder, "stranger") };
      const { code, stderr } = await canopy(accept("home"), { cwd: site.folder, env: stranger });
      assert.deepEqual([code, existsSync(stranger.CANOPY_HOME)], [2, false]);
      assert.match(stderr, /there is nothing to accept, and nothing was written: `home` keeps nothing of this log/u);
      assert.deepEqual(readFileSync(site.log), before);
      // An anchor that is gone can't be overruled: what it would say is not known.
      renameSync(place, `${place}-away`);
      const gone = await site.run(...accept(anchor));
      renameSync(`${place}-away`, place);
      assert.equal(gone.code, 4);
      assert.match(gone.text, /can't be asked, so nothing was accepted/u);
      assert.deepEqual(readFileSync(site.log), before);
    });
  });
});

test("an anchor that contradicts the log, too, and isn't named, is told before anything is written", async () => {
  await inScratch(async (place) => {
    const anchor = `folder:${place}`;
    await inSite({ anchors: [anchor] }, async (site) => {
      await rolledBack(site);
      const { code, text } = await site.run(...accept("home"));
      assert.equal(code, 4);
      assert.match(text, /the anchor `folder:.*` does not vouch for the log either: nothing was accepted/u);
      assert.match((await site.run("verify", "audit.log")).text, /^BROKEN/u);
      assert.equal((await site.run(...accept("home"), "--anchor", anchor)).code, 0);
      assert.equal((await site.run("anchors", "check", "audit.log")).code, 0);
    });
  });
});

test("entries after the newest checkpoint are missed by the home's head alone, and are accepted like others", async () => {
  await inSite({ tlog: false }, async (site) => {
    await rolledBack(site);
    const { text } = await site.run("anchors", "audit.log");
    assert.match(text, /^home +ROLLED BACK +6 /mu);
    assert.equal((await site.run(...accept("home"))).code, 0);
    assert.match((await site.run("verify", "audit.log", "--signatures")).text, /^INTACT/u);
  });
});

test("a log that was emptied or removed is told with what is known of it, and goes on when that is accepted", async () => {
  await inSite(null, async (site) => {
    await decide(site, 2);
    const known = /this home knows of 4 entries of it, the last [0-9a-f]{16}…/u;
    for (const damage of ["emptied", "removed"]) {
      const whole = readFileSync(site.log);
      if (damage === "emptied") writeFileSync(site.log, "");
      else renameSync(site.log, join(site.folder, "away"));
      const verified = await site.run("verify", "audit.log");
      assert.equal(verified.code, damage === "emptied" ? 1 : 2);
      assert.match(verified.text.replaceAll(/\s+/gu, " "), damage === "emptied" ? /^BROKEN/u : known);
      for (const words of [["ledger", "fsck", "audit.log"], ["log"], ["self-check"]]) {
        const { code, text } = await site.run(...words);
        assert.ok(code !== 0 && known.test(text.replaceAll(/\s+/gu, " ")), `${words.join(" ")}: ${text}`);
      }
      const decided = await site.run(...REQUEST);
      assert.equal(decided.code, 4);
      assert.match(
        decided.text.replaceAll(/\s+/gu, " "),
        /was emptied or removed: this home knows of 4 entries of it/u,
      );
      writeFileSync(site.log, whole);
    }
    writeFileSync(site.log, "");
    assert.equal((await site.run(...accept("home"))).code, 0);
    assert.match((await site.run("verify", "audit.log", "--signatures")).text, /^INTACT/u);
    await decide(site, 1);
  });
});

test("a log at another path, of another home, or of another writer is told by what was compared, and how to go on", async () => {
  await inSite(null, async (site) => {
    await decide(site, 2);
    const said = async (log: string, env: Readonly<Record<string, string>> = {}): Promise<string> => {
      const { code, stdout } = await canopy([...REQUEST, "--audit-log-path", log], { cwd: site.folder, env });
      assert.equal(code, 4);
      return stdout.replaceAll(/\s+/gu, " ");
    };
    copyFileSync(site.log, join(site.folder, "moved.log"));
    assert.match(
      await said("moved.log"),
      /was moved or copied: this home knows it, with 4 entries, under another path/u,
    );
    const stranger = { CANOPY_HOME: join(site.folder, "stranger") };
    const unknown = await said("audit.log", stranger);
    assert.match(unknown, /nothing in this home says how the log `.*` was left: no head by that path, nor by its id/u);
    writeFileSync(join(site.folder, "other.log"), '{"a":1}\n');
    assert.match(await said("other.log"), /its last line is no entry of Canopy's/u);
    const go = await site.run(...REQUEST, "--audit-log-path", "moved.log", "--continue");
    assert.equal(go.code, 0, go.text);
  });
});
