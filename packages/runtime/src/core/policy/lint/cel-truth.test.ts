import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileCel } from "../cel/index.ts";
import { knownParts } from "./cel-truth.ts";

function parts(source: string): readonly string[] {
  const compiled = compileCel(source, { expects: "bool" });
  assert.ok("condition" in compiled, source);
  const { ast } = compiled.condition;
  return knownParts(source, ast).map(({ start, end, holds, whole }) => {
    return `${whole ? "whole" : source.slice(start, end)} ${holds ? "always" : "never"}`;
  });
}

describe("a condition that can never hold", () => {
  for (const source of [
    'payload.kind == "a" && payload.kind == "b"',
    'payload.kind == "a" && ctx.x == 1 && payload.kind != "a"',
    "payload.amount > 10 && payload.amount < 5",
    "payload.amount > 5 && !(payload.amount > 3)",
    "5 > payload.amount && payload.amount >= 5",
    "payload.amount == 3 && payload.amount > 3.5",
    'decimal(payload.amount) > decimal("100.50") && decimal(payload.amount) <= decimal("100.5")',
    'payload.name.lowerAscii() == "Delete"',
    'payload.name.upperAscii().contains("rm")',
    'payload.name.lowerAscii() in ["A", "B"]',
    "payload.a != payload.a",
    "payload.items.size() < 0",
    "1 > 2",
    "false || payload.x < payload . x",
    "(payload.a == 1 && payload.a == 2) && ctx.b == 1",
    'payload.a == "1" && payload.a == 1',
  ]) {
    it(`is found: ${source}`, () => assert.deepEqual(parts(source), ["whole never"]));
  }
});

describe("a condition that always holds", () => {
  for (const source of [
    'payload.kind == "a" || payload.kind != "a"',
    "payload.amount > 10 || payload.amount <= 10",
    "payload.amount < 10 || payload.amount > 5",
    'payload.text.contains("")',
    "payload.items.size() >= 0",
    "true",
    "payload.a == payload.a",
    'payload.name.lowerAscii() != "Delete"',
  ]) {
    it(`is found: ${source}`, () => assert.deepEqual(parts(source), ["whole always"]));
  }
});

describe("a part of a condition", () => {
  it("is pointed at by itself, and the largest one only", () => {
    assert.deepEqual(parts("ctx.a == 1 || payload.n < 1 && payload.n > 2"), ["payload.n < 1 && payload.n > 2 never"]);
    assert.deepEqual(parts('effects.exists(e, e.kind == "fs.read" && e.kind == "fs.write")'), [
      'e.kind == "fs.read" && e.kind == "fs.write" never',
    ]);
    assert.deepEqual(parts("ctx.a == 1 && true"), ["true always"]);
  });
});

describe("a condition that depends on the action", () => {
  for (const source of [
    'payload.kind == "a" || payload.kind == "b"',
    'payload.kind != "a" && payload.kind != "b"',
    "payload.amount > 5 && payload.amount < 10",
    "payload.amount >= 5 && payload.amount <= 5",
    "payload.amount > 5 || payload.amount > 10",
    "payload.a > 5 && payload.b < 5",
    "ctx.a == 1 && ctx.b == 2",
    'payload.name.lowerAscii() == "delete"',
    'payload.name == "Delete"',
    'payload.name.lowerAscii() in ["A", "b"]',
    'effects.exists(e, e.kind == "fs.read") && effects.exists(e, e.kind == "fs.write")',
    "payload.n > 9007199254740993 && payload.n < 9007199254740992",
    'payload.items.exists(i, i == "a") && payload.items.exists(i, i == "b")',
    "payload.items.size() > 0",
    "has(payload.a) && payload.a == true",
  ]) {
    it(`is left alone: ${source}`, () => assert.deepEqual(parts(source), []));
  }
});
