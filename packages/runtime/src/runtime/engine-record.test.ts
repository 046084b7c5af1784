import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { decide, type Engine } from "../core/decide.ts";
import { CanopyError } from "../core/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { policyPack } from "../core/policy/index.ts";
import { createEngine } from "./engine.ts";
import { requestsOf, respelt, type MadeRequest, type WordList } from "./recorded-requests.fixture.test.ts";

// What the engine says of every case of the vectors, whole: decision, reasons, findings and effects. The other tests
// ask whether a decision is acceptable; this one keeps what lies beneath from moving unseen. After a change that is
// meant, `npm run golden` writes the record anew: its diff names each case that is now answered otherwise.

interface RecordedCase {
  readonly id: string;
  readonly agent_ctx?: JsonObject;
  readonly action_type: string;
  readonly action_payload: JsonValue;
  readonly policy?: string | null;
}

const WRITE = process.env["CANOPY_GOLDEN"] === "write";
const CASES_OF_A_TEST = 250;
const VECTORS = new URL("../../../../vectors/", import.meta.url);
const RECORD = new URL("record/evaluations.txt", VECTORS);
const MADE = new URL("record/made.txt", VECTORS);
const SURROUNDINGS = { cwd: "/home/dev/project", home: "/home/dev", governance: [], links: {} };
const CORPORA = [
  "own/commands",
  "own-actions/actions",
  "conformance/defects",
  "conformance/pipeline",
  "external/tldr",
  "external/nl2bash",
  "external/redcode_bash",
];

const engines = new Map<string | null, Engine>();
const recorded = new Map(lines(RECORD).map((line): [string, string] => [line.split(" ", 1).join(""), line]));
const names: string[] = [];
const written: string[] = [];

for (const corpus of CORPORA) {
  const cases = casesOf(corpus);
  for (let from = 0; from < cases.length; from += CASES_OF_A_TEST) {
    const slice = cases.slice(from, from + CASES_OF_A_TEST);
    names.push(...slice.map(({ id }) => `${corpus}/${id}`));
    test(`what the engine says of ${corpus} is as it stands on record (from ${from})`, () => {
      const moved: string[] = [];
      for (const one of slice) {
        const { line, whole } = evaluated(`${corpus}/${one.id}`, one);
        if (WRITE) written.push(line);
        const before = recorded.get(`${corpus}/${one.id}`);
        if (line !== before) moved.push(`${before} is now ${line}: ${whole.slice(0, 2000)}`);
      }
      if (!WRITE) assert.deepEqual(moved.slice(0, 5), [], "if this is meant: npm run golden");
    });
  }
}

// Made requests have no names: their record is four characters each, a hundred to a line.
const madeRecord = new Map(lines(MADE).map((line): [string, string] => [line.split(" ", 1).join(""), line]));
const madeNames: string[] = [];
const madeWritten: string[] = [];

for (const list of lines(new URL("record/words.txt", VECTORS)).map(readWords)) {
  if (list.words.length + list.names.length > 0) testMade(list.place, () => requestsOf(list));
}
for (let part = 0; part < 10; part += 1) {
  testMade(`respelt/${part}`, () =>
    CORPORA.flatMap(casesOf)
      .filter((_, index) => index % 10 === part)
      .flatMap(respeltCommand),
  );
}

function testMade(place: string, make: () => readonly MadeRequest[]): void {
  madeNames.push(place);
  test(`what the engine says of requests made from ${place} is as it stands on record`, () => {
    const requests = make();
    const answers = requests.map((request) => evaluated("", { ...request, id: "" }));
    const line = `${place} ${answers.map(({ hash }) => hash.slice(0, 4)).join("")}`;
    if (WRITE) madeWritten.push(line);
    const before = madeRecord.get(place) ?? "";
    const isMoved = (index: number): boolean =>
      !before.startsWith(answers[index]?.hash.slice(0, 4) ?? "", place.length + 1 + 4 * index);
    const moved = requests.flatMap((request, index) =>
      isMoved(index) ? [`${JSON.stringify(request)}: ${answers[index]?.whole.slice(0, 1000)}`] : [],
    );
    if (WRITE) return;
    assert.deepEqual(moved.slice(0, 3), [], "if this is meant: npm run golden");
    assert.equal(line, before);
  });
}

function respeltCommand({ id, action_type, action_payload, agent_ctx = {} }: RecordedCase): readonly MadeRequest[] {
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

test("the record holds each case once, and no other", () => {
  if (WRITE) {
    writeFileSync(RECORD, `${written.join("\n")}\n`);
    writeFileSync(MADE, `${madeWritten.join("\n")}\n`);
  } else {
    assert.deepEqual([...recorded.keys()], names);
    assert.deepEqual([...madeRecord.keys()], madeNames);
  }
});

interface Answer {
  readonly line: string;
  readonly hash: string;
  readonly whole: string;
}

function evaluated(name: string, one: RecordedCase): Answer {
  const { agent_ctx = {}, action_type, action_payload } = one;
  const request = { agent_ctx: { public_key: "pk-record", ...agent_ctx }, action_type, action_payload };
  try {
    const facts = { now_ms: 0, kill_switch: null, surroundings: SURROUNDINGS };
    const { policy_snapshot: _, ...evaluation } = decide(request, facts, engineOf(one.policy ?? null));
    const whole = JSON.stringify(evaluation);
    const hash = shortHash(whole);
    return { line: `${name} ${evaluation.decision} ${hash}`, hash, whole };
  } catch (error) {
    if (!(error instanceof CanopyError)) throw error;
    const hash = shortHash(error.message);
    return { line: `${name} ${error.code} ${hash}`, hash, whole: error.message };
  }
}

function engineOf(policy: string | null): Engine {
  const known = engines.get(policy);
  if (known !== undefined) return known;
  const bytes = policy === null || policy === "production" ? policyPack(policy ?? "default") : policy;
  const { engine } = createEngine({ bytes, file: null, source: "argument" });
  engines.set(policy, engine);
  return engine;
}

function casesOf(corpus: string): readonly RecordedCase[] {
  return lines(new URL(`${corpus}.jsonl`, VECTORS))
    .map((line): Partial<RecordedCase> & { readonly command?: string } => JSON.parse(line))
    .flatMap(readCase);
}

function readCase(one: Partial<RecordedCase> & { readonly command?: string }): readonly RecordedCase[] {
  const { id, command, action_type, action_payload } = one;
  if (id === undefined) return [];
  if (command !== undefined) return [{ id, action_type: "execute_shell", action_payload: { command } }];
  if (action_type === undefined || action_payload === undefined) return [];
  return [{ ...one, id, action_type, action_payload }];
}

function lines(file: URL): readonly string[] {
  return readFileSync(file, "utf8").trimEnd().split("\n");
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}
