// Every hostile policy file and pattern of vectors/attacks, as its line says it must end.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CanopyError } from "../errors.ts";
import { assertEnds } from "../hang-guard.fixture.test.ts";
import { compilePolicy, lintPolicy } from "./index.ts";
import { compilePattern, type Pattern } from "./pattern/matcher.ts";
import { PatternProblem } from "./pattern/translate.ts";
import { MAX_TEXT_BYTES } from "./texts.ts";

interface PolicyLine {
  readonly id: string;
  readonly must: { readonly load: "accept" | "reject" | "reject-or-lint-error" };
  readonly body_b64?: string;
  readonly gen?: { readonly prefix?: string; readonly unit?: string; readonly n?: number; readonly suffix?: string };
}

interface RegexLine {
  readonly id: string;
  readonly must: { readonly result?: boolean | string };
  readonly pattern: string;
  readonly text: { readonly unit: string; readonly n: number; readonly suffix: string };
}

function linesOf(file: string): readonly string[] {
  const url = new URL(`../../../../../vectors/attacks/${file}`, import.meta.url);
  return readFileSync(url, "utf8").trim().split("\n");
}

const POLICIES = linesOf("policies.jsonl").map((line): PolicyLine => JSON.parse(line));
const REGEXES = linesOf("regexes.jsonl").map((line): RegexLine => JSON.parse(line));

function bytesOf({ body_b64, gen }: PolicyLine): Uint8Array {
  if (body_b64 !== undefined) return Buffer.from(body_b64, "base64");
  return Buffer.from(`${gen?.prefix ?? ""}${(gen?.unit ?? "").repeat(gen?.n ?? 0)}${gen?.suffix ?? ""}`);
}

function loads(bytes: Uint8Array): boolean {
  const tools = { sha256Hex: (data: Uint8Array): string => hash("sha256", data, "hex") };
  try {
    compilePolicy(bytes, { file: null, source: "argument", tools });
    return true;
  } catch (error) {
    assert.ok(error instanceof CanopyError, String(error));
    assert.equal(error.code, "INVALID_POLICY");
    return false;
  }
}

for (const line of POLICIES) {
  test(`${line.id} ends as it must: ${line.must.load}`, () => {
    const bytes = bytesOf(line);
    const loaded = assertEnds(() => loads(bytes));
    const errors = assertEnds(() => lintPolicy(bytes)).filter(({ severity }) => severity === "error");
    switch (line.must.load) {
      case "accept":
        assert.ok(loaded);
        assert.deepEqual(errors, []);
        break;
      case "reject":
        assert.ok(!loaded);
        assert.ok(errors.length > 0);
        break;
      default:
        assert.ok(errors.length > 0, "neither refused nor reported");
    }
  });
}

for (const { id, must, pattern, text } of REGEXES) {
  test(`${id}: the pattern keeps its meaning or is refused, and ends on the longest text`, () => {
    const subject = text.unit.repeat(text.n) + text.suffix;
    const longest = text.unit.repeat(MAX_TEXT_BYTES / text.unit.length - 1) + text.suffix;
    let compiled: Pattern | null = null;
    try {
      compiled = assertEnds(() => compilePattern(pattern));
    } catch (error) {
      assert.ok(error instanceof PatternProblem, String(error));
    }
    if (compiled === null) return;
    const { test } = compiled;
    const found = assertEnds(() => test(subject.slice(0, MAX_TEXT_BYTES)));
    assertEnds(() => test(longest));
    if (typeof must.result === "boolean") assert.equal(found, must.result);
  });
}
