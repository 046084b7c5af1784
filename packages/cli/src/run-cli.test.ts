import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { commandPaths, COMMANDS } from "./commands/index.ts";
import { processIo } from "./io.ts";
import { runCli } from "./run-cli.ts";
import { canopy, inScratch } from "./testing/canopy.ts";
import { reviewedHelp } from "./testing/reviewed-help.ts";
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
      // The last two have a start of their own; what the others share is asked of every command below.
      for (const words of ["", "policy", "policy lint", "verify", "audit query"]) {
        const asked = [...words.split(" ").filter(Boolean), "--version"];
        assert.deepEqual(await canopy(asked, { cwd }), { code: 0, stdout: `${VERSION}\n`, stderr: "" });
      }
      for (const { path } of commandPaths()) {
        let said = "";
        const write = (text: string): void => void (said += text);
        const code = await runCli([...path.split(" "), "--version"], { ...processIo(), out: write, err: write, cwd });
        assert.deepEqual([code, said], [0, `${VERSION}\n`], path);
      }
    }));

  it("gives every command a help of at most 80 columns with an example, the same words in the overview", () =>
    inScratch(async (cwd) => {
      const overviews = new Map<string, string>();
      for (const { path, entry } of commandPaths()) {
        const { brief } = entry;
        const group = path.split(" ").slice(0, -1);
        const overview = overviews.get(group.join(" ")) ?? (await canopy(group, { cwd })).stdout;
        overviews.set(group.join(" "), overview);
        assert.ok(overview.includes(`  ${entry.name} `) && overview.includes(brief), path);
        const { docs } = await entry.load();
        assert.equal(docs.brief, brief);
        // A group's own command is called by the group's name; a later example may show what becomes of the result.
        const [example = { command: "" }] = docs.examples;
        const owner = COMMANDS.find((each) => "commands" in each && each.name === group.join(" "));
        const isOtherwise = owner !== undefined && "otherwise" in owner && owner.otherwise === entry.name;
        const names = isOtherwise ? [path, group.join(" ")] : [path];
        assert.ok(
          names.some(
            (name) => example.command.includes(`canopy ${name} `) || example.command.endsWith(`canopy ${name}`),
          ),
          `${path}: ${example.command}`,
        );
        const help = reviewedHelp(path);
        assert.match(help, new RegExp(`^usage: canopy ${path} .*^examples$`, "msu"));
        for (const line of help.split("\n")) assert.ok(line.length <= 80, `${path}: ${line}`);
      }
    }));

  it("lists the commands of a group when it is called without one, and the nearest when it has none such", () =>
    inScratch(async (cwd) => {
      const bare = await canopy(["policy"], { cwd });
      assert.equal(bare.code, 0);
      assert.match(bare.stdout, /^usage: canopy policy <command>.*^commands$.*^ {2}lint /msu);
      assert.deepEqual(await canopy(["policy", "--help"], { cwd }), bare);
      assert.deepEqual(await canopy(["help", "policy"], { cwd }), bare);
      const { code, stdout, stderr } = await canopy(["policy", "lnit"], { cwd });
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(stderr, /no command `lnit`.*\n.*did you mean `?lint`?\?/u);
    }));

  it("reads `help GROUP COMMAND` as that command's --help", () =>
    inScratch(async (cwd) => {
      const asked = await canopy(["help", "policy", "lint"], { cwd });
      assert.deepEqual(asked, await canopy(["policy", "lint", "--help"], { cwd }));
      assert.match(asked.stdout, /^usage: canopy policy lint /u);
    }));
});

describe("completions", () => {
  it("proposes commands and flags", () =>
    inScratch(async (cwd) => {
      const commands = await canopy(["completions", "bash", "--", "comp"], { cwd });
      assert.deepEqual(commands.stdout.trim().split("\n"), ["completions"]);
      const flags = await canopy(["completions", "fish", "--", "completions", "--j"], { cwd });
      assert.deepEqual(flags.stdout.trim().split("\n"), ["--json"]);
      const within = await canopy(["completions", "zsh", "--", "policy", "li"], { cwd });
      assert.deepEqual(within.stdout.trim().split("\n"), ["lint"]);
      const deep = await canopy(["completions", "bash", "--", "policy", "lint", "--f"], { cwd });
      assert.deepEqual(deep.stdout.trim().split("\n"), ["--format"]);
    }));

  it("refuses a shell it has no script for", () =>
    inScratch(async (cwd) => {
      const { code, stderr } = await canopy(["completions", "tcsh"], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, /expected one of bash, zsh, fish/u);
    }));
});
