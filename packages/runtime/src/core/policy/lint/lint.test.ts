import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lintPolicy } from "../lint.ts";
import { policyPack } from "../packs/index.ts";

function lint(rules: readonly string[], now?: string): readonly string[] {
  const text = `rules:\n${rules.map((rule) => `  - ${rule}\n`).join("")}`;
  const found = lintPolicy(text, "policy", now === undefined ? {} : { now_ms: Date.parse(now) });
  return found.map(({ line, severity, code, message }) => `${line} ${severity} ${code} ${message}`);
}

describe("rules that another one outdoes", () => {
  it("are told from those that still change something", () => {
    assert.deepEqual(
      lint([
        "{id: all, action_type: a, deny: true}",
        "{id: words, action_type: a, deny_if: x}",
        "{id: elsewhere, action_type: b, deny_if: x}",
      ]),
      ["3 warning unreachable rule words changes nothing: rule all on line 2 denies every such action"],
    );
  });

  it("are found by a condition that both have, whatever else the outdone one asks for", () => {
    const prod = "when_all: [ctx.env == production]";
    assert.deepEqual(
      lint([
        `{id: wide, action_type: a, ${prod}, require_approval: true}`,
        "{id: narrow, action_type: a, when_all: [ctx.env == production, ctx.team == x], require_approval: true}",
        "{id: other, action_type: a, when_all: [ctx.team == x], require_approval: true}",
      ]),
      ["3 warning unreachable rule narrow changes nothing: rule wide on line 2 asks for every such action"],
    );
  });

  it("are found below a rule for any action", () => {
    const found = lint([
      "{id: any, actions: any, require_approval: true}",
      "{id: one, action_type: a, require_approval: true}",
    ]);
    assert.match(found.join(), /^3 warning unreachable rule one/u);
  });

  it("are none when they raise the severity, are only tried, or are not outdone for each of their actions", () => {
    const deny = "{id: all, action_type: a, deny: true}";
    assert.deepEqual(lint([deny, "{id: b, action_type: a, deny_if: x, severity: critical}"]), []);
    assert.deepEqual(lint([deny, "{id: b, action_type: a, deny_if: x, mode: shadow}"]), []);
    assert.deepEqual(lint([deny, "{id: b, actions: [a, c], deny_if: x}"]), []);
    assert.deepEqual(
      lint(["{id: all, action_type: a, deny: true, mode: warn}", "{id: b, action_type: a, deny_if: x}"]),
      [],
    );
    assert.deepEqual(lint([deny, '{id: b, actions: ["verb:exec"], deny_if: x}']), []);
  });

  it("count as contradictory when they ask for what is always denied", () => {
    assert.deepEqual(
      lint(["{id: ask, action_type: a, require_approval: true}", "{id: no, action_type: a, deny: true}"]),
      ["2 warning contradictory rule ask asks, but rule no on line 3 denies every such action"],
    );
  });

  it("are found in a large policy in no time that would be noticed", () => {
    const rules = Array.from(
      { length: 1000 },
      (_, n) => `{id: r${n}, action_type: a, when_all: ctx.n == ${n}, deny: true}`,
    );
    assert.deepEqual(lint(rules), []);
  });
});

describe("rules with a last day", () => {
  const rule = ["{id: a, action_type: a, deny: true, expires: 2026-06-30}"];
  it("are an error once it is past, a warning in the thirty days before, and nothing before that", () => {
    assert.deepEqual(lint(rule, "2026-07-01T00:00:00Z"), [
      "2 error expired rule a expired with 2026-06-30: it decides nothing any more",
    ]);
    assert.deepEqual(lint(rule, "2026-06-30T23:59:59Z"), [
      "2 warning expired rule a expires with 2026-06-30, in 1 day",
    ]);
    assert.match(lint(rule, "2026-06-01T00:00:00Z").join(), /^2 warning expired .* in 30 days$/u);
    assert.deepEqual(lint(rule, "2026-05-31T00:00:00Z"), []);
    assert.deepEqual(lint(rule), []);
  });
});

describe("words and patterns", () => {
  it("are told when capitals are meant loosely and looked for strictly", () => {
    assert.match(lint(["{action_type: a, deny_regex: 'DROP\\s+TABLE'}"]).join(), /never_matches .*capitals only/u);
    for (const pattern of ["(?i)DROP\\s+TABLE", "AKIA[0-9A-Z]{16}", "drop table", "[A-Z]{2} x"]) {
      assert.deepEqual(lint([`{action_type: a, deny_regex: '${pattern}'}`]), [], pattern);
    }
  });

  it("are told when one is only found where another is", () => {
    assert.deepEqual(lint(["{id: r, action_type: a, deny_if: [rm, 'rm -rf', curl]}"]), [
      "2 warning unreachable `rm -rf` of rule r is found only where `rm` is found already",
    ]);
    assert.equal(lint(["{id: r, action_type: a, deny_if: [Rm, rM]}"]).length, 1);
  });
});

describe("conditions in CEL", () => {
  it("are an error when the rule can never apply, a warning when a part decides nothing, at their place", () => {
    const text = `rules:
  - id: a
    action_type: refund
    when: 'payload.amount > 10 && payload.amount < 5'
    deny: true
  - id: b
    action_type: refund
    when: 'ctx.x == 1 || payload.kind == "a" && payload.kind == "b"'
    deny: true
  - {id: c, action_type: refund, when: 'true', require_approval: true}
`;
    const found = lintPolicy(text).filter(({ code }) => code !== "unreachable");
    assert.deepEqual(
      found.map(({ line, col, severity, code, message }) => `${line}:${col} ${severity} ${code} ${message}`),
      [
        "4:12 error never_matches rule a never applies: its condition can't hold",
        '8:26 warning never_matches in rule b, `payload.kind == "a" && payload.kind == "b"` can never hold',
        "10:41 warning always_matches rule c has a condition that always holds",
      ],
    );
  });
});

describe("tests beside a rule", () => {
  it("are errors when they can't be read, at their place, and don't stop the policy from loading", () => {
    const found = lintPolicy("rules:\n  - action_type: a\n    deny: true\n    tests:\n      - {expect: DENI}\n");
    assert.deepEqual(
      found.map(({ line, col, code, refused }) => [line, col, code, refused]),
      [[5, 18, "unknown_value", false]],
    );
  });
});

describe("the packs", () => {
  it("lint clean", () => {
    for (const name of ["default", "production"] as const) {
      assert.deepEqual(lintPolicy(policyPack(name), name, { now_ms: Date.now() }), []);
    }
  });
});
