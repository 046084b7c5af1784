// The plain reader against the full parser: what it reads, it reads as that one does.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { Located } from "./located.ts";
import { parseAnyYaml } from "./parse.ts";
import { Stopped } from "./plain-text.ts";
import { MAX_NODES, readPlainYaml } from "./plain-yaml.ts";
import { refuseCharacters } from "./prescan.ts";
import { ProblemList } from "./problem.ts";
import { policyPack } from "./packs/index.ts";

function plain(text: string): Located | Stopped {
  try {
    return readPlainYaml(text);
  } catch (error) {
    if (error instanceof Stopped) return error;
    throw error;
  }
}

/** Whether the plain reader reads the text; then it must read it as the full parser does. */
function agrees(text: string): boolean {
  if (refuseCharacters(text, new ProblemList())) return false;
  const read = plain(text);
  if (read instanceof Stopped) return false;
  const problems = new ProblemList();
  const other = parseAnyYaml(text, problems);
  assert.deepEqual(problems.problems, [], `read, but refused by the full parser:\n${text}`);
  assert.deepEqual(read, other, text);
  return true;
}

const READ: readonly string[] = [
  "rules:\n  - id: a\n    deny_if: x\n",
  "rules:\n- id: a\n  deny_if:\n  - x\n  - y\n- id: b\n",
  "# comment\n\nrules: # here\n  # and here\n  - a: 1 # there\n\n    b: 'it''s'\n  # at the end",
  'a: "x\\ty\\u00e9\\x41\\U0001F600\\"\\\\"\nb: "two\n  lines \\\n  joined\\  \n\n  end"\n',
  "a: 'two\n  lines\n\n  and more'\nb: plain text\n  goes on\n\n  and on\n",
  "a: |\n  one\n   two\n\n  three\nb: >-\n  one\n  two\n\n  three\n\nc: |\n    # no comment\n",
  'a: [x, \'y\', "z", {k: v, "q":1}, [1, 2.5, true, null, ~]]\nb: {}\nc: []\nd: [\n  a,\n  b # c\n  ,\n  ]\n',
  "- - a\n  - b: c\n    d: e\n- f\n-\n  g: h\n",
  'a: http://example.com:80/x#y\nb: -x\nc: ?x\nd: :x\ne: a#b\nf: "quoted" # c\n',
  "'a b' : c\n\"d\": e\nf g : h\n",
  "a: true\nb: True\nc: FALSE\nd: yes\ne: 0o17\nf: 0xfF\ng: -.5e3\nh: .inf\ni: .NaN\nj: 1.\nk: 1e3\nl: Null\nm: nulls\n",
  '{"rules": [{"a": "b: c", "d": [1, true]}], "e": {}}',
  '{\n"a": [\n"b"\n],\n  "c": "d"\n}\n',
  "a: b\r\nc: |\r\n  d\r\n  e\r\n",
  "a: é\u00a0\nb: \u00a0x\n",
];

for (const text of READ) {
  test(`the plain reader reads ${JSON.stringify(text).slice(0, 60)} as the full parser does`, () => {
    assert.ok(agrees(text), JSON.stringify(plain(text)));
  });
}

test("the packs and every policy of the vectors that is plain are read alike", () => {
  for (const pack of ["default", "production"] as const) assert.ok(agrees(policyPack(pack)));
  const folder = new URL("../../../../../vectors/attacks/", import.meta.url);
  assert.ok(readdirSync(folder).includes("policies.jsonl"));
  for (const line of readFileSync(new URL("policies.jsonl", folder), "utf8").trim().split("\n")) {
    const { body_b64 = "" }: { body_b64?: string } = JSON.parse(line);
    agrees(Buffer.from(body_b64, "base64").toString());
  }
});

test("what isn't plain is left to the full parser, with the place where it stands", () => {
  const stops: readonly (readonly [text: string, code: string, line: number, col: number])[] = [
    ["a: &x 1\n", "yaml_refused", 1, 4],
    ["a: *x\n", "yaml_refused", 1, 4],
    ["a: !x 1\n", "yaml_refused", 1, 4],
    ["a: 1\n---\nb: 2\n", "yaml_refused", 2, 1],
    ["a: 1\na: 2\n", "duplicate_key", 2, 1],
    ["a: {b: 1, b: 2}\n", "duplicate_key", 1, 13],
    ["a:\nb: 1\n", "empty", 1, 3],
    ["a: b\n  c: d\n", "yaml_syntax", 2, 4],
    ["a: [b\n", "yaml_syntax", 2, 1],
    ['a: "b\n', "yaml_syntax", 1, 4],
    ["a: b: c\n", "yaml_syntax", 1, 5],
    ["1: a\n", "wrong_type", 1, 1],
    ["? a\n", "wrong_type", 1, 1],
    ["  a: 1\n b: 2\n", "yaml_syntax", 2, 2],
    [`a: ${"[".repeat(40)}`, "too_deep", 1, 35],
    [`a: [${"1,".repeat(MAX_NODES)}]`, "too_large", 1, 1_199_997],
  ];
  for (const [text, code, line, col] of stops) {
    const stopped = plain(text);
    assert.ok(stopped instanceof Stopped, text.slice(0, 40));
    assert.deepEqual([stopped.code, stopped.place.line, stopped.place.col], [code, line, col], text.slice(0, 40));
  }
});

const PIECES =
  "a|b c|'|''|\"|\\|\\n|: |:|- |-|\n|\n  |\n    |\n - |  | #|# |[|]|{|}|, |,|| |?|? |\\x41|~|1|1.5|true|é|\u00a0|>|>-\n|\\\n|a: |\nb: |\n  c: |\n- d: |'x'|\"y\"|\n\n|*|&|!|%|@|.|---|<<"
    .split("|")
    .concat("|", "|\n", "a: |\n  x\n");

test("any text that the plain reader reads, it reads as the full parser does", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }), (pieces) => {
      if (agrees(`a: ${pieces.join("")}`)) read++;
      agrees(pieces.join(""));
    }),
    { numRuns: 1500 },
  );
  assert.ok(read > 60, `too few to tell: ${read}`);
});

test("any change to a policy's text is read alike, or left to the full parser", () => {
  const source = READ.join("");
  fc.assert(
    fc.property(fc.nat(READ.length - 1), fc.nat(source.length), fc.constantFrom(...PIECES), (which, at, piece) => {
      const text = READ[which] ?? "";
      const place = at % text.length;
      agrees(text.slice(0, place) + piece + text.slice(place));
      agrees(text.slice(0, place) + piece + text.slice(place + 1));
    }),
    { numRuns: 1000 },
  );
});
