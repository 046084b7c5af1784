import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLimit, parseSum } from "./sum.ts";

test("what is spent is named by a currency in either quotes, in any capitals", () => {
  for (const source of ['spend("EUR")', "spend('EUR')", "spend( 'eur' )", ' spend(\t"Eur" ) ']) {
    const sum = parseSum(source, null);
    assert.deepEqual([sum?.source, sum?.currency], ['spend("EUR")', "EUR"], source);
  }
  assert.equal(parseSum('spend("ABCDEFGH10")', null)?.currency, "ABCDEFGH10");
  assert.equal(parseSum("spend('a1')", null)?.currency, "A1");
  const none = [
    'spend("E")',
    "spend('E')",
    'spend("ABCDEFGH101")',
    "spend('ABCDEFGH101')",
    'spend("E R")',
    "spend('E-R')",
    "spend(\"EUR')",
    "spend(EUR)",
    'xspend("EUR")',
    'spend("EUR")x',
    'spend ("EUR")',
    "spend()",
  ];
  for (const source of none) assert.equal(parseSum(source, null), null, source);
});

test("a member of the payload is named by its path, and nothing else is", () => {
  for (const source of ["payload.amount", " payload.a-b.c_1 ", "payload._x"]) {
    assert.deepEqual([parseSum(source, "EUR")?.source, parseSum(source, "EUR")?.currency], [source.trim(), null]);
  }
  for (const source of [
    "payload",
    "payload.",
    "payload.1",
    "payload.a.1",
    "payload.a b",
    "xpayload.a",
    "payload.a.",
    "ctx.a",
    "",
  ]) {
    assert.equal(parseSum(source, "EUR"), null, source);
  }
});

test("a limit is a plain decimal, and perhaps a currency", () => {
  const limits: readonly (readonly [string, bigint, number, string | null])[] = [
    ["200", 200n, 0, null],
    [" 200.50 ", 20_050n, 2, null],
    ["0", 0n, 0, null],
    ["5 usd", 5n, 0, "USD"],
    ["5\t Abc123", 5n, 0, "ABC123"],
    [`${"1".repeat(60)}.${"2".repeat(18)} US`, BigInt("1".repeat(60) + "2".repeat(18)), 18, "US"],
    ["1 ABCDEFGHIJ", 1n, 0, "ABCDEFGHIJ"],
  ];
  for (const [text, digits, scale, currency] of limits)
    assert.deepEqual(parseLimit(text), { amount: { digits, scale }, currency }, text);
  const none = [
    "",
    "-1",
    "+1",
    ".5",
    "5.",
    "1e3",
    "5USD",
    "5 U",
    "5 1US",
    "5 ABCDEFGHIJK",
    "5 US D",
    "5 U$",
    "x5",
    "1".repeat(61),
    `1.${"2".repeat(19)}`,
    "1,000",
  ];
  for (const text of none) assert.equal(parseLimit(text), null, text);
});
