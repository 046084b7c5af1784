import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addDecimals, compareDecimals, isDecimal } from "./decimal.ts";

const cents = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
const text = (value: number): string => {
  const digits = String(Math.abs(value)).padStart(3, "0");
  return `${value < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

test("decimals compare and add as the integers of their cents do", () => {
  fc.assert(
    fc.property(cents, cents, (a, b) => {
      assert.equal(Math.sign(compareDecimals(text(a), text(b))), Math.sign(a - b));
      assert.equal(compareDecimals(addDecimals(text(a), text(b)), text(a + b)), 0);
    }),
  );
});

test("digits beyond a double's are not lost, and exponents of numbers are spelt out", () => {
  assert.equal(compareDecimals("10.00000000000000000001", "10"), 1);
  assert.equal(compareDecimals("1000000000000000000000", String(1e21)), 0);
  assert.equal(compareDecimals("0.0000005", String(5e-7)), 0);
});

test("only plain decimals are decimals", () => {
  for (const good of ["0", "10", "-3.5", "0010.50"]) assert.ok(isDecimal(good), good);
  for (const bad of ["", ".5", "5.", "1e3", "1,000", "0x10", "NaN", " 1", "--1", "٣"]) assert.ok(!isDecimal(bad), bad);
});
