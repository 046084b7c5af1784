// Who has everything of the log's host, its keys too, writes another history. What an anchor out of their reach was given
// before still tells, by the real binary, for an auditor who has the key as it was published.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { canopy, inScratch } from "./testing/canopy.ts";

interface Site {
  /** Of the host: its log and its home. */
  readonly host: string;
  /** The folder anchor, which nothing is taken from. */
  readonly anchor: string;
  readonly vkey: string;
  /** Run a command on the host. */
  readonly run: (...words: readonly string[]) => Promise<{ readonly code: number | null; readonly text: string }>;
  /** Run one elsewhere, in another home. */
  readonly audit: (...words: readonly string[]) => Promise<{ readonly code: number | null; readonly text: string }>;
}

/** A log whose anchor knows 16 entries of it, in whose place stands another history from entry 7 on. */
async function forked(rotates: boolean, use: (site: Site) => Promise<void>): Promise<void> {
  await inScratch(async (folder) => {
    const [host, anchor, early] = [join(folder, "host"), join(folder, "anchor"), join(folder, "early")];
    for (const path of [host, anchor, join(folder, "auditor")]) mkdirSync(path);
    mkdirSync(join(host, "home"), { mode: 0o700 });
    const config = join(host, "home", "config.json");
    const inHome =
      (home: string) =>
      async (...words: readonly string[]): Promise<{ code: number | null; text: string }> => {
        const { code, stdout, stderr } = await canopy(words, { cwd: host, env: { CANOPY_HOME: home } });
        return { code, text: stdout + stderr };
      };
    const run = inHome(join(host, "home"));
    const decide = async (count: number, what: string): Promise<void> => {
      for (let n = 0; n < count; n += 1) {
        const payload = JSON.stringify({ command: `ls ${what}${n}` });
        const { code, text } = await run("authorize", "--action-type", "execute_shell", "--payload", payload);
        assert.equal(code, 0, text);
      }
    };
    writeFileSync(config, JSON.stringify({ anchors: [`folder:${anchor}`] }));
    await decide(3, "true");
    cpSync(host, early, { recursive: true });
    await decide(5, "true");
    const vkey = join(folder, "vkey");
    writeFileSync(vkey, (await run("keys", "--vkey", "--log", "audit.log")).text);
    rmSync(host, { recursive: true });
    cpSync(early, host, { recursive: true });
    writeFileSync(config, "{}");
    if (rotates) assert.equal((await run("keys", "rotate", "checkpoint", "--log", "audit.log")).code, 0);
    await decide(8, "forged");
    await use({ host, anchor, vkey, run, audit: inHome(join(folder, "auditor")) });
  });
}

function newestOf(anchor: string): string {
  const [part = ""] = readdirSync(anchor);
  return join(anchor, part, readdirSync(join(anchor, part)).toSorted().at(-1) ?? "");
}

for (const rotates of [false, true]) {
  const how = rotates ? "after a rotation of the checkpoint key" : "with the same keys";
  test(`another history ${how} is broken against what the anchor was given, with the place`, async () => {
    await forked(rotates, async ({ anchor, vkey, audit }) => {
      for (const place of [`folder:${anchor}`, newestOf(anchor)]) {
        const { code, text } = await audit("verify", "audit.log", "--anchor", place, "--vkey", vkey);
        assert.match(text, /^BROKEN/u, place);
        assert.match(text, /\bline +(?:7|one of 7 to (?:8|16)|1)\b|entries 7 to/u, text);
        assert.equal(code, 1);
        const json = await audit("verify", "audit.log", "--anchor", place, "--vkey", vkey, "--json");
        const found: { readonly verdict: string; readonly disagreements: readonly unknown[] } = JSON.parse(json.text);
        assert.equal(found.verdict, "invalid");
        assert.ok(found.disagreements.length > 0);
      }
    });
  });
}

test("a note that is added to a folder takes back none of those that stand there", async () => {
  await forked(false, async ({ host, anchor, run }) => {
    const checkpoint = readFileSync(join(host, "audit.log.d", "tlog", "checkpoint"), "utf8");
    const size = (checkpoint.split("\n")[1] ?? "").padStart(16, "0");
    const [part = ""] = readdirSync(anchor);
    writeFileSync(join(anchor, part, `${size}.note`), checkpoint);
    writeFileSync(join(host, "home", "config.json"), JSON.stringify({ anchors: [`folder:${anchor}`] }));
    const notes = readdirSync(join(anchor, part));
    const { code, text } = await run("anchors", "check", "audit.log");
    assert.equal(code, 1, text);
    assert.match(text, /ANOTHER LOG/u);
    const decided = await run("authorize", "--action-type", "execute_shell", "--payload", '{"command":"ls"}');
    assert.equal(decided.code, 4, decided.text);
    assert.match((await run("report", "audit.log", "--last", "1")).text, /BROKEN|another log|forked|ANOTHER LOG/iu);
    assert.deepEqual(readdirSync(join(anchor, part)), notes, "nothing is pruned of what disagrees");
  });
});

test("what an honest rotation leaves behind breaks nothing", async () => {
  await inScratch(async (folder) => {
    const anchor = join(folder, "anchor");
    mkdirSync(anchor);
    mkdirSync(join(folder, "home"), { mode: 0o700 });
    writeFileSync(join(folder, "home", "config.json"), JSON.stringify({ anchors: [`folder:${anchor}`] }));
    const run = async (...words: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await canopy(words, { cwd: folder });
      assert.equal(code, 0, stdout + stderr);
      return stdout;
    };
    const decide = (): Promise<string> =>
      run("authorize", "--action-type", "execute_shell", "--payload", '{"command":"ls"}');
    await decide();
    writeFileSync(join(folder, "vkey"), await run("keys", "--vkey", "--log", "audit.log"));
    await run("keys", "rotate", "checkpoint", "--log", "audit.log");
    await decide();
    await decide();
    assert.match(await run("anchors", "check", "audit.log"), /vouches/u);
    assert.match(await run("verify", "audit.log", "--anchor", `folder:${anchor}`, "--vkey", "vkey"), /^INTACT/u);
  });
});
