// The real LangChain.js agent loop over tools that Canopy governs. The model is LangChain's own fake one, so it runs
// offline and says the same each time; put a real model in its place and nothing else changes.
//
// The gate stands where it can't be skipped: inside the function that LangChain calls as the tool. Whatever the model
// asks for, and whatever middleware edits on the way, is what Canopy decides, and only that runs.

import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { createAgent, tool } from "langchain";
import { z } from "zod";

/**
 * Let the agent loop run until the model says it is done.
 *
 * @param {{
 *   task: string,
 *   script: readonly { tool: string, args: Record<string, string> }[],
 *   tools: readonly { name: string, description: string, parameters: readonly string[], call: (args: Record<string, string>) => Promise<string> }[],
 * }} options what the user asks, what the fake model will answer, and the governed tools
 * @returns {Promise<string>} the model's last words
 */
export async function runAgent({ task, script, tools }) {
  const agent = createAgent({ model: scriptedModel(script), tools: tools.map(asLangChainTool) });
  const { messages } = await agent.invoke(
    { messages: [{ role: "user", content: task }] },
    { recursionLimit: 2 * script.length + 10 },
  );
  const last = messages.at(-1)?.content;
  return typeof last === "string" ? last : JSON.stringify(last);
}

function asLangChainTool({ name, description, parameters, call }) {
  const schema = z.object(Object.fromEntries(parameters.map((parameter) => [parameter, z.string()])));
  return tool((args) => call(args), { name, description, schema });
}

function scriptedModel(script) {
  const model = fakeModel();
  script.forEach(({ tool: name, args }, index) => model.respondWithTools([{ name, args, id: `call-${index + 1}` }]));
  return model.respond(new AIMessage("All done."));
}
