// Requests and the answers they must have, as tables.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "../core/json.ts";
import { answerTo, type RecordedRequest } from "./recorded-answer.fixture.test.ts";

/** A type, a payload, and the decision under the default policy. */
export type AnswerRow = readonly [type: string, payload: JsonValue, decision: "ALLOW" | "DENY" | "REQUIRE_APPROVAL"];

/** One test for each request: its answer is the one that the table says. */
export function testAnswers(about: string, rows: readonly AnswerRow[]): void {
  for (const [action_type, action_payload, decision] of rows) {
    test(`${about}: ${decision} for \`${action_type} ${JSON.stringify(action_payload)}\``, () => {
      assert.equal(answerTo({ action_type, action_payload }).said, decision);
    });
  }
}

/** The same for shell commands, grouped by their answer. */
export function testCommands(
  about: string,
  commands: Readonly<Partial<Record<AnswerRow[2], readonly string[]>>>,
): void {
  for (const decision of ["ALLOW", "DENY", "REQUIRE_APPROVAL"] as const)
    testAnswers(about, commands[decision]?.map((command) => ["execute_shell", { command }, decision]) ?? []);
}

/** The same for code of a language. */
export function testCode(
  about: string,
  language: string,
  codes: Readonly<Partial<Record<AnswerRow[2], readonly string[]>>>,
): void {
  for (const decision of ["ALLOW", "DENY", "REQUIRE_APPROVAL"] as const)
    testAnswers(about, codes[decision]?.map((code) => ["execute_code", { language, code }, decision]) ?? []);
}

/** What a decision is, in which language, of which code; in no named one where that is empty. */
export type CodeRow = readonly [decision: string, language: string, code: string];

const RUN_BY: Readonly<Record<string, string>> = { r: "Rscript -e", sed: "sed", awk: "awk" };

function requestFor(language: string, code: string): RecordedRequest {
  const program = RUN_BY[language];
  if (program === undefined && language !== "shell")
    return { action_type: "execute_code", action_payload: language === "" ? { code } : { language, code } };
  const quoted = `'${code.replaceAll("'", `'\\''`)}'`;
  const command = program === undefined ? code : `${program} ${quoted} ${language === "r" ? "" : "in.txt"}`;
  return { action_type: "execute_shell", action_payload: { command } };
}

/** Each code is answered as its row says, whether a tool for code runs it or a shell. */
export function judged(rows: readonly CodeRow[]): void {
  for (const [decision, language, code] of rows)
    assert.equal(answerTo(requestFor(language, code)).said, decision, `${language}: ${code}`);
}
