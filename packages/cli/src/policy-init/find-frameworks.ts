// Which agent frameworks a project uses, from the files that name its dependencies. Nothing is run or imported.

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** A framework whose tools the scaffold has rules for. */
export type Framework = "langchain" | "langgraph" | "openai-agents" | "crewai" | "autogen" | "mcp" | "claude-code";

/** A framework that was found, and the file that names it. */
export interface FoundFramework {
  readonly framework: Framework;
  readonly file: string;
}

/** Names of packages, and files, by which a framework is known. */
const SIGNS: readonly {
  readonly framework: Framework;
  readonly packages: RegExp;
  readonly files: readonly string[];
}[] = [
  { framework: "langgraph", packages: /^(?:@langchain\/langgraph|langgraph)$/u, files: ["langgraph.json"] },
  { framework: "langchain", packages: /^(?:@langchain\/(?!langgraph).*|langchain(?:[-_].*)?)$/u, files: [] },
  { framework: "openai-agents", packages: /^(?:@openai\/agents(?:-.*)?|openai-agents)$/u, files: [] },
  { framework: "crewai", packages: /^crewai(?:-tools)?$/u, files: [] },
  { framework: "autogen", packages: /^(?:pyautogen|autogen(?:-.*)?|ag2)$/u, files: [] },
  { framework: "mcp", packages: /^(?:@modelcontextprotocol\/.*|mcp|fastmcp)$/u, files: [".mcp.json"] },
  {
    framework: "claude-code",
    packages: /^(?:@anthropic-ai\/claude-(?:code|agent-sdk)|claude-(?:code|agent)-sdk)$/u,
    files: [".claude/settings.json", ".claude/settings.local.json", "CLAUDE.md"],
  },
];

const PYTHON_FILES = [
  "pyproject.toml",
  "requirements.txt",
  "requirements-dev.txt",
  "requirements/base.txt",
  "Pipfile",
  "setup.cfg",
];
const LIMIT_BYTES = 4_194_304;

/** The frameworks of a folder, each once, in the order of the scaffold. Files that can't be read say nothing. */
export function findFrameworks(folder: string): readonly FoundFramework[] {
  const named = [...npmPackages(folder), ...PYTHON_FILES.flatMap((file) => pythonPackages(folder, file))];
  return SIGNS.flatMap(({ framework, packages, files }) => {
    const file =
      named.find(({ name }) => packages.test(name))?.file ?? files.find((each) => existsSync(join(folder, each)));
    return file === undefined ? [] : [{ framework, file }];
  });
}

interface NamedPackage {
  readonly name: string;
  readonly file: string;
}

function npmPackages(folder: string): readonly NamedPackage[] {
  const manifest = parse(readText(folder, "package.json"));
  const lists = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"].map((key) =>
    typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, key) : null,
  );
  return lists.flatMap((list: unknown) =>
    typeof list === "object" && list !== null ? Object.keys(list).map((name) => ({ name, file: "package.json" })) : [],
  );
}

// Requirements stand at the start of a line, or of a quoted item of a list, or as a key: `langchain>=1`, `"crewai[tools]"`.
function pythonPackages(folder: string, file: string): readonly NamedPackage[] {
  const text = readText(folder, file).replaceAll(/#.*$/gmu, "");
  return [...text.matchAll(/(?:^\s*|["'])([A-Za-z0-9][\w.-]*)(?=\s*(?:\[[\w,\s-]*\])?\s*(?:[<>=!~;,"'@]|$))/gmu)].map(
    ([, name = ""]) => ({ name: name.toLowerCase().replaceAll("_", "-"), file }),
  );
}

function readText(folder: string, file: string): string {
  const path = join(folder, file);
  try {
    return statSync(path).size > LIMIT_BYTES ? "" : readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
