// Answers on record: a file of `vectors/record` with a line for each row of documents, a name and four digits an answer.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { CanopyError } from "../core/errors.ts";

const WRITE = process.env["CANOPY_GOLDEN"] === "write";

/** The answers to all documents are as on record; an answer is a value, or the error that was thrown. */
export type Record = <Document>(
  name: string,
  make: () => readonly Document[],
  answer: (document: Document) => unknown,
) => void;

/** Opens a record for the tests of one file: `record` for each row, `finish` at the end. */
export function openRecord(file: URL): { readonly record: Record; readonly finish: () => void } {
  const recorded = new Map(
    readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line): [string, string] => [line.slice(0, line.lastIndexOf(" ")), line.slice(line.lastIndexOf(" ") + 1)]),
  );
  const names: string[] = [];
  const written: string[] = [];
  const record: Record = (name, make, answer) => {
    names.push(name);
    test(`what is said of ${name} is as it stands on record`, () => {
      const documents = make();
      const answers = documents.map((document) => answerTo(() => answer(document)));
      const hashes = answers.map((text) => hash("sha256", text).slice(0, 4));
      if (WRITE) written.push(`${name} ${hashes.join("")}`);
      else compare(documents, answers, { hashes, before: recorded.get(name) ?? "" });
    });
  };
  const finish = (): void => {
    test("the record holds each row once, and no other", () => {
      if (WRITE) writeFileSync(file, `${written.join("\n")}\n`);
      else assert.deepEqual([...recorded.keys()], names);
    });
  };
  return { record, finish };
}

function compare(
  documents: readonly unknown[],
  answers: readonly string[],
  { hashes, before }: { readonly hashes: readonly string[]; readonly before: string },
): void {
  const moved = hashes.findIndex((text, index) => !before.startsWith(text, 4 * index));
  const document = JSON.stringify(documents[moved], shown)?.slice(0, 800);
  assert.equal(moved, -1, `${document} is now: ${answers[moved]}; if this is meant: npm run golden`);
  assert.equal(hashes.join(""), before);
}

/** The answer as text: a value, or the error that a person would see. Any other error is passed on. */
export function answerTo(act: () => unknown): string {
  try {
    return JSON.stringify(act(), shown) ?? "undefined";
  } catch (error) {
    if (!(error instanceof CanopyError)) throw error;
    return `${error.code}: ${error.message}; ${error.fix ?? ""}; ${JSON.stringify(error.at ?? null)}`;
  }
}

function shown(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return value instanceof Map || value instanceof Set ? [...value] : value;
}
