import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { answerTo, type RecordedRequest } from "./recorded-answer.fixture.test.ts";
import {
  casesOf,
  CORPORA,
  madeRequests,
  foundLine,
  foundText,
  recordLines,
  VECTORS,
} from "./recorded-cases.fixture.test.ts";

// What the engine says of every case of the vectors, whole: decision, reasons, findings and effects. The other tests
// ask whether a decision is acceptable; this one keeps what lies beneath from moving unseen. After a change that is
// meant, `npm run golden` writes the record anew: its diff names each case that is now answered otherwise.

const WRITE = process.env["CANOPY_GOLDEN"] === "write";
const CASES_OF_A_TEST = 100;
const RECORD = new URL("record/evaluations.txt", VECTORS);
const MADE = new URL("record/made.txt", VECTORS);
const FOUND = new URL("record/found.txt", VECTORS);

const recorded = new Map(
  recordLines("record/evaluations.txt").map((line): [string, string] => [firstWord(line), line]),
);
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
const madeRecord = new Map(recordLines("record/made.txt").map((line): [string, string] => [firstWord(line), line]));
const madeNames: string[] = [];
const madeWritten: string[] = [];

for (const { place, make } of madeRequests()) testMade(place, make);

function testMade(place: string, make: () => readonly RecordedRequest[]): void {
  madeNames.push(place);
  test(`what the engine says of requests made from ${place} is as it stands on record`, () => {
    const requests = make();
    const answers = requests.map((request) => evaluated("", request));
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

// Requests that were sought because they tell a fault from the engine as it is (scripts/deep/mutation/seek.mjs).
const foundLines = recordLines("record/found.txt").filter(Boolean);
const foundWritten: string[] = [];

for (let from = 0; from < foundLines.length; from += CASES_OF_A_TEST) {
  test(`what the engine says of requests that tell faults is as it stands on record (from ${from})`, () => {
    const moved: string[] = [];
    for (const line of foundLines.slice(from, from + CASES_OF_A_TEST)) {
      const { line: now, whole } = foundLine(foundText(line));
      if (WRITE) foundWritten.push(now);
      else if (now !== line) moved.push(`${line} is now ${now}: ${whole.slice(0, 2000)}`);
    }
    assert.deepEqual(moved.slice(0, 5), [], "if this is meant: npm run golden");
  });
}

test("the record holds each case once, and no other", () => {
  if (WRITE) {
    writeFileSync(RECORD, `${written.join("\n")}\n`);
    writeFileSync(MADE, `${madeWritten.join("\n")}\n`);
    if (foundWritten.length > 0) writeFileSync(FOUND, `${foundWritten.join("\n")}\n`);
  } else {
    assert.deepEqual([...recorded.keys()], names);
    assert.deepEqual([...madeRecord.keys()], madeNames);
  }
});

interface Answer {
  readonly line: string;
  readonly hash: string;
  readonly said: string;
  readonly whole: string;
}

function evaluated(name: string, request: RecordedRequest): Answer {
  const { said, whole } = answerTo(request);
  const hash = createHash("sha256").update(whole).digest("hex").slice(0, 10);
  return { line: `${name} ${said} ${hash}`, hash, said, whole };
}

function firstWord(line: string): string {
  return line.split(" ", 1).join("");
}
