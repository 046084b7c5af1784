import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { CanopyError } from "../../errors.ts";
import { compilePolicy, lintPolicy, type EngineSource } from "../index.ts";

const HASH = "0".repeat(64);
const tools = { sha256Hex: (data: Uint8Array): string => hash("sha256", data, "hex") };

function enginesOf(text: string): readonly EngineSource[] {
  return compilePolicy(text, { file: "rules.yaml", source: "argument", tools }).engines;
}

function problemOf(engine: string): string {
  const [first] = lintPolicy(`engines:\n  - ${engine}\n`);
  return first === undefined ? "none" : `${first.line}:${first.col} ${first.code}`;
}

test("each engine has its own keys; a policy may have engines alone, or beside rules", () => {
  const text = `
engines:
  - {id: c, engine: cedar, file: a.cedar, sha256: "${HASH}", schema: a.cedarschema, schema_sha256: "${HASH}"}
  - {id: r, engine: opa-wasm, file: /srv/a.wasm, sha256: "${HASH}", entrypoint: canopy/decision, no_opinion: pass}
  - {id: o, engine: opa-http, url: "https://opa.example.com/api", entrypoint: canopy, timeout: 250ms}
`;
  const [cedar, rego, remote] = enginesOf(text);
  assert.deepEqual(cedar?.engine === "cedar" && cedar.schema, { file: "a.cedarschema", sha256: HASH });
  assert.deepEqual([rego?.no_opinion, rego?.timeout_ms], ["pass", 100]);
  assert.deepEqual([remote?.timeout_ms, remote?.no_opinion], [250, "deny"]);
  assert.equal(enginesOf(`${text}\nrules:\n  - {action_type: refund, require_approval: true}\n`).length, 3);
});

test("what is wrong with an engine is told with its place", () => {
  const cedar = `engine: cedar, file: a.cedar, sha256: "${HASH}"`;
  const http = "engine: opa-http, entrypoint: canopy/decision";
  const cases: Readonly<Record<string, string>> = {
    "just text": "2:5 wrong_type",
    "{id: a, engine: casbin}": "2:21 unknown_value",
    "{id: a}": "2:5 missing_key",
    [`{${cedar}}`]: "2:5 missing_key",
    [`{id: "a b", ${cedar}}`]: "2:10 bad_id",
    [`{id: a, ${cedar}, entrypoint: x}`]: "unknown_key",
    [`{id: a, ${cedar}, no_opinion: allow}`]: "unknown_value",
    [`{id: a, ${cedar}, timeout: 251ms}`]: "unknown_value",
    [`{id: a, ${cedar}, timeout: 1s}`]: "unknown_value",
    [`{id: a, ${cedar}, schema: a.cedarschema}`]: "missing_key",
    '{id: a, engine: cedar, file: a.cedar, sha256: "abc"}': "unknown_value",
    [`{id: a, engine: cedar, file: ../a.cedar, sha256: "${HASH}"}`]: "unknown_value",
    [`{id: a, ${http}, url: "ftp://a/"}`]: "unknown_value",
    [`{id: a, ${http}, url: "http://opa.example.com/"}`]: "unknown_value",
    [`{id: a, ${http}, url: "https://u:p@opa.example.com/"}`]: "unknown_value",
    [`{id: a, ${http}, url: "https://opa.example.com/?x=1"}`]: "unknown_value",
    [`{id: a, engine: opa-http, url: "http://127.0.0.1/", entrypoint: "a b"}`]: "unknown_value",
  };
  for (const [engine, problem] of Object.entries(cases)) assert.ok(problemOf(engine).endsWith(problem), engine);
  assert.equal(problemOf(`{id: a, ${http}, url: "http://127.0.0.1:8181"}`), "none");
});

test("a list that is none, too many engines, and an id twice are refused", () => {
  const one = `  - {id: a, engine: cedar, file: a.cedar, sha256: "${HASH}"}\n`;
  for (const text of [
    "engines: cedar\n",
    "engines: []\n",
    `engines:\n${one.repeat(2)}`,
    `engines:\n${one.repeat(9)}`,
  ]) {
    assert.throws(
      () => enginesOf(text),
      (error) => error instanceof CanopyError && error.code === "INVALID_POLICY",
    );
  }
});
