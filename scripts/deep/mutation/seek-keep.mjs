// Keeps what was found: the requests join `vectors/record/found.txt`, in the order of their text.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../setup.mjs";

const FOUND = join(root, "vectors", "record", "found.txt");

/** Adds the journal's requests to those kept before, with the answers that the compiled engine gives now. */
export async function keepFound(journal) {
  const at = pathToFileURL(
    join(root, "packages", "runtime", "dist", "runtime", "recorded-answer.fixture.test.js"),
  ).href;
  const { answerTo } = await import(at);
  const before = existsSync(FOUND) ? readFileSync(FOUND, "utf8").trimEnd().split("\n").filter(Boolean) : [];
  const texts = new Set(before.map((line) => line.slice(line.indexOf(" ", line.indexOf(" ") + 1) + 1)));
  const added = existsSync(journal) ? readFileSync(journal, "utf8").trim().split("\n").filter(Boolean) : [];
  added.forEach((line) => texts.add(shortest(JSON.parse(line).request)));
  const lines = [...texts]
    .sort((one, other) => (one < other ? -1 : 1))
    .map((text) => {
      const value = JSON.parse(text);
      const request = typeof value === "string" ? shell(value) : value;
      const { said, whole } = answerTo(request);
      return `${said} ${createHash("sha256").update(whole).digest("hex").slice(0, 6)} ${text}`;
    });
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
