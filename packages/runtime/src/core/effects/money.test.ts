import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../json.ts";
import { multiplyDecimals, plainNumber, readAmount, shift } from "./money-amount.ts";
import { hasMoneyMembers, moneyEffects } from "./money.ts";

function move(members: JsonObject): { amount: string | null; currency: string | null; bad: boolean } {
  const [effect] = moneyEffects(members, "pay");
  assert.equal(effect?.kind, "money.move");
  return effect?.kind === "money.move"
    ? { amount: effect.amount, currency: effect.currency, bad: effect.problem !== null }
    : { amount: null, currency: null, bad: true };
}

describe("an amount", () => {
  const read: readonly (readonly [unknown, string, string | null])[] = [
    [5, "5", null],
    [0.5, "0.5", null],
    [1e21, "1000000000000000000000", null],
    [5e-7, "0.0000005", null],
    ["$5000", "5000", "USD"],
    ["5000 USD", "5000", "USD"],
    ["USD 5000", "5000", "USD"],
    ["-5000", "-5000", null],
    ["(5000)", "-5000", null],
    ["-$5", "-5", "USD"],
    ["5,000.00", "5000.00", null],
    ["5.000,00", "5000.00", null],
    ["5.000.000", "5000000", null],
    ["1 000 000", "1000000", null],
    ["９,０００", "9000", null],
    ["1e6", "1000000", null],
    ["5k", "5000", null],
    ["2.5 million dollars", "2500000.0", "USD"],
    ["€9.99", "9.99", "EUR"],
    ["12,50 EUR", "12.50", "EUR"],
    [".5", "0.5", null],
    [{ value: 5000, currency: "usd" }, "5000", "USD"],
    [{ amount: "9.99", currency_code: "EUR" }, "9.99", "EUR"],
  ];
  for (const [value, amount, currency] of read) {
    it(`is read from ${JSON.stringify(value)}`, () => {
      const reading = readAmount(JSON.parse(JSON.stringify(value)));
      assert.equal(reading.problem, null);
      assert.equal(Number(reading.amount), Number(amount));
      assert.equal(reading.currency, currency);
    });
  }

  for (const value of [
    "nan",
    "NaN",
    "Infinity",
    "",
    "free",
    "--5000",
    "+-5",
    "0x1388",
    "5.000",
    "1,00,000",
    "5 000 00",
    "50%",
    "٥٠٠٠",
    "all",
    null,
    true,
    [5],
    {},
    { units: 5, nanos: 1, currency: "USD" },
    "1e9999",
    "9".repeat(300),
  ]) {
    it(`is not guessed from ${JSON.stringify(value)?.slice(0, 40)}`, () =>
      assert.notEqual(readAmount(JSON.parse(JSON.stringify(value))).problem, null));
  }

  it("is exact", () => {
    assert.equal(shift("12.345", -2), "0.12345");
    assert.equal(multiplyDecimals("9.99", "1000"), "9990.00");
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => Number(plainNumber(value)) === value),
    );
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer(),
        (a, b) => BigInt(multiplyDecimals(String(a), String(b))) === BigInt(a) * BigInt(b),
      ),
    );
  });
});

describe("a payment", () => {
  const paid: readonly (readonly [JsonObject, string, string | null])[] = [
    [{ amount: 5 }, "5", null],
    [{ Amount: 5000 }, "5000", null],
    [{ amount_usd: 5000 }, "5000", "USD"],
    [{ amountCents: 900000 }, "9000", null],
    [{ value: 90000 }, "90000", null],
    [{ price: 8000 }, "8000", null],
    [{ amount: 9, currency: "BTC" }, "9", "BTC"],
    [{ amount: 9.99, quantity: 1000 }, "9990", null],
    [{ amount: 0, tip: 900 }, "900", null],
    [{ items: [{ price: 5000 }, { price: 2, qty: 3 }] }, "5006", null],
    [{ total: 10, amount: "10.00" }, "10", null],
    [{ payment: { amount: 700, to: "x" } }, "700", null],
    [{ amount: 5, memo: "lunch", to: "acct-9", count: 1 }, "5", null],
    [{ amount: 8, order_id: 77123, plan: "basic" }, "8", null],
    [{ amount: 8, payment_method: "card", due_date: "2026-02-01", tax_id: "12-3456789" }, "8", null],
    [{ amount: 8, price_currency: "USD", gift: true, loan_id: 7 }, "8", "USD"],
    [{ amount: 9, gift: 500 }, "509", null],
    [{ amount: 9, payees: [{ id: 1 }, { id: 2 }] }, "18", null],
    [{ amount: 9, number_of_payments: 1000 }, "9000", null],
    [{ principal: "5000" }, "5000", null],
    [{ amount: 9, recipients: ["a", "b", "c", "d"] }, "36", null],
    [{ amount: 9.99, interval: "month", to: ["acct-9"] }, "9.99", null],
  ];
  for (const [members, amount, currency] of paid) {
    it(`is read from ${JSON.stringify(members)}`, () => {
      const found = move(members);
      assert.deepEqual([Number(found.amount), found.currency, found.bad], [Number(amount), currency, false]);
    });
  }

  const unusable: readonly JsonObject[] = [
    { to: "acct-9" },
    { amount: null, max: true },
    { amount: 1, send_max: true },
    { amount: 5, use_max: true },
    { amount: 9, amount2: 900 },
    { amount: 5, up_to: 5000 },
    { amount: 9, allocations: [{ amount: 5000 }] },
    { amount: 9, leverage: 100 },
    { amount: 5, drain_account: true },
    { amount: 9, interval: "minute" },
    { amount: 9, frequency: "daily" },
    { amount: 9, exchange_rate: 1000 },
    { amount: 9, quantity: 2, recipients: ["a", "b"] },
    { amount: 10, unit: "thousand" },
    { amount: 5, total: 500 },
    { amount: 5, items: [{ price: 5000 }] },
    { amount: 5, currency: ["USD"] },
    { amount: "5 USD", currency: "BTC" },
    { amount: [5, 6] },
    { amount: 5, quantity: "many" },
    { items: [{ price: 5 }, { price: "free" }] },
  ];
  for (const members of unusable)
    it(`is not guessed from ${JSON.stringify(members)}`, () => assert.equal(move(members).bad, true));

  it("is told from numbers that are no payment", () => {
    assert.equal(hasMoneyMembers({ amount: 5, currency: "USD" }), true);
    assert.equal(hasMoneyMembers({ amount_eur: 5 }), true);
    assert.equal(hasMoneyMembers({ amount: 5 }), false);
    assert.equal(hasMoneyMembers({ volume: 5, token: "abc" }), false);
  });

  it("never throws, whatever the members", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("amount", "tip", "items", "currency", "quantity", "unit", "max"), fc.jsonValue()),
        (members) => {
          const plain: JsonObject = JSON.parse(JSON.stringify(members));
          assert.equal(moneyEffects(plain, "pay").length, 1);
        },
      ),
    );
  });
});
