// The public conformance data of CEL: every case agrees, or belongs to a part that docs/policy-cel.md says is left out;
// and what is left out is refused or fails, it never gives another value.

import { tests as CONFORMANCE } from "@bufbuild/cel-spec/testdata/conformance.js";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Budget } from "../budget.ts";
import { checkNode } from "./check.ts";
import { equal } from "./compare.ts";
import { compileNode } from "./compile.ts";
import type { CelEnvironment } from "./environment.ts";
import { parseCel } from "./parse.ts";
import { CelProblem } from "./problem.ts";
import { mapKey } from "./map-key.ts";
import { kindOf } from "./function.ts";
import { parseDuration, parseTimestamp } from "./time.ts";
import { DYN, listOf, type CelType } from "./type.ts";
import { CelBytes, CelFault, CelMap, CelTypeName, CelUint, type CelValue } from "./value.ts";
import { emptyView } from "./view.ts";

type Json = Readonly<Record<string, unknown>>;

interface Case {
  readonly section: string;
  readonly name: string;
  readonly expr: string;
  readonly original: Json;
}

/** Parts of CEL that conditions leave out. `docs/policy-cel.md` has a row for each, with the count. */
const LEFT_OUT: readonly { readonly part: string; readonly has: (one: Case) => boolean }[] = [
  { part: "protobuf messages", has: ({ expr, original }) => usesMessages(expr, original) },
  { part: "protobuf enums", has: ({ section }) => section.startsWith("enums/") },
  {
    part: "optional values",
    has: ({ expr }) => /\boptional\.|\.\?|\[\?|\{\?|optMap|optFlatMap|\borValue\b|\bor\(/.test(expr),
  },
  { part: "macros over two variables", has: ({ section }) => section.startsWith("macros2/") },
  { part: "`cel.bind` and `cel.block`", has: ({ expr }) => /\bcel\.(?:bind|block|index|iterVar)/.test(expr) },
  { part: "`math.*`", has: ({ section }) => section.startsWith("math_ext/") },
  { part: "`base64.*`", has: ({ section }) => section.startsWith("encoders_ext/") },
  {
    part: "`format`, `strings.quote`",
    has: ({ section }) => /^string_ext\/(?:format|format_errors|quote)$/.test(section),
  },
  { part: "names with points, and containers", has: ({ original }) => hasPointedNames(original) },
  {
    part: "the test's own functions",
    has: ({ original }) => JSON.stringify(original["typeEnv"] ?? []).includes('"function"'),
  },
];

function usesMessages(expr: string, original: Json): boolean {
  const bound = JSON.stringify([original["typeEnv"] ?? [], original["bindings"] ?? {}]);
  return (
    /\b[A-Z]\w*\s*\{|google\.protobuf\.(?!Timestamp\b|Duration\b)|TestAllTypes|proto\.(?:has|get)Ext/.test(expr) ||
    /messageType|objectValue/.test(bound) ||
    /proto[23]/.test(JSON.stringify(original["container"] ?? ""))
  );
}

function hasPointedNames(original: Json): boolean {
  const names = listIn(original["typeEnv"]).map((one) => String(one["name"]));
  return names.some((name) => name.includes(".")) || original["container"] !== undefined;
}

function listIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function objectIn(value: unknown): Json {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

const CASES: readonly Case[] = (CONFORMANCE.suites ?? []).flatMap((section) =>
  (section.suites ?? []).flatMap((group) =>
    (group.tests ?? []).map(({ original }) => {
      const where = `${section.name}/${group.name}`;
      return { section: where, name: `${where}/${original.name ?? ""}`, expr: original.expr, original };
    }),
  ),
);

function typeFrom(json: Json): CelType {
  if ("null" in json) return { kind: "null" };
  if ("listType" in json) return listOf(typeFrom(objectIn(objectIn(json["listType"])["elemType"])));
  if ("mapType" in json) {
    const { keyType, valueType } = objectIn(json["mapType"]);
    return { kind: "map", key: typeFrom(objectIn(keyType)), value: typeFrom(objectIn(valueType)) };
  }
  const kinds = {
    BOOL: "bool",
    INT64: "int",
    UINT64: "uint",
    DOUBLE: "double",
    STRING: "string",
    BYTES: "bytes",
    TIMESTAMP: "timestamp",
    DURATION: "duration",
  } as const;
  const name = json["primitive"] ?? json["wellKnown"];
  const found = Object.entries(kinds).find(([key]) => key === name);
  return found === undefined ? DYN : { kind: found[1] };
}

function valueFrom(json: Json): CelValue {
  const [[kind, value] = ["nullValue", null]] = Object.entries(json);
  switch (kind) {
    case "int64Value":
      return BigInt(String(value));
    case "uint64Value":
      return new CelUint(BigInt(String(value)));
    case "doubleValue":
      return Number(value);
    case "boolValue":
      return value === true;
    case "stringValue":
      return String(value);
    case "bytesValue":
      return new CelBytes(Uint8Array.from(Buffer.from(String(value), "base64")));
    case "typeValue":
      return new CelTypeName(String(value));
    case "listValue":
      return listIn(objectIn(value)["values"]).map(valueFrom);
    case "mapValue":
      return mapFrom(listIn(objectIn(value)["entries"]));
    case "objectValue":
      return objectFrom(objectIn(value));
    default:
      return null;
  }
}

function mapFrom(entries: readonly Json[]): CelValue {
  const pairs = entries.map((entry) => {
    const key = valueFrom(objectIn(entry["key"]));
    return [mapKey(key) ?? "", { key, value: valueFrom(objectIn(entry["value"])) }] as const;
  });
  return new CelMap(new Map(pairs));
}

function objectFrom(object: Json): CelValue {
  const text = String(object["value"]);
  if (String(object["@type"]).endsWith("Timestamp")) return parseTimestamp(text);
  return String(object["@type"]).endsWith("Duration") ? parseDuration(text) : new CelTypeName("unknown");
}

// There is no way to bind a message, or to give a container.
function environmentOf({ original }: Case): CelEnvironment {
  if (original["container"] !== undefined) return {};
  const types = new Map(
    listIn(original["typeEnv"]).map((one) => [String(one["name"]), typeFrom(objectIn(objectIn(one["ident"])["type"]))]),
  );
  const roots = Object.entries(objectIn(original["bindings"])).map(([name, bound]) => {
    const value = valueFrom(objectIn(objectIn(bound)["value"]));
    const known = !(value instanceof CelTypeName && value.name === "unknown");
    return known ? ([[name, { type: types.get(name) ?? DYN, read: () => value }]] as const) : [];
  });
  return Object.fromEntries(roots.flat());
}

/** What a case gave: a value, a failure while it was evaluated, or a refusal before. */
type Outcome = { readonly value: CelValue } | { readonly failed: string } | { readonly refused: string };

function outcomeOf(one: Case): Outcome {
  const zones = { "Australia/Sydney": 660, "US/Central": -360, "America/St_Johns": -210, "Asia/Kathmandu": 345 };
  const view = {
    ...emptyView(new Budget()),
    zoneOffset: (zone: string) => Object.entries(zones).find(([key]) => key === zone)?.[1] ?? null,
  };
  try {
    const environment = environmentOf(one);
    const node = parseCel(one.expr);
    if (one.original["disableCheck"] !== true && !/\.get\w+\('[A-Z]\w+\/\w+'\)/.test(one.expr)) {
      checkNode(node, { environment, variables: new Map() });
    }
    const value = compileNode(node, { environment, slots: new Map(), depth: 0, around: null })(view);
    return value instanceof CelFault ? { failed: `${value.code}: ${value.message}` } : { value };
  } catch (error) {
    if (error instanceof CelProblem) return { refused: `${error.code}: ${error.message}` };
    throw error;
  }
}

function agrees({ original }: Case, outcome: Outcome): boolean {
  if (original["checkOnly"] === true) return !("refused" in outcome);
  // A mistake that is told when the policy loads is told early, not differently.
  if ("evalError" in original || "anyEvalErrors" in original) return !("value" in outcome);
  const expected = original["value"] ?? objectIn(original["typedResult"])["result"];
  if (!("value" in outcome)) return false;
  const wanted = expected === undefined ? true : valueFrom(objectIn(expected));
  const same = equal(outcome.value, wanted, new Budget()) && kindOf(outcome.value) === kindOf(wanted);
  return same || (Number.isNaN(wanted) && Number.isNaN(outcome.value));
}

describe("the conformance data of CEL", () => {
  const counts = new Map(LEFT_OUT.map(({ part }) => [part, 0]));
  const supported = CASES.filter((one) => {
    const part = LEFT_OUT.find(({ has }) => has(one))?.part;
    if (part !== undefined) counts.set(part, (counts.get(part) ?? 0) + 1);
    return part === undefined;
  });

  test("agrees in every case that is not left out", () => {
    const wrong = supported.flatMap((one) => {
      const outcome = outcomeOf(one);
      if (agrees(one, outcome)) return [];
      return [`${one.name}: ${one.expr} → ${showOutcome(outcome)}`];
    });
    assert.deepEqual(wrong, []);
    assert.ok(supported.length > 900, `${supported.length} cases`);
  });

  test("is refused or fails in what is left out: nothing silently means something else", () => {
    const wrong = CASES.filter((one) => !supported.includes(one)).flatMap((one) => {
      const outcome = outcomeOf(one);
      return "value" in outcome && !agrees(one, outcome) ? [`${one.name}: ${one.expr} → ${showOutcome(outcome)}`] : [];
    });
    assert.deepEqual(wrong, []);
  });

  test("has a row in the docs for each part that is left out, with the number of its cases", () => {
    const page = readFileSync(fileURLToPath(new URL("../../../../../../docs/policy-cel.md", import.meta.url)), "utf8");
    const rows = [...counts].map(([part, count]) => `| ${part} | ${count} |`);
    assert.deepEqual(
      rows.filter((row) => !page.includes(row)),
      [],
    );
    assert.ok(page.includes(`${supported.length} cases agree`), `${supported.length} of ${CASES.length}`);
  });
});

function showOutcome(outcome: Outcome): string {
  return JSON.stringify(outcome, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value)).slice(
    0,
    160,
  );
}
