// What the documents show works: every command line is run, in order, page by page, in one folder (`# exit N` says how it
// ends); every program is run and type-checked (`console.log(…); // text` says what it prints); policies load.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { lintPolicy } from "canopy-runtime/policy";
import { readTestFile } from "canopy-runtime/policy-tests";
import { commandCalled, commandPaths, COMMANDS, withMeantCommand } from "./commands/index.ts";
import { canopy, COMPILED, inScratch } from "./testing/canopy.ts";
import { reviewedHelp } from "./testing/reviewed-help.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));
const PAGES = globSync(["*.md", "docs/**/*.md", "packages/*/README.md", "examples/*.md"], { cwd: ROOT }).sort();

interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...textOf(page).matchAll(/^```([^\n]*)\n(.*?)^```$/gmsu)].map(([, language = "", text = ""]) => ({
    page,
    language,
    text,
  })),
);

function textOf(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

function blocks(...languages: readonly string[]): readonly Block[] {
  return BLOCKS.filter(({ language }) => languages.includes(language));
}

interface Line {
  readonly text: string;
  readonly exit: number;
}

function commandLines(page: string): readonly Line[] {
  return blocks("sh")
    .filter((block) => block.page === page)
    .flatMap(({ text }) => text.split("\n"))
    .filter((line) => line !== "" && !NPM.test(line))
    .map((line) => ({
      text: line.replace("npx -p canopy-cli canopy", "canopy"),
      exit: Number(/# exit (\d+)$/u.exec(line)?.[1] ?? 0),
    }));
}

const NPM = /^npm |&& npm /u;

/** The files that a page shows: a block of YAML that says its file's name in its first line. */
function filesOn(page: string): readonly { readonly name: string; readonly text: string }[] {
  return blocks("yaml").flatMap((block) => {
    const name = /^# ([\w.-]+\.yaml)\n/u.exec(block.text)?.[1];
    return name === undefined || block.page !== page ? [] : [{ name, text: block.text }];
  });
}

// Where a reader has put the packages: a project of their own that has them installed.
function projectIn(folder: string): Readonly<Record<string, string>> {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(ROOT, "packages/runtime"), join(folder, "node_modules/canopy-runtime"), "junction");
  symlinkSync(join(ROOT, "node_modules/@types"), join(folder, "node_modules/@types"), "junction");
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  return { PATH: process.env["PATH"] ?? "", HOME: folder, CANOPY_HOME: join(folder, "home"), ...COMPILED };
}

describe("the documentation", () => {
  it("shows the example that stands in examples/, and it does what the front page says", () =>
    inScratch(async (folder) => {
      const example = readFileSync(join(ROOT, "examples/shell-tool.mjs"), "utf8");
      assert.ok(readFileSync(join(ROOT, "README.md"), "utf8").includes(`\`\`\`js\n${example}\`\`\``));
      const env = { PATH: process.env["PATH"] ?? "", HOME: folder, CANOPY_HOME: join(folder, "home") };
      const words = [join(ROOT, "examples/shell-tool.mjs")];
      const { status, stdout } = spawnSync(process.execPath, words, { cwd: folder, env, encoding: "utf8" });
      assert.equal(status, 0);
      const shown = /prints\n\n```text\n([^`]*)```/u.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1];
      assert.equal(stdout, shown);
      const entries = readFileSync(join(folder, "audit.log"), "utf8").trimEnd().split("\n");
      assert.deepEqual(
        entries.map((entry) => /"event":"(\w+)"/u.exec(entry)?.[1]),
        ["authorize_action", "tool_start", "tool_result", "authorize_action", "checkpoint_meta"],
      );
      assert.ok(existsSync(join(folder, "audit.log.d/tlog/checkpoint")));
      return Promise.resolve();
    }));

  it("says of each block what it is, so that it is checked; `text` is for pictures and grammars", () => {
    const known = ["sh", "js", "ts", "yaml", "json", "text"];
    assert.deepEqual(
      BLOCKS.filter(({ language }) => !known.includes(language)),
      [],
    );
    assert.ok(BLOCKS.length > 20);
  });

  for (const page of PAGES.filter((each) => commandLines(each).length > 0)) {
    it(`shows only commands that end as it says: ${page}`, () =>
      inScratch(async (folder) => {
        for (const { name, text } of filesOn(page)) writeFileSync(join(folder, name), text);
        const shim = join(folder, "canopy");
        writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
        chmodSync(shim, 0o755);
        const env = {
          PATH: `${folder}:${process.env["PATH"] ?? ""}`,
          HOME: folder,
          CANOPY_HOME: join(folder, "home"),
          ...COMPILED,
        };
        for (const { text, exit } of commandLines(page)) {
          const { status, stderr } = spawnSync("sh", ["-c", text], { cwd: folder, env, encoding: "utf8", input: "" });
          assert.equal(status, exit, `${text}\n${stderr}`);
        }
        return Promise.resolve();
      }));
  }

  it("names only scripts and packages of this repository where it calls npm", () => {
    const lines = blocks("sh").flatMap(({ text }) => text.split("\n").filter((line) => NPM.test(line)));
    assert.ok(lines.length > 5);
    for (const line of lines) {
      for (const [, script = ""] of line.matchAll(/npm run (?:-s )?([\w:]+)/gu)) {
        assert.ok(textOf("package.json").includes(`"${script}": `), line);
      }
      for (const [, folder = ""] of line.matchAll(/ -w (\S+)/gu)) {
        assert.ok(existsSync(join(ROOT, folder, "package.json")), line);
      }
      for (const [, name = "", version = ""] of line.matchAll(/\/(canopy-\w+)-([\d.]+)\.tgz/gu)) {
        const folder = name.replace("canopy-", "packages/");
        assert.ok(textOf(join(folder, "package.json")).includes(`"version": "${version}"`), line);
      }
    }
  });

  for (const [index, { page, language, text }] of blocks("js", "ts").entries()) {
    it(`shows only programs that do what they say: ${page} (${index + 1})`, () =>
      inScratch(async (folder) => {
        const env = projectIn(folder);
        const file = join(folder, language === "ts" ? "sample.ts" : "sample.mjs");
        writeFileSync(file, text);
        const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, env, encoding: "utf8" });
        const thrown = /; \/\/ throws (\w+)/u.exec(text)?.[1];
        assert.equal(status, thrown === undefined ? 0 : 1, stderr);
        if (thrown !== undefined) assert.match(stderr, new RegExp(thrown, "u"));
        const printed = [...text.matchAll(/^console\.log\(.*\); \/\/ (.+)$/gmu)].map(([, said = ""]) => said);
        if (printed.length > 0) assert.deepEqual(stdout.trimEnd().split("\n"), printed);
        return Promise.resolve();
      }));
  }

  it("shows only TypeScript that the compiler takes", () =>
    inScratch(async (folder) => {
      const env = projectIn(folder);
      for (const [index, { text }] of blocks("ts").entries()) {
        writeFileSync(join(folder, `sample-${index}.ts`), `${text}export {};\n`);
      }
      const options = { strict: true, module: "nodenext", target: "es2023", noEmit: true, types: ["node"] };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options }));
      const words = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder];
      const { status, stdout } = spawnSync(process.execPath, words, { cwd: folder, env, encoding: "utf8" });
      assert.equal(status, 0, stdout);
      return Promise.resolve();
    }));

  it("shows only policies and tests that can be read, and pieces of rules", () => {
    assert.ok(blocks("yaml").length > 1);
    for (const { page, text } of blocks("yaml")) {
      if (/^tests:/mu.test(text)) {
        assert.deepEqual(readTestFile(text).problems, null, page);
        continue;
      }
      const piece = text.replaceAll(/^/gmu, "    ").trimEnd();
      const policy = /^rules:/mu.test(text) ? text : `rules:\n  - action_type: execute_shell\n${piece}\n`;
      assert.deepEqual(
        lintPolicy(policy).filter(({ severity }) => severity === "error"),
        [],
        `${page}\n${policy}`,
      );
    }
  });

  it("shows only documents that are JSON", () => {
    assert.ok(blocks("json").length > 0);
    for (const { text } of blocks("json")) assert.doesNotThrow(() => JSON.parse(text));
  });

  it("names only commands and flags that there are", () =>
    inScratch(async (folder) => {
      const named = PAGES.flatMap((page) => [...textOf(page).matchAll(/`canopy ([a-z][a-z-]*)([^`]*)`/gu)]);
      assert.ok(named.length > 20);
      const help = new Map(commandPaths().map(({ path }) => [path, reviewedHelp(path)]));
      for (const [all, name = "", words = ""] of named) {
        const group = COMMANDS.find((each) => each.name === name);
        assert.ok(group !== undefined, all);
        const path = commandCalled(withMeantCommand([name, ...words.trim().split(" ")]))?.path ?? name;
        // A word after a group's name is one of its commands, or stands for any of them.
        if ("commands" in group && path === name) assert.match(words, /^(?: <.*| …| --help)?$/u, all);
        if (!help.has(path)) help.set(path, (await canopy([...path.split(" "), "--help"], { cwd: folder })).stdout);
        for (const [flag] of words.matchAll(/(?<= )--[a-z-]+/gu)) assert.ok(help.get(path)?.includes(flag), all);
      }
    }));

  it("names every page in its list of pages", () => {
    const listed = new Set([...textOf("docs/README.md").matchAll(/\]\(([^)#]+)\)/gu)].map(([, target]) => target));
    const pages = globSync("*.md", { cwd: join(ROOT, "docs") });
    assert.ok(pages.length > 30);
    assert.deepEqual(
      pages.filter((page) => page !== "README.md" && !listed.has(page)),
      [],
    );
  });

  it("links only to pages and headings that there are", () => {
    const all = globSync("**/*.md", { cwd: ROOT, exclude: isInstalled }).sort();
    assert.ok(all.includes("python/README.md") && all.includes("vectors/audit/README.md"));
    for (const page of all) {
      for (const [, target = "", heading = ""] of textOf(page).matchAll(
        /\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/gu,
      )) {
        const path = target === "" ? page : join(dirname(page), target);
        assert.ok(existsSync(join(ROOT, path)), `${page} → ${target}`);
        if (heading !== "") assert.ok(headings(path).includes(heading), `${page} → ${target}#${heading}`);
      }
    }
  });
});

function isInstalled(path: string): boolean {
  return /(?:^|\/)(?:node_modules|dist|\.\w+)(?:\/|$)/u.test(path);
}

function headings(page: string): readonly string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gmu)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
