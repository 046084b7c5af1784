import assert from "node:assert/strict";
import { test } from "node:test";
import { RE2JS } from "re2js";
import { compilePattern } from "./matcher.ts";
import { heldTableBytes, MAX_TABLE_BYTES, noteTables } from "./engine-memory.ts";

function tableOf(engine: RE2JS): object | null {
  const table: unknown = Reflect.get(Reflect.get(engine, "re2Input"), "lazyDFA");
  return typeof table === "object" ? table : null;
}

/** An engine that has matched, and says that it remembers so many bytes. */
function engineOf(letter: string, bytes: number): RE2JS {
  const engine = RE2JS.compile(`(?:a|b)*c${letter}[0-9]+`);
  engine.test(`abac${letter}12`);
  claim(engine, bytes);
  return engine;
}

function claim(engine: RE2JS, bytes: number): void {
  const table = tableOf(engine);
  assert.ok(table !== null);
  Reflect.set(table, "memBudget", Number(Reflect.get(table, "stateBudget")) - bytes);
}

test("what engines remember is counted as it grows, once for each", () => {
  const before = heldTableBytes();
  const [one, two] = [engineOf("x", 1000), engineOf("y", 500)];
  noteTables(one);
  noteTables(one);
  noteTables(two);
  assert.equal(heldTableBytes(), before + 1500);
  claim(one, 4000);
  noteTables(one);
  assert.equal(heldTableBytes(), before + 4500);
  const untouched = RE2JS.compile("e+f");
  noteTables(untouched);
  assert.equal(heldTableBytes(), before + 4500);
});

test("a real match is counted by the library's own numbers", () => {
  const engine = RE2JS.compile("(?:a|b)*c[0-9]+");
  const before = heldTableBytes();
  engine.test("ababc12");
  noteTables(engine);
  const table = tableOf(engine);
  assert.ok(table !== null);
  const bytes = Number(Reflect.get(table, "stateBudget")) - Number(Reflect.get(table, "memBudget"));
  assert.ok(bytes > 0);
  assert.equal(heldTableBytes(), before + bytes);
});

test("each pattern that is tried is noted", () => {
  const before = heldTableBytes();
  assert.equal(compilePattern("(?:a|b)*cu[0-9]+").test("abacu12"), true);
  const after = heldTableBytes();
  assert.ok(after > before);
  assert.equal(compilePattern("(?:ä|b)*c[0-9]+").test("äbac12"), true);
  assert.ok(heldTableBytes() > after);
});

test("beyond the bound those that grew longest ago forget, until the rest fits; the last to grow keeps its own", () => {
  const quarter = MAX_TABLE_BYTES / 4;
  // One that holds all makes all others forget; then it holds nothing.
  const all = engineOf("t", MAX_TABLE_BYTES);
  noteTables(all);
  claim(all, 0);
  noteTables(all);
  assert.equal(heldTableBytes(), 0);
  const engines = ["p", "q", "r", "s"].map((letter) => engineOf(letter, quarter));
  const [first, second, third, fourth] = engines;
  assert.ok(first !== undefined && second !== undefined && third !== undefined && fourth !== undefined);
  for (const engine of [first, second, third]) noteTables(engine);
  assert.equal(heldTableBytes(), 3 * quarter);
  // The first grows again, so the second is now the one that grew longest ago.
  claim(first, quarter + 8);
  noteTables(first);
  noteTables(fourth);
  assert.deepEqual(
    engines.map((engine) => tableOf(engine) === null),
    [false, true, false, false],
  );
  assert.equal(heldTableBytes(), 3 * quarter + 8);
  // What forgot answers as before, and is counted anew.
  assert.equal(second.test("xabcq9"), true);
  assert.equal(second.test("xabcr9"), false);
  claim(second, 64);
  noteTables(second);
  assert.equal(heldTableBytes(), 3 * quarter + 72);
  // Exactly the bound is within it.
  claim(second, quarter - 8);
  noteTables(second);
  assert.equal(heldTableBytes(), MAX_TABLE_BYTES);
  assert.deepEqual(
    engines.map((engine) => tableOf(engine) === null),
    [false, false, false, false],
  );
});
