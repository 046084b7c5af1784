// The agent loops that the quickstart can use. A framework is not a dependency: it is asked for where it is installed.

import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CanopyError } from "canopy-runtime/errors";
import { vanillaLoop, type AgentLoop } from "./agent.ts";

/** What other frameworks need until their adapters are there. */
const NEEDS: ReadonlyMap<string, string> = new Map([
  ["crewai", "CrewAI runs in Python, and the Python client is not there yet"],
  ["autogen", "AutoGen runs in Python, and the Python client is not there yet"],
  ["langgraph", "its adapter is not there yet"],
  ["openai", "its adapter is not there yet"],
  ["openai-agents", "its adapter is not there yet"],
  ["openclaw", "its adapter is not there yet"],
]);

const LANGCHAIN = fileURLToPath(new URL("../../../../examples/langchain/", import.meta.url));

/**
 * The loop of a framework.
 *
 * @throws {CanopyError} `USAGE` for a name that is not known or not usable yet; `FILE_UNUSABLE` when it is not installed.
 */
export async function loopOf(name: string): Promise<AgentLoop> {
  if (name === "vanilla") return vanillaLoop;
  if (name === "langchain") return langChainLoop();
  const needs = NEEDS.get(name);
  throw new CanopyError(
    "USAGE",
    needs === undefined ? `no framework \`${name}\`` : `\`${name}\` can't be shown: ${needs}`,
    {
      fix: "expected vanilla or langchain; any tool function can be governed with safeTool today",
    },
  );
}

async function langChainLoop(): Promise<AgentLoop> {
  const agent = `${LANGCHAIN}agent.mjs`;
  if (!existsSync(agent) || !existsSync(`${LANGCHAIN}node_modules/langchain`)) {
    throw new CanopyError("FILE_UNUSABLE", "LangChain.js is not installed beside its example", {
      fix: "in a checkout: `npm run quickstart -- --framework langchain` installs it into examples/langchain",
    });
  }
  const loaded: unknown = await import(pathToFileURL(agent).href);
  if (isAgentModule(loaded)) return loaded.runAgent;
  throw new CanopyError("FILE_UNUSABLE", `\`${agent}\` exports no runAgent`);
}

function isAgentModule(loaded: unknown): loaded is { readonly runAgent: AgentLoop } {
  return typeof loaded === "object" && loaded !== null && "runAgent" in loaded && typeof loaded.runAgent === "function";
}
