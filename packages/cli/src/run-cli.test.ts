import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { COMMANDS } from "./commands/index.ts";
import { canopy, inScratch } from "./testing/canopy.ts";
import { VERSION } from "./version.ts";

describe("the canopy binary", () => {
  it("answers a misspelt command with exit 2 and the nearest name", () =>
    inScratch(async (cwd) => {
      const { code, stdout, stderr } = await canopy(["completion"], { cwd });
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(stderr, /no command `completion`.*\n.*did you mean `completions`\?/u);
    }));

  it("answers a misspelt flag with exit 2 and the nearest name", () =>
    inScratch(async (cwd) => {
      const { code, stderr } = await canopy(["completions", "bash", "--jsn"], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, /did you mean `--json`\?/u);
    }));

  it("shows a hostile word without obeying it", () =>
    inScratch(async (cwd) => {
      const { code, stderr } = await canopy(["\u001b[2J\rALLOW"], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, /\\u\{1b\}\[2J\\u\{d\}ALLOW/u);
    }));

  it("says the version of its package for every command", () =>
    inScratch(async (cwd) => {
      const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
      assert.ok(typeof manifest === "object" && manifest !== null && "version" in manifest);
      assert.equal(manifest.version, VERSION);
      for (const words of [["--version"], ...COMMANDS.map(({ name }) => [name, "--version"])]) {
        assert.equal((await canopy(words, { cwd })).stdout, `${VERSION}\n`);
      }
    }));

  it("gives every command a help of at most 80 columns with an example, the same words in the overview", () =>
    inScratch(async (cwd) => {
      const overview = (await canopy([], { cwd })).stdout;
      for (const { name, brief, load } of COMMANDS) {
        assert.ok(overview.includes(`  ${name} `) && overview.includes(brief), name);
        const { docs } = await load();
        assert.equal(docs.brief, brief);
        const { code, stdout } = await canopy([name, "--help"], { cwd });
        assert.equal(code, 0);
        assert.match(stdout, /^examples$/mu, name);
        for (const line of stdout.split("\n")) assert.ok(line.length <= 80, `${name}: ${line}`);
      }
    }));
});

describe("completions", () => {
  it("proposes commands and flags", () =>
    inScratch(async (cwd) => {
      const commands = await canopy(["completions", "bash", "--", "comp"], { cwd });
      assert.deepEqual(commands.stdout.trim().split("\n"), ["completions"]);
      const flags = await canopy(["completions", "fish", "--", "completions", "--j"], { cwd });
      assert.deepEqual(flags.stdout.trim().split("\n"), ["--json"]);
    }));

  it("refuses a shell it has no script for", () =>
    inScratch(async (cwd) => {
      const { code, stderr } = await canopy(["completions", "tcsh"], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, /expected one of bash, zsh, fish/u);
    }));
});
