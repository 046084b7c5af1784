import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CanopyError } from "../errors.ts";
import { finish } from "../steps.ts";
import { readPolicy } from "./check.ts";
import { formatPolicy } from "./format.ts";
import { policyPack } from "./packs/index.ts";
import { parseYaml } from "./parse.ts";
import { ProblemList } from "./problem.ts";

function formatted(text: string): string {
  const { text: laidOut, problems } = formatPolicy(text);
  assert.deepEqual(problems, null);
  return laidOut ?? "";
}

/** The rules that a text compiles to, without their places. */
function rulesOf(text: string): string {
  const problems = new ProblemList();
  const root = parseYaml(text, problems);
  const rules = root === null ? [] : finish(readPolicy(root, problems)).rules;
  assert.deepEqual(
    problems.problems.filter(({ refused }) => refused),
    [],
  );
  return JSON.stringify(rules, (key, value: unknown) => (key === "line" || key === "col" ? undefined : value));
}

describe("the canonical layout", () => {
  it("is that of the packs", () => {
    assert.equal(formatted(policyPack("default")), policyPack("default"));
    assert.equal(formatted(policyPack("production")), policyPack("production"));
  });

  it("orders keys, sets rules apart and quotes code, and keeps every comment where it belongs", () => {
    const ugly = `# what this is for

# about the rules
rules:


- action_type:   execute_shell   # what
  # the id
  id: "a"
  deny_regex:
    - "drop\\\\s+table"   # why
    - foo.*bar

  when_all: [ ctx.a == 1,   'ctx.b == 2' ]
  tests:
  - expect: DENY
    action_payload: { b: 1.50, c: 1e3 }
  # end of a
- deny_if: x
  action_type: y
# above the name
name: test
`;
    assert.equal(
      formatted(ugly),
      `# what this is for

# above the name
name: test

# about the rules
rules:
  # the id
  - id: "a"
    action_type: execute_shell # what
    when_all: [ctx.a == 1, 'ctx.b == 2']
    deny_regex:
      - 'drop\\s+table' # why
      - 'foo.*bar'
    tests:
      - action_payload: {b: 1.50, c: 1e3}
        expect: DENY
      # end of a

  - action_type: y
    deny_if: x
`,
    );
  });

  it("lays files of tests out too", () => {
    assert.equal(
      formatted(
        "tests:\n- expect: DENY\n  name: a\n  action_type: x\n- {expect: ALLOW, name: b, action_type: y}\ndefaults: {cwd: /srv}\n",
      ),
      "defaults: {cwd: /srv}\n\ntests:\n  - name: a\n    action_type: x\n    expect: DENY\n  - {name: b, action_type: y, expect: ALLOW}\n",
    );
  });

  it("is the same for CR LF and for LF, and ends with one line end", () => {
    const text = "rules:\n  - action_type: x # a\n    deny_if: y";
    assert.equal(formatted(text.replaceAll("\n", "\r\n")), `${text}\n`);
  });

  it("gives what is wrong with its place when it isn't YAML that a policy may be", () => {
    const [problem] = formatPolicy("rules:\n\t- a\n").problems ?? [];
    assert.deepEqual([problem?.line, problem?.col, problem?.code], [2, 1, "yaml_refused"]);
    assert.equal(formatPolicy(new Uint8Array([0xff])).problems?.[0]?.code, "encoding");
    assert.match(formatPolicy("a: &x 1\n").problems?.[0]?.message ?? "", /anchors/u);
  });

  it("never changes what rules say, loses no comment, and is stable, however the text was laid out", () => {
    fc.assert(
      fc.property(POLICY, (text) => {
        let once: string;
        try {
          once = formatted(text);
        } catch (error) {
          // Refusing is safe; how often it happens is measured below.
          assert.ok(error instanceof CanopyError);
          return;
        }
        assert.equal(formatted(once), once);
        assert.equal(rulesOf(once), rulesOf(text));
        assert.equal(commentsOf(once), commentsOf(text));
      }),
      { numRuns: 300 },
    );
  });

  it("refuses hardly any text", () => {
    const texts = fc.sample(POLICY, { numRuns: 300, seed: 7 });
    const refused = texts.filter((text) => {
      try {
        return formatPolicy(text).text === null;
      } catch {
        return true;
      }
    });
    assert.deepEqual(refused, []);
  });
});

function commentsOf(text: string): string {
  return [...text.matchAll(/#c\d+/gu)]
    .map(([comment]) => comment)
    .toSorted()
    .join();
}

const TEXT = fc.constantFrom(
  "curl",
  '"a b"',
  "'it''s'",
  '"tab\\there"',
  "drop table",
  "payload contains x",
  "'#no'",
  "1.50x",
);
const LIST = fc.array(TEXT, { minLength: 1, maxLength: 3 });
const COMMENT = fc.integer({ min: 0, max: 999 }).map((number) => `#c${number}`);
const TRAILING = fc.oneof(
  { weight: 4, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: COMMENT.map((comment) => ` ${comment}`) },
);
const ABOVE = fc.oneof(
  { weight: 5, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constant("\n") },
  { weight: 1, arbitrary: COMMENT.map((comment) => `    ${comment}\n`) },
  { weight: 1, arbitrary: COMMENT.map((comment) => `\n    ${comment}\n\n`) },
);

/** A key of a rule and its value, over one or several lines, with comments and empty lines around. */
const MEMBER = fc
  .tuple(
    fc.constantFrom("deny_if", "require_approval_if", "deny_regex"),
    LIST,
    fc.boolean(),
    fc.array(TRAILING, { minLength: 4, maxLength: 4 }),
  )
  .map(([key, items, flow, comments]) => {
    const quoted =
      key === "deny_regex" ? items.map((_, index) => ["'a+'", '"b\\\\d"', "c.d"][index % 3] ?? "x") : items;
    const unique = [...new Set(quoted)];
    if (flow) return { key, text: `${key}: [ ${unique.join(", ")} ]${comments[0]}\n` };
    const lines = unique.map((item, index) => `      - ${item}${comments[index + 1] ?? ""}\n`);
    return { key, text: `${key}:${comments[0]}\n${lines.join("")}` };
  });

const RULE = fc
  .tuple(
    fc.uniqueArray(MEMBER, { minLength: 1, maxLength: 3, selector: ({ key }) => key }),
    TRAILING,
    fc.array(ABOVE, { minLength: 5, maxLength: 5 }),
    fc.nat(3),
  )
  .map(([members, trailing, above, first]) => {
    const type = { key: "action_type", text: `action_type: execute_shell${trailing}\n` };
    const all = [...members.slice(0, first), type, ...members.slice(first)];
    const lines = all.map(({ text }, index) => (index === 0 ? `  - ${text}` : `${above[index] ?? ""}    ${text}`));
    return lines.join("");
  });

const POLICY = fc
  .tuple(fc.array(RULE, { minLength: 1, maxLength: 4 }), fc.array(ABOVE, { minLength: 6, maxLength: 6 }), TRAILING)
  .map(([rules, above, trailing]) => {
    const between = rules.map((rule, index) => `${(above[index] ?? "").replaceAll("    ", "  ")}${rule}`);
    return `${(above[5] ?? "").replaceAll("    ", "")}rules:${trailing}\n${between.join("")}${(above[4] ?? "").replaceAll("    ", "")}`;
  });
