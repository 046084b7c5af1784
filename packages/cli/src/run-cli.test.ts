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

  it("names flags as they are typed, and none that only shares a letter", () =>
    inScratch(async (cwd) => {
      assert.match((await canopy(["demo", "--nowrite"], { cwd })).stderr, /did you mean `--no-write`\?/u);
      assert.match((await canopy(["authorize", "--agent", "x"], { cwd })).stderr, /did you mean `--agent-ctx`\?/u);
      assert.doesNotMatch((await canopy(["verify", "--key", "x"], { cwd })).stderr, /did you mean/u);
    }));

  it("shows a hostile word without obeying it", () =>
    inScratch(async (cwd) => {
      const { code, stderr } = await canopy(["\u001b[2J\rALLOW"], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, /\\u\{1b\}\[2J\\u\{d\}ALLOW/u);
    }));

  it("is reached by every name that 0.4.2 had, with the same words", () =>
    inScratch(async (cwd) => {
      const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
      assert.ok(typeof manifest === "object" && manifest !== null && "bin" in manifest);
      const { bin } = manifest;
      assert.ok(typeof bin === "object" && bin !== null);
      const names = Object.keys(bin).filter((name) => name !== "canopy");
      for (const name of ["canopy-quickstart", "canopy-demo", "canopy-verify", "canopy-log", "canopy-self-check"]) {
        assert.ok(names.includes(name), name);
      }
      for (const name of names) {
        const command = name.slice("canopy-".length);
        const ours = await canopy(["--help"], { cwd, entry: `bin/${name}.js` });
        assert.equal(ours.code, 0, name);
        assert.match(ours.stdout, new RegExp(`^usage: canopy ${command} `, "u"));
      }
    }));

  it("reads `help COMMAND` as that command's --help", () =>
    inScratch(async (cwd) => {
      const [asked, flagged] = [await canopy(["help", "log"], { cwd }), await canopy(["log", "--help"], { cwd })];
      assert.deepEqual(asked, flagged);
      assert.deepEqual(await canopy(["help"], { cwd }), await canopy([], { cwd }));
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
