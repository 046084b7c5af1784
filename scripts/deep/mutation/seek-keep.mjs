// Keeps what was found: the requests join `vectors/record/found.txt`, in the order of their text.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../setup.mjs";

const FOUND = join(root, "vectors", "record", "found.txt");

/** Adds the journal's requests to those kept before, with the answers that the compiled engine gives now. */
export async function keepFound(journal) {
  const fixture = join(root, "packages", "runtime", "dist", "runtime", "recorded-cases.fixture.test.js");
  const { foundLine, foundText } = await import(pathToFileURL(fixture).href);
  const before = existsSync(FOUND) ? readFileSync(FOUND, "utf8").trimEnd().split("\n").filter(Boolean) : [];
  const texts = new Set(before.map(foundText));
  const added = existsSync(journal) ? readFileSync(journal, "utf8").trim().split("\n").filter(Boolean) : [];
  added.forEach((line) => texts.add(shortest(JSON.parse(line).request)));
  const lines = [...texts].sort((one, other) => (one < other ? -1 : 1)).map((text) => foundLine(text).line);
  writeFileSync(FOUND, `${lines.join("\n")}\n`);
  return { kept: lines.length, allowed: lines.filter((line) => line.startsWith("ALLOW")).length };
}

function shell(command) {
  return { action_type: "execute_shell", action_payload: { command } };
}

function shortest(request) {
  const command = request.action_payload?.command;
  const isPlain = typeof command === "string" && JSON.stringify(request) === JSON.stringify(shell(command));
  return JSON.stringify(isPlain ? command : request);
}
