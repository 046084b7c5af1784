// The requests of the engine's record: the named cases of the vectors, those made from words, those found by seeking.
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isJsonObject } from "../core/json.ts";
import { answerTo, type RecordedRequest } from "./recorded-answer.fixture.test.ts";
import { requestsOf, respelt, type MadeRequest, type WordList } from "./recorded-requests.fixture.test.ts";

/** A case that has a name of its own. */
export interface NamedCase extends RecordedRequest {
  readonly id: string;
}

/** Requests without names of their own, and where they come from. */
export interface MadeRequests {
  readonly place: string;
  readonly make: () => readonly RecordedRequest[];
}

/** Into so many tests go the cases with a small change: a test of few cases is one that a mutant costs little. */
const PARTS = 60;

export const VECTORS: URL = new URL("../../../../vectors/", import.meta.url);

export const CORPORA: readonly string[] = [
  "own/commands",
  "own-actions/actions",
  "conformance/defects",
  "conformance/pipeline",
  "external/tldr",
  "external/nl2bash",
  "external/redcode_bash",
];

/** The cases of one of the `CORPORA`. */
export function casesOf(corpus: string): readonly NamedCase[] {
  return recordLines(`${corpus}.jsonl`)
    .map((line): Partial<NamedCase> & { readonly command?: string } => JSON.parse(line))
    .flatMap(readCase);
}

/** All requests that are made by machine from words and from cases. */
export function madeRequests(): readonly MadeRequests[] {
  const lists = recordLines("record/words.txt").map(readWords);
  const ofWords = lists
    .filter(({ words, names }) => words.length + names.length > 0)
    .map((list) => ({ place: list.place, make: () => requestsOf(list) }));
  const parts = Array.from({ length: PARTS }, (_, part) => ({
    place: `respelt/${part}`,
    make: () =>
      CORPORA.flatMap(casesOf)
        .filter((_, index) => index % PARTS === part)
        .flatMap(respeltCommand),
  }));
  return [...ofWords, ...parts];
}

/** Every request of the record. */
export function allRequests(): readonly RecordedRequest[] {
  const named = CORPORA.flatMap(casesOf);
  const found = recordLines("record/found.txt")
    .filter(Boolean)
    .map((line) => requestOf(foundText(line)));
  return [...named, ...madeRequests().flatMap(({ make }) => make()), ...found];
}

/** The text of the request in a line of `found.txt`, behind what was said of it and six digits of the answer's hash. */
export function foundText(line: string): string {
  return line.slice(line.indexOf(" ", line.indexOf(" ") + 1) + 1);
}

/** The line of `found.txt` that such a text has now, and the answer whole. */
export function foundLine(text: string): { readonly line: string; readonly whole: string } {
  const { said, whole } = answerTo(requestOf(text));
  return { line: `${said} ${hash("sha256", whole).slice(0, 6)} ${text}`, whole };
}

// A command stands by itself, anything else whole.
function requestOf(text: string): RecordedRequest {
  const value: string | RecordedRequest = JSON.parse(text);
  return typeof value === "string" ? { action_type: "execute_shell", action_payload: { command: value } } : value;
}

/** The lines of a file of the vectors. */
export function recordLines(file: string): readonly string[] {
  return readFileSync(new URL(file, VECTORS), "utf8").trimEnd().split("\n");
}

function readCase(one: Partial<NamedCase> & { readonly command?: string }): readonly NamedCase[] {
  const { id, command, action_type, action_payload, agent_ctx, policy } = one;
  if (id === undefined) return [];
  if (command !== undefined) return [{ id, action_type: "execute_shell", action_payload: { command } }];
  if (action_type === undefined || action_payload === undefined) return [];
  return [{ id, action_type, action_payload, ...(agent_ctx && { agent_ctx }), ...(policy && { policy }) }];
}

function respeltCommand({ id, action_type, action_payload, agent_ctx = {} }: NamedCase): readonly MadeRequest[] {
  const made = { agent_ctx, action_type };
  if (typeof action_payload === "string") return [{ ...made, action_payload: respelt(action_payload, id) }];
  if (!isJsonObject(action_payload)) return [];
  const texts = Object.entries(action_payload).flatMap(([member, value]): [string, string][] =>
    typeof value === "string" && value.length < 400 ? [[member, value]] : [],
  );
  return texts.slice(0, 1).map(([member, value]) => ({
    ...made,
    action_payload: { ...action_payload, [member]: respelt(value, id) },
  }));
}

function readWords(line: string): WordList {
  const [place = "", names = "", words = ""] = line.split("\t");
  return { place, names: names.split(" ").filter(Boolean), words: words.split(" ").filter(Boolean) };
}
