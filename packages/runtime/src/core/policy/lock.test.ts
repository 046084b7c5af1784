import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lockIncludes, type IncludeName } from "./lock.ts";

const HASH = "a".repeat(64);
const hashOf = ({ pack, file }: IncludeName): string =>
  (pack ?? file ?? "").padEnd(64, "0").replaceAll(/[^0-9a-f]/g, "1");

describe("locking what a policy includes", () => {
  it("writes missing hashes below what is named, and replaces those that are there, and touches nothing else", () => {
    const text = `# head
include:
  - pack: default   # why
    as: base
  - file: shared/b.yaml
    sha256: ${HASH}   # old
  - {file: c.yaml, as: c}
  - {pack: production, sha256: "${HASH}"}
rules:
  - {id: a,   action_type: x, deny: true}
`;
    const { text: locked, includes } = lockIncludes(text, hashOf);
    const [first, second, third, fourth] = includes.map(({ sha256 }) => sha256);
    assert.equal(
      locked,
      `# head
include:
  - pack: default   # why
    sha256: "${first}"
    as: base
  - file: shared/b.yaml
    sha256: "${second}"   # old
  - {file: c.yaml, sha256: "${third}", as: c}
  - {pack: production, sha256: "${fourth}"}
rules:
  - {id: a,   action_type: x, deny: true}
`,
    );
    assert.deepEqual(
      includes.map(({ was }) => was),
      [null, HASH, null, HASH],
    );
    assert.equal(lockIncludes(locked, hashOf).text, locked);
  });

  it("leaves alone what names nothing, and a policy that includes nothing", () => {
    for (const text of ["rules: []\n", "include: {}\n", "include:\n  - {as: x}\n  - {pack: a, file: b}\n", "[]", ""]) {
      assert.deepEqual(lockIncludes(text, hashOf), { text, includes: [] }, text);
    }
  });

  it("finds the end of a line, however lines end", () => {
    assert.equal(
      lockIncludes("include:\r\n  - pack: a\r\n", hashOf).text,
      `include:\r\n  - pack: a\n    sha256: "${hashOf({ pack: "a", file: null })}"\r\n`,
    );
    assert.match(lockIncludes("include:\n  - pack: a", hashOf).text, /pack: a\n {4}sha256: "/u);
  });
});
